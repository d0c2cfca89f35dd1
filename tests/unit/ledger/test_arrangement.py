"""Which tasks are listed, below which headings, and in which order."""

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
    """The ids of tasks, and the words of headings."""
    return [line.task.id if line.task else line.status.value for line in lines(wish)]


def test_groups_stand_in_their_order_each_sorted_by_itself() -> None:
    assert listed(Arrangement()) == ["pending", FOUR, TWO, "failed", THREE, "completed", ONE]
    other = Arrangement(reverse=True)
    assert listed(other) == ["pending", TWO, FOUR, "failed", THREE, "completed", ONE]


def test_of_a_folded_group_the_heading_is_left_and_counts_its_tasks() -> None:
    wish = Arrangement(folded=frozenset({TaskStatus.PENDING}))
    assert listed(wish) == ["pending", "failed", THREE, "completed", ONE]
    heading = lines(wish)[0]
    assert (heading.count, heading.folded) == (2, True)


def test_one_list_is_sorted_across_the_groups() -> None:
    assert listed(Arrangement(grouped=False)) == [FOUR, TWO, THREE, ONE]
    by_words = Arrangement(TaskField.TASK, grouped=False)
    assert listed(by_words) == [FOUR, TWO, ONE, THREE]


def test_tasks_are_chosen_by_kind_and_by_words() -> None:
    assert listed(Arrangement(wanted=TaskFilter.OPEN, grouped=False)) == [FOUR, TWO]
    assert listed(Arrangement(wanted=TaskFilter.FAILED, grouped=False)) == [THREE]
    assert listed(Arrangement(words="MEND the", grouped=False)) == [THREE, ONE]


def test_findings_about_tasks_that_are_not_listed_are_counted() -> None:
    found = view(task(ONE), task(TWO, type="dance"), task(THREE, attempts=9))
    about = {str(finding.task) for finding in found.findings}
    assert about == {TWO, THREE}
    assert hidden_findings(found, Arrangement()) == 0
    assert hidden_findings(found, Arrangement(words="nothing has this")) == len(found.findings)
    assert hidden_findings(found, Arrangement(wanted=TaskFilter.COMPLETED)) == len(found.findings)
    assert hidden_findings(found, Arrangement(wanted=TaskFilter.DOUBTFUL)) == 0


def test_tasks_with_findings_are_those_that_are_odd_or_that_something_contradicts() -> None:
    found = view(task(ONE), task(TWO, type="dance"), task(THREE, attempts=9))
    wish = Arrangement(wanted=TaskFilter.DOUBTFUL, grouped=False)
    assert {line.key for line in arrange_tasks(found, wish, NOW)} == {TWO, THREE}


def test_several_tasks_of_one_id_have_lines_of_their_own() -> None:
    found = view(task(ONE), task(ONE), task(""))
    keys = [line.key for line in arrange_tasks(found, Arrangement(grouped=False), NOW)]
    assert len(set(keys)) == 3
    assert ONE in keys
