"""The progress of a restore that was killed or cancelled before it could report it."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final

from pixel_tui.backups.broken_off import restore_progress
from pixel_tui.backups.worker import is_restore
from pixel_tui.files import open_regular
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.text import NO_TEXT, SafeText, plain_lines

_TAIL_BYTES: Final = 256 * 1024


def interrupted_restore(status: JobStatus, folder: Path, code: int | None) -> SafeText:
    """Return what an interrupted restore has and has not restored. Blocks.

    Args:
        status: The last recorded status of the job.
        folder: The project's folder.
        code: The exit code of the last started step; None if unknown.

    Returns:
        Sentences; empty if that step is no restore, or has reported its own result.
    """
    if status.state is not JobState.RUNNING or not is_restore(
        status.plan.steps[status.step].command
    ):
        return NO_TEXT
    killed = code is None or code < 0 or code > 128
    if code == 0 or not (killed or status.cancel_requested):
        return NO_TEXT
    try:
        return restore_progress(_lines_of_step(status.output), folder)
    except OSError:
        return NO_TEXT


def _lines_of_step(output: Path) -> Sequence[str]:
    with open_regular(output) as file:
        file.seek(max(0, output.stat().st_size - _TAIL_BYTES))
        lines = plain_lines(file.read())
    last = takewhile(lambda line: not line.startswith("$ "), reversed(lines))
    return tuple(last)[::-1]
