"""The state shared by the threads of a watcher."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from pixel_tui.stack.model.built_with import KnownBuild
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.fingerprints import Fingerprints
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import External, Project
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import EngineStatus, Trouble
from pixel_tui.stack.model.source import EventStream
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(slots=True)
class WatchState:
    """What the threads have read so far.

    Hold `lock` to write, and to read more than one attribute. It must be held for moments only: the
    engine, compose and listeners must not be called while holding it.
    """

    engine: EngineStatus
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    project: Project | None = None
    sharing: dict[str, JsonObject] = field(default_factory=dict, repr=False)
    """The services whose hashes include ids of containers."""
    project_name: SafeText = NO_TEXT
    asked_name: str = ""
    """The project name for requests to the engine: a likely one until compose has resolved it."""
    event_stream: EventStream | None = field(default=None, repr=False)
    """The open event stream, of the project with `asked_name` at that time."""
    project_trouble: Trouble | None = None
    found_by_labels: bool = False
    """Whether the name was derived from labels, because compose can't resolve the project."""
    containers: dict[str, Container] = field(default_factory=dict)
    images: dict[str, str | None] = field(default_factory=dict)
    own_variables: dict[str, frozenset[str]] = field(default_factory=dict)
    """Image id to the names of the variables that the image sets."""
    arguments: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """The project's build arguments, with their values."""
    histories: dict[str, Fingerprints] = field(default_factory=dict)
    """Image id to the build arguments in its history."""
    built: dict[str, KnownBuild] = field(default_factory=dict)
    """Image id to its known build arguments."""
    dirty: set[str] = field(default_factory=set)
    """Containers that had an event since they were read."""
    doubtful: bool = False
    """Events may have been missed, so every container must be read again."""
    missing: frozenset[External] = frozenset()
    """Missing external networks and volumes."""
    taken_at: datetime | None = None
    """When the containers were last read."""
    other_names: tuple[SafeText, ...] = ()
    diverged: tuple[Diverged, ...] = ()
    removed_networks: frozenset[str] = frozenset()
    """Ids of removed networks that stopped containers need."""

    def rename(self, name: SafeText) -> EventStream | None:
        """Change the project's name. The caller must hold the lock.

        Returns:
            The event stream of the previous name, which must be closed without the lock.
        """
        renamed, self.asked_name = self.asked_name != name, name
        self.project_name = name
        return self.event_stream if renamed else None
