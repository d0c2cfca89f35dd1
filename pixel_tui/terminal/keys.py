"""Handles keys in order, however fast they come."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from time import monotonic
from typing import Final, TypeVar
from weakref import WeakSet

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

LOST_SECONDS: Final = 0.25
"""Seconds between two checks whether a key's widget was removed by the key."""
OPENING_SECONDS: Final = 0.01
"""Seconds between two checks of a screen that is being opened."""
MOST_LOOKS: Final = 500
"""The most checks of a screen that accepts no keys: one that is never painted is ignored."""
HELD_SECONDS: Final = 3.0
"""How long keys wait for what a worker is about to show: many times what it takes on an idle
machine."""

T = TypeVar("T")


class KeyHandled(Message):
    """Follows a key through the widgets, and so arrives when the key has had its effect.

    Args:
        turn: The key's number; the message of an abandoned one is ignored.
            again: Where to send it a second time: a key may post a message that takes the same path
            after the key.
    """

    def __init__(self, turn: int, again: MessagePump | None = None) -> None:
        super().__init__()
        self.turn = turn
        self.again = again


class IgnoresTypeAhead:
    """A screen that opens unasked and asks for something irreversible.

    Keys that were typed before it opened were meant for something else, and are ignored.
    """

    answers_since = inf
    """The time from which keys are answers to it, as in `Message.time`."""

    def on_mount(self) -> None:
        """Accept keys from now on."""
        self.answers_since = monotonic()


class KeysInOrder(App[None]):
    """An app in which each key waits until the previous one has had its effect.

    Textual sends each key to the widget that has the focus at that moment. If keys come in a burst,
    as over a slow link or from a clipboard, `/` would open an input, and the letters after it
    would still go to the table, where they are commands.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: deque[events.Key] = deque()
        self._under_way: asyncio.TimerHandle | None = None
        self._turn = 0
        self.ready_at = inf
        """The time of the first frame, as in `Message.time`."""
        self._looked = 0
        """How often a key has waited for a screen that is being opened."""
        self._opening: WeakSet[Screen[object]] = WeakSet()
        self._held_for: Worker[None] | None = None
        self._held_until = 0.0
        self._shown: WeakSet[Screen[object]] = WeakSet()
        """Screens that were painted: if nothing has the focus by then, nothing will."""

    @property
    def leaving(self) -> bool:
        """Whether the app is about to exit."""
        return bool(getattr(self, "_exit", False))

    def on_ready(self) -> None:
        """Note the time of the first frame."""
        self.ready_at = monotonic()

    @property
    def _takes_keys(self) -> bool:
        """Whether the screen is open, and the focus is set."""
        screen = self.screen
        if screen.focused is not None or screen in self._shown:
            return True
        if screen not in self._opening:
            self._opening.add(screen)
            screen.call_after_refresh(self._shown.add, screen)
        return False

    def hold_for(self, worker: Worker[None]) -> None:
        """Hold keys for a worker, see `hold_keys`."""
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
        """Whether a key has not had its effect yet, or its result is still being prepared."""
        return self._under_way is not None or self._held

    async def on_event(self, event: events.Event) -> None:
        """Hold back a key while another one is being handled."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if event.key == "ctrl+j" and event.time < self.ready_at:
            # Enter, typed before the terminal was in raw mode, which made it a line feed.
            typed = event.time
            event = events.Key("enter", "\r")
            event.time = typed
        if self._under_way is not None:
            self._waiting.append(event)
        else:
            await self._send(event)

    async def on_key_handled(self, event: KeyHandled) -> None:
        """Release the next key."""
        if event.turn != self._turn:
            return
        again = event.again
        if again is not None and not self.leaving and again.post_message(KeyHandled(event.turn)):
            return
        if self._under_way is not None:
            self._under_way.cancel()
            self._under_way = None
        if self._waiting:
            await self._send(self._waiting.popleft())

    async def _send(self, key: events.Key) -> None:
        self._turn += 1
        # The key before has opened a dialog: the next keys are for it, and would be lost before
        # its first widget has the focus. They must not come at all before it has widgets, which
        # takes long on a busy machine.
        certain = self._held or not self.screen.is_mounted
        if certain or (not self._takes_keys and self._looked < MOST_LOOKS):
            self._looked += not certain
            self._waiting.appendleft(key)
            self._later(OPENING_SECONDS, self.post_message, KeyHandled(self._turn))
            return
        self._looked = 0
        screen = self.screen
        if isinstance(screen, IgnoresTypeAhead) and key.time < screen.answers_since:
            self._later(0.0, self.post_message, KeyHandled(self._turn))
            return
        target: Widget = self.focused or self.screen
        self._later(LOST_SECONDS, self._look_after, target)
        await super().on_event(key)
        target.post_message(KeyHandled(self._turn, again=target))

    def _later(self, seconds: float, do: Callable[[T], object], what: T) -> None:
        self._under_way = asyncio.get_running_loop().call_later(seconds, do, what)

    def _look_after(self, target: Widget) -> None:
        """Keep waiting while a key's path exists, however long the machine takes.

        If a part of the path is gone, the key has started to have its effect. It has probably
        finished when a message has passed twice through the widgets that exist now.
        """
        if self.leaving:
            return
        if not _leads(target, self):
            target = self.focused or self.screen
            target.post_message(KeyHandled(self._turn, again=target))
        self._later(LOST_SECONDS, self._look_after, target)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Ignore actions of a screen that is not mounted yet.

        A key that was released after a long wait may arrive while a screen opens.
        """
        if isinstance(default_namespace, Screen) and not default_namespace.is_mounted:
            return False
        return await super().run_action(action, default_namespace, namespaces)


def _leads(target: Widget, app: App[None]) -> bool:
    """Whether messages still pass from there up to the app."""
    way = [node for node in target.ancestors_with_self if isinstance(node, Widget)]
    return way[-1].parent is app and all(node.is_running or not node.is_mounted for node in way)


def hold_keys(worker: Worker[None]) -> None:
    """Hold keys from now on for what this worker is about to show.

    After a while they go to what is there.
    """
    app = worker.node.app
    if isinstance(app, KeysInOrder):
        app.hold_for(worker)
