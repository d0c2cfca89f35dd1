"""Confirming plans, depending on their risk."""

from dataclasses import replace

import pytest

from pixel_tui.errors import OperationError, UsageError
from pixel_tui.operations import actions
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.confirmation import (
    ConfirmationNeeded,
    PlanConfirmation,
    confirmation_of,
)
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.text import SafeText
from tests.builders.actions import COMMAND, NOW, container, exited, spec, stack


def restart() -> Plan:
    seen = stack(container("api"), specs=(spec("api"),))
    return plan_action("restart", ["api"], seen, COMMAND, now=NOW)


def start() -> Plan:
    seen = stack(exited("api"), specs=(spec("api"),))
    return plan_action("start", ["api"], seen, COMMAND, now=NOW)


def stop_all() -> Plan:
    seen = stack(container("api"), specs=(spec("api"),))
    return plan_action("stop", [], seen, COMMAND, now=NOW)


def test_the_risk_decides_what_confirms_a_plan() -> None:
    assert confirmation_of(start()) is ConfirmationNeeded.KEY
    assert confirmation_of(restart()) is ConfirmationNeeded.TWO_KEYS
    assert confirmation_of(stop_all()) is ConfirmationNeeded.WORD
    destructive = replace(restart(), risk=Risk.DESTRUCTIVE, confirm=SafeText(""))
    assert confirmation_of(destructive) is ConfirmationNeeded.WORD, "even where no word is named"
    assert PlanConfirmation(destructive, 0).submit_word("pixel").run


def test_enter_or_y_runs_a_safe_plan() -> None:
    assert PlanConfirmation(start(), 0).press_enter(2).run
    assert PlanConfirmation(start(), 0).press_y().run


def test_a_held_enter_does_not_run_a_safe_plan() -> None:
    confirmation = PlanConfirmation(start(), 0)
    repeats = [0.66 + 0.03 * count for count in range(200)]
    assert not any(confirmation.press_enter(at).run for at in repeats)
    assert confirmation.press_enter(repeats[-1] + 2).run, "until it is let go"


def test_a_disruptive_plan_needs_a_key_and_then_enter() -> None:
    confirmation = PlanConfirmation(restart(), 0)
    assert not confirmation.press_y().run
    assert "it interrupts api" in confirmation.hint
    assert confirmation.press_enter(0.1).run, "another key than the one that armed it is no slip"


def test_y_alone_does_not_run_a_disruptive_plan() -> None:
    confirmation = PlanConfirmation(restart(), 0)
    assert not any(confirmation.press_y().run for _ in range(50))


def test_two_accidental_enters_do_not_run_a_disruptive_plan() -> None:
    confirmation = PlanConfirmation(restart(), 0)
    assert not confirmation.press_enter(5).run
    assert confirmation.armed
    assert not confirmation.press_enter(5.3).run
    assert confirmation.press_enter(7).run


def test_the_enter_that_opened_the_plan_does_not_cancel_it() -> None:
    confirmation = PlanConfirmation(restart(), 0)
    assert not confirmation.accepts_cancel(0.5)
    assert confirmation.accepts_cancel(1.5)


def test_a_disarmed_plan_needs_both_keys_again() -> None:
    confirmation = PlanConfirmation(restart(), 0)
    confirmation.press_y()
    assert confirmation.disarm()
    assert not confirmation.disarm()
    assert not confirmation.press_enter(9).run


@pytest.mark.parametrize("word", ["", "y", "Pixel", "pixel ", " pixel", "pixe", "pixelpixel"])
def test_only_the_exact_word_runs_a_destructive_plan(word: str) -> None:
    confirmation = PlanConfirmation(stop_all(), 0)
    assert not confirmation.submit_word(word).run
    assert not confirmation.press_y().run
    assert not confirmation.press_enter(9).run
    assert confirmation.submit_word("pixel").run


def test_a_typed_word_does_not_replace_the_keys() -> None:
    assert not PlanConfirmation(restart(), 0).submit_word("").run
    assert not PlanConfirmation(restart(), 0).submit_word("pixel").run


def losing(**changes: object) -> Plan:
    lost = replace(stop_all(), irreversible=(SafeText("volume held: in NO backup"),))
    return replace(lost, **changes)  # type: ignore[arg-type]


def test_data_without_a_backup_needs_two_words_in_order() -> None:
    confirmation = PlanConfirmation(losing(confirm_loss=SafeText("lose-1-volume")), 0)
    confirmation.mark_shown()
    assert not confirmation.submit_word("lose-1-volume").run
    assert not confirmation.submit_word("pixel").run
    assert not confirmation.submit_word("pixel").run
    assert "Type lose-1-volume as well" in confirmation.hint
    assert confirmation.submit_word("lose-1-volume").run


def test_each_further_word_has_its_reason() -> None:
    words = {"confirm_origin": SafeText("from-elsewhere"), "confirm_loss": SafeText("no-backup")}
    confirmation = PlanConfirmation(losing(**words), 0)
    confirmation.mark_shown()
    assert "then another word" in confirmation.hint
    assert not confirmation.submit_word("pixel").run
    assert confirmation.hint == "The backup was not made here. Type from-elsewhere as well."
    assert not confirmation.submit_word("no-backup").run
    assert not confirmation.submit_word("from-elsewhere").run
    assert (
        confirmation.hint
        == "No backup has everything that is lost. Type no-backup as well to run it."
    )
    assert confirmation.submit_word("no-backup").run


def test_a_disruptive_plan_with_words_needs_them() -> None:
    confirmation = PlanConfirmation(
        replace(restart(), confirm_origin=SafeText("from-elsewhere")), 0
    )
    assert not confirmation.submit_word("pixel").run
    assert confirmation.submit_word("from-elsewhere").run


@pytest.mark.parametrize("risk", list(Risk))
def test_nothing_confirms_a_plan_before_its_losses_were_shown(risk: Risk) -> None:
    confirmation = PlanConfirmation(losing(risk=risk, confirm=SafeText("")), 0)
    answers = [
        confirmation.press_y(),
        confirmation.press_enter(5),
        confirmation.press_enter(9),
        confirmation.submit_word("pixel"),
    ]
    assert not any(answer.run for answer in answers)
    confirmation.mark_shown()
    confirmation.press_y()
    assert confirmation.press_enter(20).run or confirmation.submit_word("pixel").run


def draft_prune(draft: PlanDraft) -> None:
    draft.risk = Risk.DESTRUCTIVE


PRUNE = Action(
    "prune",
    "Prune",
    ActionGroup.RECOVERY,
    when="The disk is full.",
    failure_hint="Look at what it says.",
    refuse=lambda _target: "",
    draft=draft_prune,
    scope=Scope.HOST,
)


def test_an_action_on_the_host_needs_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "all_actions", lambda: (PRUNE,))
    seen = stack(container("api"), specs=(spec("api"),))
    here = Facts(host=SafeText("vps-1"))
    plan = plan_action("prune", [], seen, COMMAND, now=NOW, facts=here)
    assert plan.confirm == plan.host == "vps-1"
    assert not PlanConfirmation(plan, 0).submit_word("pixel").run, (
        "the project's name is not enough"
    )
    assert PlanConfirmation(plan, 0).submit_word("vps-1").run
    with pytest.raises(UsageError):
        plan_action("prune", ["api"], seen, COMMAND, now=NOW, facts=here)
    with pytest.raises(OperationError):
        plan_action("prune", [], seen, COMMAND, now=NOW)
