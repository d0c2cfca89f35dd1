"""The stops that this user's consoles carried out, for who wants to know why something is down."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.stack.model.exit_tracker import ExitTracker, RecordedStop

LOOKED_AT: Final = 60
"""As many of the last jobs are looked through."""


def known_ends(address: str, state_folder: Path) -> ExitTracker:
    """How containers of an engine ended, as far as the records of jobs tell.

    Args:
        address: The engine's.
        state_folder: Where this user's state is kept.
    """
    return ExitTracker(past_stops(address, state_folder))


def past_stops(address: str, state_folder: Path) -> Callable[[str], Sequence[RecordedStop]]:
    """What reads the stops of a project; it blocks, and is called where an end is in doubt."""

    def read(project: str) -> Sequence[RecordedStop]:
        # Hardly any start needs it.
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from pixel_tui.operations.jobs.lock import engine_identity

        engine = engine_identity(address)
        jobs = JobRecords(jobs_path(state_folder)).jobs(LOOKED_AT)
        return tuple(
            RecordedStop(frozenset(map(str, job.plan.targets)), job.times[0].began, job.ended)
            for job in jobs
            if job.plan.action == "stop"
            and job.plan.project == project
            and engine_identity(job.plan.engine) == engine
            and job.times  # a step of it was begun
            and job.ended is not None
        )

    return read
