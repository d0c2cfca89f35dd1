"""What is known of a stack as data: `profiles/pixel.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

PROFILE: Final = "profiles/pixel.toml"


def profile_table(name: str) -> Mapping[str, object]:
    """One table of the profile, `backup` for one; empty where it has none of this name."""
    return table(_profile(), name)


def table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A table inside a table; empty where there is none."""
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def words(parent: Mapping[str, object], name: str) -> tuple[str, ...]:
    """A list of texts; empty where there is none."""
    value = parent.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def text(parent: Mapping[str, object], name: str) -> str:
    """A text; empty where there is none."""
    value = parent.get(name)
    return value if isinstance(value, str) else ""


@cache
def _profile() -> Mapping[str, object]:
    return tomllib.loads((files("pixel_tui") / PROFILE).read_text("utf-8"))
