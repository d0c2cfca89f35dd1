"""The keys of the dashboard."""

from typing import Final

from textual.binding import Binding, BindingType

BINDINGS: Final[tuple[BindingType, ...]] = (
    Binding("1", "pane('services-pane')", "Services", show=False, id="pane.services"),
    Binding("2", "pane('logs-pane')", "Logs", show=False, id="pane.logs"),
    Binding("3", "pane('details-pane')", "Details", show=False, id="pane.details"),
    Binding("4", "pane('events-pane')", "Events", show=False, id="pane.events"),
    Binding("5", "pane('jobs-pane')", "Jobs", show=False, id="pane.jobs"),
    Binding("z", "zoom", "Zoom", show=False, id="pane.zoom", tooltip="This pane alone, and back"),
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
        tooltip="All that can be done to it: recreate, rebuild, ...",
    ),
    Binding("A", "recovery", "Recovery", id="recovery", tooltip="Every action, and when it helps"),
    Binding(
        "W",
        "ledger",
        "Tasks",
        show=False,
        id="ledger",
        tooltip="The workers' tasks: queued, running, stuck, and what is true of them",
    ),
    Binding("U", "audit", "Audit", show=False, id="audit", tooltip="Who changed what, and how"),
    Binding(
        "E",
        "environment",
        "Environment",
        show=False,
        id="environment",
        tooltip="The .env file: every key, who reads it, and what is wrong",
    ),
    Binding(
        "p",
        "probe",
        "Probe",
        show=False,
        id="services.probe",
        tooltip="What the health check said last",
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
        tooltip="Read compose and the engine again",
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
