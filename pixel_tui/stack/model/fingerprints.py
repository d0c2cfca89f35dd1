"""Keyed hashes of values, to compare values without keeping them.

A fingerprint is valid in this process only: the key is generated at each start and never stored,
and without it a fingerprint reveals nothing about the value.
"""

import hashlib
import os
from collections.abc import Iterable
from typing import Final

from pixel_tui.text import SafeText, plain

_KEY: Final = os.urandom(32)

Fingerprints = tuple[tuple[SafeText, str], ...]
"""(name, fingerprint of the value) of variables, sorted by name."""


def fingerprint(value: str) -> str:
    """Return the fingerprint of a value."""
    data = value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=_KEY, digest_size=8).hexdigest()


def fingerprints(pairs: Iterable[tuple[str, str]]) -> Fingerprints:
    """Return the fingerprints of variables given as (name, value)."""
    return tuple(sorted((plain(name), fingerprint(value)) for name, value in pairs))


def differing_names(wanted: Fingerprints, has: Fingerprints) -> tuple[SafeText, ...]:
    """Return the names in `wanted` that are missing in `has` or have another value there."""
    there = dict(has)
    return tuple(name for name, wanted_one in wanted if there.get(name) != wanted_one)
