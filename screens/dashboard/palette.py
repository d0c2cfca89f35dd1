"""The command palette of the dashboard."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import (
    CommandInput,
    CommandList,
    CommandPalette,
    DiscoveryHit,
    Hit,
    Hits,
    Provider,
)
from textual.content import Content

from screens.dashboard.panes import Pane
from screens.dashboard.screen import DashboardScreen
from widgets.key_bar import KeyBar
from widgets.lines.options import Options

_PANES: Final = {
    Pane.SERVICES: "Go to the services",
    Pane.LOGS: "Go to the logs",
    Pane.DETAILS: "Go to the details",
    Pane.EVENTS: "Go to the events",
    Pane.JOBS: "Go to the jobs",
}
Command = tuple[str, str, Callable[[], object]]


class CommandOptions(CommandList, Options, can_focus=False):
    """Textual's list of commands, with the cursor of every other list."""


class CommandBox(CommandInput):
    """Textual's input; it has the focus, so the footer shows its keys."""

    BINDING_GROUP_TITLE = "Menu"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.cursor_down", "Select", key_display="↑↓", id="menu.down"),
        Binding("up", "screen.command_list('cursor_up')", "Up", show=False, id="menu.up"),
        Binding("enter", "submit", "Run", id="menu.run"),
        Binding("escape", "screen.escape", "Close", id="menu.close"),
    ]


class Palette(CommandPalette):
    """Textual's palette, with our own list, input and footer."""

    def compose(self) -> ComposeResult:
        """Compose Textual's palette with the list and the input replaced, and a footer."""
        for widget in super().compose():
            if isinstance(widget, CommandInput):
                yield CommandBox(placeholder=widget.placeholder, select_on_focus=False)
            else:
                yield CommandOptions() if isinstance(widget, CommandList) else widget
        yield KeyBar()


class DashboardCommands(Provider):
    """The commands of the dashboard: panes, dialogs, actions, services; then the app's own.

    It is the only provider. Textual keeps several in a set, so their order would change with
    each start. Enter runs the first command, so that one must be harmless.
    """

    async def discover(self) -> Hits:
        """Yield all commands; nothing is typed yet."""
        for name, help_text, run in self.commands():
            yield DiscoveryHit(Content(name), run, text=name, help=help_text)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match."""
        matcher = self.matcher(query)
        for name, help_text, run in self.commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, Content(name), run, text=name, help=help_text)

    def commands(self) -> Iterator[Command]:
        """Every command, in the order of the list."""
        dashboard = self.screen
        if not isinstance(dashboard, DashboardScreen):
            return
        for pane, name in _PANES.items():
            yield name, "", partial(dashboard.action_pane, pane.value)
        yield "Filter services", "Show only matching rows", dashboard.action_filter
        yield "Choose columns", "Which columns the table shows", dashboard.action_columns
        yield "Zoom", "Maximize this pane, or restore it", dashboard.action_zoom
        yield (
            "Health log",
            "The selected service's latest health check results",
            dashboard.action_probe,
        )
        yield (
            "Refresh",
            "Reload the compose project and the containers",
            dashboard.action_refresh_stack,
        )
        yield "Recovery", "Every action, and when to use it", dashboard.action_recovery
        yield "Tasks", "Worker tasks, and their problems", dashboard.action_ledger
        yield "Audit", "Who changed what, and the result", dashboard.action_audit
        yield (
            "Environment",
            "The .env file: every key and its problems",
            dashboard.action_environment,
        )
        yield "Keys of this view", "Help", partial(self.app.call_later, self.app.run_action, "help")
        yield from self._actions(dashboard)
        for service in dashboard.service_names:
            yield (
                f"Select {service}",
                "Put the cursor on this service",
                partial(dashboard.select, service),
            )
        for name, help_text, run, _ in self.app.get_system_commands(dashboard):
            yield name, help_text, run

    def _actions(self, dashboard: DashboardScreen) -> Iterator[Command]:
        """Every action on the project, on all services, and on each service."""
        dialogs = dashboard.dialogs
        help_text = "Shows the plan first"
        for action, verb in dialogs.project_actions.items():
            yield verb, help_text, partial(dialogs.show_plan_for, action, None)
        for action, verb in dialogs.service_actions.items():
            yield f"{verb} all", help_text, partial(dialogs.show_plan_for, action, None)
        for service in dashboard.service_names:
            for action, verb in dialogs.service_actions.items():
                yield (
                    f"{verb} {service}",
                    help_text,
                    partial(dialogs.show_plan_for, action, service),
                )
