"""Suggests a known word for a mistyped one. Pure."""

from collections.abc import Iterable
from typing import Final

_MIN_SIMILARITY: Final = 0.7
"""The minimum similarity of a suggestion, between 0 and 1."""


def nearest_word(word: str, known: Iterable[str]) -> str:
    """Return the known word or option most similar to the typed one; empty if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415  only for an error

    without_dashes = {word.lstrip("-"): word for word in known}
    nearest = get_close_matches(word[:60].lstrip("-"), without_dashes, n=1, cutoff=_MIN_SIMILARITY)
    return without_dashes[nearest[0]] if nearest else ""
