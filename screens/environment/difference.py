"""The comparison of two environments: missing, extra and different keys."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pixel_tui.environment.dotenv.difference import DiffLine, DiffLineKind, IsSecret, difference
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.editing.edits import effective_entries
from pixel_tui.text import plain
from screens.shared.scrolling import ScrollingDialog
from widgets.key_bar import KeyBar
from widgets.rows.environment_row import safe_value, shortened

STYLES: Final = {
    DiffLineKind.NEW: "$text-success",
    DiffLineKind.OLD: "$text-error",
    DiffLineKind.BOTH: "$foreground-muted",
    DiffLineKind.GAP: "$foreground-muted",
}


class DifferenceScreen(ScrollingDialog[bool | None]):
    """Dismisses with True to add the missing keys.

    Args:
        here: The file.
        other: The other file.
        name: The name of the other file.
        is_secret: Returns whether a value is secret.
        merges: Whether missing keys can be added.
    """

    BINDING_GROUP_TITLE = "Comparison"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "merge", "Add missing keys", id="environment_compare.merge",
                tooltip="Add the keys that only the other file has; nothing is written until you "
                        "save"),
        Binding("enter", "dismiss(None)", "Close", show=False, id="environment_compare.close"),
    ]  # fmt: skip

    def __init__(
        self,
        here: DotenvDocument,
        other: DotenvDocument,
        name: str,
        is_secret: IsSecret,
        *,
        merges: bool,
    ) -> None:
        super().__init__()
        self._here = effective_entries(here)
        self._other = effective_entries(other)
        self._other_name = plain(name)
        self._is_secret = is_secret
        self._merges = merges
        self._missing = [key for key in self._other if key not in self._here]

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with Vertical(classes="dialog -tall -wide") as dialog:
            dialog.border_title = Content(plain(f"Compared with {self._other_name}"))
            with VerticalScroll(can_focus=False):
                yield Static(self._content(), markup=False)
        yield KeyBar()

    def _content(self) -> Content:
        extra = [key for key in self._here if key not in self._other]
        differ = [
            key
            for key, entry in self._here.items()
            if key in self._other and entry.written != self._other[key].written
        ]
        parts: list[Content] = []
        for title, keys, sides in (
            (f"Only in {self._other_name}", self._missing, (self._other,)),
            (f"Not in {self._other_name}", extra, (self._here,)),
            ("Different values", differ, (self._here, self._other)),
        ):
            parts += self._part(f"{title} ({len(keys)})", keys, sides)
        same = len(self._here) - len(extra) - len(differ)
        parts.append(Content.styled(f"{same} identical", "$foreground-muted"))
        return Content("\n").join(parts)

    def _part(
        self, title: str, keys: Sequence[str], sides: Sequence[dict[str, DotenvEntry]]
    ) -> list[Content]:
        lines = [Content.styled(title, "$text-accent bold")]
        width = max(map(len, keys), default=0)
        for key in keys:
            secret = any(self._is_secret(side[key]) for side in sides)
            values = [
                shortened(safe_value(side[key].written, secret=secret)) or "(empty)"
                for side in sides
            ]
            shown = " │ ".join(values)
            lines.append(Content.assemble("  ", (plain(key).ljust(width), "bold"), f"  {shown}"))
        return [*lines, Content("")]

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the key if there are no missing keys, or nothing can be changed."""
        return action != "merge" or (self._merges and bool(self._missing))

    def action_merge(self) -> None:
        """Close, and add the missing keys."""
        self.dismiss(True)


def difference_lines(
    old: DotenvDocument, new: DotenvDocument, is_secret: IsSecret
) -> list[Content]:
    """The removed and added lines, with secrets masked."""
    found = difference(old, new, is_secret, context=1)
    if not found.lines:
        return [Content.styled("No changes.", "$foreground-muted")]
    return [_diff_line(line) for line in found.lines]


def _diff_line(line: DiffLine) -> Content:
    if line.kind is DiffLineKind.GAP:
        return Content.styled("…", STYLES[line.kind])
    return Content.styled(f"{line.kind.value} {shortened(line.text)}", STYLES[line.kind])
