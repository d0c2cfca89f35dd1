"""All key bindings of screens and widgets that have a name in the settings."""

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding
from textual.dom import DOMNode

from screens.changes.audit import AuditScreen
from screens.changes.job import JobScreen
from screens.changes.plan import PlanScreen
from screens.changes.quit import QuitScreen
from screens.changes.recovery import RecoveryScreen
from screens.dashboard.columns import ColumnsScreen
from screens.dashboard.health_log import HealthLogScreen
from screens.dashboard.palette import CommandBox
from screens.dashboard.screen import DashboardScreen
from screens.dashboard.services_pane import ServicesPane
from screens.environment.difference import DifferenceScreen
from screens.environment.editor import EnvironmentEditor
from screens.environment.history import HistoryScreen
from screens.environment.merge import MergeScreen
from screens.environment.save import SaveScreen
from screens.environment.screen import EnvironmentScreen
from screens.environment.value import ValueScreen
from screens.ledger.screen import LedgerScreen
from screens.ledger.statistics import TaskStatisticsScreen
from screens.ledger.task import TaskScreen
from screens.ledger.task_writing import TaskWritingScreen
from screens.logs.line import LogLineScreen
from screens.logs.services import LogServicesScreen
from screens.shared.ask import AskScreen
from screens.shared.dialog import Dialog
from screens.shared.help import HelpScreen
from screens.shared.pick import PickScreen
from screens.shared.scrolling import ScrollingDialog
from widgets.dashboard.details import Details
from widgets.dashboard.event_list import EventList
from widgets.dashboard.job_list import JobList
from widgets.filter_box import FilterBox
from widgets.lines.options import Options
from widgets.logs.job_output import JobOutput
from widgets.logs.pane import LogPane
from widgets.logs.query import QueryBox
from widgets.logs.view import LogView
from widgets.tables.cursor_table import CursorTable
from widgets.tables.environment_table import EnvironmentTable
from widgets.tables.keyed_table import KeyedTable

BINDING_OWNERS: Final[tuple[type[DOMNode], ...]] = (
    DashboardScreen, ServicesPane, CursorTable, KeyedTable, FilterBox, LogPane, LogView, JobOutput,
    QueryBox, Details, EventList, Options, JobList, Dialog, ScrollingDialog, PlanScreen, JobScreen,
    HealthLogScreen, ColumnsScreen,
    HelpScreen, QuitScreen, AskScreen, LogLineScreen, LogServicesScreen, CommandBox, PickScreen,
    RecoveryScreen, AuditScreen, LedgerScreen, TaskScreen, TaskStatisticsScreen, TaskWritingScreen,
    EnvironmentScreen, EnvironmentTable, EnvironmentEditor, ValueScreen, SaveScreen,
    DifferenceScreen, HistoryScreen, MergeScreen,
)  # fmt: skip
"""All classes with key bindings, except the app."""


def named_bindings() -> Iterator[Binding]:
    """Yield the bindings with a name; one that several classes share comes once."""
    seen: set[int] = set()
    for owner in BINDING_OWNERS:
        for binding in owner.BINDINGS:
            if isinstance(binding, Binding) and binding.id and id(binding) not in seen:
                seen.add(id(binding))
                yield binding


def binding_ids() -> frozenset[str]:
    """Return the names of all bindings."""
    return frozenset(binding.id for binding in named_bindings() if binding.id)
