"""A plan is confirmed according to its risk, and not by accident."""

from dataclasses import replace

import pytest
from textual import events
from textual.containers import VerticalScroll
from textual.widgets import Button, Input

from pixel_tui.text import SafeText
from screens.changes.job import JobScreen
from screens.changes.plan import PlanScreen
from tests.ui.driving import Console, console


def plan_shown(it: Console) -> PlanScreen:
    screen = it.app.screen
    assert isinstance(screen, PlanScreen)
    return screen


def let_a_moment_pass(it: Console) -> None:
    """Let time pass since the plan was shown; later keys take no time."""
    stop_the_clock(it, 5)


def stop_the_clock(it: Console, seconds: float) -> None:
    """Seconds after the plan was shown."""
    screen = plan_shown(it)
    now = screen._confirmation._opened + seconds
    screen.seconds = lambda: now


def jobs(it: Console) -> int:
    assert it.app.parts.operations is not None
    return len(it.app.parts.operations.jobs.statuses())


def focused_button(it: Console) -> str | None:
    assert isinstance(it.app.focused, Button)
    return it.app.focused.id


async def stop(it: Console, service: str) -> None:
    """Another user stops a service."""
    with it.world.locked() as (containers, _):
        container = next(container for container in containers if container.service.name == service)
    it.world.stop(container)

    def stopped() -> bool:
        found = it.app.parts.observer.snapshot.service(service)
        return found is not None and not found.containers[0].running

    await it.until(stopped)


async def ask_to_start(it: Console) -> None:
    await stop(it, "landing")
    it.dashboard.select("landing")
    await it.press("s")
    assert "safe" in it.text("#plan-head")


async def ask_to_stop_all(it: Console) -> None:
    assert it.app.parts.operations is not None
    it.app.parts.operations.show_plan(it.dashboard, "stop", [])
    await it.until(lambda: isinstance(it.app.screen, PlanScreen) and it.app.focused)


async def test_a_safe_plan_is_run_by_enter() -> None:
    async with console() as it:
        await ask_to_start(it)
        assert focused_button(it) == "run"
        let_a_moment_pass(it)
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))


async def test_an_enter_that_may_have_asked_for_a_safe_plan_does_not_run_it() -> None:
    async with console() as it:
        await ask_to_start(it)
        stop_the_clock(it, 0.1)
        await it.burst("enter", "enter", "enter")
        assert "too fast" in it.text("#plan-hint")
        assert not jobs(it)


async def test_a_plan_that_interrupts_rests_on_cancel() -> None:
    async with console() as it:
        await it.press("r")
        assert focused_button(it) == "cancel"
        let_a_moment_pass(it)
        await it.press("enter")
        assert it.app.screen is it.dashboard
        assert not jobs(it)


async def test_a_plan_that_interrupts_is_not_run_by_one_key_held_down() -> None:
    async with console() as it:
        await it.press("r")
        await it.burst(*"yyyyyyyy")
        plan_shown(it)
        assert "Press Enter to run it" in it.text("#plan-hint")
        assert not jobs(it)


async def test_enter_held_down_arms_a_plan_that_interrupts_and_no_more() -> None:
    async with console() as it:
        await it.press("r", "tab")
        assert focused_button(it) == "run"
        let_a_moment_pass(it)
        for _ in range(4):
            await it.press("enter")
            await it.until(lambda: not it.app.screen.query_one("#run").has_class("-active"))
        assert "too fast" in it.text("#plan-hint")
        assert not jobs(it)


async def test_escape_disarms_before_it_leaves() -> None:
    async with console() as it:
        await it.press("r", "y")
        assert "Esc disarms it" in it.text("#plan-hint")
        assert "esc Disarm" in it.text("KeyBar")
        assert "Esc" not in it.text("#cancel")
        await it.press("escape")
        assert "y, and then Enter" in it.text("#plan-hint")
        assert "esc Cancel" in it.text("KeyBar")
        assert focused_button(it) == "cancel"
        await it.press("escape")
        assert it.app.screen is it.dashboard
        assert not jobs(it)


async def test_a_plan_that_wants_a_word_is_run_by_that_word_alone() -> None:
    async with console() as it:
        await ask_to_stop_all(it)
        box = it.app.screen.query_one(Input)
        assert it.app.focused is box
        assert box.value == "", "nothing is typed for anybody"
        await it.press("y", "enter")
        plan_shown(it)
        assert "“y” is not syntropy: nothing was changed" in it.text("#plan-hint")
        await it.press("backspace", *"Pixel", "enter")
        assert "“Pixel” is not syntropy" in it.text("#plan-hint")
        box.value = ""
        await it.press("enter")
        assert not jobs(it)
        await it.press(*"syntropy", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))


async def test_the_word_may_be_pasted() -> None:
    async with console() as it:
        await ask_to_stop_all(it)
        it.app.post_message(events.Paste("syntropy\n"))
        await it.until(lambda: it.app.screen.query_one(Input).value == "syntropy")
        plan_shown(it)  # a pasted line end is no Enter
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_hint_and_the_buttons_stay_visible(size: tuple[int, int]) -> None:
    async with console(size=size) as it:
        await ask_to_stop_all(it)
        await it.until(lambda: "Stop all of pixel" in it.text())
        for _ in range(2):
            said = it.text()
            for words in (
                "Stop all of pixel",
                "host demo",
                "Type syntropy",
                "Cancel  Esc",
                "Run it",
            ):
                assert words in said
            await it.press(*["pagedown"] * 8)
        assert "When it fails" in it.text()


async def test_a_plan_shows_its_host_and_advice_for_a_failure() -> None:
    async with console(size=(120, 45)) as it:
        await it.press("r")
        said = it.text()
        assert "host demo" in said
        assert "project pixel" in said
        assert "When to use it" in said
        assert "When it fails" in said


async def test_a_plan_longer_than_the_screen_shows_the_key_for_more() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("r")
        await it.until(lambda: "↓ more" in it.text())
        assert "pgdn More" in it.text().splitlines()[-1]
        await it.press(*["pagedown"] * 8)
        await it.until(lambda: "↓ more" not in it.text())
        assert "More" not in it.text().splitlines()[-1], "there is no more"


async def test_interruptions_are_visible_at_once_in_a_small_terminal() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("r")
        await it.until(lambda: "↓ more" in it.text())
        said = it.text()
        assert said.index("Interruptions") < said.index("Changes") < said.index("Commands")
        assert "is restarted" in said
        assert "$ docker compose" in said
        assert "y, and then Enter" in it.text("#plan-hint")


async def ask_to_lose(it: Console, count: int) -> None:
    """Show a plan that removes a number of volumes, as `wipe-volumes` does."""
    assert it.app.parts.operations is not None
    it.app.parts.operations.show_plan(it.dashboard, "stop", [])
    await it.until(lambda: isinstance(it.app.screen, PlanScreen) and it.app.focused)
    lost = tuple(SafeText(f"volume held-{number}: in NO backup") for number in range(count))
    plan = replace(
        plan_shown(it)._plan, irreversible=lost, confirm_loss=SafeText(f"lose-{count}-volumes")
    )
    await it.press("escape")
    it.app.push_screen(PlanScreen(plan))
    await it.until(lambda: isinstance(it.app.screen, PlanScreen) and it.app.focused)


async def type_out(it: Console, word: str) -> None:
    it.app.screen.query_one(Input).value = word
    await it.press("enter")


async def test_losses_are_shown_first_and_need_a_second_word() -> None:
    async with console(size=(80, 24)) as it:
        await ask_to_lose(it, 2)
        said = it.text()
        assert said.index("Can't be undone") < said.index("Interruptions")
        await it.press("pagedown", "pagedown")
        await it.until(lambda: "Type syntropy" in it.text("#plan-hint"))
        await type_out(it, "lose-2-volumes")
        assert "is not syntropy" in it.text("#plan-hint")
        await type_out(it, "syntropy")
        assert "Type lose-2-volumes as well" in it.text("#plan-hint")
        assert it.app.screen.query_one(Input).value == ""
        await type_out(it, "syntropy")
        plan_shown(it)
        await it.press("escape")
        assert it.app.screen is it.dashboard


async def test_nothing_is_confirmed_before_all_that_is_lost_was_on_the_screen() -> None:
    async with console(size=(80, 24)) as it:
        await ask_to_lose(it, 30)
        assert "held-29" not in it.text()
        assert "scroll down" in it.text("#plan-hint")
        await type_out(it, "syntropy")
        assert "scroll down" in it.text("#plan-hint")
        scroll = it.app.screen.query_one(VerticalScroll)
        scroll.scroll_end(animate=False)
        await it.until(lambda: "Verified afterwards" in it.text())
        await type_out(it, "syntropy")
        assert "scroll down" in it.text("#plan-hint"), "a jump to the end has shown nothing"
        scroll.scroll_home(animate=False)
        await it.press(*["pagedown"] * 8)
        await it.until(lambda: "Type syntropy" in it.text("#plan-hint"))
        await type_out(it, "syntropy")
        assert "Type lose-30-volumes as well" in " ".join(it.text("#plan-hint").split())
