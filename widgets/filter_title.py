"""The title of a filtered list, with the number of problems that the filter hides."""

from collections.abc import Sequence

from textual.content import Content

from pixel_tui.text import plain


def filter_title(name: str, parts: Sequence[str], hidden: int) -> Content:
    """Such as `Tasks · filter: api · 2 problems hidden`.

    Args:
        name: The name of the list.
        parts: The filters, in words.
        hidden: The number of hidden problems.
    """
    title = Content(plain(" · ".join([name, *parts])))
    if hidden:
        noun = "problem" if hidden == 1 else "problems"
        title += Content.styled(f" · {hidden} {noun} hidden", "$text-error")
    return title
