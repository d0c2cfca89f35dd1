"""Finding what a candidate for an environment file changes. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.impact import (
    Impact,
    RenamedResource,
    ServiceChange,
    ServiceImpact,
)
from pixel_tui.environment.apply.impact_warnings import impact_warnings
from pixel_tui.environment.apply.service_impact import service_impact
from pixel_tui.stack.compose.candidate_reading import CandidateReading, ServiceReading
from pixel_tui.stack.model.resource_model import Diverged, Resource, ResourceKind
from pixel_tui.stack.watch.running_services import RunningService
from pixel_tui.text import SafeText, plain

NOTHING_RUNS: Final[Mapping[str, RunningService]] = {}


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
            impact = service_impact(service, before, run, changed, overridden)
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
    counting = set(changed) - set(overridden)
    warnings = impact_warnings(candidate, current, running, found, counting)
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
        warnings,
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
            cause = f"it shares namespaces or volumes of {owner}"
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
                cause=SafeText("it mounts the file, and reads the old one until a restart"),
                running=True,
            )
