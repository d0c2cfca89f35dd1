"""The events by which the threads of a watcher wake each other."""

from dataclasses import dataclass, field
from threading import Event


@dataclass(frozen=True, slots=True)
class Wakeups:
    """The events shared by the threads of a watcher. Thread-safe without a lock."""

    closed: Event = field(default_factory=Event)
    """Every thread must end."""
    project: Event = field(default_factory=Event)
    """The project must be resolved again."""
    containers: Event = field(default_factory=Event)
    """The containers must be read again."""
    named: Event = field(default_factory=Event)
    """The project's name is known, or compose has failed to determine it."""
    greeted: Event = field(default_factory=Event)
    """The first request to the engine has been made."""
    listening: Event = field(default_factory=Event)
    """The event stream is open, or opening it has failed."""

    def close(self) -> None:
        """Wake every thread and let it end."""
        self.closed.set()
        for event in (self.containers, self.project, self.named, self.greeted, self.listening):
            event.set()
