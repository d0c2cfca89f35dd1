"""How requests get to an engine, whatever lies in between.

A transport can ask and nothing else: its methods take no HTTP method, and what they
stand on holds back whatever is not in `READING`.
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

READING: Final = frozenset({"GET", "HEAD"})
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
"""How long an answer, or the next part of it, is waited for."""
WHOLE_SECONDS: Final = 30.0
"""How long a whole answer may take: a drop now and then is not an engine that answers."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger answer is none; the largest real ones are lists of a few MiB."""
CHUNK: Final = 256 * 1024
POOL_SIZE: Final = 64
"""As many connections are kept for the next request."""


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What the engine answered."""

    status: int
    reason: str
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is what was asked for."""
        return self.status < 400


class Transport(Protocol):
    """Sends `GET` requests to one engine. Safe to use from several threads.

    Every method raises `EngineUnreachable` or `EngineDenied`.

    A body that is read as it comes may be as long as it likes; each part of it is waited for.
    """

    def get(self, target: str, *, patience: float = WHOLE_SECONDS) -> EngineAnswer:
        """Ask, and wait for the whole answer.

        Args:
            target: Path and query.
            patience: How many seconds the whole answer may take.

        Raises:
            EngineAnswerInvalid: It is larger than `MOST_BYTES`.
        """
        ...

    def open(self, target: str, *, endless: bool) -> ByteStream | EngineAnswer:
        """Ask, and read the body as it comes; the answer itself where it is an error.

        Args:
            target: Path and query.
            endless: The body may be silent for days.
        """
        ...

    def close(self) -> None:
        """Drop the kept connections; a later request makes new ones."""
        ...


def held_back(method: str) -> EngineError:
    """The error of a request that is not sent, since it could change something."""
    return EngineError(
        "A request that could change something was held back: "
        f"this part of the console only looks ({method})."
    )


def too_large(target: str) -> EngineAnswerInvalid:
    """The error of an answer that does not end."""
    return EngineAnswerInvalid(
        f"The engine's answer is larger than {memory_size(MOST_BYTES)}.",
        on=target.partition("?")[0],
        remedy="Is it a Docker Engine that listens at this address?",
    )


def connection_broken() -> EngineUnreachable:
    """The error of a body that ended before its time."""
    return EngineUnreachable("The engine broke the connection off.")


def no_answer(address: SafeText) -> EngineUnreachable:
    """The error of an engine that is silent."""
    return EngineUnreachable(
        "The engine does not answer.",
        on=address,
        remedy="Is the host overloaded? See `journalctl -u docker`.",
    )


def connection_error(cause: BaseException, address: SafeText) -> EngineError:
    """What a failure of the connection means to a person."""
    if isinstance(cause, PermissionError):  # an error of TLS has the number of one
        return EngineDenied(
            "This user may not use the engine's socket.",
            on=address,
            remedy=_permission_remedy(address),
        )
    if isinstance(cause, FileNotFoundError):
        return EngineUnreachable(
            "There is no socket at the engine's address.",
            on=address,
            remedy="Is Docker installed and started (`systemctl start docker`)? "
            "Is DOCKER_HOST or the context right?",
        )
    if isinstance(cause, ConnectionRefusedError):
        return EngineUnreachable(
            "Nobody listens at the engine's address.",
            on=address,
            remedy="Start the engine: `systemctl start docker`.",
        )
    # A local socket with too many waiting callers says that it would block.
    if isinstance(cause, TimeoutError | BlockingIOError):
        return no_answer(address)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return EngineUnreachable(
        f"The engine can't be reached: {reason or type(cause).__name__}.",
        on=address,
        remedy="Check the address and whether the engine runs.",
    )


def _permission_remedy(address: str) -> str:
    path = Path(address.removeprefix("unix://"))
    group = "docker"
    with suppress(OSError, KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    return f"Join the socket's group: `sudo usermod -aG {group} $USER`, then log in again."
