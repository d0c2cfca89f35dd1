"""The container of a task that is marked running has exited."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.ledger.view.rules.gone import fix_action
from pixel_tui.stack.model.words import down_words
from pixel_tui.text import plain


def find_ended(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks whose container has exited without recording the result."""
    for task in case.running:
        worker = case.worker_of(task)
        if worker is None or worker.up or not case.settled(worker.container.finished_at):
            continue
        container = worker.container
        if container.exit_code is None:
            continue  # created, but not started yet
        if task.started and container.finished_at and (container.finished_at < task.started):
            continue  # a container of the previous attempt
        ended = f"{container.name} {down_words(container)}"
        yield LedgerFinding(
            "ended",
            plain(f"{task.short} is marked running, but {ended}"),
            task.id,
            fix_action(task),
            task.id,
            severity=LedgerSeverity.ERROR,
        )


RULE: Final = Rule("ended", order=20, find=find_ended)
