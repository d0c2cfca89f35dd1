"""A console in a terminal that says itself where each key has arrived."""

import json
import os
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.patience import PATIENCE
from tests.terminal.program import Program, program
from tests.terminal.witness import COUNT, PIPE, RECORD, SETTLE, WITNESSED


@dataclass(frozen=True)
class Place:
    """Where a key arrives: the screen on top, and what has the focus there."""

    screen: str
    focus: str
    inside: tuple[str, ...] = field(compare=False)
    """Kinds from the focused widget up to its screen."""

    @classmethod
    def told(cls, said: Mapping[str, Any]) -> Self:
        """As the witness tells it."""
        return cls(said["screen"], said["focus"], tuple(said["inside"]))


@dataclass(frozen=True)
class Settled:
    """The console after all that was typed has had its effect."""

    place: Place
    bound: frozenset[str]
    """The keys that do something here."""
    leaving: frozenset[str]
    """Those that end the console."""
    shown: tuple[str, ...]
    """The commands that an open palette offers."""
    changing: tuple[str, ...]
    """The kinds of objects that could change something; empty unless asked for."""
    commands: tuple[str, ...]
    """Every command of the palette; empty unless asked for."""


class Witnessed:
    """Types into the console, and hears what it tells.

    Args:
        it: The console.
        pipe: Where its witness writes.
    """

    def __init__(self, it: Program, pipe: int) -> None:
        self.arrived: list[tuple[str, Place]] = []
        """Every key that the console has got, and where."""
        self.looks = True
        """Whether the emulator follows; else the console has to be made to paint all anew."""
        self._it = it
        self._pipe = pipe
        self._rest = b""

    def settle(self, keys: str = "", *, count: bool = False) -> Settled:
        """Type, and wait until every key has had its effect.

        Args:
            keys: What to type.
            count: Whether to tell what could change something, and the commands.
        """
        self._it.press(keys + (COUNT if count else SETTLE)[1])
        while True:
            said = json.loads(self._line())
            if "key" in said:
                self.arrived.append((said["key"], Place.told(said)))
                continue
            assert "failed" not in said, f"the witness failed: {said['failed']}"
            return Settled(
                Place.told(said),
                frozenset(said["bound"]),
                frozenset(said["leaving"]),
                tuple(said["shown"]),
                tuple(said.get("changing", ())),
                tuple(said.get("commands", ())),
            )

    def _line(self) -> bytes:
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            ends = [self._pipe, self._it.descriptor]
            ready, _, _ = select.select(ends, [], [], max(left, 0))
            assert left > 0, f"it says nothing any more; the last keys: {self.arrived[-5:]}"
            if self._pipe in ready:
                self._rest += os.read(self._pipe, 65536)
            if self._it.descriptor in ready:
                # A console whose terminal nobody reads waits for its reader.
                self._it.take(shown=self.looks)
        line, self._rest = self._rest.split(b"\n", 1)
        return line


@contextmanager
def witnessed(
    *arguments: str, home: Path, cwd: Path | None = None, environment: Mapping[str, str]
) -> Iterator[tuple[Program, Witnessed]]:
    """Run the console, with a witness in its process, until the block is left."""
    path = home / "witness"
    os.mkfifo(path)
    pipe = os.open(path, os.O_RDWR)  # so that it has a reader from the start, and never ends
    try:
        with program(
            *arguments,
            home=home,
            cwd=cwd,
            size=(100, 36),
            environment={PIPE: str(path), RECORD: str(home / "record.jsonl"), **environment},
            script=WITNESSED,
        ) as it:
            yield it, Witnessed(it, pipe)
    finally:
        os.close(pipe)
