"""Where the facts for plans come from. What reads them is imported with the first plan."""

import socket
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pixel_tui.operations.facts import FactReader, Facts
from pixel_tui.proxy_reading import read_proxies
from pixel_tui.settings import state_folder
from pixel_tui.stack.model import StackSnapshot
from pixel_tui.text import plain

LAST_TIMES: Final = 3
"""Of as many jobs is told how long a service was away."""
LOOKED_AT: Final = 60
"""As many jobs are looked through for that."""


def live_facts() -> FactReader:
    """The reader of a real stack's facts."""

    def read(snapshot: StackSnapshot) -> Facts:
        from pixel_tui.operations.job_folder import jobs_path

        return Facts(
            host=plain(socket.gethostname()),
            proxies=read_proxies(snapshot),
            down=times_away(jobs_path(state_folder()), snapshot),
        )

    return read


def times_away(jobs: Path, snapshot: StackSnapshot) -> Mapping[str, tuple[float, ...]]:
    """For how long the services of a stack were away in its last jobs.

    Args:
        jobs: The folder of the jobs.
        snapshot: The stack.
    """
    from pixel_tui.operations.job_folder import JobFolder
    from pixel_tui.operations.lock import engine_identity

    engine = engine_identity(snapshot.engine.address)
    found: dict[str, list[float]] = defaultdict(list)
    for job in JobFolder(jobs).jobs(LOOKED_AT):
        plan = job.plan
        if plan.project == snapshot.project_name and engine_identity(plan.engine) == engine:
            for away in job.away:
                found[away.service].append(away.seconds)
    return {name: tuple(seconds[:LAST_TIMES]) for name, seconds in found.items()}
