"""Finds the impact of a candidate for an environment file. Pure."""

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

NO_CONTAINERS: Final[Mapping[str, RunningService]] = {}


def find_impact(
    candidate: CandidateReading,
    current: CandidateReading,
    running: Mapping[str, RunningService],
    changed: Collection[str],
    volumes: Mapping[str, str] | None = None,
    overridden: Collection[str] = (),
    wrong_images: Collection[str] = (),
) -> Impact:
    """Compare the project as compose resolves it with the running containers.

    Args:
        candidate: The project with the candidate.
        current: The project with the current file; compose may refuse it.
        running: The services that have containers.
        changed: The keys that the candidate changes, adds or removes.
        volumes: The hashes in the labels of the existing volumes, by name; None if unknown.
        overridden: The keys whose value is set by a later environment file.
        wrong_images: Image names of the candidate that Docker rejects.
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
    recreated, moved = _changed_resources(candidate, current)
    networks = [item for item in recreated if item.kind is ResourceKind.NETWORK]
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
        _add_mounting(candidate, running, changed, found)
        _add_sharers(candidate, running, found, ServiceChange.RESTART)
    effective = set(changed) - set(overridden)
    warnings = impact_warnings(candidate, current, running, found, effective)
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
            for item in recreated
            if item.kind is ResourceKind.VOLUME
            and (volumes is None or volumes.get(item.name, item.config_hash) != item.config_hash)
        ),
        moved=moved,
    )


def _changed_resources(
    candidate: CandidateReading, current: CandidateReading
) -> tuple[list[Resource], tuple[RenamedResource, ...]]:
    """Return the resources that change under their name, and those that get another one.

    External ones never change. Nor does anything under another project name: that would be a
    second stack next to this one.
    """
    if candidate.project != current.project:
        return [], ()
    known = {(item.kind, item.key): item for item in current.resources}
    recreated, moved = [], []
    for item in sorted(candidate.resources, key=lambda item: (item.kind, item.key)):
        before = known.get((item.kind, item.key))
        if before is None:
            continue
        if before.name != item.name:
            moved.append(RenamedResource(item.kind, item.key, before.name, item.name))
        elif before.config_hash and item.config_hash not in {"", before.config_hash}:
            recreated.append(item)
    return recreated, tuple(moved)


def _causes(
    service: ServiceReading, networks: Collection[Resource], moved: Collection[RenamedResource]
) -> list[str]:
    """Return why a service must be recreated because of its networks and volumes."""
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
    """Add services that share, directly or indirectly, namespaces or volumes that are replaced.

    A recreated container loses its namespaces and volumes. A restarted one gets new namespaces,
    which matters to running services only.
    """
    restarted = change is ServiceChange.RESTART
    added = True
    while added:
        added = False
        for name, service in sorted(candidate.services.items()):
            run = running.get(name)
            if name in found or run is None or (restarted and not run.up):
                continue
            owners = service.joins if restarted else service.shares
            replaced = [
                item
                for item in owners
                if item in found and (not restarted or found[item].change is change)
            ]
            if not replaced:
                continue
            owner = replaced[0]
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
            added = True


def _add_mounting(
    candidate: CandidateReading,
    running: Mapping[str, RunningService],
    changed: Collection[str],
    found: dict[str, ServiceImpact],
) -> None:
    """Add services that mount the file: a save replaces it, but the mount keeps the old one."""
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
