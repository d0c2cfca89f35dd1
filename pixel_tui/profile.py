"""Reads what is known about a stack, from `profiles/pixel.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

PROFILE: Final = "profiles/pixel.toml"


def profile_table(name: str) -> Mapping[str, object]:
    """Return a table of the profile, such as `backup`; empty if there is none."""
    return table(_profile(), name)


def table(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return a table inside a table; empty if there is none."""
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def words(parent: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of strings; empty if there is none."""
    value = parent.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def text(parent: Mapping[str, object], name: str) -> str:
    """Return a string; empty if there is none."""
    value = parent.get(name)
    return value if isinstance(value, str) else ""


@cache
def _profile() -> Mapping[str, object]:
    return tomllib.loads((files("pixel_tui") / PROFILE).read_text("utf-8"))
