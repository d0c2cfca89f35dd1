"""Changes of tasks that must survive concurrent writers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pixel_tui.ledger.file.document import LedgerDocument, parse_document
from pixel_tui.ledger.file.json_edit import members_of, with_members
from pixel_tui.ledger.reading.task import Task, parse_task


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A task that was added or changed."""

    task: str
    """The task's id."""
    before: bytes | None
    """Its text before; None if it is new."""
    after: bytes
    ours: bool
    """Whether this program made the change."""


def pending_changes(
    before: LedgerDocument[Task], after: LedgerDocument[Task], *, ours: bool
) -> list[PendingChange]:
    """Return the tasks that `after` adds or changes; removed ones don't count."""
    known = {task.id: task.raw for task in before.items}
    return [
        PendingChange(task.id, known.get(task.id), task.raw, ours)
        for task in after.items
        if task.id and known.get(task.id) != task.raw
    ]


def is_applied(document: LedgerDocument[Task], pending: PendingChange) -> bool:
    """Whether a document has the change, or a later state of the task.

    A change is lost if none of its members is there, or if an added task is missing.
    """
    found = [task.raw for task in document.items if task.id == pending.task]
    if not found:
        return pending.before is not None  # another program removed an existing task
    if pending.before is None:
        return True
    now, before = members_of(found[0]), members_of(pending.before)
    return any(now.get(name) != before.get(name) for name in _changed(pending))


def reapply(document: LedgerDocument[Task], pending: Iterable[PendingChange]) -> bytes:
    """Return the file with lost changes applied; of an existing task only the changed members."""
    content = document.content
    for item in pending:
        known = parse_document(content, parse_task, document)
        if is_applied(known, item):
            continue
        places = [index for index, task in enumerate(known.items) if task.id == item.task]
        after = members_of(item.after)
        if not places:
            content = known.appended(after)
            continue
        names = _changed(item)
        raw = with_members(
            known.entries[places[0]].raw,
            changed={name: after[name] for name in names if name in after},
            removed=frozenset(name for name in names if name not in after),
        )
        content = known.replaced(places[0], raw)
    return content


def _changed(pending: PendingChange) -> list[str]:
    """Return the names of the members that it changed, added or removed, in order."""
    before = members_of(pending.before) if pending.before is not None else {}
    after = members_of(pending.after)
    names = dict.fromkeys([*before, *after])
    return [
        name
        for name in names
        if (name in before) != (name in after) or before.get(name) != after.get(name)
    ]
