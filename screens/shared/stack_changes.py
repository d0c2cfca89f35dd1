"""Changes of the stack as messages, at most one of each topic at a time."""

from collections.abc import Callable

from textual.message import Message
from textual.widget import Widget

from pixel_tui.stack.watch.observer import Observer, Topic


class StackChanged(Message):
    """The observer has something new."""

    def __init__(self, topic: Topic) -> None:
        super().__init__()
        self.topic = topic


class StackChanges:
    """Posts a message if something changes in the stack, unless one of that topic is pending.

    Args:
        widget: Gets the messages, and calls `receive` when it handles one.
        observer: Calls from its own threads.
    """

    def __init__(self, widget: Widget, observer: Observer) -> None:
        self._widget = widget
        self._observer = observer
        self._pending: set[Topic] = set()
        self._unsubscribe: Callable[[], None] = lambda: None

    def subscribe(self) -> None:
        """Start to post messages."""
        self._unsubscribe = self._observer.subscribe(self._post)

    def unsubscribe(self) -> None:
        """Post no more messages."""
        self._unsubscribe()

    def receive(self, message: StackChanged) -> None:
        """Allow the next message of this topic."""
        self._pending.discard(message.topic)

    def _post(self, topic: Topic) -> None:
        if topic not in self._pending:
            self._pending.add(topic)
            self._widget.post_message(StackChanged(topic))
