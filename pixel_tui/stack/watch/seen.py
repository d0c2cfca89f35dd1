"""What a watcher has found out so far."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from pixel_tui.stack.model.built_with import Built
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import External, Project
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import EngineStatus, Trouble
from pixel_tui.stack.model.source import EventStream
from pixel_tui.stack.model.value_mark import Marks
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(slots=True)
class WatchState:
    """What the threads have found out so far.

    Whoever writes holds `lock`, and so does who reads more than one attribute. It is held for
    moments only: nobody asks the engine or compose, or calls a listener, while holding it.
    """

    engine: EngineStatus
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    project: Project | None = None
    sharing: dict[str, JsonObject] = field(default_factory=dict, repr=False)
    """Its services whose hashes have ids of containers in them."""
    project_name: SafeText = NO_TEXT
    asked_name: str = ""
    """Of which project the engine is asked: the likely one until compose has given its name."""
    event_stream: EventStream | None = field(default=None, repr=False)
    """The open stream of events, of the project that was asked for when it was opened."""
    project_trouble: Trouble | None = None
    found_by_labels: bool = False
    """The containers were asked for the project's name, since compose can't tell it."""
    containers: dict[str, Container] = field(default_factory=dict)
    images: dict[str, str | None] = field(default_factory=dict)
    own_variables: dict[str, frozenset[str]] = field(default_factory=dict)
    """Names of variables that images set themselves, by id."""
    arguments: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """The project's build arguments, with their values."""
    histories: dict[str, Marks] = field(default_factory=dict)
    """What images tell of how they were built, by id."""
    built: dict[str, Built] = field(default_factory=dict)
    """What images were built with, by id."""
    dirty: set[str] = field(default_factory=set)
    """Containers that an event named since they were read."""
    doubtful: bool = False
    """Events may have been missed: every container is to be read again."""
    missing: frozenset[External] = frozenset()
    """External networks and volumes that are not there."""
    taken_at: datetime | None = None
    """When the containers were read last."""
    other_names: tuple[SafeText, ...] = ()
    diverged: tuple[Diverged, ...] = ()
    removed_networks: frozenset[str] = frozenset()
    """Ids of networks that stopped containers need, and that are gone."""

    def rename(self, name: SafeText) -> EventStream | None:
        """Ask for a project of this name from now on. The caller holds the lock.

        Returns:
            The stream of events that is of another name, to be closed without the lock.
        """
        renamed, self.asked_name = self.asked_name != name, name
        self.project_name = name
        return self.event_stream if renamed else None
