"""Removal of staged environment files that killed processes left, except those of jobs."""

from collections.abc import Collection, Mapping
from pathlib import Path

from pixel_tui.environment.storage.abandoned import remove_abandoned
from pixel_tui.operations.jobs.folder import JobRecords, jobs_path


def remove_abandoned_files(
    state_folder: Path, environment: Mapping[str, str], spared: Collection[str] = ()
) -> None:
    """Remove abandoned files, at the start of a process that may write. Blocks.

    The command of a job outlives its pixel-tui, and reads the candidate of its plan.

    Args:
        state_folder: The folder of this user's state.
        environment: The variables of this process.
        spared: Ids of candidates that are about to be used.
    """

    def needed() -> set[str]:
        jobs = JobRecords(jobs_path(state_folder)).jobs()
        unfinished = (job.plan.targets for job in jobs if not job.state.finished)
        return {*spared, *(target for targets in unfinished for target in targets)}

    remove_abandoned(state_folder, environment, needed)
