"""Every key of the screens and widgets by the name that the settings file uses."""

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding
from textual.dom import DOMNode

from screens.ask import AskScreen
from screens.audit import AuditScreen
from screens.columns import ColumnsScreen
from screens.dashboard import DashboardScreen
from screens.help import HelpScreen
from screens.job import JobScreen
from screens.log_line import LogLineScreen
from screens.log_services import LogServicesScreen
from screens.pick import PickScreen
from screens.plan import PlanScreen
from screens.probe import ProbeScreen
from screens.quit import QuitScreen
from screens.recovery import RecoveryScreen
from widgets.details import Details
from widgets.event_list import EventList
from widgets.filter_box import FilterBox
from widgets.job_list import JobList
from widgets.log_pane import LogPane
from widgets.log_query import QueryBox
from widgets.log_view import LogView
from widgets.service_table import ServiceTable

PLACES: Final[tuple[type[DOMNode], ...]] = (
    DashboardScreen, ServiceTable, FilterBox, LogPane, LogView, QueryBox, Details, EventList,
    JobList, PlanScreen, JobScreen, ProbeScreen, ColumnsScreen, HelpScreen, QuitScreen,
    AskScreen, LogLineScreen, LogServicesScreen, PickScreen, RecoveryScreen,
    AuditScreen,
)  # fmt: skip
"""Wherever keys are bound, beside the application itself."""


def named_bindings() -> Iterator[Binding]:
    """The bindings that have a name, place by place."""
    for place in PLACES:
        for binding in place.BINDINGS:
            if isinstance(binding, Binding) and binding.id:
                yield binding


def binding_ids() -> frozenset[str]:
    """The names."""
    return frozenset(binding.id for binding in named_bindings() if binding.id)
