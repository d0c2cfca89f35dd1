"""What the stream of logs says of the console's own jobs."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from pixel_tui.operations.job import JobState, JobStatus
from pixel_tui.stack.log_feed import LogFeed
from screens.followed_logs import FollowedLogs
from tests.unit.test_job import NOW, FakeObserver, agent, stack


def job(name: str, minute: int) -> JobStatus:
    began = NOW + timedelta(minutes=minute)
    return cast("JobStatus", SimpleNamespace(
        id=name, plan=SimpleNamespace(title=name), state=JobState.SUCCEEDED,
        started=began, ended=began + timedelta(seconds=30),
    ))  # fmt: skip


def test_jobs_are_told_once_and_in_the_order_of_their_times() -> None:
    told: list[str] = []
    logs = FollowedLogs(FakeObserver(stack(agent())))
    logs._feed = cast("LogFeed", SimpleNamespace(mark=lambda words, _at: told.append(words)))
    newest_first = [job("restart", 2), job("stop", 1)]
    logs.tell(newest_first)
    logs.tell(newest_first)
    assert told == [
        "console: stop",
        "console: stop succeeded",
        "console: restart",
        "console: restart succeeded",
    ]
