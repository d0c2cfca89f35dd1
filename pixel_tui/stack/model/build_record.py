"""What one image of ours was built with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


def build_mark(key: bytes, name: str, value: str) -> str:
    """What a value leaves in the record: it tells an equal one, and nothing else."""
    data = f"{name}\0{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """All build arguments that one image was built with."""

    built_at: float
    """Seconds since the epoch."""
    arguments: Mapping[str, str]
    """Their names, each with the mark of its value."""
    key: bytes = field(repr=False)

    def others(self, wanted: Mapping[str, str]) -> set[str]:
        """Names of what it was not built with: other values, new arguments, dropped ones."""
        marks = {name: build_mark(self.key, name, value) for name, value in wanted.items()}
        return {
            name
            for name in {*marks, *self.arguments}
            if marks.get(name) != self.arguments.get(name)
        }


NO_RECORDS: Final[Mapping[str, BuildRecord]] = {}
