"""Keys are handled one after the other, however fast they come."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final
from weakref import WeakSet

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

LOST_SECONDS: Final = 0.25
"""How long a key may be under way: its widget may go with what it does."""

LATE_SECONDS: Final = 0.02
"""By so much a timer is late where something, such as an import, has held everything up."""
OPENING_SECONDS: Final = 0.01
"""Between two looks at a screen that is being opened."""
MOST_LOOKS: Final = 25
HELD_SECONDS: Final = 0.5
"""How long keys wait for what a worker is about to show."""


class KeyHandled(Message):
    """Follows a key through the widgets, and so comes when the key has had its effect.

    Args:
        again: From where it is to go a second time: what a key does may be a message that
            takes the same way, behind the key.
    """

    def __init__(self, again: MessagePump | None = None) -> None:
        super().__init__()
        self.again = again


class KeysInOrder(App[None]):
    """An application in which a key waits until the one before it has had its effect.

    Textual hands every key to the widget that has the focus at that moment. Of keys that come
    at once, as they do over a slow line or from a clipboard, `/` would open a line to type
    in, and the letters behind it would still go to the table, where they are commands.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: deque[events.Key] = deque()
        self._under_way: asyncio.TimerHandle | None = None
        self._looked = 0
        """How often a key has waited for a screen that is being opened."""
        self._opening: WeakSet[Screen[object]] = WeakSet()
        self._held_for: Worker[None] | None = None
        self._held_until = 0.0
        self._shown: WeakSet[Screen[object]] = WeakSet()
        """Screens that were painted: what has no focus by then will have none."""

    @property
    def _takes_keys(self) -> bool:
        """Whether the screen is there, and whatever is to have the focus has it."""
        screen = self.screen
        if screen.focused is not None or screen in self._shown:
            return True
        if screen not in self._opening:
            self._opening.add(screen)
            screen.call_after_refresh(self._shown.add, screen)
        return False

    def hold_for(self, worker: Worker[None]) -> None:
        """See `hold_keys`."""
        self._held_for = worker
        self._held_until = asyncio.get_running_loop().time() + HELD_SECONDS

    @property
    def _held(self) -> bool:
        worker = self._held_for
        if worker is None or worker.is_finished:
            return False
        return asyncio.get_running_loop().time() < self._held_until

    @property
    def keys_pending(self) -> bool:
        """Whether a key has not had its effect yet."""
        return self._under_way is not None

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while another one is under way."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way is not None:
            self._waiting.append(event)
        else:
            await self._send(event)

    async def on_key_handled(self, event: KeyHandled) -> None:
        """Let the next key go."""
        again = event.again
        if again is not None and not self._exit and again.post_message(KeyHandled()):
            return
        if self._under_way is not None:
            self._under_way.cancel()
            self._under_way = None
        if self._waiting:
            await self._send(self._waiting.popleft())

    async def _send(self, key: events.Key) -> None:
        loop = asyncio.get_running_loop()
        # The key before has opened a dialog: what is typed next is meant for it, and would reach
        # nobody before its first widget has the focus. Before there are widgets it must not come
        # at all: on a busy machine they take long.
        certain = self._held or not self.screen.is_mounted
        if certain or (not self._takes_keys and self._looked < MOST_LOOKS):
            self._looked += not certain
            self._waiting.appendleft(key)
            self._under_way = loop.call_later(OPENING_SECONDS, self.post_message, KeyHandled())
            return
        self._looked = 0
        self._wait_at_most(LOST_SECONDS)
        target = self.focused or self.screen
        await super().on_event(key)
        target.post_message(KeyHandled(again=target))

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do nothing to a screen that is not there yet.

        A key that was let go after a long wait may still be on its way when one opens.
        """
        if isinstance(default_namespace, Screen) and not default_namespace.is_mounted:
            return False
        return await super().run_action(action, default_namespace, namespaces)

    def _wait_at_most(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._under_way = loop.call_later(seconds, self._give_up, loop.time() + seconds)

    def _give_up(self, due: float) -> None:
        """Let the next key go, unless it is only that nothing at all could happen till now."""
        if asyncio.get_running_loop().time() - due > LATE_SECONDS:
            self._wait_at_most(LOST_SECONDS)
        else:
            self.post_message(KeyHandled())


def hold_keys(worker: Worker[None]) -> None:
    """Keys that are typed from now on are meant for what this worker is about to show.

    Where that takes long, they go to what is there after all.
    """
    app = worker.node.app
    if isinstance(app, KeysInOrder):
        app.hold_for(worker)
