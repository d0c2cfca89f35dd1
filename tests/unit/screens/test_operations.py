"""Plans are made from the current snapshot and facts."""

from typing import NoReturn, cast

from textual.app import App
from textual.screen import Screen

from pixel_tui.clock import SystemClock
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.settings import state_folder
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.target_ref import TargetRef
from screens.changes.flow import Operations
from tests.builders.job import COMMAND, FakeObserver, agent, stack


def no_operator() -> NoReturn:
    raise AssertionError("no job is started here")


async def test_an_action_is_checked_on_the_stack_as_of_when_the_facts_are_read() -> None:
    observer = FakeObserver(stack(agent()))

    def read_facts(_snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
        del stored
        observer.show()  # its last container is removed while they are read
        return NO_FACTS

    operations = Operations(
        no_operator, observer, COMMAND, SystemClock(), read_facts, state_folder()
    )
    assert (
        "agent has no container"
        in (await operations.check_actions({"stop": [TargetRef("agent")]}))["stop"]
    )


async def test_only_a_plan_that_removes_data_reads_volumes() -> None:
    asked: list[bool] = []

    def read_facts(_snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
        asked.append(stored)
        return NO_FACTS

    observer = FakeObserver(stack(agent()))
    operations = Operations(
        no_operator, observer, COMMAND, SystemClock(), read_facts, state_folder()
    )
    app = App[None]()
    async with app.run_test():
        for name in ("restart", "wipe-volumes"):
            operations.show_plan(cast("Screen[None]", app.screen), name, [])
            await app.workers.wait_for_complete()
    assert asked == [False, True]
