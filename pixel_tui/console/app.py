"""The Textual app of the console: themes, global keys and the command palette."""

import asyncio
import gc
import importlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.reactive import var
from textual.screen import Screen
from textual.signal import Signal
from textual.theme import Theme

from pixel_tui.confirm_keys import OPEN_ID, OPEN_KEY
from pixel_tui.console.parts import ConsoleParts
from pixel_tui.console.theme import ALL_THEMES, default_theme
from pixel_tui.errors import UsageError
from pixel_tui.terminal.app import TerminalApp
from pixel_tui.terminal.clipboard import is_tmux
from screens.changes.countdown import ApplyCountdown
from screens.dashboard import screen as dashboard
from screens.dashboard.palette import Palette
from screens.dashboard.screen import DashboardScreen
from widgets.copying import CopyRequested
from widgets.dashboard.status_bar import Mode

if TYPE_CHECKING:
    from screens.changes.quit import QuitChoice

PRELOAD_SECONDS: Final = 3.0
WATCH_SECONDS: Final = 0.7
"""Time after the first frame until jobs of other consoles and the environment files are read."""
COUNTDOWN_SECONDS: Final = 1.0
_THEMES: Final = {theme.name: theme for theme in ALL_THEMES}


class PixelTui(TerminalApp):
    """The app around the console's screens."""

    TITLE = "pixel-tui"
    # Textual does not load the style sheet of a default screen.
    CSS_PATH = Path(dashboard.__file__).with_name("dashboard.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    # Only screens have commands: the order of several providers is undefined.
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = set()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", id="quit"),
        Binding("colon,ctrl+p", "command_palette", "Menu", key_display=":", id="palette"),
        Binding("T", "next_theme", "Theme", show=False, id="theme", tooltip="Next theme"),
        Binding(
            OPEN_KEY,
            "open_waiting",
            "Confirm",
            show=False,
            priority=True,
            id=OPEN_ID,
            tooltip="Open the apply that waits for confirmation",
        ),
        Binding("ctrl+l", "redraw", "Redraw", show=False, priority=True, id="redraw"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, system=True),
        Binding(
            "ctrl+z",
            "suspend",
            "Suspend",
            show=False,
            priority=True,
            id="suspend",
            tooltip="Back to the shell; `fg` returns",
        ),
    ]

    notice: var[str] = var("")
    """Shown on every screen while an apply waits for its confirmation; else empty."""

    def __init__(self, parts: ConsoleParts) -> None:
        # With NO_COLOR, Textual paints greys, and black on black in an ANSI theme, unless
        # `ansi_color` is set from the start.
        no_color = "NO_COLOR" in parts.environment
        super().__init__(parts.environment, ansi_color=True if no_color else None)
        self.parts = parts
        self.bound = parts.settings.keys
        self.notice_signal: Signal[str] = Signal(self, "notice")
        self.animation_level = "none"
        for theme in ALL_THEMES:
            self.register_theme(theme)
        remembered = None if no_color else parts.memory.load().theme
        self.theme = parts.settings.theme or remembered or default_theme(parts.environment)
        self.stylesheet.set_variables(self.get_css_variables())
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._exit_requested = False
        self._must_wait_for_jobs = False
        self._countdown: ApplyCountdown | None = None
        self._check_keys(parts.settings.keys)
        self.set_keymap(parts.settings.keys)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme by its name; fast, because it is called for every painted line."""
        return _THEMES.get(theme_name) or super().get_theme(theme_name)

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the style sheet again; does nothing before there is a screen."""
        if self.screen_stack:
            super().refresh_css(animate)

    def get_default_screen(self) -> Screen[None]:
        """Return the dashboard."""
        parts = self.parts
        return DashboardScreen(
            parts.observer,
            parts.clock,
            parts.modes,
            parts.memory,
            parts.operations,
            parts.state_folder,
            parts.open_environment,
            parts.open_ledger,
            parts.read_only_jobs,
            reveals=parts.settings.reveals,
            bound=parts.settings.keys,
        )

    def on_ready(self) -> None:
        """Allow the exit from now on: a half-mounted screen can't be unmounted."""
        self._own_loop = asyncio.get_running_loop()
        if self._exit_requested:
            self.exit()

    def action_command_palette(self) -> None:
        """Open the menu of all commands."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def on_mount(self) -> None:
        """Start watching the stack."""
        self.parts.observer.start()
        self.call_after_refresh(self._after_first_frame)
        if self.parts.operations is not None:
            self._countdown = ApplyCountdown(self, self.parts.operations.jobs)
            self.set_interval(COUNTDOWN_SECONDS, self._count_down)

    def watch_notice(self, notice: str) -> None:
        """Pass the notice to the footers of all screens."""
        self.notice_signal.publish(notice)

    def _count_down(self) -> None:
        if self._countdown is not None:
            self.notice = self._countdown.tick()

    def _after_first_frame(self) -> None:
        """After the first frame: enable the garbage collector, except for imported modules."""
        gc.freeze()
        gc.enable()
        self.set_timer(PRELOAD_SECONDS, self._preload)
        self.set_timer(WATCH_SECONDS, self._learn_secrets)
        if Mode.DEMO not in self.parts.modes:
            # Jobs of other demos belong to other stacks.
            self.set_timer(WATCH_SECONDS, self._watch_jobs)

    @work(thread=True, group="preload")
    def _preload(self) -> None:
        """Import deferred modules now: after an update of the program they would not match."""
        importlib.import_module("pixel_tui.console.keymap")
        importlib.import_module("pixel_tui.stack.feed.stream")
        if self.parts.operations is not None:
            importlib.import_module("pixel_tui.operations.operator")
            from pixel_tui.operations.actions import all_actions

            all_actions()

    @work(thread=True, group="preload")
    def _learn_secrets(self) -> None:
        """Learn secrets to mask in logs that are not in a container's environment."""
        self.parts.learn_secrets()

    @work(thread=True, group="preload")
    def _watch_jobs(self) -> None:
        """Watch the jobs of other consoles, including those of consoles that have exited."""
        if self.parts.jobs is not None:
            self.parts.jobs.watch_jobs()

    def on_unmount(self) -> None:
        """Stop watching, unless a job is still to be verified."""
        operations = self.parts.operations
        if operations is None or not operations.jobs.running:
            self.parts.observer.close()
        from pixel_tui.stack.compose.bounded_program import kill_bounded_programs

        kill_bounded_programs()  # threads that wait for them would delay the exit

    def request_exit(self) -> None:
        """Exit without a question. Can be called by a signal handler at any time."""
        self._exit_requested = True
        if self._own_loop is not None and not self._own_loop.is_closed():
            self._own_loop.call_soon_threadsafe(self.exit)

    def get_system_commands(self, _screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the general commands, without Textual's screenshot, which writes a file."""
        for theme in ALL_THEMES:
            yield SystemCommand(
                f"Theme: {theme.name}", "Change the theme", partial(self.use_theme, theme.name)
            )
        for drill in self.parts.drills:
            yield SystemCommand(drill.title, drill.help, drill.run)
        yield SystemCommand("Quit", "Quit pixel-tui", self.action_quit)

    def action_open_waiting(self) -> None:
        """Show the job of an apply that waits for its confirmation."""
        operations, dashboard = self.parts.operations, self.screen_stack[0]
        if operations is not None and isinstance(dashboard, DashboardScreen):
            operations.jobs.open_waiting(dashboard)

    def action_help(self) -> None:
        """Show the keys of this view."""
        from screens.shared.help import HelpScreen

        self.push_screen(HelpScreen(self.screen.active_bindings))

    def action_next_theme(self) -> None:
        """Use the next theme."""
        names = [theme.name for theme in ALL_THEMES]
        index = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(index + 1) % len(names)])

    def use_theme(self, theme: str) -> None:
        """Use a theme and save it as the preference."""
        self.theme = theme
        screen = self.screen_stack[0]
        if isinstance(screen, DashboardScreen):
            screen.preferences.save_theme(theme)

    async def action_quit(self) -> None:
        """Quit; ask first if a job is running."""
        operations = self.parts.operations
        if operations is None or not operations.jobs.running:
            self.exit()
            return
        jobs = operations.jobs
        from screens.changes.quit import QuitScreen

        if not isinstance(self.screen, QuitScreen):
            question = QuitScreen(
                lambda: jobs.running,
                lambda: jobs.cancelling,
                lambda: jobs.seconds_to_confirm,
                self.parts.observer.snapshot.typed,
                jobs.confirm_keys,
            )
            self.push_screen(question, self._quit_answered)

    def action_help_quit(self) -> None:
        """Show which key quits, because Ctrl+C does not."""
        bound = (item.binding for item in self.active_bindings.values())
        quitting = [binding for binding in bound if binding.action in {"quit", "app.quit"}]
        quitting.sort(key=lambda binding: binding.system)  # the one in the footer first
        for binding in quitting[:1]:
            key = self.get_key_display(binding)
            self.notify(f"{key} quits pixel-tui.", timeout=3, markup=False)

    def _quit_answered(self, choice: "QuitChoice | None") -> None:
        if choice is None or choice == "stay":
            return
        if choice == "cancel" and self.parts.operations is not None:
            self.parts.operations.jobs.cancel_all()
            self._must_wait_for_jobs = True
        self.exit()

    @property
    def waits_for_jobs(self) -> bool:
        """Whether to wait for the cancelled jobs after the terminal is restored."""
        return self._must_wait_for_jobs

    def on_copy_requested(self, event: CopyRequested) -> None:
        """Copy a text to the clipboard and notify the user."""
        self.copy_to_clipboard(event.text)
        what = f"{event.what} sent" if event.what else "Sent"
        message, seconds = f"{what} to the terminal's clipboard.", 2
        if is_tmux(self.parts.environment):
            message, seconds = f"{what} to tmux, if it allows that: see `pixel-tui doctor`.", 5
        self.notify(message, timeout=seconds, markup=False)

    @property
    def crash_words(self) -> str:
        """The message after a crash."""
        details = f" Details: {self.parts.log_path}" if self.parts.log_path else ""
        return f"pixel-tui crashed because of a bug. Your stack was not changed.{details}"

    def _check_keys(self, keys: Mapping[str, str]) -> None:
        """Raise `UsageError` if the settings bind a key to an unknown name."""
        if not keys:
            return
        from pixel_tui.console.keymap import binding_ids

        known_ids = binding_ids() | _own_ids()
        for name in keys:
            if name not in known_ids:
                raise UsageError(
                    f"The settings file binds a key to {name}, which does not exist.",
                    hint="See docs/keys.md for the names.",
                )


def _own_ids() -> frozenset[str]:
    bindings = [item for item in PixelTui.BINDINGS if isinstance(item, Binding)]
    return frozenset(binding.id for binding in bindings if binding.id)
