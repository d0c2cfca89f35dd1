"""The dialogs and screens that the dashboard opens.

Anything that changes the stack is opened only if there are operations.
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

# Dialogs are imported when they are opened, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.view.access import LedgerAccess
    from pixel_tui.operations.planning.action import Action
    from screens.changes.recovery import TargetSelection
    from screens.environment.screen import EnvironmentScreen


class DashboardDialogs:
    """Opens dialogs and screens over the dashboard.

    Args:
        screen: The dashboard.
        observer: The source of snapshots.
        operations: Plans and runs actions; None in a read-only console.
        state_folder: The folder of the audit trail.
        open_environment: Gives access to the environment file.
        open_ledger: Gives access to the task ledger.
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
        """The titles of the actions on services, by name; empty in a read-only console."""
        return self._actions(of_services=True)

    @property
    def project_actions(self) -> Mapping[str, str]:
        """The titles of all other actions, by name: on the project, the machine, a backup."""
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

    def show_plan(self, name: str, rows: Sequence[Row]) -> None:
        """Show the plan of an action on rows."""
        if self._operations is not None and self._has_rows(rows):
            self._operations.show_plan(self._screen, name, _targets(rows))

    def _has_rows(self, rows: Sequence[Row]) -> bool:
        if not rows:
            self._screen.notify("No service is selected.", timeout=3)
        return bool(rows)

    def show_plan_for(self, name: str, service: str | None) -> None:
        """Show the plan of an action on one service; None for all of the project."""
        if self._operations is not None:
            targets = [] if service is None else [TargetRef(service)]
            self._operations.show_plan(self._screen, name, targets)

    def list_actions(self, rows: Sequence[Row]) -> None:
        """List the actions on rows."""
        if self._operations is not None and self._has_rows(rows):
            self._operations.list_actions(self._screen, _targets(rows))

    def open_recovery(self, marked: Sequence[Row], current: Row | None) -> None:
        """Open the recovery screen."""
        from screens.changes.recovery import RecoveryScreen, TargetSelection

        def selection(words: str, rows: Sequence[Row] = ()) -> TargetSelection:
            return TargetSelection(plain(words), _targets(rows), tuple(row.name for row in rows))

        selections: list[TargetSelection] = []
        if marked:
            names = ", ".join(dict.fromkeys(row.service for row in marked))
            selections.append(selection(f"marked: {names}", marked))
        elif current is not None:
            selections.append(selection(current.key, [current]))
        name = self._observer.snapshot.project_name
        selections.append(selection(f"all of {name}" if name else "the project"))
        operations = self._operations
        if operations is None:
            shown = RecoveryScreen(self._observer, selections, None, None)
        else:
            shown = RecoveryScreen(self._observer, selections, operations.reasons, self._show_plan)
        self._screen.app.push_screen(shown)

    def open_ledger(self) -> None:
        """Open the task ledger."""
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

    def open_audit(self) -> None:
        """Open the audit trail."""
        from pixel_tui.locks import shared_folder
        from pixel_tui.operations.audit.job_states import JobStates
        from pixel_tui.operations.audit.trail import audit_path
        from pixel_tui.operations.jobs.folder import JobRecords, jobs_path
        from screens.changes.audit import AuditScreen

        states = JobStates(JobRecords(jobs_path(self._state_folder)), shared_folder(os.environ))
        self._screen.app.push_screen(AuditScreen(audit_path(self._state_folder), states))

    def open_environment(self) -> None:
        """Open the environment editor, or the viewer in a read-only console."""
        self._screen.app.push_screen(self._environment_screen(self._open_environment()))

    def _environment_screen(
        self, access: "EnvironmentAccess", *, resumes: bool = False
    ) -> "EnvironmentScreen":
        """The screen of one file, which can replace itself by that of another file."""
        from pixel_tui.environment.checks.deliveries import outdated_sources

        def outdated(service: str) -> Collection[SafeText]:
            return outdated_sources(self._observer.snapshot, service)

        operations, other_files = self._operations, None
        if (files := access.files) is not None:
            from screens.environment.files import OtherFiles

            other_files = OtherFiles(
                files, lambda path: self._environment_screen(files.open(path), resumes=True)
            )
        if operations is None or access.workspace is None:
            from screens.environment.screen import EnvironmentScreen

            return EnvironmentScreen(
                access.source, reveals=access.reveals, other_files=other_files, outdated=outdated
            )
        from screens.environment.editor import EnvironmentEditor

        def show_plan(action: str, target: str) -> None:
            # On the dashboard, which outlives any screen above it.
            operations.show_plan(self._screen, action, [TargetRef(target)])

        return EnvironmentEditor(
            access.source,
            access.workspace,
            show_plan,
            other_files,
            resumes=resumes,
            outdated=outdated,
        )

    def _show_plan(self, action: "Action", selection: "TargetSelection") -> None:
        from pixel_tui.operations.planning.action import Scope

        targets = selection.targets if action.scope is Scope.SERVICES else ()
        if self._operations is not None:
            # On the dashboard, which outlives any screen above it.
            self._operations.show_plan(self._screen, action.name, targets)


def _targets(rows: Sequence[Row]) -> tuple[TargetRef, ...]:
    return tuple(row.target for row in rows)
