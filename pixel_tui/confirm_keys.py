"""The keys that keep an apply which waits to be confirmed, as the settings bind them."""

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
        _shown(bound.get(OPEN_ID, OPEN_KEY)),
        _shown(bound.get(KEEP_ID, KEEP_KEY)),
    )


def _shown(keys: str) -> SafeText:
    first = keys.split(",", maxsplit=1)[0].strip()
    if _FUNCTION_KEY.fullmatch(first):
        return plain(first.upper())
    return plain(first.replace("ctrl+", "^"))
