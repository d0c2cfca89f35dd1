"""A worker runs without a task in the ledger."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.ledger.view.rules.finished import EXIT_SECONDS
from pixel_tui.text import plain


def find_stranger(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find workers that run without a task in the ledger."""
    if case.reading.trouble is not None or not case.known:
        return
    changed = case.reading.changed
    for worker in case.workers:
        created = worker.container.created_at
        is_new = created is not None and (case.now - created).total_seconds() < EXIT_SECONDS
        if not worker.up or (created and is_new and (changed is None or changed < created)):
            continue
        if not any(worker.works_on(task.id) for task in case.reading.tasks if task.id):
            task_text = (
                f"task {worker.task[:8]}, which is not in the ledger" if worker.task else "no task"
            )
            yield LedgerFinding(
                "stranger",
                plain(f"{worker.container.name} is working on {task_text}"),
                worker.task,
                advice=plain(
                    f"if it should not run, stop it: docker stop {worker.container.short_id}"
                ),
            )


RULE: Final = Rule("stranger", order=60, find=find_stranger)
