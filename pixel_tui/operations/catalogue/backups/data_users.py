"""The containers that must stop while data is restored. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pixel_tui.backups.holders import Holder, volumes_by_name
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.volumes import volume_source
from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.dependencies import dependants_of
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import BackupComparison
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.targets import Target


@dataclass(frozen=True, slots=True)
class DataUsers:
    """The running containers that use the data."""

    services: tuple[Target, ...]
    """Services, which compose stops and starts again."""
    oneoffs: tuple[Holder, ...]
    """Containers of `docker compose run`, which are stopped and not started again."""
    others: tuple[Holder, ...]
    """Containers of other projects or of none."""
    dependants: frozenset[str] = frozenset()
    """The services that mount none of the data, and may only depend on it."""

    @property
    def container_ids(self) -> tuple[str, ...]:
        """The ids of all containers to stop."""
        regular = (container.id for target in self.services for container in target.up)
        return (*regular, *(holder.id for holder in (*self.oneoffs, *self.others)))


def data_users(
    draft: PlanDraft, past: BackupComparison, items: Iterable[Item], servers: frozenset[str]
) -> DataUsers:
    """Return the running containers that mount restored files or depend on restored servers.

    If compose refuses the project, its dependencies are unknown, and all running services count.

    Args:
        draft: The plan being drafted.
        past: The backup.
        items: The items to restore.
        servers: The Postgres services to restore into, which must keep running.

    Raises:
        OperationError: The engine did not list its containers, or pixel-tui itself runs in one
            that must stop.
    """
    holders = draft.facts.holders
    if holders is None:
        raise OperationError(
            "Docker did not list its containers in time, so the users of the data are unknown.",
            hint="Make the plan again.",
        )
    held = _held(draft, past, list(items), holders)
    known = draft.snapshot.project is not None
    dependants = set(dependants_of(draft.project, servers)) if known else set()
    running = [target for target in running_targets(draft) if target.name not in servers]
    services = tuple(
        target
        for target in running
        if not known
        or target.name in dependants
        or any(container.id in held for container in target.containers)
    )
    stopped = {container.id for target in services for container in target.containers}
    server_ids = {
        container.id
        for name in servers
        if (service := draft.snapshot.service(name)) is not None
        for container in service.regular
    }
    oneoff_ids = {
        container.id
        for service in draft.snapshot.services
        for container in service.oneoffs
        if is_up(container) and (not known or service.name in dependants)
    }
    if own := [holder for holder in holders if holder.own and holder.id in stopped]:
        raise OperationError(
            "pixel-tui runs in a container that the restore must stop.",
            on=own[0].name,
            hint="Run it on the host, or in a separate container.",
        )
    singles = [
        holder
        for holder in holders
        if holder.id in (held | oneoff_ids) - stopped - server_ids and not holder.own
    ]
    return DataUsers(
        services,
        tuple(holder for holder in singles if holder.oneoff and _ours(holder, draft)),
        tuple(holder for holder in singles if not (holder.oneoff and _ours(holder, draft))),
        frozenset(
            target.name
            for target in services
            if not any(container.id in held for container in target.containers)
        ),
    )


def _held(
    draft: PlanDraft, past: BackupComparison, items: list[Item], holders: Iterable[Holder]
) -> set[str]:
    """Return the ids of the running containers that mount one of the items."""
    volumes = volumes_by_name(draft.facts.volumes or ())
    folder = PurePosixPath(draft.command.directory)
    wanted: list[tuple[str, str]] = []
    for item in items:
        if item.kind not in {ItemKind.SQLITE, ItemKind.FILE}:
            continue
        place = past.real_paths.get(item.source) or str(folder / item.source)
        if item.volume:
            inside = item.source.removeprefix(volume_source(item.volume, ""))
            found = volumes.get(item.volume)
            place = str(PurePosixPath(found.place) / inside) if found and found.place else ""
        wanted.append((place, item.volume))
    return {
        holder.id
        for holder in holders
        if holder.running and any(holder.holds(place, volume) for place, volume in wanted)
    }


def _ours(holder: Holder, draft: PlanDraft) -> bool:
    return holder.project == draft.snapshot.project_name


def running_targets(draft: PlanDraft) -> list[Target]:
    """Return the services with a running container."""
    found = draft.services_named(service.name for service in draft.snapshot.services)
    return [target for target in found if target.up]
