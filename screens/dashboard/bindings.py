"""The keys of the dashboard."""

from typing import Final

from textual.binding import Binding, BindingType

BINDINGS: Final[tuple[BindingType, ...]] = (
    Binding("1", "pane('services-pane')", "Services", show=False, id="pane.services"),
    Binding("2", "pane('logs-pane')", "Logs", show=False, id="pane.logs"),
    Binding("3", "pane('details-pane')", "Details", show=False, id="pane.details"),
    Binding("4", "pane('events-pane')", "Events", show=False, id="pane.events"),
    Binding("5", "pane('jobs-pane')", "Jobs", show=False, id="pane.jobs"),
    Binding(
        "z", "zoom", "Zoom", show=False, id="pane.zoom", tooltip="Maximize this pane, or restore it"
    ),
    Binding(
        "slash", "filter", "Filter", id="services.filter", tooltip="Show only matching services"
    ),
    Binding("r", "operate('restart')", "Restart", id="services.restart"),
    Binding("s", "operate('start')", "Start", id="services.start"),
    Binding("x", "operate('stop')", "Stop", id="services.stop"),
    Binding(
        "a",
        "operations",
        "More",
        id="services.actions",
        tooltip="All actions: recreate, rebuild, ...",
    ),
    Binding("A", "recovery", "Recovery", id="recovery", tooltip="Every action, and when to use it"),
    Binding(
        "W",
        "ledger",
        "Tasks",
        show=False,
        id="ledger",
        tooltip="Worker tasks: queued, running or stuck",
    ),
    Binding(
        "U", "audit", "Audit", show=False, id="audit", tooltip="Who changed what, when and how"
    ),
    Binding(
        "E",
        "environment",
        "Environment",
        show=False,
        id="environment",
        tooltip="The .env file: every key, its readers and its problems",
    ),
    Binding(
        "p",
        "probe",
        "Health",
        show=False,
        id="services.probe",
        tooltip="The latest health check results",
    ),
    Binding(
        "c",
        "columns",
        "Columns",
        show=False,
        id="services.columns",
        tooltip="Choose the columns",
    ),
    Binding(
        "y",
        "copy",
        "Copy",
        show=False,
        id="services.copy",
        tooltip="Copy the container's name, or all details",
    ),
    Binding(
        "f5",
        "refresh_stack",
        "Refresh",
        show=False,
        id="services.refresh",
        tooltip="Reload the compose project and the containers",
    ),
    Binding(
        "escape",
        "back",
        "Back",
        show=False,
        id="back",
        tooltip="Close, clear, or go back to the services",
    ),
    Binding("question_mark", "app.help", "Help", id="help"),
)
