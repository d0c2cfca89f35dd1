"""The console: one place that chooses the parts and puts them together."""

import asyncio
import gc
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.theme import Theme

from pixel_tui.clock import Clock, SystemClock
from pixel_tui.console.ending import EndSignals, outcome_of, wait_for_jobs, waiting_for
from pixel_tui.console.log_file import start_log
from pixel_tui.console.theme import EVERY, default_theme
from pixel_tui.errors import UsageError
from pixel_tui.settings import Memory, Settings, state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.standard_streams import complain
from pixel_tui.terminal.app import TerminalApp
from pixel_tui.terminal.hangup import watch_terminal
from screens.changes.flow import Operations
from screens.changes.watching import Watching
from screens.dashboard import screen as dashboard
from screens.dashboard.palette import Palette, StackCommands
from screens.dashboard.screen import DashboardScreen
from widgets.dashboard.status_bar import Mode

if TYPE_CHECKING:
    from pixel_tui.demo.drills import Drill
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.reading.reading import LedgerReader
    from pixel_tui.ledger.view.access import LedgerAccess
    from pixel_tui.operations.jobs.sight import JobSight
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.facts import FactReader, Facts
    from pixel_tui.stack.model.snapshot import StackSnapshot
    from screens.changes.quit import Leaving
    from widgets.logs.view import LogView

PRELOAD_SECONDS: Final = 3.0
WATCH_SECONDS: Final = 0.7
"""After the first picture: the jobs of other consoles are looked at from then on, and the
environment files are read."""
_THEMES: Final = {theme.name: theme for theme in EVERY}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a console is made of."""

    observer: Observer
    operations: Operations | None
    """None in a read-only console: there is nothing that could change anything."""
    clock: Clock
    modes: tuple[Mode, ...]
    """What the header says."""
    settings: Settings
    memory: Memory
    environment: Mapping[str, str]
    state_folder: Path
    """Where the audit trail of its changes is."""
    open_ledger: "Callable[[], LedgerAccess]"
    """Makes what looks at the task ledger."""
    open_environment: "Callable[[], EnvironmentAccess]"
    """What reads the environment file and, where anything may be changed, what changes it."""
    log_path: Path | None = None
    drills: "tuple[Drill, ...]" = ()
    """Faults to practise on; only a demonstration has any."""
    watching: Watching | None = None
    """Where there are no operations: sees the jobs of other consoles, and only sees them."""
    learn_secrets: Callable[[], None] = lambda: None
    """Has the secrets of the environment files masked in logs; blocks."""

    def close(self) -> None:
        """Begin nothing more, and record what still runs without the console."""
        if self.watching is not None:
            self.watching.close()
        if self.operations is not None:
            self.operations.close()


class PixelTui(TerminalApp):
    """The console's frame: theme, keys, palette, and the end."""

    TITLE = "pixel-tui"
    # Textual loads no style sheet of a default screen by itself.
    CSS_PATH = Path(dashboard.__file__).with_name("dashboard.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {StackCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", id="quit"),
        Binding("colon,ctrl+p", "command_palette", "Menu", key_display=":", id="palette"),
        Binding("T", "next_theme", "Theme", show=False, id="theme", tooltip="The next theme"),
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

    def __init__(self, parts: Parts) -> None:
        # Asked for no colour, Textual paints greys, and black on black in a theme of the
        # terminal's own colours, unless it is told of those from the start.
        colourless = "NO_COLOR" in parts.environment
        super().__init__(parts.environment, ansi_color=True if colourless else None)
        self.parts = parts
        self.animation_level = "none"
        for theme in EVERY:
            self.register_theme(theme)
        remembered = None if colourless else parts.memory.load().theme
        self.theme = parts.settings.theme or remembered or default_theme(parts.environment)
        self.stylesheet.set_variables(self.get_css_variables())
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._told_to_end = False
        self._see_to_jobs = False
        self._check_keys(parts.settings.keys)
        self.set_keymap(parts.settings.keys)

    def get_theme(self, theme_name: str) -> Theme | None:
        """A theme by its name, found at once: it is asked for with every line that is painted."""
        return _THEMES.get(theme_name) or super().get_theme(theme_name)

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew; before there is anything, the first styling does it."""
        if self.screen_stack:
            super().refresh_css(animate)

    def get_default_screen(self) -> Screen[None]:
        """The dashboard."""
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
            parts.watching,
            reveals=parts.settings.reveals,
        )

    def on_ready(self) -> None:
        """Be able to end from now on: a screen that is half made can't be taken down."""
        self._own_loop = asyncio.get_running_loop()
        if self._told_to_end:
            self.exit()

    def action_command_palette(self) -> None:
        """Open the menu of all commands."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def on_mount(self) -> None:
        """Look at the stack from now on."""
        self.parts.observer.start()
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """After the first picture: collect garbage again, but not among what stays for good."""
        gc.freeze()
        gc.enable()
        self.set_timer(PRELOAD_SECONDS, self._preload)
        self.set_timer(WATCH_SECONDS, self._learn_secrets)
        if Mode.DEMO not in self.parts.modes:
            # Another demonstration's stack is another one.
            self.set_timer(WATCH_SECONDS, self._watch_jobs)

    @work(thread=True, group="preload")
    def _preload(self) -> None:
        """Import what is imported late: in weeks from now it may be of another version."""
        importlib.import_module("pixel_tui.console.keymap")
        importlib.import_module("pixel_tui.stack.feed.stream")
        if self.parts.operations is not None:
            importlib.import_module("pixel_tui.operations.operator")
            from pixel_tui.operations.actions import all_actions

            all_actions()

    @work(thread=True, group="preload")
    def _learn_secrets(self) -> None:
        """Know what to mask in logs that no container's environment tells."""
        self.parts.learn_secrets()

    @work(thread=True, group="preload")
    def _watch_jobs(self) -> None:
        """See the jobs of other consoles, and what became of those that were left."""
        jobs = self.parts.operations or self.parts.watching
        if jobs is not None:
            jobs.watch_jobs()

    def on_unmount(self) -> None:
        """Stop looking, unless a job has yet to be verified."""
        operations = self.parts.operations
        if operations is None or not operations.running:
            self.parts.observer.close()
        from pixel_tui.stack.compose.asking import kill_all_asked

        kill_all_asked()  # threads that wait for an answer would hold the end up

    def end(self) -> None:
        """Leave without asking. May be called by a signal's handler, at any moment."""
        self._told_to_end = True
        if self._own_loop is not None and not self._own_loop.is_closed():
            self._own_loop.call_soon_threadsafe(self.exit)

    def get_system_commands(self, _screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's general commands; none that writes the screen to a file."""
        for theme in EVERY:
            yield SystemCommand(
                f"Theme: {theme.name}", "Change the look", partial(self.use, theme.name)
            )
        for drill in self.parts.drills:
            yield SystemCommand(drill.title, drill.help, drill.run)
        yield SystemCommand("Quit", "Quit pixel-tui", self.action_quit)

    def action_help(self) -> None:
        """Show the keys of this view."""
        from screens.shared.help import HelpScreen

        self.push_screen(HelpScreen(self.screen.active_bindings))

    def action_next_theme(self) -> None:
        """Use the next of the themes."""
        names = [theme.name for theme in EVERY]
        at = names.index(self.theme) if self.theme in names else -1
        self.use(names[(at + 1) % len(names)])

    def use(self, theme: str) -> None:
        """Use a theme, and remember it."""
        self.theme = theme
        screen = self.screen_stack[0]
        if isinstance(screen, DashboardScreen):
            screen.look.use_theme(theme)

    async def action_quit(self) -> None:
        """Leave; ask first while a job runs."""
        operations = self.parts.operations
        if operations is None or not operations.running:
            self.exit()
            return
        from screens.changes.quit import QuitScreen

        if not isinstance(self.screen, QuitScreen):
            question = QuitScreen(
                lambda: operations.running,
                lambda: operations.cancelling,
                lambda: operations.seconds_to_confirm,
            )
            self.push_screen(question, self._quit_answered)

    def action_help_quit(self) -> None:
        """Say which key quits: Ctrl+C, which many try, does not."""
        bound = (item.binding for item in self.active_bindings.values())
        quitting = [binding for binding in bound if binding.action in {"quit", "app.quit"}]
        quitting.sort(key=lambda binding: binding.system)  # that of the footer first
        for binding in quitting[:1]:
            key = self.get_key_display(binding)
            self.notify(f"{key} quits pixel-tui.", timeout=3, markup=False)

    def _quit_answered(self, leaving: "Leaving | None") -> None:
        if leaving is None or leaving == "stay":
            return
        if leaving == "cancel" and self.parts.operations is not None:
            self.parts.operations.cancel_all()
            self._see_to_jobs = True
        self.exit()

    @property
    def sees_to_jobs(self) -> bool:
        """Whether the jobs are waited for below the restored terminal: they were cancelled."""
        return self._see_to_jobs

    def on_log_view_copy_requested(self, event: "LogView.CopyRequested") -> None:
        """Put lines of a log, wherever it is shown, on the clipboard."""
        event.stop()
        self.copy_to_clipboard(event.text)
        count = event.text.count("\n") + 1
        words = f"{count:,} line{'' if count == 1 else 's'} sent to the terminal's clipboard."
        self.notify(words, timeout=2, markup=False)

    @property
    def crash_words(self) -> str:
        """What is said when the console fails."""
        place = f" Details: {self.parts.log_path}" if self.parts.log_path else ""
        return f"pixel-tui stopped over a fault of its own. Your stack was not touched.{place}"

    def _check_keys(self, keys: Mapping[str, str]) -> None:
        """Refuse a rebinding of something that does not exist."""
        if not keys:
            return
        from pixel_tui.console.keymap import binding_ids

        known = binding_ids() | _own_ids()
        for name in keys:
            if name not in known:
                raise UsageError(
                    f"The settings file binds a key to {name}, which does not exist.",
                    remedy="See docs/keys.md for the names.",
                )


def _own_ids() -> frozenset[str]:
    bindings = [item for item in PixelTui.BINDINGS if isinstance(item, Binding)]
    return frozenset(binding.id for binding in bindings if binding.id)


def live_parts(
    observer: Observer,
    command: ComposeCommand,
    settings: Settings,
    environment: Mapping[str, str],
) -> Parts:
    """The parts of a console on a real engine.

    How to make an operator, and what it runs programs with, is known here alone, and only
    where the console may change something.

    Args:
        observer: Looks at the stack.
        command: How compose is called for it.
        settings: What the user wants.
        environment: The variables of this process.
    """
    clock = SystemClock()
    folder = state_folder()
    operations = None

    @cache
    def ledger_reader() -> "LedgerReader":
        from pixel_tui.ledger.reading.places import LedgerPlace
        from pixel_tui.ledger.reading.reading import LedgerReader

        return LedgerReader(LedgerPlace(Path(command.directory)), clock)

    if not settings.read_only:

        def operator() -> "Operator":
            from pixel_tui.operations.operator import Operator
            from pixel_tui.stack.programs.process import ProcessRunner
            from pixel_tui.stack.watch.live_witness import live_witness

            runner = ProcessRunner(environment)
            witness = live_witness(command, environment, folder)
            return Operator(runner, observer, command, folder, clock, witness=witness)

        @cache
        def reader() -> "FactReader":
            from pixel_tui.facts.live import live_facts

            return live_facts(command, settings.backup, environment, ledger=ledger_reader())

        def read_facts(snapshot: "StackSnapshot", *, stored: bool = False) -> "Facts":
            return reader()(snapshot, stored=stored)

        operations = Operations(operator, observer, command, clock, read_facts)

    @cache
    def open_environment() -> "EnvironmentAccess":
        from pixel_tui.environment.live.source import live_environment

        return live_environment(command, settings, environment, folder)

    def learn_secrets() -> None:
        from pixel_tui.environment.checks import masking

        masking.learn_secrets(command, environment)

    def open_ledger() -> "LedgerAccess":
        from pixel_tui.ledger.view.access import LedgerAccess
        from pixel_tui.ledger.view.watch import LedgerWatch

        reader = ledger_reader()
        return LedgerAccess(LedgerWatch(reader, observer, clock), reader.place)

    def sight(changed: Callable[[], None]) -> "JobSight":
        from pixel_tui.locks import shared_folder
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from pixel_tui.operations.jobs.sight import JobSight

        records = JobRecords(jobs_path(folder))
        return JobSight(records, shared_folder(environment), observer, changed=changed)

    return Parts(
        observer=observer,
        operations=operations,
        clock=clock,
        modes=(Mode.READ_ONLY,) if settings.read_only else (Mode.LIVE,),
        settings=settings,
        memory=Memory(folder, f"{command.directory}_{command.project}".strip("/_")),
        environment=environment,
        state_folder=folder,
        open_ledger=open_ledger,
        open_environment=open_environment,
        log_path=start_log(folder),
        watching=Watching(sight, clock) if settings.read_only else None,
        learn_secrets=learn_secrets,
    )


def run(parts: Parts) -> int:
    """Open the console; returns the program's exit code when it is left."""
    app = PixelTui(parts)
    signals = EndSignals(app.end)
    signals.listen()
    watch_terminal(sys.stdin.fileno(), lambda: _leave(parts, signals, stay=True))
    app.run()
    _leave(parts, signals, stay=signals.heard or app.sees_to_jobs)
    return app.return_code or 0


def _leave(parts: Parts, signals: EndSignals, *, stay: bool) -> None:
    """See to the jobs that still run: the terminal is restored, or gone.

    Args:
        parts: What the console is made of.
        signals: What may tell this process to end once more.
        stay: Wait for them, so that they are verified; else leave them to themselves.
    """
    jobs = parts.operations.under_way if parts.operations is not None else ()
    if stay:
        for job in jobs:
            complain(waiting_for(job))
        wait_for_jobs(jobs, signals.insisted)
    parts.close()
    for job in jobs:
        complain(outcome_of(job))
    parts.observer.close()
