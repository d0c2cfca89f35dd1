"""Removing what killed processes left of environment files, and nothing that a job needs."""

from collections.abc import Collection, Mapping
from pathlib import Path

from pixel_tui.environment.storage.abandoned import remove_abandoned
from pixel_tui.operations.jobs.folder import JobRecords, jobs_path


def sweep_abandoned(
    state_folder: Path, environment: Mapping[str, str], spared: Collection[str] = ()
) -> None:
    """Remove it; for whatever starts, and may write to the state folder. Blocks.

    The command of a job outlives its console, and reads the candidate that the plan names.

    Args:
        state_folder: Where this user's state is kept.
        environment: The variables of this process.
        spared: Ids of candidates that are about to be used, whoever made them.
    """

    def needed() -> set[str]:
        jobs = JobRecords(jobs_path(state_folder)).jobs()
        waiting = (job.plan.targets for job in jobs if not job.state.ended)
        return {*spared, *(target for targets in waiting for target in targets)}

    remove_abandoned(state_folder, environment, needed)
