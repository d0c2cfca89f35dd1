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

CHECK_SECONDS: Final = 0.25
"""Seconds between two checks whether a key's widget was removed by the key."""
OPENING_POLL_SECONDS: Final = 0.01
"""Seconds between two checks of a screen that is being opened."""
MAX_OPENING_POLLS: Final = 500
"""The most checks of a screen that accepts no keys: one that is never painted is ignored."""
MAX_HOLD_SECONDS: Final = 3.0
"""How long keys wait for what a worker is about to show: many times what it takes on an idle
machine."""

T = TypeVar("T")


class KeyHandled(Message):
    """Follows a key through the widgets, and so arrives when the key has had its effect.

    Args:
        turn: The key's number; the message of an abandoned one is ignored.
        forward_to: Where to send it a second time: a key may post a message that takes the same
            path after the key.
    """

    def __init__(self, turn: int, forward_to: MessagePump | None = None) -> None:
        super().__init__()
        self.turn = turn
        self.forward_to = forward_to


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
        self._pending: asyncio.TimerHandle | None = None
        self._turn = 0
        self.ready_at = inf
        """The time of the first frame, as in `Message.time`."""
        self._opening_polls = 0
        """How often a key has waited for a screen that is being opened."""
        self._opening: WeakSet[Screen[object]] = WeakSet()
        self._hold_worker: Worker[None] | None = None
        self._hold_deadline = 0.0
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
    def _accepts_keys(self) -> bool:
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
        self._hold_worker = worker
        self._hold_deadline = asyncio.get_running_loop().time() + MAX_HOLD_SECONDS

    @property
    def _holds_keys(self) -> bool:
        worker = self._hold_worker
        if worker is None or worker.is_finished:
            return False
        return asyncio.get_running_loop().time() < self._hold_deadline

    @property
    def keys_pending(self) -> bool:
        """Whether a key has not had its effect yet, or its result is still being prepared."""
        return self._pending is not None or self._holds_keys

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
        if self._pending is not None:
            self._waiting.append(event)
        else:
            await self._send(event)

    async def on_key_handled(self, event: KeyHandled) -> None:
        """Release the next key."""
        if event.turn != self._turn:
            return
        forward_to = event.forward_to
        if (
            forward_to is not None
            and not self.leaving
            and forward_to.post_message(KeyHandled(event.turn))
        ):
            return
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self._waiting:
            await self._send(self._waiting.popleft())

    async def _send(self, key: events.Key) -> None:
        self._turn += 1
        # The key before has opened a dialog: the next keys are for it, and would be lost before
        # its first widget has the focus. They must not come at all before it has widgets, which
        # takes long on a busy machine.
        must_wait = self._holds_keys or not self.screen.is_mounted
        if must_wait or (not self._accepts_keys and self._opening_polls < MAX_OPENING_POLLS):
            self._opening_polls += not must_wait
            self._waiting.appendleft(key)
            self._later(OPENING_POLL_SECONDS, self.post_message, KeyHandled(self._turn))
            return
        self._opening_polls = 0
        screen = self.screen
        if isinstance(screen, IgnoresTypeAhead) and key.time < screen.answers_since:
            self._later(0.0, self.post_message, KeyHandled(self._turn))
            return
        target: Widget = self.focused or self.screen
        self._later(CHECK_SECONDS, self._check_target, target)
        await super().on_event(key)
        target.post_message(KeyHandled(self._turn, forward_to=target))

    def _later(self, seconds: float, callback: Callable[[T], object], argument: T) -> None:
        self._pending = asyncio.get_running_loop().call_later(seconds, callback, argument)

    def _check_target(self, target: Widget) -> None:
        """Keep waiting while a key's path exists, however long the machine takes.

        If a part of the path is gone, the key has started to have its effect. It has probably
        finished when a message has passed twice through the widgets that exist now.
        """
        if self.leaving:
            return
        if not _is_connected(target, self):
            target = self.focused or self.screen
            target.post_message(KeyHandled(self._turn, forward_to=target))
        self._later(CHECK_SECONDS, self._check_target, target)

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


def _is_connected(target: Widget, app: App[None]) -> bool:
    """Whether messages still pass from there up to the app."""
    path = [node for node in target.ancestors_with_self if isinstance(node, Widget)]
    return path[-1].parent is app and all(node.is_running or not node.is_mounted for node in path)


def hold_keys(worker: Worker[None]) -> None:
    """Hold keys from now on for what this worker is about to show.

    After a while they go to what is there.
    """
    app = worker.node.app
    if isinstance(app, KeysInOrder):
        app.hold_for(worker)
