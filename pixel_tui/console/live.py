"""Creates the parts of a console on a real engine.

This is the only place that creates an operator, and only if the console is not read-only.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.clock import SystemClock
from pixel_tui.confirm_keys import confirm_keys
from pixel_tui.console.log_file import start_log
from pixel_tui.console.parts import ConsoleParts
from pixel_tui.session import Session
from pixel_tui.settings import Memory
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.watch.observer import Observer
from screens.changes.flow import Operations
from screens.changes.read_only_jobs import ReadOnlyJobs
from widgets.dashboard.status_bar import Mode

if TYPE_CHECKING:
    from pixel_tui.environment.apply.impact_reading import ImpactReaders
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.reading.reading import LedgerReader
    from pixel_tui.ledger.view.access import LedgerAccess
    from pixel_tui.operations.jobs.reader import JobReader
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.facts import FactReader, Facts
    from pixel_tui.stack.model.snapshot import StackSnapshot


def live_parts(observer: Observer, command: ComposeCommand, session: Session) -> ConsoleParts:
    """Return the parts of a console on a real engine.

    Args:
        observer: Watches the stack.
        command: The compose command of the project.
        session: This run of the program.
    """
    clock = SystemClock()
    environment, settings, folder = session.environment, session.settings, session.state_folder
    operations = None

    @cache
    def ledger_reader() -> "LedgerReader":
        from pixel_tui.ledger.reading.places import LedgerPlace
        from pixel_tui.ledger.reading.reading import LedgerReader

        return LedgerReader(LedgerPlace(Path(command.directory)), clock)

    @cache
    def impacts() -> "ImpactReaders":
        from pixel_tui.environment.apply.impact_reading import ImpactReaders

        return ImpactReaders(environment, folder)

    if not settings.read_only:

        def operator() -> "Operator":
            from pixel_tui.operations.jobs.abandoned import remove_abandoned_files
            from pixel_tui.operations.operator import Operator
            from pixel_tui.stack.programs.process import ProcessRunner
            from pixel_tui.stack.watch.live_build_recorder import live_build_recorder

            remove_abandoned_files(folder, environment)
            runner = ProcessRunner(environment)
            build_observer = live_build_recorder(command, environment, folder)
            return Operator(
                runner, observer, command, folder, clock,
                build_observer=build_observer, confirm_keys=confirm_keys(session.settings.keys),
            )  # fmt: skip

        @cache
        def reader() -> "FactReader":
            from pixel_tui.facts.live import live_facts

            return live_facts(command, session, ledger=ledger_reader(), impacts=impacts())

        def read_facts(snapshot: "StackSnapshot", *, stored: bool = False) -> "Facts":
            return reader()(snapshot, stored=stored)

        operations = Operations(
            operator, observer, command, clock, read_facts, folder,
            confirm_keys(session.settings.keys),
        )  # fmt: skip

    @cache
    def open_environment() -> "EnvironmentAccess":
        from pixel_tui.environment.live.source import live_environment

        return live_environment(command, session, impacts)

    def learn_secrets() -> None:
        from pixel_tui.environment.checks import masking

        masking.learn_secrets(command, environment)

    def open_ledger() -> "LedgerAccess":
        from pixel_tui.ledger.view.access import LedgerAccess
        from pixel_tui.ledger.view.watch import LedgerWatch

        reader = ledger_reader()
        return LedgerAccess(LedgerWatch(reader, observer, clock), reader.place)

    def job_reader(changed: Callable[[], None]) -> "JobReader":
        from pixel_tui.locks import shared_folder
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from pixel_tui.operations.jobs.reader import JobReader

        records = JobRecords(jobs_path(folder))
        return JobReader(records, shared_folder(environment), observer, changed=changed)

    return ConsoleParts(
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
        read_only_jobs=ReadOnlyJobs(job_reader, clock) if settings.read_only else None,
        learn_secrets=learn_secrets,
    )
