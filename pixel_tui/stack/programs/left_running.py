"""Ends the processes that a program left running: the other processes of its session."""

import os
import signal
import time
from contextlib import suppress
from typing import Final

from pixel_tui.processes import PROC
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of

TERM_SECONDS: Final = 2.0
"""How long a process may take to exit after SIGTERM."""
KILL_SECONDS: Final = 1.0
"""How long a process may take to exit after SIGKILL."""
_PAUSE_SECONDS: Final = 0.02


def left_running(leader: ProcessMark) -> tuple[ProcessMark, ...]:
    """Return the processes of a session whose leader has exited; none while it runs.

    Processes that created their own session, as daemons do, are not included.
    """
    now = mark_of(leader.pid)
    if now is not None:  # it runs, or another process has its PID and thus the session
        return ()
    found = [mark_of(pid) for pid in _pids() if _session_of(pid) == leader.pid]
    return tuple(
        mark
        for mark in found
        if mark is not None and mark.boot == leader.boot and mark.started >= leader.started
    )


def end_left_running(
    leader: ProcessMark, *, asked: float = TERM_SECONDS, killed: float = KILL_SECONDS
) -> tuple[ProcessMark, ...]:
    """End the processes that a program left running by SIGTERM, then SIGKILL. Blocks for seconds.

    Args:
        leader: The program, which has exited.
        asked: Seconds between SIGTERM and SIGKILL.
        killed: Seconds to wait after SIGKILL.

    Returns:
        The processes that were found, whether or not they could be ended.
    """
    found = left_running(leader)
    for number, seconds in ((signal.SIGTERM, asked), (signal.SIGKILL, killed)):
        # Searched again, because one may have started another meanwhile.
        for process in left_running(leader):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)
        end = time.monotonic() + seconds
        while left_running(leader):
            if time.monotonic() > end:
                break
            time.sleep(_PAUSE_SECONDS)
        else:
            break
    return found


def _pids() -> list[int]:
    try:
        return [int(item.name) for item in PROC.iterdir() if item.name.isdecimal()]
    except OSError:
        return []


def _session_of(pid: int) -> int:
    """Return the session of a process; 0 if it no longer exists."""
    try:
        # The name, in parentheses, may contain any characters.
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
        return int(text.rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return 0
