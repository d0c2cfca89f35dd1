"""The build arguments of one image that was built here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


def build_mark(key: bytes, name: str, value: str) -> str:
    """Return the keyed hash of a value: it shows if another value is equal, and nothing else."""
    data = f"{name}\0{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """The complete build arguments of one image."""

    built_at: float
    """Seconds since the epoch."""
    arguments: Mapping[str, str]
    """Name to `build_mark` of the value."""
    key: bytes = field(repr=False)

    def differing(self, wanted: Mapping[str, str]) -> set[str]:
        """Return the names of arguments that differ from `wanted`: changed, added or removed."""
        marks = {name: build_mark(self.key, name, value) for name, value in wanted.items()}
        return {
            name
            for name in {*marks, *self.arguments}
            if marks.get(name) != self.arguments.get(name)
        }


NO_RECORDS: Final[Mapping[str, BuildRecord]] = {}
