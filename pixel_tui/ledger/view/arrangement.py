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

SortKey = tuple[float, str]
KeyedTask = tuple[str, Task]
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


def arrange_tasks(
    view: LedgerView, arrangement: Arrangement, now: datetime
) -> Sequence[LedgerLine]:
    """Return the lines of a list."""
    search = TaskSearch(arrangement.words)
    with_findings = {str(finding.task) for finding in view.findings if finding.task}
    found = list(_with_keys(view.tasks))
    if arrangement.wanted is not TaskFilter.ALL or arrangement.words:
        found = [
            item
            for item in found
            if _passes(item[1], arrangement.wanted, with_findings) and search.matches(item[1])
        ]
    sort_key = _SORT_KEYS[arrangement.field]
    facts = _Facts(view, now)

    def sorted_lines(tasks: list[KeyedTask]) -> Iterator[LedgerLine]:
        tasks.sort(key=lambda item: sort_key(item[1], facts), reverse=arrangement.reverse)
        return (LedgerLine(key, task, task.status) for key, task in tasks)

    return list(
        _grouped(found, arrangement.folded, sorted_lines)
        if arrangement.grouped
        else sorted_lines(found)
    )


def hidden_findings(view: LedgerView, arrangement: Arrangement) -> int:
    """Return how many findings are about tasks that the list hides."""
    if arrangement.wanted is TaskFilter.ALL and not arrangement.words:
        return 0
    search = TaskSearch(arrangement.words)
    tasks = {str(task.id): task for task in view.tasks}
    about = [(finding, tasks.get(str(finding.task))) for finding in view.findings]
    with_findings = {str(finding.task) for finding, _ in about}
    return sum(
        not (_passes(task, arrangement.wanted, with_findings) and search.matches(task))
        for _, task in about
        if task is not None
    )


def heading_key(status: TaskStatus) -> str:
    """Return the key of a group's heading, which no task can have."""
    return f"\0{status.value}"


def _with_keys(tasks: Iterable[Task]) -> Iterator[KeyedTask]:
    """Yield tasks with their ids; a duplicate or empty id gets a number."""
    seen: Counter[str] = Counter()
    for task in tasks:
        name = str(task.id)
        seen[name] += 1
        yield (name if name and seen[name] == 1 else f"{name}\0{seen[name]}"), task


def _passes(task: Task, wanted: TaskFilter, with_findings: set[str]) -> bool:
    match wanted:
        case TaskFilter.ALL:
            return True
        case TaskFilter.OPEN:
            return not task.status.ended
        case TaskFilter.DOUBTFUL:
            return bool(task.odd) or task.id in with_findings
        case TaskFilter.FAILED:
            return task.status in {TaskStatus.FAILED, TaskStatus.ABORTED}
        case TaskFilter.COMPLETED:
            return task.status is TaskStatus.COMPLETED


def _grouped(
    found: Iterable[KeyedTask],
    folded: frozenset[TaskStatus],
    sorted_lines: Callable[[list[KeyedTask]], Iterable[LedgerLine]],
) -> Iterator[LedgerLine]:
    """Yield each group below its heading; collapsed ones, usually the longest, are not sorted."""
    groups: dict[TaskStatus, list[KeyedTask]] = {status: [] for status in ORDER}
    for item in found:
        groups[item[1].status].append(item)
    for status, members in groups.items():
        if members:
            is_folded = status in folded
            yield LedgerLine(heading_key(status), None, status, len(members), is_folded)
            if not is_folded:
                yield from sorted_lines(members)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What sort keys need besides the task."""

    view: LedgerView
    now: datetime


def _newest(task: Task) -> float:
    return -task.created.timestamp() if task.created else 1.0


_SORT_KEYS: Final[Mapping[TaskField, Callable[[Task, _Facts], SortKey]]] = {
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
