"""The content of a dialog for one value, and its result. Pure."""

from dataclasses import dataclass

from pixel_tui.environment.checks.overview import KeyRow, KeyState
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.value_preview import InputKind
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True, repr=False)
class TypedValue:
    """A typed value; without a text, the key was skipped."""

    text: str | None
    kind: InputKind = InputKind.EXACT


@dataclass(frozen=True, slots=True, repr=False)
class ValueForm:
    """The initial content of a dialog for one value."""

    key: SafeText
    purpose: SafeText
    secret: bool
    exact: str
    """The value that compose reads now, or a proposed one."""
    written: str
    """The current text in the file."""
    kind: InputKind = InputKind.EXACT
    progress: SafeText = SafeText("")
    """`3 of 12` if it is one of several, and so can be skipped."""


def value_form(row: KeyRow, example: DotenvDocument, progress: SafeText) -> ValueForm:
    """Return the initial content of the dialog for a value.

    Args:
        row: The key. A missing one starts with the example's value unless it is secret, and one
            with a placeholder starts empty.
        example: The example next to the file.
        progress: The progress through several keys; empty for a single one.
    """
    entry, exact = row.entry, row.effective
    if entry is None and not row.secret:
        proposed = example.entry(row.key)
        exact = proposed.written if proposed is not None else ""
    elif row.state is KeyState.PLACEHOLDER:
        exact = ""
    elif exact is None and entry is not None:
        exact = entry.written
    has_variables = entry is not None and exact != entry.written and "$" in entry.written
    return ValueForm(
        key=row.key,
        purpose=row.purpose,
        secret=row.secret,
        exact=exact or "",
        written=entry.raw if entry is not None else "",
        kind=InputKind.WRITTEN if has_variables else InputKind.EXACT,
        progress=progress,
    )
