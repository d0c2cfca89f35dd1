"""What the threads of a watcher wait for, and wake each other by."""

from dataclasses import dataclass, field
from threading import Event


@dataclass(frozen=True, slots=True)
class Wakeups:
    """The events that the threads of a watcher share. Each is safe to use without a lock."""

    closed: Event = field(default_factory=Event)
    """Every thread is to end."""
    project: Event = field(default_factory=Event)
    """Compose is to be asked again."""
    containers: Event = field(default_factory=Event)
    """The containers are to be read again."""
    named: Event = field(default_factory=Event)
    """The project's name is known, or it is known that it can't be."""
    greeted: Event = field(default_factory=Event)
    """The engine was asked who it is."""
    listening: Event = field(default_factory=Event)
    """Events come, or can't be had."""

    def close(self) -> None:
        """Tell every thread to end, and wake it."""
        self.closed.set()
        for event in (self.containers, self.project, self.named, self.greeted, self.listening):
            event.set()
