"""Suggests a known word for a mistyped one. Pure."""

from collections.abc import Iterable
from typing import Final

_ALIKE: Final = 0.7
"""The minimum similarity of a suggestion, between 0 and 1."""


def nearest_word(typed: str, known: Iterable[str]) -> str:
    """Return the known word or option most similar to the typed one; empty if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415  only for an error

    bare = {word.lstrip("-"): word for word in known}
    near = get_close_matches(typed[:60].lstrip("-"), bare, n=1, cutoff=_ALIKE)
    return bare[near[0]] if near else ""
