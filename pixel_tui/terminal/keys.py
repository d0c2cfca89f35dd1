"""Keys are handled one after the other, however fast they come."""

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
"""Between two looks whether a key's widget has gone with what the key did."""
OPENING_SECONDS: Final = 0.01
"""Between two looks at a screen that is being opened."""
MOST_LOOKS: Final = 500
"""So often a screen is looked at that takes no keys: one that is never painted is left alone."""
HELD_SECONDS: Final = 3.0
"""How long keys wait for what a worker is about to show: many times what it takes where no
other program wants the processors."""

T = TypeVar("T")


class KeyHandled(Message):
    """Follows a key through the widgets, and so comes when the key has had its effect.

    Args:
        turn: Of which key: one that was given up is no longer heard of.
        again: From where it is to go a second time: what a key does may be a message that
            takes the same way, behind the key.
    """

    def __init__(self, turn: int, again: MessagePump | None = None) -> None:
        super().__init__()
        self.turn = turn
        self.again = again


class IgnoresTypeAhead:
    """A screen that nobody has asked for, and that asks something which can't be taken back.

    Keys that were typed before it was there were meant for something else.
    """

    answers_since = inf
    """The time from which on keys are answers to it, as `Message.time` has it."""

    def on_mount(self) -> None:
        """Take what is typed from now on."""
        self.answers_since = monotonic()


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
        self._turn = 0
        self.ready_at = inf
        """When the first picture was there, as `Message.time` has it."""
        self._looked = 0
        """How often a key has waited for a screen that is being opened."""
        self._opening: WeakSet[Screen[object]] = WeakSet()
        self._held_for: Worker[None] | None = None
        self._held_until = 0.0
        self._shown: WeakSet[Screen[object]] = WeakSet()
        """Screens that were painted: what has no focus by then will have none."""

    @property
    def leaving(self) -> bool:
        """Whether the application is about to end."""
        return bool(getattr(self, "_exit", False))

    def on_ready(self) -> None:
        """Note when the first picture was there."""
        self.ready_at = monotonic()

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
        """Whether a key has not had its effect yet, or what it asked for is still being made."""
        return self._under_way is not None or self._held

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while another one is under way."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if event.key == "ctrl+j" and event.time < self.ready_at:
            # Enter that was typed before the terminal was the console's: it made a line feed of it.
            typed = event.time
            event = events.Key("enter", "\r")
            event.time = typed
        if self._under_way is not None:
            self._waiting.append(event)
        else:
            await self._send(event)

    async def on_key_handled(self, event: KeyHandled) -> None:
        """Let the next key go."""
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
        # The key before has opened a dialog: what is typed next is meant for it, and would reach
        # nobody before its first widget has the focus. Before there are widgets it must not come
        # at all: on a busy machine they take long.
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
        """Wait on while a key's way stands, however long the machine takes.

        Where a part of the way is gone, what the key did has begun. It has ended, so far as that
        can be told, when a message has gone twice through what is there now.
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
        """Do nothing to a screen that is not there yet.

        A key that was let go after a long wait may still be on its way when one opens.
        """
        if isinstance(default_namespace, Screen) and not default_namespace.is_mounted:
            return False
        return await super().run_action(action, default_namespace, namespaces)


def _leads(target: Widget, app: App[None]) -> bool:
    """Whether messages still go from there up to the application."""
    way = [node for node in target.ancestors_with_self if isinstance(node, Widget)]
    return way[-1].parent is app and all(node.is_running or not node.is_mounted for node in way)


def hold_keys(worker: Worker[None]) -> None:
    """Keys that are typed from now on are meant for what this worker is about to show.

    Where that takes long, they go to what is there after all.
    """
    app = worker.node.app
    if isinstance(app, KeysInOrder):
        app.hold_for(worker)
