"""The facts that a plan is made from, besides the snapshot of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from pixel_tui.backups.deployment import NO_DEPLOYMENT, Deployment
from pixel_tui.backups.exposure import Exposure
from pixel_tui.backups.holders import Holder, Volume
from pixel_tui.backups.restore_space import Shortage
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
class BackupComparison:
    """A backup, compared with the current state."""

    backup: Backup
    real_paths: Mapping[str, str] = field(default_factory=dict)
    """The real paths of the files that it would replace, by source in the manifest."""
    deployment: Deployment = NO_DEPLOYMENT
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why items can't be restored, as sentences, by path in the backup."""
    shortages: tuple[Shortage, ...] = ()
    """Disks that are too full for a restore."""
    replaced: frozenset[str] = frozenset()
    """The compose and environment files that have changed, by source in the manifest: a roll-back
    replaces only these."""
    changed_variables: tuple[tuple[SafeText, SafeText], ...] = ()
    """Environment file and name of a variable; never its value."""
    changed_lines: tuple[tuple[SafeText, SafeText], ...] = ()
    """Compose file and a line of its diff: `- then` or `+ now`. Without secrets."""
    made_here: bool = False
    """Whether this user made it on this machine, according to this user's own record."""
    unchanged: frozenset[str] = frozenset()
    """The files that are identical to the backup's, by source in the manifest: a restore skips
    them."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A reverse proxy, and the addresses that it resolves only when it starts."""

    service: SafeText
    pinned: tuple[SafeText, ...] = ()
    """The host names that it resolves only when it starts."""
    file: SafeText = NO_TEXT
    """The configuration file that names them."""
    unknown: SafeText = NO_TEXT
    """Why its configuration is unknown; empty if it was read."""
    routes: tuple[Route, ...] = ()
    """Requests that it passes on, one for each host."""


@dataclass(frozen=True, slots=True)
class HeldPort:
    """A host port that a running container of any project holds."""

    port: int
    protocol: str
    """`tcp` or `udp`."""
    address: str
    """The host address; empty for all."""
    container: SafeText
    container_id: str


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The facts about the task ledger."""

    reading: LedgerReading = NO_READING
    drafts: tuple[TaskDraft, ...] = ()
    """Tasks to be queued, newest first."""
    new_id: str = ""
    """The id for a task that a plan itself queues."""
    removable_files: tuple[RemovableFile, ...] = ()
    """Files of workers that finished long ago."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that are read from files, Docker and programs for each plan."""

    host: SafeText = NO_TEXT
    """The name of this machine, which is typed to confirm what affects all of it."""
    proxies: tuple[Proxy, ...] = ()
    """The reverse proxies of the project."""
    downtimes: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The downtimes in the last jobs in seconds, newest first, by service."""
    read_at: datetime = NEVER
    backup_trouble: SafeText = SafeText("The backups are unknown.")
    """Why there can be no backup; empty if there can."""
    backups: tuple[BackupComparison, ...] = ()
    """Newest first."""
    backup_folder: SafeText = NO_TEXT
    """The folder for new backups."""
    exposures: tuple[Exposure, ...] = ()
    """The backup folders that services can access."""
    max_age_hours: float = 0.0
    """The maximum age of the verified backup that a wipe requires, in hours."""
    volumes: tuple[Volume, ...] | None = None
    """All volumes of the engine; None if it did not answer in time."""
    holders: tuple[Holder, ...] | None = None
    """All containers of the engine with their mounts; None if it did not answer in time."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Sizes of volumes and bind mounts in bytes, as far as they were measured in time."""
    stored_data: StoredData | None = None
    """The current contents of volumes and servers; None if not read, or not in time."""
    existing_images: frozenset[str] | None = None
    """The image ids of the backups that still exist; None if unknown."""
    deployment: Deployment = NO_DEPLOYMENT
    """The current commits."""
    held_ports: tuple[HeldPort, ...] | None = None
    """None if the engine did not answer in time."""
    networks: frozenset[str] | None = None
    """The ids and names of all networks; None if the engine did not answer in time."""
    build_troubles: Mapping[str, str] = field(default_factory=dict)
    """Why services can't be built from their folders, as the second half of a sentence."""
    ledger: LedgerFacts = LedgerFacts()
    links: Mapping[str, str] = field(default_factory=dict)
    """The real paths of mounted links in the project's folder."""
    environment: EnvironmentFacts = NO_ENVIRONMENT
    """The environment file and its staged candidates."""


NO_FACTS = Facts()


class FactReader(Protocol):
    """Reads the facts for a stack. It blocks: don't call it on the event loop."""

    def __call__(self, snapshot: StackSnapshot, /, *, stored: bool = False) -> Facts:
        """Read the facts.

        Args:
            snapshot: The stack.
            stored: Read the contents of volumes and servers too, which takes longer.
        """
        ...
