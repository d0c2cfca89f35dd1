"""Filters and sorts tasks for a list. Pure, but too slow for the event loop."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.view.search import TaskSearch
from pixel_tui.ledger.view.view import LedgerView

Weight = tuple[float, str]
Keyed = tuple[str, Task]
"""A task with the key of its line."""


class TaskField(StrEnum):
    """A column of the task list, by which it can be sorted."""

    STATUS = "status"
    ID = "id"
    TASK = "task"
    AGE = "age"
    TOOK = "took"
    TRIES = "tries"
    WORKER = "worker"
    EXIT = "exit"
    TYPE = "type"
    SUMMARY = "summary"


class TaskFilter(StrEnum):
    """A filter for tasks by state."""

    ALL = "all"
    OPEN = "open"
    """Pending or running, or in an unknown state."""
    DOUBTFUL = "with findings"
    FAILED = "failed or aborted"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How to filter, sort and group tasks.

    Args:
        field: The column to sort by; tasks that need attention come first.
        reverse: Whether to reverse the order.
        grouped: Whether to group by status, with headings.
        folded: The collapsed groups.
        wanted: The filter by state.
        words: The text that tasks must contain.
    """

    field: TaskField = TaskField.AGE
    reverse: bool = False
    grouped: bool = True
    folded: frozenset[TaskStatus] = frozenset()
    wanted: TaskFilter = TaskFilter.ALL
    words: str = ""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the list: a task, or the heading of a group."""

    key: str
    """Stays the same as long as the task exists."""
    task: Task | None
    status: TaskStatus
    count: int = 0
    """The number of tasks in a heading's group."""
    folded: bool = False


ORDER: Final = (
    TaskStatus.RUNNING,
    TaskStatus.PENDING,
    TaskStatus.UNKNOWN,
    TaskStatus.FAILED,
    TaskStatus.ABORTED,
    TaskStatus.COMPLETED,
)
"""The groups: running work first, then what may need attention."""


def arranged(view: LedgerView, wish: Arrangement, now: datetime) -> Sequence[LedgerLine]:
    """Return the lines of a list."""
    search = TaskSearch(wish.words)
    doubtful = {str(finding.task) for finding in view.findings if finding.task}
    found = list(_keyed(view.tasks))
    if wish.wanted is not TaskFilter.ALL or wish.words:
        found = [
            item
            for item in found
            if _wanted(item[1], wish.wanted, doubtful) and search.matches(item[1])
        ]
    weigh = _WEIGHTS[wish.field]
    facts = _Facts(view, now)

    def in_order(some: list[Keyed]) -> Iterator[LedgerLine]:
        some.sort(key=lambda item: weigh(item[1], facts), reverse=wish.reverse)
        return (LedgerLine(key, task, task.status) for key, task in some)

    return list(_grouped(found, wish.folded, in_order) if wish.grouped else in_order(found))


def hidden_findings(view: LedgerView, wish: Arrangement) -> int:
    """Return how many findings are about tasks that the list hides."""
    if wish.wanted is TaskFilter.ALL and not wish.words:
        return 0
    search = TaskSearch(wish.words)
    tasks = {str(task.id): task for task in view.tasks}
    about = [(finding, tasks.get(str(finding.task))) for finding in view.findings]
    doubtful = {str(finding.task) for finding, _ in about}
    return sum(
        not (_wanted(task, wish.wanted, doubtful) and search.matches(task))
        for _, task in about
        if task is not None
    )


def heading_key(status: TaskStatus) -> str:
    """Return the key of a group's heading, which no task can have."""
    return f"\0{status.value}"


def _keyed(tasks: Iterable[Task]) -> Iterator[Keyed]:
    """Yield tasks with their ids; a duplicate or empty id gets a number."""
    seen: Counter[str] = Counter()
    for task in tasks:
        name = str(task.id)
        seen[name] += 1
        yield (name if name and seen[name] == 1 else f"{name}\0{seen[name]}"), task


def _wanted(task: Task, wanted: TaskFilter, doubtful: set[str]) -> bool:
    match wanted:
        case TaskFilter.ALL:
            return True
        case TaskFilter.OPEN:
            return not task.status.ended
        case TaskFilter.DOUBTFUL:
            return bool(task.odd) or task.id in doubtful
        case TaskFilter.FAILED:
            return task.status in {TaskStatus.FAILED, TaskStatus.ABORTED}
        case TaskFilter.COMPLETED:
            return task.status is TaskStatus.COMPLETED


def _grouped(
    found: Iterable[Keyed],
    folded: frozenset[TaskStatus],
    in_order: Callable[[list[Keyed]], Iterable[LedgerLine]],
) -> Iterator[LedgerLine]:
    """Yield each group below its heading; collapsed ones, usually the longest, are not sorted."""
    groups: dict[TaskStatus, list[Keyed]] = {status: [] for status in ORDER}
    for item in found:
        groups[item[1].status].append(item)
    for status, members in groups.items():
        if members:
            shut = status in folded
            yield LedgerLine(heading_key(status), None, status, len(members), shut)
            if not shut:
                yield from in_order(members)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What sort keys need besides the task."""

    view: LedgerView
    now: datetime


def _newest(task: Task) -> float:
    return -task.created.timestamp() if task.created else 1.0


_WEIGHTS: Final[Mapping[TaskField, Callable[[Task, _Facts], Weight]]] = {
    TaskField.STATUS: lambda task, _: (ORDER.index(task.status) * 1e12 + _newest(task), task.id),
    TaskField.ID: lambda task, _: (0, task.id),
    TaskField.TASK: lambda task, _: (0, task.headline.casefold()),
    TaskField.AGE: lambda task, _: (_newest(task), task.id),
    TaskField.TOOK: lambda task, facts: (-(task.seconds(facts.now) or 0.0), task.id),
    TaskField.TRIES: lambda task, _: (-task.attempts, task.id),
    TaskField.WORKER: lambda task, facts: (
        0 if facts.view.truth(task).worker else 1, task.id),
    TaskField.EXIT: lambda task, _: (-abs(task.exit_code or 0), task.id),
    TaskField.TYPE: lambda task, _: (0, f"{task.type_text} {task.id}"),
    TaskField.SUMMARY: lambda task, _: (0, task.summary.casefold()),
}  # fmt: skip
