"""Which containers were stopped on purpose and which exited by themselves, from engine events.

The engine knows it, since it does not restart a stopped container, but its API does not report it.
Its events do: `docker stop` and the like send `kill`, `die` and `stop`; `docker kill` sends `kill`
and `die`; an exit by itself sends only `die`. Observed with Docker 20.10. A container that exited
before pixel-tui watched may have been stopped by a job: the job's record has the time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText

LETHAL_SIGNALS: Final = frozenset({"9", "15", "KILL", "TERM", "SIGKILL", "SIGTERM"})
KILL_WINDOW: Final = timedelta(seconds=10)
"""A `die` within this time after a lethal signal was caused by it, also without a `stop`."""
EXIT_TOLERANCE: Final = timedelta(seconds=5)
"""Tolerance between the time of an event and the `FinishedAt` of its container."""


@dataclass(frozen=True, slots=True)
class RecordedStop:
    """A recorded stop of services or containers by pixel-tui."""

    names: frozenset[str]
    """The names of the stopped services and containers."""
    began: datetime
    ended: datetime


class ExitTracker:
    """How containers exited, from events and recorded stops. Not thread-safe.

    Args:
        stops: Returns the recorded stops of a project, by its name; it blocks.
    """

    def __init__(self, stops: Callable[[str], Sequence[RecordedStop]] | None = None) -> None:
        self._stops = stops
        self._checked: set[tuple[str, datetime | None]] = set()
        self._killed: dict[str, datetime] = {}
        self._exits: dict[str, tuple[datetime, bool]] = {}
        self._oom_killed: set[str] = set()
        self._last_exits: dict[str, tuple[datetime, SafeText, bool]] = {}
        """Container id to its last observed exit: when, how, and whether it was OOM-killed."""

    def record(self, event: StackEvent) -> None:
        """Process an event; events must come in order."""
        key = event.container_id
        if event.action == "kill" and event.detail.removeprefix("signal ") in LETHAL_SIGNALS:
            self._killed[key] = event.at
        elif event.action == "oom":
            self._oom_killed.add(key)
        elif event.action == "die":
            oom = key in self._oom_killed
            code = event.exit_code
            words = event.detail if code is None else exit_words(code, oom_killed=oom)
            self._last_exits[key] = (event.at, words, oom)
            killed = self._killed.pop(key, None)
            self._exits[key] = (event.at, killed is not None and event.at - killed <= KILL_WINDOW)
        elif event.action == "stop" and key in self._exits:
            self._exits[key] = (self._exits[key][0], True)
        elif event.action in {"start", "destroy"}:
            self._killed.pop(key, None)
            self._exits.pop(key, None)
            self._oom_killed.discard(key)
            if event.action == "destroy":
                self._last_exits.pop(key, None)

    def check_recorded_stops(self, project: str, containers: Iterable[Container]) -> None:
        """Search the recorded stops for exits that were not observed and whose code is ambiguous.

        Args:
            project: The project's name.
            containers: All its containers.
        """
        unexplained = [
            item
            for item in containers
            if item.state is ContainerState.EXITED
            and (item.id, item.finished_at) not in self._checked
            and not self.annotate(item).stopped_on_purpose
            and self.annotate(item).was_stopped is None
        ]
        if self._stops is None or not unexplained:
            return
        self._checked |= {(item.id, item.finished_at) for item in unexplained}
        stops = self._stops(project)
        for item in unexplained:
            at = item.finished_at
            if at is not None and any(_explains(stop, item, at) for stop in stops):
                self._exits[item.id] = (at, True)

    def annotate(self, container: Container) -> Container:
        """Return the container with what is known of its last exit; unchanged if nothing is."""
        if container.state is ContainerState.RUNNING:
            return self._with_previous_exit(container)
        if container.state is not ContainerState.EXITED or container.finished_at is None:
            return container
        at, stopped = self._exits.get(container.id, (None, False))
        if at is None or abs(at - container.finished_at) > EXIT_TOLERANCE:
            return container
        return replace(container, was_stopped=stopped)

    def _with_previous_exit(self, container: Container) -> Container:
        last = self._last_exits.get(container.id)
        finished = container.finished_at  # of the run before; a later exit was not observed
        if last is None or finished is None or abs(last[0] - finished) > EXIT_TOLERANCE:
            return container
        return replace(container, previous_exit=last[1], previous_oom_killed=last[2])


def _explains(stop: RecordedStop, container: Container, at: datetime) -> bool:
    named = {str(container.service), str(container.name)} & stop.names
    since = container.started_at
    if not named or (since is not None and since > stop.began):
        return False  # it was started again since then
    return stop.began - EXIT_TOLERANCE <= at <= stop.ended + EXIT_TOLERANCE
