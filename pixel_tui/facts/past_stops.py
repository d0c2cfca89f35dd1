"""The recorded stops of this user's jobs, which explain why containers are down."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.stack.model.exit_tracker import ExitTracker, RecordedStop

MAX_JOBS: Final = 60
"""The number of last jobs that are searched."""


def exit_tracker_with_records(address: str, state_folder: Path) -> ExitTracker:
    """Return an exit tracker that knows the stops in the records of jobs.

    Args:
        address: The engine's address.
        state_folder: The user's state folder.
    """
    return ExitTracker(past_stops(address, state_folder))


def past_stops(address: str, state_folder: Path) -> Callable[[str], Sequence[RecordedStop]]:
    """Return a function that reads the stops of a project. It blocks; call it only if needed."""

    def read(project: str) -> Sequence[RecordedStop]:
        # Imported here, because few starts need it.
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from pixel_tui.operations.jobs.lock import engine_identity

        engine = engine_identity(address)
        jobs = JobRecords(jobs_path(state_folder)).jobs(MAX_JOBS)
        return tuple(
            RecordedStop(
                frozenset(map(str, job.plan.targets)), job.step_times[0].started_at, job.finished_at
            )
            for job in jobs
            if job.plan.action == "stop"
            and job.plan.project == project
            and engine_identity(job.plan.engine) == engine
            and job.step_times  # a step was started
            and job.finished_at is not None
        )

    return read
