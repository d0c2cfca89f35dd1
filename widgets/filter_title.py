"""The title of a list that is filtered, with how much of what matters the filter hides."""

from collections.abc import Sequence

from textual.content import Content

from pixel_tui.text import plain


def filter_title(name: str, parts: Sequence[str], hidden: int) -> Content:
    """Such as `Tasks · filter: api · 2 problems hidden`.

    Args:
        name: What is listed.
        parts: What it is filtered by, in words.
        hidden: How many problems are left out.
    """
    title = Content(plain(" · ".join([name, *parts])))
    if hidden:
        noun = "problem" if hidden == 1 else "problems"
        title += Content.styled(f" · {hidden} {noun} hidden", "$text-error")
    return title
