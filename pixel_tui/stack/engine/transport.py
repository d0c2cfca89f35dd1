"""The protocol for sending requests to an engine, and its errors.

A transport can only read: its methods take no HTTP method, and the connections below them
refuse any method that is not in `READ_METHODS`.
"""

import grp
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.errors import EngineAnswerInvalid, EngineDenied, EngineError, EngineUnreachable
from pixel_tui.humanize import memory_size
from pixel_tui.stack.model.source import ByteStream
from pixel_tui.text import SafeText

READ_METHODS: Final = frozenset({"GET", "HEAD"})
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
"""Timeout for a response, or for the next part of it."""
RESPONSE_SECONDS: Final = 30.0
"""Timeout for a complete response: an engine that sends a byte now and then is not working."""
MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger response is an error; the largest real ones are lists of a few MiB."""
CHUNK: Final = 256 * 1024
POOL_SIZE: Final = 64
"""The number of connections kept for later requests."""


@dataclass(frozen=True, slots=True)
class EngineResponse:
    """A response of the engine."""

    status: int
    reason: str
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is not an error."""
        return self.status < 400


class Transport(Protocol):
    """Sends `GET` requests to one engine. Thread-safe.

    Every method raises `EngineUnreachable` or `EngineDenied`.

    A streamed body may be of any length; the timeout is for each part of it.
    """

    def get(self, target: str, *, timeout: float = RESPONSE_SECONDS) -> EngineResponse:
        """Send a request and wait for the complete response.

        Args:
            target: Path and query.
            timeout: Timeout for the complete response, in seconds.

        Raises:
            EngineAnswerInvalid: It is larger than `MAX_BYTES`.
        """
        ...

    def open(self, target: str, *, endless: bool) -> ByteStream | EngineResponse:
        """Send a request and stream the body; return the response itself if it is an error.

        Args:
            target: Path and query.
            endless: Wait for the next part without a timeout.
        """
        ...

    def close(self) -> None:
        """Close the kept connections; later requests open new ones."""
        ...


def write_refused(method: str) -> EngineError:
    """Return the error for a request that is not sent because it could change something."""
    return EngineError(
        f"A request that could change something was blocked: this client is read-only ({method})."
    )


def too_large(target: str) -> EngineAnswerInvalid:
    """Return the error for a response that exceeds the size limit."""
    return EngineAnswerInvalid(
        f"Docker's response is larger than {memory_size(MAX_BYTES)}.",
        on=target.partition("?")[0],
        hint="Is this the address of a Docker daemon?",
    )


def connection_broken() -> EngineUnreachable:
    """Return the error for a body that ended prematurely."""
    return EngineUnreachable("The Docker daemon closed the connection.")


def engine_unresponsive(address: SafeText) -> EngineUnreachable:
    """Return the error for an engine that does not respond."""
    return EngineUnreachable(
        "The Docker daemon does not answer.",
        on=address,
        hint="Is the host overloaded? See `journalctl -u docker`.",
    )


def connection_error(cause: BaseException, address: SafeText) -> EngineError:
    """Convert a failure of the connection to an error with a fix."""
    if isinstance(cause, PermissionError):  # not by errno: TLS errors have the same number
        return EngineDenied(
            "This user can't use the Docker socket.",
            on=address,
            hint=_permission_hint(address),
        )
    if isinstance(cause, FileNotFoundError):
        return EngineUnreachable(
            "The Docker socket does not exist.",
            on=address,
            hint="Is Docker installed and started (`systemctl start docker`)? "
            "Is DOCKER_HOST or the context right?",
        )
    if isinstance(cause, ConnectionRefusedError):
        return EngineUnreachable(
            "The Docker daemon is not listening.",
            on=address,
            hint="Start Docker: `systemctl start docker`.",
        )
    # Connecting to a local socket with a full backlog fails with EAGAIN.
    if isinstance(cause, TimeoutError | BlockingIOError):
        return engine_unresponsive(address)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return EngineUnreachable(
        f"The Docker daemon can't be reached: {reason or type(cause).__name__}.",
        on=address,
        hint="Check the address. Is the Docker daemon running?",
    )


def _permission_hint(address: str) -> str:
    path = Path(address.removeprefix("unix://"))
    group = "docker"
    with suppress(OSError, KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    return f"Join the socket's group: `sudo usermod -aG {group} $USER`, then log in again."
