"""What a dialog asks for one value, and what was typed there. Pure."""

from dataclasses import dataclass

from pixel_tui.environment.checks.overview import KeyRow, KeyState
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.judging import InputKind
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True, repr=False)
class TypedValue:
    """What was typed. Without a text the key is passed over."""

    text: str | None
    way: InputKind = InputKind.EXACT


@dataclass(frozen=True, slots=True, repr=False)
class ValueForm:
    """What is asked for."""

    key: SafeText
    purpose: SafeText
    secret: bool
    exact: str
    """The value that compose reads now, or that is proposed."""
    written: str
    """The text in the file now."""
    way: InputKind = InputKind.EXACT
    progress: SafeText = SafeText("")
    """`3 of 12` if it is one of several: it can be passed over then."""


def value_form(row: KeyRow, example: DotenvDocument, progress: SafeText) -> ValueForm:
    """What a dialog that asks for the value of a key starts with.

    Args:
        row: The key. A missing one starts with the example's value unless it is a secret, and
            one whose value is a placeholder starts empty.
        example: The example beside the file.
        progress: How far a filling in is; empty for one key alone.
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
        way=InputKind.WRITTEN if has_variables else InputKind.EXACT,
        progress=progress,
    )
