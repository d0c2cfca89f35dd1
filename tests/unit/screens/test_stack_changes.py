"""Changes of the stack reach a widget as messages, one of a topic at a time."""

from types import SimpleNamespace
from typing import cast

from textual.widget import Widget

from pixel_tui.listeners import Listeners
from pixel_tui.stack.watch.observer import Observer, Topic
from screens.shared.stack_changes import StackChanged, StackChanges


def test_one_message_of_a_topic_is_pending_at_a_time() -> None:
    posted: list[StackChanged] = []
    observer = Listeners[[Topic]]()
    widget = cast("Widget", SimpleNamespace(post_message=posted.append))
    changes = StackChanges(widget, cast("Observer", observer))
    changes.subscribe()
    for topic in (Topic.SNAPSHOT, Topic.SNAPSHOT, Topic.USAGE):
        observer.notify(topic)
    assert [message.topic for message in posted] == [Topic.SNAPSHOT, Topic.USAGE]
    changes.receive(posted[0])
    for topic in (Topic.USAGE, Topic.SNAPSHOT):
        observer.notify(topic)
    assert [message.topic for message in posted] == [Topic.SNAPSHOT, Topic.USAGE, Topic.SNAPSHOT]
    changes.unsubscribe()
    changes.receive(posted[2])
    observer.notify(Topic.SNAPSHOT)
    assert len(posted) == 3
