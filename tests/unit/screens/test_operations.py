"""From a key to a plan: what it is made from."""

from typing import NoReturn

from pixel_tui.clock import SystemClock
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.stack.model.snapshot import StackSnapshot
from screens.changes.flow import Operations
from tests.builders.job import COMMAND, FakeObserver, agent, stack


def no_operator() -> NoReturn:
    raise AssertionError("nothing is run here")


async def test_an_action_is_tried_on_the_stack_as_it_is_when_the_facts_are_known() -> None:
    observer = FakeObserver(stack(agent()))

    def read_facts(_snapshot: StackSnapshot) -> Facts:
        observer.show()  # its last container is removed while they are read
        return NO_FACTS

    operations = Operations(no_operator, observer, COMMAND, SystemClock(), read_facts)
    assert "agent has no container" in (await operations.tried({"stop": ["agent"]}))["stop"]
