"""Unique identities of processes: a PID alone is reused by later processes."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """The identity of a process, which distinguishes it from others with the same PID."""

    pid: int
    started: int
    """Its start time, in clock ticks since the boot."""
    boot: str
    """The id of the boot."""

    @property
    def is_running(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return self.pid > 0 and mark_of(self.pid) == self


def mark_of(pid: int, *, exited: bool = False) -> ProcessMark | None:
    """Return the mark of a running process; None if no process has this PID.

    Args:
        pid: The PID.
        exited: Whether a zombie has a mark too: a child that has exited and was not waited for.
    """
    try:
        # The name, in parentheses, may contain any characters.
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        state, started = words[0], int(words[19])
    except (OSError, ValueError, IndexError):
        return None
    if state == "X" or (state == "Z" and not exited):
        return None
    return ProcessMark(pid, started, boot)


def signal_group(leader: ProcessMark, number: signal.Signals) -> bool:
    """Send a signal to the process group of a leader; return False if it no longer runs.

    Raises:
        PermissionError: It belongs to another user.
    """
    if not leader.is_running:
        return False
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, number)
        return True
    return False
