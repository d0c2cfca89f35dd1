"""The header: the stack, its Docker daemon, the mode, and the totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from pixel_tui.health.restarts import unstable
from pixel_tui.humanize import ago, memory_size
from pixel_tui.plurals import counted
from pixel_tui.stack.model.container import HealthStatus
from pixel_tui.stack.model.snapshot import Connection, ServiceState, StackSnapshot
from widgets.lines.fitted_line import LinePart, fitted


class Mode(StrEnum):
    """The badges: what the console may change, and whether the stack is real."""

    LIVE = "LIVE"
    READ_ONLY = "READ-ONLY"
    DEMO = "DEMO"


_BADGE: Final = {
    Mode.LIVE: "$success bold reverse",
    Mode.READ_ONLY: "$primary bold reverse",
    Mode.DEMO: "$warning bold reverse",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of services in each state."""

    services: int = 0
    running: int = 0
    unhealthy: int = 0
    restarting: int = 0
    unstable: int = 0
    """Running, but restarted recently."""
    down: int = 0


def totals(snapshot: StackSnapshot, now: datetime) -> Totals:
    """The totals of a snapshot."""
    services = snapshot.services
    return Totals(
        services=sum(service.wanted for service in services),
        running=sum(
            service.wanted and service.state is ServiceState.RUNNING for service in services
        ),
        unhealthy=sum(service.health is HealthStatus.UNHEALTHY for service in services),
        restarting=sum(service.state is ServiceState.RESTARTING for service in services),
        unstable=sum(
            service.state is not ServiceState.RESTARTING and bool(unstable(service, now))
            for service in services
        ),
        down=sum(
            service.wanted
            and service.state
            in {
                ServiceState.EXITED,
                ServiceState.ABSENT,
                ServiceState.PARTIAL,
                ServiceState.CREATED,
            }
            for service in services
        ),
    )


LEAST_GAP: Final = 3
"""Cells between the left and the right part of a line."""


class StatusBar(Widget):
    """Two lines: the stack with its totals; the Docker daemon with the age of old data.

    Args:
        modes: The badges.
    """

    DEFAULT_CSS = """
    StatusBar { height: 2; background: $panel; padding: 0 1; }
    """

    snapshot: reactive[StackSnapshot | None] = reactive(None)
    now: reactive[datetime | None] = reactive(None)
    jobs_running: reactive[int] = reactive(0)
    notice: reactive[str] = reactive("")
    """More urgent than the running jobs, and shown in their place."""

    def __init__(self, modes: Sequence[Mode]) -> None:
        super().__init__()
        self._modes = modes

    def on_mount(self) -> None:
        """Follow the notice of the app."""
        self.watch(self.app, "notice", self._set_notice)

    def _set_notice(self, notice: str | None) -> None:
        self.notice = notice or ""

    def render(self) -> RenderResult:
        """Two lines with a left and a right part."""
        if self.snapshot is None or self.now is None:
            return Content("")
        width = self.size.width - 2
        jobs = _jobs(self.jobs_running, self.notice)
        now = fitted([jobs, _age(self.snapshot, self.now)], width)
        return Content("\n").join(
            [
                _spread([self._stack(self.snapshot)], self._totals(self.snapshot, self.now), width),
                _spread(_engine(self.snapshot), now, width),
            ]
        )

    def _stack(self, snapshot: StackSnapshot) -> LinePart:
        name = snapshot.project_name or "…"
        badges = [Content.styled(f" {mode.value} ", _BADGE[mode]) for mode in self._modes]
        return LinePart(Content(" ").join([*badges, Content.styled(name, "bold")]))

    def _totals(self, snapshot: StackSnapshot, now: datetime) -> Content:
        if snapshot.taken_at is None:
            lost = snapshot.engine.connection is Connection.LOST
            return Content.styled("unknown" if lost else "reading…", "$foreground-muted")
        count = totals(snapshot, now)
        good = count.running == count.services and not count.unstable
        parts = [
            Content.styled(
                f"{count.running} of {count.services} running",
                "$text-success" if good else "$text-warning",
            )
        ]
        for number, word in (
            (count.unhealthy, "unhealthy"),
            (count.restarting, "restarting"),
            (count.unstable, "unstable"),
            (count.down, "down"),
        ):
            if number:
                parts.append(Content.styled(f"{number} {word}", "$text-error bold"))
        return Content(" · ").join(parts)


def _engine(snapshot: StackSnapshot) -> Sequence[LinePart]:
    engine = snapshot.engine
    if engine.connection is Connection.CONNECTING:
        words = [f"connecting to {engine.address}"]
    else:
        words = [
            engine.host_name or str(engine.address),
            f"docker {engine.version}" if engine.version else "",
            f"context {engine.context}",
            f"{engine.cpus} cores {memory_size(engine.memory)}" if engine.cpus else "",
        ]
    return [
        LinePart(Content.styled(text, "$foreground-muted"), rank) for rank, text in enumerate(words)
    ]


def _jobs(running: int, notice: str) -> LinePart:
    if notice:
        return LinePart(Content.styled(notice, "$text-warning bold"))
    words = f"{counted(running, 'job')} running" if running else ""
    return LinePart(Content.styled(words, "$text-accent bold"))


def _age(snapshot: StackSnapshot, now: datetime) -> LinePart:
    if snapshot.engine.connection is not Connection.LOST:
        return LinePart(Content(""))
    seen = snapshot.taken_at
    age = f"stale: seen {ago(seen, now)}" if seen else snapshot.engine.why_lost
    return LinePart(Content.styled(age, "$text-error bold"))


def _spread(left: Sequence[LinePart], right: Content, width: int) -> Content:
    """Left and right in one line; the left parts give way if both do not fit."""
    shown = fitted(left, width - right.cell_length - LEAST_GAP if right else width)
    padding = max(width - shown.cell_length - right.cell_length, 0)
    return shown + Content(" " * padding) + right
