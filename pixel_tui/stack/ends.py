"""Which containers ended because they were told to, as the engine's events tell.

The engine knows it (it does not restart such a one), and its API has no word for it. Its events do:
`docker stop` and all that stops so send `kill`, `die` and `stop`, `docker kill` sends `kill` and
`die`, and an end of its own is a `die` alone. Seen with engine 20.10.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pixel_tui.stack.model import Container, ContainerState, StackEvent

LETHAL: Final = frozenset({"9", "15", "KILL", "TERM", "SIGKILL", "SIGTERM"})
PROMPT: Final = timedelta(seconds=10)
"""So soon behind a deadly signal it died of that; a `stop` says it by itself."""
SAME_END: Final = timedelta(seconds=5)
"""As far apart may be the time of the event and the one that the container tells."""


class Ends:
    """How containers ended while somebody watched. Its owner keeps threads apart."""

    def __init__(self) -> None:
        self._killed: dict[str, datetime] = {}
        self._ended: dict[str, tuple[datetime, bool]] = {}

    def take(self, event: StackEvent) -> None:
        """Hear of an event; they come in their order."""
        key = event.container_id
        if event.action == "kill" and event.detail.removeprefix("signal ") in LETHAL:
            self._killed[key] = event.at
        elif event.action == "die":
            killed = self._killed.pop(key, None)
            self._ended[key] = (event.at, killed is not None and event.at - killed <= PROMPT)
        elif event.action == "stop" and key in self._ended:
            self._ended[key] = (self._ended[key][0], True)
        elif event.action in {"start", "destroy"}:
            self._killed.pop(key, None)
            self._ended.pop(key, None)

    def told(self, container: Container) -> Container:
        """The container with what is known of its end; as it is where nobody saw that."""
        if container.state is not ContainerState.EXITED or container.finished_at is None:
            return container
        at, told = self._ended.get(container.id, (None, False))
        if at is None or abs(at - container.finished_at) > SAME_END:
            return container
        return replace(container, told_to_end=told)
