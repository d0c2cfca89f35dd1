"""Changing the stack: shown first, confirmed by another key, verified after."""

import asyncio

from pixel_tui.operations.jobs.job import JobState
from pixel_tui.settings import Settings
from screens.changes.job import JobScreen
from screens.changes.plan import PlanScreen
from screens.changes.quit import QuitScreen
from screens.dashboard.health_log import HealthLogScreen
from screens.dashboard.palette import DashboardCommands
from screens.shared.pick import PickScreen
from tests.ui.driving import Console, console


def started(it: Console, service: str) -> object:
    found = it.app.parts.observer.snapshot.service(service)
    assert found is not None
    return found.containers[0].started_at


async def test_a_restart_is_planned_confirmed_run_and_verified() -> None:
    async with console() as it:
        it.dashboard.select("web")
        before = started(it, "web")
        await it.press("r")
        assert isinstance(it.app.screen, PlanScreen)
        said = it.text()
        assert "docker compose --project-directory" in said
        assert "restart web" in said
        assert "nginx loses web" in said
        assert "Press Enter" not in said
        await it.press("y")
        assert isinstance(it.app.screen, PlanScreen), "one key runs nothing that interrupts"
        assert "Press Enter to run it: it interrupts web" in it.text()
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        operations = it.app.parts.operations
        assert operations is not None
        await it.until(lambda: operations.jobs.statuses()[0].state is JobState.SUCCEEDED)
        assert started(it, "web") != before
        await it.until(lambda: "succeeded" in it.text())
        await it.press("escape", "5")
        assert "Restart web" in it.text("#jobs-pane")


async def test_every_action_is_listed_with_its_advice_or_the_reason_against_it() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("web")
        await it.press("a")
        assert isinstance(it.app.screen, PickScreen)
        said = it.text()
        assert "Actions on web" in said
        assert "The compose file or `.env` has changed" in said, "of the highlighted action"
        for verb in ("Restart", "Stop", "Recreate", "Rebuild", "Rebuild without cache"):
            assert f"✓ {verb}" in said
        assert "– Start" in said, "starting it makes no sense now"
        await it.press("j", "j")
        assert "Not now: web is already running." in it.text("#pick-note")
        await it.press("escape")
        it.dashboard.select("postgres")
        await it.press("a", "end", "k")
        assert "is not built: the compose file names an image" in it.text("#pick-note")


async def test_a_service_is_recreated_from_the_list_of_actions() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("web")
        service = it.app.parts.observer.snapshot.service("web")
        assert service is not None
        before = service.containers[0].id
        await it.press("a", "enter")
        await it.until(lambda: "--force-recreate --no-deps" in it.text())
        assert "wrote outside of its volumes is lost" in it.text()
        await it.press("y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        operations = it.app.parts.operations
        assert operations is not None
        await it.until(lambda: operations.jobs.statuses()[0].state is JobState.SUCCEEDED)
        after = it.app.parts.observer.snapshot.service("web")
        assert after is not None
        assert after.containers[0].id != before


async def test_a_rebuild_builds_first_and_leaves_what_came_out_the_same() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.dialogs.show_plan_for("rebuild", "web")
        await it.until(lambda: "build web" in it.text())
        assert "if the build produces a new image" in it.text()
        await it.press("y", "enter")
        operations = it.app.parts.operations
        assert operations is not None
        await it.until(
            lambda: (
                bool(operations.jobs.statuses())
                and operations.jobs.statuses()[0].state is JobState.SUCCEEDED
            ),
            seconds=60,
        )


async def test_marked_services_are_planned_together() -> None:
    async with console() as it:
        it.dashboard.select("agent")
        await it.press("space", "space", "r")
        assert "restart --no-deps api" in it.text(), "agent depends on it"
        assert "restart --no-deps agent" in it.text()


async def test_keys_typed_ahead_of_a_plan_are_meant_for_it() -> None:
    async with console() as it:
        it.dashboard.select("web")
        for _ in range(3):
            await it.burst("r", "escape")
            await it.until(lambda: not it.app.keys_pending)
            assert it.app.screen is it.dashboard, "what was asked for was left again"
        await it.burst("r", "y")
        await it.until(lambda: "Press Enter to run it" in it.text())


async def test_what_cannot_be_done_is_told_and_nothing_is_shown() -> None:
    async with console() as it:
        it.dashboard.select("web")
        await it.press("s")
        assert it.app.screen is it.dashboard
        await it.until(lambda: "Nothing to start" in it.text())


async def test_a_plan_that_the_stack_has_moved_under_is_shown_anew() -> None:
    async with console() as it:
        it.dashboard.select("web")
        await it.press("r")
        first = it.app.screen
        before = started(it, "web")
        with it.world.locked() as (containers, _):
            web = next(container for container in containers if container.service.name == "web")
        it.world.stop(web)
        it.world.start(web)
        await it.until(lambda: started(it, "web") != before)
        await it.press("y", "enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen) and it.app.screen is not first)
        assert "The stack has changed since the plan was made. Check the new plan." in it.text()
        assert it.app.parts.operations is not None
        assert not it.app.parts.operations.jobs.statuses()


async def test_leaving_asks_only_while_a_job_runs() -> None:
    async with console() as it:
        it.dashboard.select("web")
        await it.press("r", "y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.press("escape", "q")
        assert isinstance(it.app.screen, QuitScreen)
        await it.press("escape")
        assert it.app.is_running


async def test_a_dialog_may_be_closed_before_it_is_there() -> None:
    async with console() as it:
        it.dashboard.select("web")
        await it.press("r", "y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        shown = it.app.screen
        assert isinstance(shown, JobScreen)
        await it.press("escape")
        for turns in range(24):  # of the event loop
            for dialog in (JobScreen(shown.job, it.clock), HealthLogScreen("web", ())):
                it.app.push_screen(dialog)
                for _ in range(turns):
                    await asyncio.sleep(0)
                dialog.dismiss()
                await it.until(lambda: it.app.screen is it.dashboard)
        assert it.app.is_running


async def test_leaving_asks_nothing_when_nothing_runs() -> None:
    async with console() as it:
        await it.press("q")
        await it.until(lambda: not it.app.is_running)


async def test_in_read_only_none_of_it_exists() -> None:
    async with console(settings=Settings(read_only=True)) as it:
        assert it.app.parts.operations is None
        assert not it.app.parts.drills
        await it.press("r", "s", "x")
        assert it.app.screen is it.dashboard
        assert "READ-ONLY" in it.text("StatusBar")
        assert "Restart" not in it.text("KeyBar")
        await it.press("question_mark")
        assert "Restart" not in it.text()
        await it.press("escape")
        names = [hit[0] for hit in DashboardCommands(it.dashboard).commands()]
        assert not [name for name in names if name.split()[0] in {"Restart", "Start", "Stop"}]


async def test_a_dialog_leaves_the_rest_of_the_screen_visible_without_colours() -> None:
    async with console(size=(80, 24), settings=Settings(theme="pixel-ansi")) as it:
        await it.press("a")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        assert it.text().splitlines()[0].strip().startswith("DEMO  pixel")


async def test_a_key_that_does_nothing_says_why() -> None:
    async with console(settings=Settings(read_only=True)) as it:
        for key in ("r", "s", "x", "a"):
            await it.press(key)
            await it.until(lambda: "Read-only: pixel-tui can't change anything." in it.text())
            it.app.clear_notifications()
            await it.until(lambda: "can't change" not in it.text())
    async with console() as it:
        it.dashboard.services_pane.filter_box.value = "no such service"
        await it.until(lambda: not it.names())
        await it.press("r")
        await it.until(lambda: "No service is selected." in it.text())
