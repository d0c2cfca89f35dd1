"""The lines of the task list: filters, headings and order."""

from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.ledger.view.arrangement import (
    Arrangement,
    LedgerLine,
    TaskField,
    TaskFilter,
    arrange_tasks,
    hidden_findings,
)
from pixel_tui.ledger.view.view import LedgerView
from tests.builders.ledger_files import NOW, ONE, THREE, TWO, task
from tests.builders.ledger_truth import view

FOUR = "44444444-4444-4444-8444-444444444444"


def ledger() -> LedgerView:
    return view(
        task(ONE, "completed", attempts=1, createdAt="2026-03-01T08:00:00Z"),
        task(TWO, createdAt="2026-03-01T11:00:00Z", payload={"task": "b"}),
        task(THREE, "failed", attempts=1),
        task(FOUR, createdAt="2026-03-01T11:30:00Z", payload={"task": "a"}),
    )


def lines(wish: Arrangement) -> list[LedgerLine]:
    return list(arrange_tasks(ledger(), wish, NOW))


def listed(wish: Arrangement) -> list[str]:
    """Return the ids of tasks and the texts of headings."""
    return [line.task.id if line.task else line.status.value for line in lines(wish)]


def test_groups_have_a_fixed_order_and_are_sorted_separately() -> None:
    assert listed(Arrangement()) == ["pending", FOUR, TWO, "failed", THREE, "completed", ONE]
    other = Arrangement(reverse=True)
    assert listed(other) == ["pending", TWO, FOUR, "failed", THREE, "completed", ONE]


def test_a_collapsed_group_is_a_heading_with_a_count() -> None:
    wish = Arrangement(folded=frozenset({TaskStatus.PENDING}))
    assert listed(wish) == ["pending", "failed", THREE, "completed", ONE]
    heading = lines(wish)[0]
    assert (heading.count, heading.folded) == (2, True)


def test_without_groups_all_tasks_are_sorted_together() -> None:
    assert listed(Arrangement(grouped=False)) == [FOUR, TWO, THREE, ONE]
    by_words = Arrangement(TaskField.TASK, grouped=False)
    assert listed(by_words) == [FOUR, TWO, ONE, THREE]


def test_tasks_are_filtered_by_state_and_by_text() -> None:
    assert listed(Arrangement(wanted=TaskFilter.OPEN, grouped=False)) == [FOUR, TWO]
    assert listed(Arrangement(wanted=TaskFilter.FAILED, grouped=False)) == [THREE]
    assert listed(Arrangement(words="MEND the", grouped=False)) == [THREE, ONE]


def test_findings_about_hidden_tasks_are_counted() -> None:
    found = view(task(ONE), task(TWO, type="dance"), task(THREE, attempts=9))
    about = {str(finding.task) for finding in found.findings}
    assert about == {TWO, THREE}
    assert hidden_findings(found, Arrangement()) == 0
    assert hidden_findings(found, Arrangement(words="nothing has this")) == len(found.findings)
    assert hidden_findings(found, Arrangement(wanted=TaskFilter.COMPLETED)) == len(found.findings)
    assert hidden_findings(found, Arrangement(wanted=TaskFilter.DOUBTFUL)) == 0


def test_tasks_with_findings_include_those_that_violate_the_format() -> None:
    found = view(task(ONE), task(TWO, type="dance"), task(THREE, attempts=9))
    wish = Arrangement(wanted=TaskFilter.DOUBTFUL, grouped=False)
    assert {line.key for line in arrange_tasks(found, wish, NOW)} == {TWO, THREE}


def test_tasks_with_the_same_id_have_separate_lines() -> None:
    found = view(task(ONE), task(ONE), task(""))
    keys = [line.key for line in arrange_tasks(found, Arrangement(grouped=False), NOW)]
    assert len(set(keys)) == 3
    assert ONE in keys
