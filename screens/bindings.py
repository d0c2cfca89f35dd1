"""Every key of the screens and widgets by the name that the settings file uses."""

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding
from textual.dom import DOMNode

from screens.ask import AskScreen
from screens.audit import AuditScreen
from screens.columns import ColumnsScreen
from screens.dashboard import DashboardScreen
from screens.environment import EnvironmentScreen
from screens.environment_difference import DifferenceScreen
from screens.environment_editor import EnvironmentEditor
from screens.environment_history import HistoryScreen
from screens.environment_merge import MergeScreen
from screens.environment_save import SaveScreen
from screens.environment_value import ValueScreen
from screens.help import HelpScreen
from screens.job import JobScreen
from screens.ledger import LedgerScreen
from screens.log_line import LogLineScreen
from screens.log_services import LogServicesScreen
from screens.palette import Search
from screens.pick import PickScreen
from screens.plan import PlanScreen
from screens.probe import ProbeScreen
from screens.quit import QuitScreen
from screens.recovery import RecoveryScreen
from screens.task import TaskScreen
from screens.task_figures import TaskFiguresScreen
from screens.task_writing import TaskWritingScreen
from widgets.cursor_table import CursorTable
from widgets.details import Details
from widgets.environment_table import EnvironmentTable
from widgets.event_list import EventList
from widgets.filter_box import FilterBox
from widgets.job_list import JobList
from widgets.keyed_table import KeyedTable
from widgets.log_pane import LogPane
from widgets.log_query import QueryBox
from widgets.log_view import LogView

PLACES: Final[tuple[type[DOMNode], ...]] = (
    DashboardScreen, CursorTable, KeyedTable, FilterBox, LogPane, LogView, QueryBox, Details,
    EventList, JobList, PlanScreen, JobScreen, ProbeScreen, ColumnsScreen, HelpScreen, QuitScreen,
    AskScreen, LogLineScreen, LogServicesScreen, Search, PickScreen, RecoveryScreen,
    AuditScreen, LedgerScreen, TaskScreen, TaskFiguresScreen, TaskWritingScreen,
    EnvironmentScreen, EnvironmentTable, EnvironmentEditor, ValueScreen, SaveScreen,
    DifferenceScreen, HistoryScreen, MergeScreen,
)  # fmt: skip
"""Wherever keys are bound, beside the application itself."""


def named_bindings() -> Iterator[Binding]:
    """The bindings that have a name, place by place; one that several places share comes once."""
    seen: set[int] = set()
    for place in PLACES:
        for binding in place.BINDINGS:
            if isinstance(binding, Binding) and binding.id and id(binding) not in seen:
                seen.add(id(binding))
                yield binding


def binding_ids() -> frozenset[str]:
    """The names."""
    return frozenset(binding.id for binding in named_bindings() if binding.id)
