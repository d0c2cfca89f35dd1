"""Marks of jobs in followed logs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from screens.logs.followed import FollowedLogs
from tests.builders.job import NOW, FakeObserver, agent, stack
from widgets.logs.pane import LogPane


def job(name: str, minute: int, *services: str) -> JobStatus:
    began = NOW + timedelta(minutes=minute)
    effects = [SimpleNamespace(service=service) for service in services]
    return cast("JobStatus", SimpleNamespace(
        id=name, plan=SimpleNamespace(title=name, targets=services[:1], affects=effects),
        state=JobState.SUCCEEDED, started_at=began, finished_at=began + timedelta(seconds=30),
    ))  # fmt: skip


EVERY = ("agent", "api", "web")


class Feed:
    """Records marks."""

    def __init__(self, *services: str) -> None:
        self.sources = tuple(
            SimpleNamespace(service=service, container=f"pixel-{service}-1") for service in services
        )
        self.marks: list[tuple[str, str]] = []

    def mark(self, words: str, _at: datetime, source: str) -> None:
        self.marks.append((words, source))


class FollowedObserver(FakeObserver):
    """Has one feed."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(stack(agent()))
        self._feed = feed

    def follow_logs(self, _targets: Sequence[LogTarget]) -> LogFeed:
        return cast("LogFeed", self._feed)


def followed(feed: Feed, *services: str) -> FollowedLogs:
    logs = FollowedLogs(FollowedObserver(feed))
    logs.choose_services(services or EVERY, every=EVERY)
    logs.follow((), cast("LogPane", SimpleNamespace(show=lambda *_: None, app=None)))
    return logs


def test_jobs_are_marked_once_in_the_order_of_their_times() -> None:
    feed = Feed("api")
    logs = followed(feed, "api")
    newest_first = [job("restart", 2, "api"), job("stop", 1, "api")]
    logs.mark_jobs(newest_first)
    logs.mark_jobs(newest_first)
    assert feed.marks == [
        (words, "pixel-api-1")
        for words in (
            "pixel-tui: stop",
            "pixel-tui: stop succeeded",
            "pixel-tui: restart",
            "pixel-tui: restart succeeded",
        )
    ]


def test_jobs_of_other_services_are_not_marked() -> None:
    feed = Feed("api", "web")
    jobs = [
        job("a", 1, "agent"),
        job("b", 2, "web"),
        job("c", 3, "agent", "api", "web"),
        job("d", 4),
    ]
    followed(feed, "api", "web").mark_jobs(jobs)
    assert [words for words in feed.marks if not words[0].endswith("succeeded")] == [
        ("pixel-tui: b", "pixel-web-1"),
        ("pixel-tui: c", ""),
    ]


def test_jobs_of_every_service_are_marked_if_all_are_followed() -> None:
    feed = Feed("api", "web")
    followed(feed).mark_jobs([job("a", 1, "api"), job("backup", 2)])
    assert [words for words, _ in feed.marks][::2] == ["pixel-tui: a", "pixel-tui: backup"]
