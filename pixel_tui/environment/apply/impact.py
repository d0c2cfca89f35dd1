"""What a changed `.env` means for what runs. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pixel_tui.stack.compose.candidate_reading import CandidateReading, ServiceReading
from pixel_tui.stack.model.built_with import is_baked
from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Diverged, Resource, ResourceKind
from pixel_tui.stack.watch.running_services import RunningService
from pixel_tui.text import SafeText, plain

NOTHING_RUNS: Final[Mapping[str, RunningService]] = {}


class ServiceChange(StrEnum):
    """What has to be done to a service for the file to count."""

    RECREATE = "recreate"
    REBUILD = "rebuild"
    """And recreated from the new image."""
    RESTART = "restart"
    """Only that: it mounts the file, and has the old one until then; or it shares a namespace
    of what is restarted, which has new ones then."""


@dataclass(frozen=True, slots=True)
class ServiceImpact:
    """One service that a candidate changes."""

    service: SafeText
    change: ServiceChange
    keys: tuple[SafeText, ...]
    """Names of the keys behind it; never values."""
    cause: SafeText
    running: bool
    """Whether it runs now."""
    stopped: bool = False
    """Whether it has a container that does not run: a start keeps what that was made with."""
    externals: tuple[External, ...] = ()
    """What it needs then, and compose does not make."""
    ports: tuple[Port, ...] = ()
    """What it publishes then."""
    wrong_image: SafeText = SafeText("")
    """The name of its image, where the engine takes that for none; empty where it is one."""

    @property
    def later(self) -> SafeText:
        """How a service that does not run gets the file, as a predicate; empty if it runs."""
        if self.stopped:
            # `start` starts the container that is there, in the environment of its creation.
            return SafeText("is stopped and gets it by `recreate`, not by `start`")
        return SafeText("" if self.running else "gets it when it is created")


@dataclass(frozen=True, slots=True)
class RenamedResource:
    """A network or volume that gets another name: the one of before stays, and is left."""

    kind: ResourceKind
    key: SafeText
    before: SafeText
    after: SafeText


@dataclass(frozen=True, slots=True)
class Impact:
    """What compose says of a candidate, and what it would change."""

    refusal: SafeText
    """Compose's own message where it refuses the project with this file; empty where not."""
    warnings: tuple[SafeText, ...]
    services: tuple[ServiceImpact, ...]
    """In the order of the project's services. Those only that change."""
    project: SafeText = SafeText("")
    """What the project would be called."""
    line: int = 0
    """The line that the refusal names; 0 where it names none."""
    networks: tuple[Diverged, ...] = ()
    """The networks that would get another configuration under the same name, of what runs."""
    volumes: tuple[Diverged, ...] = ()
    """The volumes that would, which compose keeps as they are."""
    moved: tuple[RenamedResource, ...] = ()
    """Networks and volumes in whose place others come."""

    @property
    def applied_to(self) -> tuple[ServiceImpact, ...]:
        """The services that have containers about which something is to be done."""
        return tuple(item for item in self.services if item.running)


def find_impact(
    candidate: CandidateReading,
    current: CandidateReading,
    running: Mapping[str, RunningService],
    changed: Collection[str],
    volumes: Mapping[str, str] | None = None,
    overridden: Collection[str] = (),
    wrong_images: Collection[str] = (),
) -> Impact:
    """Compare what compose would make with what runs.

    Args:
        candidate: What compose says with the candidate.
        current: What it says with the file as it is now; it may refuse that.
        running: What has containers, by service.
        changed: The keys that the candidate changes, adds or takes away.
        volumes: The hashes in the labels of the volumes that there are, by name; None where
            nobody knows.
        overridden: The keys that a later environment file sets: that value counts.
        wrong_images: Image names of the candidate that the engine takes for none.
    """
    if candidate.refusal:
        return Impact(candidate.refusal, candidate.warnings, (), line=candidate.line)
    found: dict[str, ServiceImpact] = {}
    for name, service in sorted(candidate.services.items()):
        run = running.get(name)
        if service.active or run is not None:
            before = current.services.get(name)
            impact = _of_service(service, before, run, changed, overridden)
            if impact is not None:
                found[name] = impact
    remade, moved = _other_resources(candidate, current)
    networks = [item for item in remade if item.kind is ResourceKind.NETWORK]
    for name, service in sorted(candidate.services.items()):
        run = running.get(name)
        causes = _causes(service, networks, moved)
        if causes and run is not None and name not in found:
            cause = plain(", and ".join(causes))
            found[name] = ServiceImpact(
                service.name, ServiceChange.RECREATE, (), cause, run.up, stopped=not run.up
            )
    _add_sharers(candidate, running, found, ServiceChange.RECREATE)
    if changed:
        _restart_mounting(candidate, running, changed, found)
        _add_sharers(candidate, running, found, ServiceChange.RESTART)
    warnings = [
        *candidate.warnings,
        *_renamed(candidate, current),
        *(
            plain(
                f"A container of {name} can't be inspected, so that only its labels tell what it"
                f" was made with: {run.unread}"
            )
            for name, run in sorted(running.items())
            if run.unread
        ),
        *_activated(candidate, current, running),
        *_cached(candidate, found, set(changed) - set(overridden)),
    ]
    services = tuple(
        replace(
            found[name],
            externals=service.externals,
            ports=service.ports,
            wrong_image=plain(service.image if service.image in wrong_images else ""),
        )
        for name, service in sorted(candidate.services.items())
        if name in found
    )
    return Impact(
        SafeText(""),
        tuple(warnings),
        services,
        candidate.project,
        networks=tuple(
            Diverged(item.kind, item.key, item.name)
            for item in networks
            if any(
                run.up and item.key in candidate.services[name].networks
                for name, run in running.items()
                if name in candidate.services
            )
        ),
        volumes=tuple(
            Diverged(item.kind, item.key, item.name)
            for item in remade
            if item.kind is ResourceKind.VOLUME
            and (volumes is None or volumes.get(item.name, item.config_hash) != item.config_hash)
        ),
        moved=moved,
    )


def _other_resources(
    candidate: CandidateReading, current: CandidateReading
) -> tuple[list[Resource], tuple[RenamedResource, ...]]:
    """What changes under its name, and what gets another one; external ones never change.

    Under another project's name nothing changes: a second stack would come beside this one.
    """
    if candidate.project != current.project:
        return [], ()
    known = {(item.kind, item.key): item for item in current.resources}
    remade, moved = [], []
    for item in sorted(candidate.resources, key=lambda item: (item.kind, item.key)):
        before = known.get((item.kind, item.key))
        if before is None:
            continue
        if before.name != item.name:
            moved.append(RenamedResource(item.kind, item.key, before.name, item.name))
        elif before.config_hash and item.config_hash not in {"", before.config_hash}:
            remade.append(item)
    return remade, tuple(moved)


def _causes(
    service: ServiceReading, networks: Collection[Resource], moved: Collection[RenamedResource]
) -> list[str]:
    """Why its containers have to be made again for the sake of what they are on."""
    changed = [item.key for item in networks if item.key in service.networks]
    causes = [f"its network changes ({', '.join(changed)})"] if changed else []
    for item in moved:
        uses = service.networks if item.kind is ResourceKind.NETWORK else service.volumes
        if item.key in uses:
            causes.append(f"its {item.kind.value} becomes {item.after} ({item.key})")
    return causes


def _of_service(
    service: ServiceReading,
    before: ServiceReading | None,
    run: RunningService | None,
    changed: Collection[str],
    overridden: Collection[str],
) -> ServiceImpact | None:
    arguments = _other_arguments(service, before, run)
    hashes = run.hashes if run is not None else frozenset({before.config_hash} if before else ())
    # Compose labels what shares another's namespace with a hash that it does not tell.
    recreated = not service.shares and any(item != service.config_hash for item in hashes)
    if service.shares and before is not None:
        recreated = before.config_hash != service.config_hash
    # Compose compares the names of secrets and configs, and not what is in them.
    delivered = set(changed) & service.delivered - set(overridden)
    # And nothing of a build.
    given = set(changed) & service.build_secrets - set(overridden)
    another_way = before is not None and service.recipe != before.recipe
    rebuilt = bool(arguments or given or another_way)
    if not rebuilt and not recreated and not delivered:
        return None
    environment = _other_environment(service, before, run)
    behind = (set(changed) & service.keys) | environment | arguments | delivered | given
    known = behind & set(changed)
    if rebuilt:
        what = ServiceChange.REBUILD
        cause = "its image is built another way"
        if arguments:
            cause = f"its image is built with {', '.join(sorted(arguments))}"
        elif given:
            cause = f"its build gets {', '.join(sorted(given))} as a secret"
    else:
        what = ServiceChange.RECREATE
        cause = "its environment changes" if environment else "its configuration changes"
        if delivered and not recreated:
            cause = "a secret or config of it changes"
        if not known:
            cause = "it was made with another environment or compose file"
    return ServiceImpact(
        service=service.name,
        change=what,
        keys=tuple(map(plain, sorted(known or behind))),
        cause=plain(cause),
        running=run is not None and run.up,
        stopped=run is not None and not run.up,
    )


def _other_arguments(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Names of build arguments that its image does not have, or would not have next time."""
    if not service.builds:
        return set()
    wanted = service.build_arguments
    if run is not None and run.record is not None:
        return run.record.others(wanted)
    found: set[str] = set()
    if before is not None:
        names = {*wanted, *before.build_arguments}
        found = {name for name in names if wanted.get(name) != before.build_arguments.get(name)}
    if run is not None:
        told = {name: value for name, value in run.built_with.items() if name in wanted}
        # An image that says that it has the value already needs no other one.
        found -= {name for name, value in told.items() if value == wanted[name]}
        found |= {name for name, value in told.items() if is_baked(name) and value != wanted[name]}
    return found


def _other_environment(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Names of its variables that are new, changed, or gone."""
    wanted = service.environment
    known = run is not None and not run.unread
    has = run.environment if run and known else before.environment if before else {}
    found = {name for name, value in wanted.items() if has.get(name) != value}
    if before is not None:
        # What only the container has may be its image's; what the file set before is not.
        found |= {name for name in before.environment if name not in wanted and name in has}
    return found


def _add_sharers(
    candidate: CandidateReading,
    running: Mapping[str, RunningService],
    found: dict[str, ServiceImpact],
    change: ServiceChange,
) -> None:
    """Add what shares with what is found, directly or through others, and loses it.

    Of a container that is made anew that is its namespaces and volumes. One that is restarted has
    new namespaces, which concern what runs.
    """
    restarted = change is ServiceChange.RESTART
    grown = True
    while grown:
        grown = False
        for name, service in sorted(candidate.services.items()):
            run = running.get(name)
            if name in found or run is None or (restarted and not run.up):
                continue
            owners = service.joins if restarted else service.shares
            lost = [
                item
                for item in owners
                if item in found and (not restarted or found[item].change is change)
            ]
            if not lost:
                continue
            owner = lost[0]
            cause = f"it shares what {owner} has"
            if restarted:
                cause = f"it shares a namespace of {owner}, which is restarted"
            found[name] = ServiceImpact(
                service=service.name,
                change=change,
                keys=found[owner].keys,
                cause=plain(cause),
                running=run.up,
                stopped=not run.up,
            )
            grown = True


def _restart_mounting(
    candidate: CandidateReading,
    running: Mapping[str, RunningService],
    changed: Collection[str],
    found: dict[str, ServiceImpact],
) -> None:
    """What mounts the file by itself: a save replaces the file, and the mount keeps the old one."""
    for name, service in sorted(candidate.services.items()):
        run = running.get(name)
        if name not in found and run is not None and run.mounts_file:
            found[name] = ServiceImpact(
                service=service.name,
                change=ServiceChange.RESTART,
                keys=tuple(map(plain, sorted(changed))),
                cause=SafeText("it mounts the file, and reads the old one until it is restarted"),
                running=True,
            )


def _activated(
    candidate: CandidateReading,
    current: CandidateReading,
    running: Mapping[str, RunningService],
) -> list[SafeText]:
    """What another `COMPOSE_PROFILES` or `COMPOSE_FILE` brings in and leaves out."""
    if current.refusal:
        return []
    now = {name for name, service in candidate.services.items() if service.active}
    before = {name for name, service in current.services.items() if service.active}
    up = {name for name, item in running.items() if item.up}
    words = []
    if brought := sorted(now - before - up):
        words.append(f"With this file `up` starts {', '.join(brought)} as well.")
    left = sorted(before - now)
    if stay := [name for name in left if name in up]:
        words.append(
            f"With this file {', '.join(stay)} no longer belongs to what is active, and what runs"
            " of it stays until it is stopped."
        )
    if others := [name for name in left if name not in up]:
        words.append(f"With this file `up` starts {', '.join(others)} no longer.")
    return [plain(item) for item in words]


def _cached(
    candidate: CandidateReading, found: Mapping[str, ServiceImpact], changed: Collection[str]
) -> list[SafeText]:
    """Which builds may take a step from their cache that was given another secret."""
    names = [
        name for name in sorted(found) if candidate.services[name].build_secrets & set(changed)
    ]
    if not names:
        return []
    return [
        plain(
            f"A build takes a step that it has cached though the secret is another one. If the"
            f" image of {', '.join(names)} has to change, use hard-rebuild."
        )
    ]


def _renamed(candidate: CandidateReading, current: CandidateReading) -> list[SafeText]:
    if not current.project or current.project == candidate.project:
        return []
    return [
        plain(
            f"The project would be called {candidate.project}: what runs belongs to"
            f" {current.project}, and would be left as it is beside a second stack."
        )
    ]
