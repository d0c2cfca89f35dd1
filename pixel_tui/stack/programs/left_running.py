"""What a program left running when it ended: the other processes of the session that it led."""

import os
import signal
import time
from contextlib import suppress
from typing import Final

from pixel_tui.processes import PROC
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of

TERM_SECONDS: Final = 2.0
"""How long a process may take to end once it is asked to."""
KILL_SECONDS: Final = 1.0
"""How long the kernel may take to end one that is killed."""
_PAUSE_SECONDS: Final = 0.02


def left_running(leader: ProcessMark) -> tuple[ProcessMark, ...]:
    """The processes of a session whose leader has ended; none while it runs.

    What made a session of its own, as a daemon does, is not among them.
    """
    now = mark_of(leader.pid)
    if now is not None:  # it runs, or its number is another's, and so is the session by now
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
    """End what a program left running: ask (SIGTERM), then kill. Blocks for seconds at most.

    Args:
        leader: The program, which has ended.
        asked: Seconds between asking and killing.
        killed: Seconds to wait after that.

    Returns:
        What was found running, whether or not it could be ended.
    """
    found = left_running(leader)
    for number, seconds in ((signal.SIGTERM, asked), (signal.SIGKILL, killed)):
        # Looked for again: one may have started another meanwhile.
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
    """The session of a process; 0 if it is gone."""
    try:
        # The name, in parentheses, may hold anything.
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
        return int(text.rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return 0
