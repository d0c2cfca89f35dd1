"""Which process of this machine: its number alone is given to another one later."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process, told from every other that has had its number or will have it."""

    pid: int
    started: int
    """When it began, in ticks since the machine was started."""
    boot: str
    """Which start of the machine."""

    @property
    def lives(self) -> bool:
        """Whether it still runs. One that has ended and waits to be heard of does not."""
        return self.pid > 0 and mark_of(self.pid) == self


def mark_of(pid: int) -> ProcessMark | None:
    """The mark of a process that runs; None where there is none of this number."""
    try:
        # The name, in parentheses, may hold anything.
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        state, started = words[0], int(words[19])
    except (OSError, ValueError, IndexError):
        return None
    return None if state in {"Z", "X"} else ProcessMark(pid, started, boot)


def signal_group(leader: ProcessMark, number: signal.Signals) -> bool:
    """Send a signal to the group that a process leads; False where it runs no more.

    Raises:
        PermissionError: It is another user's.
    """
    if not leader.lives:
        return False
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, number)
        return True
    return False
