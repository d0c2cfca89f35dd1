"""Statistics of finished tasks, by type and by day. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class TaskTally:
    """Counts and durations of finished tasks."""

    completed: int = 0
    failed: int = 0
    aborted: int = 0
    median: float | None = None
    """The median duration in seconds; None if no duration is known."""
    p95: float | None = None
    """The 95th percentile of the durations in seconds, likewise."""

    @property
    def ended(self) -> int:
        """The number of finished tasks."""
        return self.completed + self.failed + self.aborted

    @property
    def success(self) -> float | None:
        """The share of completed tasks; None if there are no finished ones."""
        return self.completed / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of some days."""

    total: TaskTally
    by_type: tuple[tuple[SafeText, TaskTally], ...]
    """The most frequent type first."""
    by_day: tuple[tuple[date, TaskTally], ...]
    """Oldest first, including days without tasks."""


def statistics_of(
    tasks: Iterable[Task], *, now: datetime, days: int = 14, zone: tzinfo = UTC
) -> Statistics:
    """Return the statistics of the tasks that ended on the last days.

    Args:
        tasks: The ledger's tasks.
        now: The time.
        days: The number of days, including today.
        zone: The time zone of the days.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    ended: list[tuple[date, Task]] = []
    for task in tasks:
        if task.status.ended and task.completed is not None:
            day = task.completed.astimezone(zone).date()
            if first <= day <= today:
                ended.append((day, task))
    by_type: dict[SafeText, list[Task]] = defaultdict(list)
    by_day: dict[date, list[Task]] = {first + timedelta(days=at): [] for at in range(days)}
    for day, task in ended:
        by_type[task.type_text].append(task)
        by_day[day].append(task)
    return Statistics(
        total=_tally([task for _, task in ended]),
        by_type=tuple(
            (name, _tally(found))
            for name, found in sorted(by_type.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
        by_day=tuple((day, _tally(found)) for day, found in by_day.items()),
    )


def _tally(tasks: Sequence[Task]) -> TaskTally:
    counts = dict.fromkeys(TaskStatus, 0)
    seconds = []
    for task in tasks:
        counts[task.status] += 1
        if task.started is not None and task.completed is not None:
            duration = (task.completed - task.started).total_seconds()
            if duration >= 0:
                seconds.append(duration)
    seconds.sort()
    return TaskTally(
        completed=counts[TaskStatus.COMPLETED],
        failed=counts[TaskStatus.FAILED],
        aborted=counts[TaskStatus.ABORTED],
        median=_quantile(seconds, 0.5),
        p95=_quantile(seconds, 0.95),
    )


def _quantile(sorted_values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of the values does not exceed."""
    if not sorted_values:
        return None
    rank = max(-(-len(sorted_values) * share // 1), 1)
    return sorted_values[int(rank) - 1]
