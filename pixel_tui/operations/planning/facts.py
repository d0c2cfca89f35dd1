"""What a plan is made from beside the picture of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from pixel_tui.backups.deployment import NO_DEPLOYMENT, Deployment
from pixel_tui.backups.exposure import Exposure
from pixel_tui.backups.holders import Holder, Volume
from pixel_tui.backups.room import Shortage
from pixel_tui.backups.store import Backup
from pixel_tui.backups.stored import StoredData
from pixel_tui.ledger.reading.reading import NO_READING, LedgerReading
from pixel_tui.ledger.reading.retention import RemovableFile
from pixel_tui.ledger.writing.drafts import TaskDraft
from pixel_tui.operations.nginx.routes import Route
from pixel_tui.operations.planning.environment_facts import NO_ENVIRONMENT, EnvironmentFacts
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PastState:
    """A backup, and what is different now."""

    backup: Backup
    places: Mapping[str, str] = field(default_factory=dict)
    """The real paths of the files that it would replace, by their source in the manifest."""
    deployment: Deployment = NO_DEPLOYMENT
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why items can't be put back, as sentences, by their paths in the backup."""
    shortages: tuple[Shortage, ...] = ()
    """Disks that have not the room for what a restore puts back."""
    replaced: frozenset[str] = frozenset()
    """The compose and environment files that are not what they were, by their source in the
    manifest: these and no others a roll-back replaces."""
    changed_variables: tuple[tuple[SafeText, SafeText], ...] = ()
    """Environment file, and the name of a variable of it; never its value."""
    changed_lines: tuple[tuple[SafeText, SafeText], ...] = ()
    """Compose file, and a line of it: `- then`, or `+ now`. Without secrets."""
    made_here: bool = False
    """Whether this user's own record says that it was made by this user on this machine."""
    unchanged: frozenset[str] = frozenset()
    """The files that are identical to the backup's, by their source in the manifest: a restore
    leaves them alone."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A service that stands in front of others, and which of their addresses it keeps."""

    service: SafeText
    pinned: tuple[SafeText, ...] = ()
    """The names that it looks up at its start only."""
    file: SafeText = NO_TEXT
    """Where that is written."""
    unknown: SafeText = NO_TEXT
    """Why it can't be known; empty where it was read."""
    routes: tuple[Route, ...] = ()
    """Requests that it hands on, one for each host."""


@dataclass(frozen=True, slots=True)
class HeldPort:
    """A port of the host that a running container holds, of whichever project."""

    port: int
    protocol: str
    """`tcp` or `udp`."""
    address: str
    """Of the host; empty for every one."""
    container: SafeText
    container_id: str


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What is known of tasks."""

    reading: LedgerReading = NO_READING
    drafts: tuple[TaskDraft, ...] = ()
    """Tasks that are to be queued, newest first."""
    new_id: str = ""
    """The id of a task that a plan may queue by itself."""
    left: tuple[RemovableFile, ...] = ()
    """Files of workers that ended long ago."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Read from files and programs whenever a plan is asked for."""

    host: SafeText = NO_TEXT
    """The name of the machine that the console runs on; what concerns all of it wants it typed."""
    proxies: tuple[Proxy, ...] = ()
    """What stands in front of the services, as far as its configuration can be read."""
    down: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """For how many seconds services were away in the last jobs, by name, the newest first."""
    read_at: datetime = NEVER
    no_backups: SafeText = SafeText("The backups are unknown.")
    """Why there can be no backup; empty where there can."""
    backups: tuple[PastState, ...] = ()
    """Newest first."""
    backup_folder: SafeText = NO_TEXT
    """Where new backups are made."""
    exposed: tuple[Exposure, ...] = ()
    """The folders of backups that services can get at."""
    max_age_hours: float = 0.0
    """How old a verified backup may be for something to be wiped."""
    volumes: tuple[Volume, ...] | None = None
    """Every volume of the engine; None if it did not answer in time."""
    holders: tuple[Holder, ...] | None = None
    """Every container of the engine and what it mounts; None if it did not answer in time."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of volumes and bind mounts, of those that could be measured in time."""
    stored: StoredData | None = None
    """What volumes and servers hold now; None if it was not asked for, failed, or took too long."""
    images: frozenset[str] | None = None
    """Those ids of the backups' images that are still there; None where nobody knows."""
    deployment: Deployment = NO_DEPLOYMENT
    """The commits now."""
    held_ports: tuple[HeldPort, ...] | None = None
    """None where the engine did not say in time."""
    networks: frozenset[str] | None = None
    """The ids and names of all networks; None where the engine did not say in time."""
    build_troubles: Mapping[str, str] = field(default_factory=dict)
    """Why a service can't be built from its folder, as a sentence's second half; by service."""
    ledger: LedgerFacts = LedgerFacts()
    links: Mapping[str, str] = field(default_factory=dict)
    """Where links in the project's folder lead that are mounted."""
    environment: EnvironmentFacts = NO_ENVIRONMENT
    """The `.env`, and what waits to be saved in its place."""


NO_FACTS = Facts()


class FactReader(Protocol):
    """Reads the facts for a stack. It blocks: never called on the event loop."""

    def __call__(self, snapshot: StackSnapshot, /, *, stored: bool = False) -> Facts:
        """Read them.

        Args:
            snapshot: The stack.
            stored: Look into volumes and ask servers too, which takes longer.
        """
        ...


def no_facts(_snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
    """The reader of a stack of which nothing is kept."""
    del stored
    return NO_FACTS
