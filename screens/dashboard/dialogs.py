"""What leads from the dashboard to a change, and to what is known of changes.

It holds what every console may read, and the way to change something only where there is one.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText, plain
from screens.changes.flow import Operations
from widgets.rows.service_row import Row

# A dialog is imported when it is opened: the table stands before that.
if TYPE_CHECKING:
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.view.access import LedgerAccess
    from pixel_tui.operations.planning.action import Action
    from screens.changes.recovery import TargetSelection
    from screens.environment.screen import EnvironmentScreen


class StackDialogs:
    """Opens dialogs over the dashboard.

    Args:
        screen: The dashboard.
        observer: Sees the stack.
        operations: How anything is changed; None in a read-only console.
        state_folder: Where the audit trail is.
        open_environment: Makes what reads the environment file, and what changes it.
        open_ledger: Makes what looks at the task ledger.
        clock: The time.
        reveals: Whether a key may show secrets in logs.
    """

    def __init__(
        self,
        screen: Screen[None],
        observer: Observer,
        operations: Operations | None,
        state_folder: Path,
        open_environment: "Callable[[], EnvironmentAccess]",
        open_ledger: "Callable[[], LedgerAccess]",
        clock: Clock,
        reveals: bool,
    ) -> None:
        self._screen = screen
        self._observer = observer
        self._operations = operations
        self._state_folder = state_folder
        self._open_environment = open_environment
        self._open_ledger = open_ledger
        self._clock = clock
        self._reveals = reveals

    @property
    def service_actions(self) -> Mapping[str, str]:
        """What can be done to a service, and what it is called; nothing in a read-only console."""
        return self._actions(of_services=True)

    @property
    def project_actions(self) -> Mapping[str, str]:
        """What can be done to the project, to the machine or to a backup."""
        return self._actions(of_services=False)

    def _actions(self, *, of_services: bool) -> Mapping[str, str]:
        if self._operations is None:
            return {}
        from pixel_tui.operations.actions import all_actions
        from pixel_tui.operations.planning.action import Scope

        return {
            action.name: action.title
            for action in all_actions()
            if (action.scope is Scope.SERVICES) == of_services
        }

    def operate(self, name: str, rows: Sequence[Row]) -> None:
        """Plan an action on rows, and show the plan."""
        if self._operations is not None and rows:
            self._operations.ask(self._screen, name, _targets(rows))

    def operate_on(self, name: str, service: str | None) -> None:
        """Plan an action on one service, or on the whole, and show the plan."""
        if self._operations is not None:
            targets = [] if service is None else [TargetRef(service)]
            self._operations.ask(self._screen, name, targets)

    def offer(self, rows: Sequence[Row]) -> None:
        """List the actions for rows."""
        if self._operations is not None and rows:
            self._operations.offer(self._screen, _targets(rows))

    def recovery(self, marked: Sequence[Row], current: Row | None) -> None:
        """List every action, with advice."""
        from screens.changes.recovery import RecoveryScreen, TargetSelection

        def of(words: str, rows: Sequence[Row] = ()) -> TargetSelection:
            return TargetSelection(plain(words), _targets(rows), tuple(row.name for row in rows))

        selections: list[TargetSelection] = []
        if marked:
            names = ", ".join(dict.fromkeys(row.service for row in marked))
            selections.append(of(f"marked: {names}", marked))
        elif current is not None:
            selections.append(of(current.key, [current]))
        name = self._observer.snapshot.project_name
        selections.append(of(f"all of {name}" if name else "the project"))
        operations = self._operations
        if operations is None:
            shown = RecoveryScreen(self._observer, selections, None, None)
        else:
            shown = RecoveryScreen(self._observer, selections, operations.reasons, self._ask)
        self._screen.app.push_screen(shown)

    def ledger(self) -> None:
        """Show the tasks of the workers."""
        from pixel_tui.ledger.writing.drafts import drafts_of
        from screens.ledger.screen import LedgerScreen
        from screens.ledger.task_actions import TaskActions

        access, operations = self._open_ledger(), self._operations
        changes = None
        if operations is not None and access.changeable:
            drafts = drafts_of(self._state_folder, access.place.project)
            changes = TaskActions(operations, drafts, self._clock)
        self._screen.app.push_screen(
            LedgerScreen(
                access.source,
                access.place,
                self._observer,
                self._clock,
                changes,
                reveals=self._reveals,
            )
        )

    def audit(self) -> None:
        """Show who changed what."""
        from pixel_tui.locks import shared_folder
        from pixel_tui.operations.audit.job_states import JobStates
        from pixel_tui.operations.audit.trail import audit_path
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from screens.changes.audit import AuditScreen

        states = JobStates(JobRecords(jobs_path(self._state_folder)), shared_folder(os.environ))
        self._screen.app.push_screen(AuditScreen(audit_path(self._state_folder), states))

    def environment(self) -> None:
        """Show the environment file; where it may be changed, with all that changes it."""
        self._screen.app.push_screen(self._environment_screen(self._open_environment()))

    def _environment_screen(
        self, access: "EnvironmentAccess", *, resumes: bool = False
    ) -> "EnvironmentScreen":
        """Of one file; it makes that of another one which takes its place."""
        from pixel_tui.environment.checks.deliveries import outdated_sources

        def old(service: str) -> Collection[SafeText]:
            return outdated_sources(self._observer.snapshot, service)

        operations, several = self._operations, None
        if (files := access.files) is not None:
            from screens.environment.screen import Several

            several = Several(
                files, lambda path: self._environment_screen(files.open(path), resumes=True)
            )
        if operations is None or access.workspace is None:
            from screens.environment.screen import EnvironmentScreen

            return EnvironmentScreen(
                access.source, reveals=access.reveals, several=several, old=old
            )
        from screens.environment.editor import EnvironmentEditor

        def ask(action: str, target: str) -> None:
            # Of the dashboard, which outlives whatever is opened above it.
            operations.ask(self._screen, action, [TargetRef(target)])

        return EnvironmentEditor(
            access.source, access.workspace, ask, several, resumes=resumes, old=old
        )

    def _ask(self, action: "Action", selection: "TargetSelection") -> None:
        from pixel_tui.operations.planning.action import Scope

        targets = selection.targets if action.scope is Scope.SERVICES else ()
        if self._operations is not None:
            # Of the dashboard, which outlives whatever is opened above it.
            self._operations.ask(self._screen, action.name, targets)


def _targets(rows: Sequence[Row]) -> tuple[TargetRef, ...]:
    return tuple(row.target for row in rows)
