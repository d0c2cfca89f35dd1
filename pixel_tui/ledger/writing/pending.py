"""What a version of the ledger has that another one lacks, task by task. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pixel_tui.ledger.file.document import LedgerDocument, parse_document
from pixel_tui.ledger.file.json_edit import members_of, with_members
from pixel_tui.ledger.reading.task import Task, parse_task


@dataclass(frozen=True, slots=True)
class PendingChange:
    """One task that was added or changed, and has to stay so."""

    task: str
    """Its id."""
    before: bytes | None
    """Its text before; None where it was not there."""
    after: bytes
    ours: bool
    """Whether this program made it."""


def pending_changes(
    before: LedgerDocument[Task], after: LedgerDocument[Task], *, ours: bool
) -> list[PendingChange]:
    """The tasks that `after` adds to `before`, or changes. What it leaves out is no debt."""
    known = {task.id: task.raw for task in before.items}
    return [
        PendingChange(task.id, known.get(task.id), task.raw, ours)
        for task in after.items
        if task.id and known.get(task.id) != task.raw
    ]


def paid(document: LedgerDocument[Task], owed: PendingChange) -> bool:
    """Whether it is there, or the task has moved on from there.

    It was undone where nothing of it is left to be seen, or a task is missing that was added.
    """
    found = [task.raw for task in document.items if task.id == owed.task]
    if not found:
        return owed.before is not None  # somebody removed a task that had been there
    if owed.before is None:
        return True
    now, before = members_of(found[0]), members_of(owed.before)
    return any(now.get(name) != before.get(name) for name in _changed(owed))


def put_in(document: LedgerDocument[Task], owed: Iterable[PendingChange]) -> bytes:
    """The file with everything that is owed: of a task that is there the changed members only."""
    content = document.content
    for item in owed:
        known = parse_document(content, parse_task, document)
        if paid(known, item):
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


def _changed(owed: PendingChange) -> list[str]:
    """The names of the members that it changed, added or removed, in their order."""
    before = members_of(owed.before) if owed.before is not None else {}
    after = members_of(owed.after)
    names = dict.fromkeys([*before, *after])
    return [
        name
        for name in names
        if (name in before) != (name in after) or before.get(name) != after.get(name)
    ]
