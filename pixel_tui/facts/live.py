"""Reads the facts for plans of a real stack. Imported with the first plan."""

import os
import socket
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.backups.commits import read_commits
from pixel_tui.backups.deployment import Deployment, deployment_from, read_deployment
from pixel_tui.backups.differences import changed_lines, changed_variables, compare_files
from pixel_tui.backups.exposure import Exposure, can_write, exposures
from pixel_tui.backups.holders import (
    Holder,
    Volume,
    holder_of,
    own_container,
    volume_of,
    volumes_by_name,
)
from pixel_tui.backups.made_here import MadeBackups
from pixel_tui.backups.manifest import ItemKind, Manifest
from pixel_tui.backups.policy import Policy, policy_for
from pixel_tui.backups.restorable import RestoreRoots, why_not_restorable
from pixel_tui.backups.restore_space import restore_space_shortages
from pixel_tui.backups.sizes import folder_size
from pixel_tui.backups.stack_view import StackView
from pixel_tui.backups.store import Backup, BackupStore
from pixel_tui.backups.stored import StoredData
from pixel_tui.backups.stored_reading import read_stored
from pixel_tui.clock import SystemClock
from pixel_tui.environment.apply.impact_reading import ImpactReaders
from pixel_tui.errors import SINGLE_OBJECT_ERRORS, ConsoleError
from pixel_tui.facts.background import BackgroundValue
from pixel_tui.facts.environment import EnvironmentFactReader
from pixel_tui.facts.proxies import read_proxies
from pixel_tui.facts.start import read_build_troubles, read_held_ports
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.reading.retention import removable_files
from pixel_tui.ledger.writing.drafts import TaskDrafts
from pixel_tui.ledger.writing.versions import old_versions_folder
from pixel_tui.operations.planning.facts import (
    BackupComparison,
    FactReader,
    Facts,
    HeldPort,
    LedgerFacts,
)
from pixel_tui.session import Session
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import endpoint_of
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.mounted_file import symlinks_in
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.programs.program import RealPrograms
from pixel_tui.text import NO_TEXT, plain

MAX_DOWNTIMES: Final = 3
"""The number of past downtimes given per service."""
MAX_JOBS: Final = 60
"""The number of jobs searched for them."""
FRESH_SECONDS: Final = 2.0
"""How long volumes, images and commits are cached."""
SIZES_FRESH_SECONDS: Final = 60.0
"""How long sizes are cached, which are counted file by file."""
PATIENCE_SECONDS: Final = 0.15
"""How long a plan waits for optional facts."""
SHELL_PATIENCE_SECONDS: Final = 3.0
"""The same in shell commands, where the plan can't be refreshed."""
STORED_PATIENCE_SECONDS: Final = 10.0
"""How long a plan that loses stored data waits: database servers are queried by programs."""


def live_facts(
    command: ComposeCommand,
    session: Session,
    *,
    patience: float = PATIENCE_SECONDS,
    ledger: LedgerReader | None = None,
    impacts: ImpactReaders | None = None,
    ask_servers: bool = True,
) -> FactReader:
    """Return the reader of a real stack's facts.

    Args:
        command: How compose and docker are called.
        session: This run of the program.
        patience: Seconds that a plan waits for optional facts.
        ledger: What reads the ledger, where something else reads it as well.
        impacts: Predicts the impact of candidates, if shared with another user; a new one if None.
        ask_servers: Whether programs may be started in containers, to ask database servers.
    """
    environment, settings = session.environment, session.settings
    state_folder = session.state_folder
    policy = policy_for(Path(command.directory), settings.backup, state_folder)
    reader = ledger or LedgerReader(LedgerPlace(policy.project), SystemClock())
    slow = _SlowFacts(command, policy, environment, patience, ask_servers=ask_servers)
    environment_facts = EnvironmentFactReader(
        command, environment, state_folder, settings.confirm_seconds, impacts
    )

    def read(snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
        from pixel_tui.operations.jobs.folder import jobs_path

        asked = slow.begin(snapshot, stored=stored)
        backups, why = _backups(policy, _containers(snapshot))
        found = asked()
        return Facts(
            host=plain(socket.gethostname()),
            proxies=read_proxies(snapshot),
            downtimes=past_downtimes(jobs_path(state_folder), snapshot),
            read_at=SystemClock().now(),
            backup_trouble=plain(why) if why else NO_TEXT,
            backups=backups,
            backup_folder=plain(str(policy.root)),
            exposures=_exposures(policy, snapshot),
            max_age_hours=policy.max_age_hours,
            volumes=found.volumes,
            holders=found.holders,
            sizes=found.sizes,
            stored_data=found.stored_data,
            existing_images=found.existing_images,
            deployment=found.deployment,
            held_ports=found.held_ports,
            networks=found.networks,
            build_troubles=read_build_troubles(snapshot),
            ledger=_ledger(reader, state_folder),
            links=symlinks_in(
                policy.project,
                (mount.source for item in _containers(snapshot) for mount in item.mounts),
            ),
            environment=environment_facts.read(snapshot),
        )

    return read


def _ledger(reader: LedgerReader, state_folder: Path) -> LedgerFacts:
    """Read the facts about tasks; only changes are read again."""
    project = reader.place.project
    if not project.is_dir():
        return LedgerFacts()
    reading = reader.read()
    return LedgerFacts(
        reading=reading,
        drafts=TaskDrafts(old_versions_folder(state_folder, project)).list(),
        new_id=str(uuid.uuid4()),
        removable_files=removable_files(reader.place, reading, SystemClock().now()),
    )


def past_downtimes(jobs: Path, snapshot: StackSnapshot) -> Mapping[str, tuple[float, ...]]:
    """Return the downtimes in seconds of the services of a stack in its last jobs.

    Args:
        jobs: The folder of the jobs.
        snapshot: The stack.
    """
    from pixel_tui.operations.jobs.folder import JobFolder
    from pixel_tui.operations.jobs.lock import engine_identity

    engine = engine_identity(snapshot.engine.address)
    found: dict[str, list[float]] = defaultdict(list)
    for job in JobFolder(jobs).jobs(MAX_JOBS):
        plan = job.plan
        if plan.project == snapshot.project_name and engine_identity(plan.engine) == engine:
            for away in job.downtimes:
                found[away.service].append(away.seconds)
    return {name: tuple(seconds[:MAX_DOWNTIMES]) for name, seconds in found.items()}


def _backups(
    policy: Policy, containers: Sequence[Container] = ()
) -> tuple[tuple[BackupComparison, ...], str]:
    """Return the backups, and the reason if they can't be listed."""
    if not policy.project.is_dir():
        return (), f"The project's folder is not on this machine: {policy.project}."
    try:
        listed = BackupStore(policy.root, former=policy.former).list()
    except ConsoleError as error:
        return (), str(error)
    record = MadeBackups(policy.state_folder)
    known = None if can_write(containers, record.folder) else record
    binds = _binds(containers)
    return tuple(_past_state(backup, policy, known, binds) for backup in listed), ""


def _exposures(policy: Policy, snapshot: StackSnapshot) -> tuple[Exposure, ...]:
    """Return the backup folders that services mount."""
    containers = _containers(snapshot)
    try:
        return exposures(policy, containers)
    except ConsoleError:
        return ()  # `_backups` reports an unreadable folder


def _containers(snapshot: StackSnapshot) -> list[Container]:
    return [item for service in snapshot.services for item in service.containers]


def _binds(containers: Sequence[Container]) -> tuple[str, ...]:
    """Return the host paths that services mount, as a restore will see them."""
    mounts = (mount for item in containers if not item.oneoff for mount in item.mounts)
    return tuple(mount.source for mount in mounts if mount.kind == "bind")


def _past_state(
    backup: Backup, policy: Policy, record: MadeBackups | None, binds: Sequence[str] = ()
) -> BackupComparison:
    if backup.manifest is None:
        return BackupComparison(backup)
    places = _real_places(backup.manifest, policy.project)
    grounds = RestoreRoots(policy.project, policy.root, binds=binds)
    items, files = backup.manifest.items, compare_files(backup.manifest, places)
    reasons = {item.path: why_not_restorable(item, grounds) for item in items}
    return BackupComparison(
        backup,
        places,
        read_deployment(backup.folder),
        {path: reason for path, reason in reasons.items() if reason},
        restore_space_shortages(backup.manifest, places, files.unchanged, policy.state_folder),
        files.replaced,
        changed_variables(backup.folder, backup.manifest, policy.project),
        changed_lines(backup.folder, backup.manifest, policy.project),
        made_here=record is not None and record.is_recorded(backup.manifest.digest),
        unchanged=files.unchanged,
    )


def _real_places(manifest: Manifest, project: Path) -> Mapping[str, str]:
    """Return the real paths of the files of a backup, except those in volumes."""
    return {
        item.source: os.path.realpath(project / item.source)
        for item in manifest.items
        if item.kind in {ItemKind.SQLITE, ItemKind.FILE} and not item.volume
    }


class _SlowFacts:
    """Facts from the engine and git. What takes too long is left out of this plan.

    A late value is available for the next plan.
    """

    def __init__(
        self,
        command: ComposeCommand,
        policy: Policy,
        environment: Mapping[str, str],
        patience: float,
        *,
        ask_servers: bool,
    ) -> None:
        self._patience = patience
        self._ask_servers = ask_servers
        self._command = command
        self._policy = policy
        self._environment = environment
        clock = SystemClock()
        self._clock = clock
        mounted: tuple[tuple[Volume, ...], tuple[Holder, ...]] | None = None
        images: frozenset[str] | None = None
        sizes: Mapping[str, int] = {}
        self._mounted = BackgroundValue(mounted, clock, FRESH_SECONDS)
        self._sizes = BackgroundValue(sizes, clock, SIZES_FRESH_SECONDS)
        self._binds = BackgroundValue(sizes, clock, SIZES_FRESH_SECONDS)
        self._images = BackgroundValue(images, clock, FRESH_SECONDS)
        ports: tuple[HeldPort, ...] | None = None
        self._ports = BackgroundValue(ports, clock, FRESH_SECONDS)
        networks: frozenset[str] | None = None
        self._networks = BackgroundValue(networks, clock, FRESH_SECONDS)
        unread = Deployment(trouble="git has not answered yet: make the plan again")
        self._commits = BackgroundValue(unread, clock, FRESH_SECONDS)
        nothing: StoredData | None = None
        # Old values would be misleading, because the plan shows what is lost now.
        self._stored = BackgroundValue(nothing, clock, FRESH_SECONDS, keep=False)

    def begin(self, snapshot: StackSnapshot, *, stored: bool) -> Callable[[], Facts]:
        """Start to read; return a function that waits for the values."""
        now = self._clock.monotonic()
        deadline = now + self._patience
        if stored:
            self._stored.refresh(lambda: self._read_stored(snapshot))
        project = snapshot.project_name
        self._mounted.refresh(lambda: self._read_mounted(project))
        self._sizes.refresh(lambda: self._engine().volume_sizes())
        self._binds.refresh(lambda: _bind_sizes(snapshot))
        self._images.refresh(self._present_images)
        self._commits.refresh(self._read_commits)
        self._networks.refresh(lambda: self._engine().known_networks())
        self._ports.refresh(lambda: read_held_ports(self._engine()))

        def answers() -> Facts:
            volumes, holders = self._mounted.get(deadline) or (None, None)
            return Facts(
                volumes=volumes,
                holders=holders,
                sizes={**self._sizes.get(deadline), **self._binds.get(deadline)},
                existing_images=self._images.get(deadline),
                deployment=self._commits.get(deadline),
                held_ports=self._ports.get(deadline),
                networks=self._networks.get(deadline),
                stored_data=self._stored.get(now + STORED_PATIENCE_SECONDS) if stored else None,
            )

        return answers

    def _engine(self) -> DockerEngine:
        return DockerEngine(endpoint_of(self._command, self._environment))

    def _read_mounted(self, project: str) -> tuple[tuple[Volume, ...], tuple[Holder, ...]]:
        """Read every volume and every container of the engine."""
        engine, own = self._engine(), own_container()
        volumes = tuple(volume_of(Node(item)) for item in engine.all_volumes())
        by_name = volumes_by_name(volumes)
        holders = []
        for item in engine.all_containers():
            holder = holder_of(Node(item), by_name, own)
            regular = holder.project == project and not holder.oneoff
            if holder.running and holder.places and not regular:
                # Only an inspection shows whether it is removed when it exits (`--rm`).
                with suppress(*SINGLE_OBJECT_ERRORS):  # it was removed meanwhile, or is unreadable
                    whole = holder_of(Node(engine.inspect(holder.id)), by_name, own)
                    holder = replace(holder, passing=whole.passing)
            holders.append(holder)
        return volumes, tuple(holders)

    def _present_images(self) -> frozenset[str]:
        ids = {
            ran.image_id
            for backup in BackupStore(self._policy.root, former=self._policy.former).list()
            for ran in read_deployment(backup.folder).images
        }
        engine = self._engine()
        return frozenset(
            image_id for image_id in ids if image_id and _image_exists(engine, image_id)
        )

    def _read_stored(self, snapshot: StackSnapshot) -> StoredData:
        """Read the contents of volumes, also of unused ones, and of database servers."""
        variables = {**self._environment, **self._command.environment}
        programs = RealPrograms(Path(self._command.directory), variables)
        view = StackView(programs, self._command, snapshot.project_name)
        declared = snapshot.project.volumes if snapshot.project is not None else ()
        names = [volume.name for volume in declared if not volume.external]
        return read_stored(view, self._policy, names, ask=self._ask_servers)

    def _read_commits(self) -> Deployment:
        return deployment_from({"git": read_commits(self._environment, self._policy.project)})


def _image_exists(engine: DockerEngine, image_id: str) -> bool:
    try:
        return engine.image(image_id) is not None
    except SINGLE_OBJECT_ERRORS:  # the engine can't run an image that it can't inspect
        return False


def _bind_sizes(snapshot: StackSnapshot) -> dict[str, int]:
    sources = {
        mount.source
        for service in snapshot.services
        for container in service.containers
        for mount in container.mounts
        if mount.kind == "bind"
    }
    return {source: size for source in sources if (size := folder_size(Path(source))) is not None}
