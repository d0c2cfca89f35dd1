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

LETHAL: Final = frozenset({"9", "15", "KILL", "TERM", "SIGKILL", "SIGTERM"})
PROMPT: Final = timedelta(seconds=10)
"""A `die` within this time after a lethal signal was caused by it, also without a `stop`."""
SAME_END: Final = timedelta(seconds=5)
"""Tolerance between the time of an event and the `FinishedAt` of its container."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A recorded stop of services or containers by pixel-tui."""

    names: frozenset[str]
    """The names of the stopped services and containers."""
    began: datetime
    ended: datetime


class Ends:
    """How containers exited, from events and recorded stops. Not thread-safe.

    Args:
        stops: Returns the recorded stops of a project, by its name; it blocks.
    """

    def __init__(self, stops: Callable[[str], Sequence[Stop]] | None = None) -> None:
        self._stops = stops
        self._looked_back: set[tuple[str, datetime | None]] = set()
        self._killed: dict[str, datetime] = {}
        self._ended: dict[str, tuple[datetime, bool]] = {}
        self._short_of_memory: set[str] = set()
        self._last: dict[str, tuple[datetime, SafeText, bool]] = {}
        """Container id to its last observed exit: when, how, and whether it was OOM-killed."""

    def take(self, event: StackEvent) -> None:
        """Process an event; events must come in order."""
        key = event.container_id
        if event.action == "kill" and event.detail.removeprefix("signal ") in LETHAL:
            self._killed[key] = event.at
        elif event.action == "oom":
            self._short_of_memory.add(key)
        elif event.action == "die":
            oom = key in self._short_of_memory
            code = event.exit_code
            words = event.detail if code is None else exit_words(code, oom_killed=oom)
            self._last[key] = (event.at, words, oom)
            killed = self._killed.pop(key, None)
            self._ended[key] = (event.at, killed is not None and event.at - killed <= PROMPT)
        elif event.action == "stop" and key in self._ended:
            self._ended[key] = (self._ended[key][0], True)
        elif event.action in {"start", "destroy"}:
            self._killed.pop(key, None)
            self._ended.pop(key, None)
            self._short_of_memory.discard(key)
            if event.action == "destroy":
                self._last.pop(key, None)

    def look_back(self, project: str, containers: Iterable[Container]) -> None:
        """Search the recorded stops for exits that were not observed and whose code is ambiguous.

        Args:
            project: The project's name.
            containers: All its containers.
        """
        open_ = [
            item
            for item in containers
            if item.state is ContainerState.EXITED
            and (item.id, item.finished_at) not in self._looked_back
            and not self.told(item).put_down
            and self.told(item).termination_exit_code is None
        ]
        if self._stops is None or not open_:
            return
        self._looked_back |= {(item.id, item.finished_at) for item in open_}
        stops = self._stops(project)
        for item in open_:
            at = item.finished_at
            if at is not None and any(_explains(stop, item, at) for stop in stops):
                self._ended[item.id] = (at, True)

    def told(self, container: Container) -> Container:
        """Return the container with what is known of its last exit; unchanged if nothing is."""
        if container.state is ContainerState.RUNNING:
            return self._told_of_last(container)
        if container.state is not ContainerState.EXITED or container.finished_at is None:
            return container
        at, told = self._ended.get(container.id, (None, False))
        if at is None or abs(at - container.finished_at) > SAME_END:
            return container
        return replace(container, termination_exit_code=told)

    def _told_of_last(self, container: Container) -> Container:
        last = self._last.get(container.id)
        finished = container.finished_at  # of the run before; a later exit was not observed
        if last is None or finished is None or abs(last[0] - finished) > SAME_END:
            return container
        return replace(container, ended_before=last[1], oom_killed_before=last[2])


def _explains(stop: Stop, container: Container, at: datetime) -> bool:
    named = {str(container.service), str(container.name)} & stop.names
    since = container.started_at
    if not named or (since is not None and since > stop.began):
        return False  # it was started again since then
    return stop.began - SAME_END <= at <= stop.ended + SAME_END
