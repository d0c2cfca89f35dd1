"""The command palette."""

from textual.command import CommandList, CommandPalette
from textual.widgets import Input

from screens.dashboard.palette import DashboardCommands, Palette
from tests.ui.driving import Console, console


def offered(it: Console) -> list[str]:
    """The commands of the open palette, top to bottom."""
    found = it.app.screen.query_one(CommandList)
    return [
        str(found.get_option_at_index(at).prompt).partition("\n")[0]
        for at in range(found.option_count)
    ]


async def opened(it: Console) -> None:
    await it.press("colon")
    await it.until(lambda: isinstance(it.app.screen, Palette) and it.app.screen.has_class("-ready"))


async def test_the_menu_has_one_order_and_starts_with_a_harmless_command() -> None:
    async with console(still=True) as it:
        await opened(it)
        assert it.app.screen.query_one(CommandList).highlighted == 0
        names = offered(it)
        assert names[0] == "Go to the services"
        assert names[-1] == "Quit"
        assert any(name.startswith("Drill: ") for name in names)
        screen = it.app.screen
        assert isinstance(screen, Palette)
        providers = [type(item) for item in screen._providers]
        assert providers == [DashboardCommands], "the order of several would be random"
        await it.press("enter")
        await it.until(lambda: not isinstance(it.app.screen, CommandPalette))
        assert it.app.is_running
        assert it.app.focused is it.table


async def test_the_footer_of_the_menu_names_the_keys_that_work_in_it() -> None:
    async with console(still=True, size=(80, 24)) as it:
        await opened(it)
        footer = it.text().splitlines()[-1].split()
        assert " ".join(footer) == "↑↓ Select ⏎ Run esc Close"
        commands = it.app.screen.query_one(CommandList)
        await it.press("down", "down", "up")
        assert commands.highlighted == 1
        await it.press("R")
        assert it.app.screen.query_one(Input).value == "R"
        await it.press("escape")
        assert "Restart" in it.text().splitlines()[-1]
