"""Which containers ended because they were told to, as the engine's events tell.

The engine knows it (it does not restart such a one), and its API has no word for it. Its events do:
`docker stop` and all that stops so send `kill`, `die` and `stop`, `docker kill` sends `kill` and
`die`, and an end of its own is a `die` alone. Seen with engine 20.10. What ended before anybody
watched may have been stopped by a job, whose record tells when.
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
"""So soon behind a deadly signal it died of that; a `stop` says it by itself."""
SAME_END: Final = timedelta(seconds=5)
"""As far apart may be the time of the event and the one that the container tells."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that was stopped from a console, and was written down."""

    names: frozenset[str]
    """Of services, and of single containers."""
    began: datetime
    ended: datetime


class Ends:
    """How containers ended while somebody watched. Its owner keeps threads apart.

    Args:
        stops: Reads what was stopped of a project before; it blocks.
    """

    def __init__(self, stops: Callable[[str], Sequence[Stop]] | None = None) -> None:
        self._stops = stops
        self._looked_back: set[tuple[str, datetime | None]] = set()
        self._killed: dict[str, datetime] = {}
        self._ended: dict[str, tuple[datetime, bool]] = {}
        self._short_of_memory: set[str] = set()
        self._last: dict[str, tuple[datetime, SafeText, bool]] = {}
        """The last end that was seen of each: when, how, and whether for lack of memory."""

    def take(self, event: StackEvent) -> None:
        """Hear of an event; they come in their order."""
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
        """Look for stops that explain ends which nobody saw, and whose code says nothing.

        Args:
            project: Its name.
            containers: All that there are.
        """
        open_ = [
            item
            for item in containers
            if item.state is ContainerState.EXITED
            and (item.id, item.finished_at) not in self._looked_back
            and not self.told(item).put_down
            and self.told(item).told_to_end is None
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
        """The container with what is known of its last end; as it is where nobody saw that."""
        if container.state is ContainerState.RUNNING:
            return self._told_of_last(container)
        if container.state is not ContainerState.EXITED or container.finished_at is None:
            return container
        at, told = self._ended.get(container.id, (None, False))
        if at is None or abs(at - container.finished_at) > SAME_END:
            return container
        return replace(container, told_to_end=told)

    def _told_of_last(self, container: Container) -> Container:
        last = self._last.get(container.id)
        finished = container.finished_at  # of the run before: a later end was not seen
        if last is None or finished is None or abs(last[0] - finished) > SAME_END:
            return container
        return replace(container, ended_before=last[1], oom_killed_before=last[2])


def _explains(stop: Stop, container: Container, at: datetime) -> bool:
    named = {str(container.service), str(container.name)} & stop.names
    since = container.started_at
    if not named or (since is not None and since > stop.began):
        return False  # it was started again since
    return stop.began - SAME_END <= at <= stop.ended + SAME_END
