"""The recovery screen: actions, advice, and whether they are possible."""

import pytest

from pixel_tui.operations import actions
from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.planning.action import Action, ActionGroup, Choice, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step
from pixel_tui.settings import Settings
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText
from screens.changes import recovery
from screens.changes.plan import PlanScreen
from screens.changes.recovery import RecoveryScreen, TargetSelection, plan_command
from screens.dashboard.palette import DashboardCommands
from screens.shared.pick import PickScreen
from tests.ui.driving import Console, console
from widgets.lines.options import Options


def screen_of(it: Console) -> RecoveryScreen:
    screen = it.app.screen
    assert isinstance(screen, RecoveryScreen)
    return screen


async def choose(it: Console, name: str) -> None:
    """Select an action."""
    options = screen_of(it).query_one(Options)
    options.highlighted = options.get_option_index(name)
    await it.until(
        lambda: (
            f"pixel-tui plan {name}" in it.text("#recovery-advice")
            and "Checking" not in it.text("#recovery-advice")
        )
    )


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_each_action_shows_advice_and_whether_it_is_possible(
    size: tuple[int, int],
) -> None:
    async with console(size=size) as it:
        it.dashboard.select("web")
        await it.press("A")
        for action in all_actions():
            await choose(it, action.name)
            said = it.text("#recovery-advice")
            assert action.title in said
            assert "Can it run now?" in said
        await choose(it, "start")
        assert "No: web is already running" in it.text("#recovery-advice")
        await choose(it, "restart")
        assert "Yes. Enter shows the plan" in it.text("#recovery-advice")
        assert "When to use it" in it.text("#recovery-advice")


async def test_the_command_of_the_shell_is_done_to_the_same_as_the_key() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("api")
        await it.press("A")
        await choose(it, "recreate")
        assert "pixel-tui plan recreate api\n" in it.text("#recovery-advice")
        await choose(it, "backup")
        assert "pixel-tui plan backup\n" in it.text("#recovery-advice")
        await choose(it, "restore")
        assert "pixel-tui plan restore ID\n" in it.text("#recovery-advice")
        await it.press("t")
        await choose(it, "recreate")
        assert "pixel-tui plan recreate\n" in it.text("#recovery-advice")


async def test_a_container_is_called_by_its_name_in_the_shell_too() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("landing/pixel-landing-2")
        await it.press("A")
        await choose(it, "restart")
        assert "pixel-tui plan restart pixel-landing-2\n" in it.text("#recovery-advice")


def test_a_service_with_the_name_of_an_option_is_no_option_in_the_shell() -> None:
    selection = TargetSelection(SafeText("-q"), (TargetRef("-q"),), ("-q",))
    typed = TypedCommands(pixel_tui=SafeText("pixel-tui -C /srv"))
    command = plan_command(actions.find_action("stop"), selection, typed)
    assert command == "pixel-tui -C /srv plan stop -- -q"


async def test_enter_shows_the_plan_for_the_selected_service_and_escape_comes_back() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("web")
        await it.press("A")
        await choose(it, "restart")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.until(lambda: "restart web" in it.text())
        await it.press("escape")
        assert screen_of(it).chosen is actions.find_action("restart")


async def test_marked_services_come_before_the_selected_one_and_t_aims_at_all() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("agent")
        await it.press("space", "space", "A")
        assert "marked: agent, api" in it.text("#recovery-target")
        await it.press("t")
        assert "all of pixel" in it.text("#recovery-target")
        await choose(it, "restart")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.until(lambda: "Restart all of pixel" in it.text())
        assert "Type syntropy" in it.text(), "it would leave a worker without it"


async def test_it_follows_the_stack_and_keeps_the_cursor() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("web")
        await it.press("A")
        await choose(it, "stop")
        with it.world.locked() as (containers, _):
            web = next(container for container in containers if container.service.name == "web")
        it.world.stop(web)
        await it.until(lambda: "No: web is already stopped" in it.text("#recovery-advice"))
        chosen = screen_of(it).chosen
        assert chosen is not None
        assert chosen.name == "stop"


async def test_an_impossible_action_shows_the_reason_and_no_plan() -> None:
    async with console(size=(160, 45)) as it:
        it.dashboard.select("web")
        await it.press("A")
        await choose(it, "start")
        await it.press("enter")
        await it.until(lambda: "Nothing to start" in it.text())
        assert isinstance(it.app.screen, RecoveryScreen)


async def test_in_read_only_the_advice_is_there_and_no_plan() -> None:
    async with console(settings=Settings(read_only=True), size=(160, 45)) as it:
        await it.press("A")
        await choose(it, "restart")
        assert "pixel-tui is read-only" in it.text("#recovery-advice")
        assert "When to use it" in it.text("#recovery-advice")
        assert "Plan" not in it.text("KeyBar")
        await it.press("enter")
        assert isinstance(it.app.screen, RecoveryScreen)


def draft_restore(draft: PlanDraft) -> None:
    draft.affect(draft.subject, "is brought back")
    argv = draft.command.docker_argv("true", str(draft.subject))
    draft.steps.append(Step(draft.subject, argv, SafeText("Nothing is lost.")))


BACKUPS = [
    Choice(SafeText("20260301-110000"), SafeText("11:00  verified")),
    Choice(SafeText("20260301-100000"), SafeText("10:00  verified")),
]


def restore(kept: list[Choice]) -> Action:
    return Action(
        "restore",
        "Restore",
        ActionGroup.RECOVERY,
        when="Data was lost.",
        failure_hint="Ask for help.",
        refuse=lambda _target: "",
        draft=draft_restore,
        scope=Scope.BACKUP,
        choices=lambda _facts: kept,
    )


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Choice]:
    """Backups, in a catalogue with actions on them."""
    found: list[Choice] = []
    every = (*(item for item in all_actions() if item.name != "restore"), restore(found))
    monkeypatch.setattr(actions, "all_actions", lambda: every)
    monkeypatch.setattr(recovery, "all_actions", lambda: every)
    return found


async def test_an_action_on_a_backup_lets_one_be_picked(kept: list[Choice]) -> None:
    kept += BACKUPS
    async with console(size=(160, 45)) as it:
        await it.press("A")
        await choose(it, "restore")
        assert "Yes" in it.text("#recovery-advice")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        assert "Restore which one?" in it.text()
        await it.press("down", "enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.until(lambda: "Restore 20260301-100000" in it.text())


async def test_without_a_backup_the_advice_is_to_make_one(kept: list[Choice]) -> None:
    async with console(size=(160, 45)) as it:
        await it.press("A")
        await choose(it, "restore")
        assert "There is no backup yet. Back up first." in it.text("#recovery-advice")
        await it.press("enter")
        assert isinstance(it.app.screen, RecoveryScreen)


async def test_the_palette_runs_every_action_by_name(kept: list[Choice]) -> None:
    async with console() as it:
        names = {hit[0] for hit in DashboardCommands(it.dashboard).commands()}
        assert {"Rebuild api", "Restart all", "Restore", "Recovery", "Audit"} <= names
        for action in all_actions():
            of_service = action.scope is Scope.SERVICES
            assert (f"{action.title} web" if of_service else action.title) in names
        run = next(
            hit[2] for hit in DashboardCommands(it.dashboard).commands() if hit[0] == "Rebuild api"
        )
        run()
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.until(lambda: "build api" in it.text())
