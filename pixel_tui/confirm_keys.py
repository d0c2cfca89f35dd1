"""Keys as the settings bind them, among them those that confirm an apply."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pixel_tui.text import SafeText, plain

OPEN_ID: Final = "confirm"
"""The name in the settings of the key that opens the job which waits."""
OPEN_KEY: Final = "f8"
KEEP_ID: Final = "job.confirm"
"""The name in the settings of the key that keeps the new environment, on the job's screen."""
KEEP_KEY: Final = "c"
_KEY_WORDS: Final = {"escape": "Esc", "pageup": "PageUp", "pagedown": "PageDown"}
"""Keys that texts do not name as the toolkit does."""
_CHARACTERS: Final[Mapping[str, str]] = {
    "slash": "solidus",
    "backslash": "reverse solidus",
    "at": "commercial at",
    "minus": "hyphen-minus",
    "plus": "plus sign",
    "underscore": "low line",
}
"""The characters that the toolkit names otherwise than Unicode."""


@dataclass(frozen=True, slots=True)
class ConfirmKeys:
    """The keys as they are shown: `F8`, `c`, `^k`."""

    open: SafeText = SafeText("F8")
    """Opens the job that waits, from every screen."""
    keep: SafeText = SafeText("c")
    """Keeps the new environment, on the screen of that job."""


DEFAULT_KEYS: Final = ConfirmKeys()


def confirm_keys(bound: Mapping[str, str]) -> ConfirmKeys:
    """The keys of these settings.

    Args:
        bound: Names of bindings to keys, comma-separated (`[keys]` of the settings).
    """
    return ConfirmKeys(
        shown_key(bound, OPEN_ID, OPEN_KEY),
        shown_key(bound, KEEP_ID, KEEP_KEY),
    )


def shown_key(bound: Mapping[str, str], name: str, default: str) -> SafeText:
    """Return the first key of a binding as texts name it.

    Args:
        bound: Names of bindings to keys, comma-separated (`[keys]` of the settings).
        name: The name of the binding.
        default: Its key if the settings don't bind it.
    """
    first = bound.get(name, default).split(",", maxsplit=1)[0].strip()
    *modifiers, key = first.split("+") if first != "+" else [first]
    words = "".join("^" if word == "ctrl" else f"{word}+" for word in modifiers)
    return plain(f"{words}{_key_word(key)}")


def _key_word(key: str) -> str:
    """Return a key without modifiers: `F8`, `Esc`, `Enter`, `?` for `question_mark`."""
    if len(key) == 1:
        return key
    try:
        character = unicodedata.lookup(_CHARACTERS.get(key, key).replace("_", " "))
    except KeyError:
        character = ""
    # Unicode has names such as `escape` and `space` too.
    if character.isprintable() and character.strip():
        return character
    return _KEY_WORDS.get(key, key.capitalize())
