"""Keys as the settings bind them, among them those that confirm an apply."""

import re
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
_FUNCTION_KEY: Final = re.compile(r"f[0-9]+")


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
    """Return the first key of a binding as it is shown.

    Args:
        bound: Names of bindings to keys, comma-separated (`[keys]` of the settings).
        name: The name of the binding.
        default: Its key if the settings don't bind it.
    """
    first = bound.get(name, default).split(",", maxsplit=1)[0].strip()
    if _FUNCTION_KEY.fullmatch(first):
        return plain(first.upper())
    return plain(first.replace("ctrl+", "^"))
