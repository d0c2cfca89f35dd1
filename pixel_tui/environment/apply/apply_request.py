"""The request to apply an environment, the parts that an apply needs, and its outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class ApplyOutcome(IntEnum):
    """The outcome of an apply, as the exit code of the program."""

    SUCCESS = 0
    """The new environment is applied and confirmed."""
    NOTHING_CHANGED = 1
    """It failed before anything was changed."""
    UNHEALTHY = 3
    """A service failed with it: rolled back."""
    UNCONFIRMED = 4
    """It was not confirmed in time: rolled back."""
    CANCELLED = 5
    """It was cancelled: rolled back."""
    INCOMPLETE = 6
    """It could not be rolled back, or not completely: the user has to act."""


class EnvironmentFile(Protocol):
    """The project's `.env`."""

    def read(self) -> bytes | None:
        """Return its content; None if the file does not exist.

        Raises:
            FileError: It can't be read.
        """
        ...

    def save(self, content: bytes, *, expected_sha256: str) -> None:
        """Replace the file, keep its old content in the history, and read it back.

        Args:
            content: The complete new content.
            expected_sha256: The SHA-256 of the content to replace; empty for no file.

        Raises:
            FileError: It can't be written, or was changed meanwhile. It is unchanged.
        """
        ...

    def remove(self) -> None:
        """Remove the file.

        Raises:
            FileError: It can't be removed.
        """
        ...


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """The health of services after they were recreated."""

    failure: str = ""
    """A permanent problem, as a sentence; empty if there is none."""
    pending: str = ""
    """The state that is still waited for; empty if all services are healthy."""
    timeout: float = 60.0
    """How many seconds their health checks may take."""


class ProjectContainers(Protocol):
    """Reads the project's containers, images and networks."""

    def images(self, services: Sequence[str]) -> Mapping[str, str]:
        """Return the image references of services, with the image ids of their containers.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def image_id(self, reference: str) -> str:
        """Return the id of an image reference; empty if there is no such image.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def network_id(self, name: str) -> str:
        """Return the id of a network; empty if there is none of that name.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def others_on(self, networks: Sequence[str], services: Sequence[str]) -> Sequence[str]:
        """Return the containers on the networks that don't belong to these services, by name.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...

    def health(self, services: Sequence[str]) -> ServiceHealth:
        """Return the health of services.

        Raises:
            EngineError: The engine can't be asked.
        """
        ...


class RunProgram(Protocol):
    """Runs programs."""

    def __call__(self, argv: Sequence[str], *, apart: bool) -> int:
        """Run a program to its end; returns its exit code.

        Args:
            argv: The program and its arguments.
            apart: Whether it keeps running if this process is cancelled.

        Raises:
            OperationError: It can't be started.
        """
        ...


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """The environment to apply, and what to do with the services."""

    content: bytes
    expected_sha256: str
    """The SHA-256 of the file that the plan was made from; empty for no file."""
    recreate: tuple[str, ...]
    rebuild: tuple[str, ...]
    restart: tuple[str, ...]
    """Services to restart after that: proxies that keep the addresses of these, and services
    that mount the file itself."""
    confirm_seconds: float
    """How many seconds there are to confirm it."""
    scales: tuple[str, ...] = ()
    """`SERVICE=NUMBER` of services that were scaled by hand."""
    networks: tuple[str, ...] = ()
    """Networks that change: they are removed, so that compose recreates them."""
    joined: tuple[str, ...] = ()
    """Services that are restarted after `restart`, in this order: each shares a namespace of an
    earlier one."""
    providers: tuple[str, ...] = ()
    """Services with a provider that the recreated ones need for its variables."""
