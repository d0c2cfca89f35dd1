"""What an apply is asked for, what it works with, and how it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Ending(IntEnum):
    """How it ended: the exit code of the program."""

    KEPT = 0
    """The new environment is in force, and confirmed."""
    NOTHING_DONE = 1
    """It failed before anything was changed."""
    UNHEALTHY = 3
    """A service did not come up with it: what was before is back."""
    UNCONFIRMED = 4
    """Nobody confirmed it in time: what was before is back."""
    CANCELLED = 5
    """It was cancelled: what was before is back."""
    LEFT = 6
    """What was before could not be put back, or not wholly: somebody has to look."""


class EnvironmentFile(Protocol):
    """The project's `.env`."""

    def read(self) -> bytes | None:
        """Its content; None where there is no such file.

        Raises:
            FileError: It can't be read.
        """
        ...

    def save(self, content: bytes, *, was: str) -> None:
        """Replace it, keep what it was in the history, read it back.

        Args:
            content: All of it.
            was: The SHA-256 of what it replaces; empty for no file.

        Raises:
            FileError: It can't be written, or has changed meanwhile. It is as it was.
        """
        ...

    def remove(self) -> None:
        """Remove it.

        Raises:
            FileError: It can't be removed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wellness:
    """How services are after they were made anew."""

    ill: str = ""
    """What is wrong for good, as a sentence; empty where nothing is."""
    waiting: str = ""
    """What is not decided yet; empty where all is well."""
    patience: float = 60.0
    """Seconds that their health checks may take to decide."""


class Containers(Protocol):
    """What runs, as far as it can be looked at."""

    def images(self, services: Sequence[str]) -> Mapping[str, str]:
        """The image references of these services, and the ids that their containers run.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def image_id(self, reference: str) -> str:
        """What a reference means now; empty where it means nothing.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def network_id(self, name: str) -> str:
        """The id of a network; empty where there is none of that name.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def others_on(self, networks: Sequence[str], services: Sequence[str]) -> Sequence[str]:
        """The names of what runs on one of these networks, and is not of these services.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def wellness(self, services: Sequence[str]) -> Wellness:
        """How these services are.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...


class Run(Protocol):
    """Runs programs."""

    def __call__(self, argv: Sequence[str], *, apart: bool) -> int:
        """Run a program to its end; returns its exit code.

        Args:
            argv: The program and its arguments.
            apart: What cancels this process does not reach it.

        Raises:
            OperationError: It can't be started.
        """
        ...


@dataclass(frozen=True, slots=True)
class WantedEnvironment:
    """What is to be applied."""

    content: bytes
    was: str
    """The SHA-256 of the file that the plan was made from; empty for no file."""
    recreate: tuple[str, ...]
    rebuild: tuple[str, ...]
    restart: tuple[str, ...]
    """What is restarted after that: proxies that keep the addresses of these, what mounts the file
    by itself."""
    within: float
    """Seconds that there are to confirm it."""
    scales: tuple[str, ...] = ()
    """`SERVICE=NUMBER` of what was scaled by hand."""
    networks: tuple[str, ...] = ()
    """Those that it changes: they are removed, so that compose makes them again."""
    joined: tuple[str, ...] = ()
    """What is restarted after `restart`, in this order: it shares a namespace of what is before."""
    providers: tuple[str, ...] = ()
    """Services with a provider that the ones made again depend on, for the variables it gives."""
