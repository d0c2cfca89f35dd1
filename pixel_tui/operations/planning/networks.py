"""Networks whose configuration has changed in the compose file. Pure.

`up` stops the named services on such a network and removes it. If anything else is running on the
network, the removal fails and the services stay down; a second `up` fails too, because compose has
disconnected them. This was observed with compose 2.40 and 5.6. What works in either state: stop
everything on the network, remove it, and `up --force-recreate` everything.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.dependencies import active_services, dependencies_of
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step, is_up
from pixel_tui.operations.planning.ports import NOT_CHECKED, are_ports_unknown
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.operations.planning.up_failures import (
    EXTERNALS_NOT_CHECKED,
    are_externals_unknown,
    externals_of,
)
from pixel_tui.stack.compose.command import option, shown
from pixel_tui.stack.model.resource_model import AttachedContainer, Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

CANCEL_STOP: Final = SafeText(
    "The stopped containers stay stopped, and the network is unchanged: start them again."
)
CANCEL_REMOVE: Final = SafeText(
    "The network may be gone, and its containers are stopped: recreate them."
)


def touched_by_up(snapshot: StackSnapshot, named: Collection[str], *, no_deps: bool) -> set[str]:
    """Return the services that `up` considers."""
    if snapshot.project is None:
        return set()
    specs = active_services(snapshot.project, named)
    return {*named, *(() if no_deps else dependencies_of(snapshot.project, named))} & set(specs)


def changed_networks(snapshot: StackSnapshot, services: Collection[str]) -> tuple[Diverged, ...]:
    """Return the changed networks of these services."""
    return _changed(snapshot, services, ResourceKind.NETWORK)


def others_on_changed_networks(
    snapshot: StackSnapshot, named: Collection[str], *, no_deps: bool
) -> list[SafeText]:
    """Return the unnamed services on changed networks that are running or would be started."""
    touched = touched_by_up(snapshot, named, no_deps=no_deps)
    networks = changed_networks(snapshot, touched)
    keys = {item.key for item in networks}
    return [
        service.name
        for service in snapshot.services
        if service.spec is not None
        and service.name not in named
        and keys.intersection(service.spec.network_keys)
        and (any(map(is_up, service.regular)) or (service.regular and service.name in touched))
    ]


def add_network_steps(draft: PlanDraft, networks: Sequence[Diverged]) -> None:
    """Add steps that stop everything on these networks and remove them; `up` recreates them.

    Raises:
        OperationError: A container that is not part of the plan is running on one of them.
    """
    note_recreated_networks(draft, networks, "has changed in the compose file")
    keys = {item.key for item in networks}
    on = [
        item for item in draft.services if item.spec and keys.intersection(item.spec.network_keys)
    ]
    names = listed([item.name for item in networks])
    what = "network" if len(networks) == 1 else "networks"
    running = [target for target in on if target.up]
    draft.compose_step(running, "stop", cancel_effect=CANCEL_STOP, verb="Stop")
    argv = draft.command.docker_argv("network", "rm", *(item.name for item in networks))
    draft.steps.append(Step(plain(f"Remove {what} {names}"), argv, CANCEL_REMOVE))


def note_recreated_networks(draft: PlanDraft, networks: Sequence[Diverged], why: str) -> None:
    """Warn that networks are recreated, and of the stopped containers on them.

    Args:
        draft: The plan; its targets are stopped and recreated.
        networks: The networks with their containers.
        why: The reason as a predicate: `has changed in the compose file`.

    Raises:
        OperationError: A container that is not part of the plan is running on one of them.
    """
    _require_no_others(draft, networks, why)
    for network in networks:
        draft.warn("network", f"network {network.name} {why}: recreated, with everything on it")
        _warn_of_foreign_containers(draft, network)
    _warn_of_stopped(draft, {item.key for item in networks})


def refuse_changed_networks(
    draft: PlanDraft, named: Collection[str], *, no_deps: bool = False
) -> None:
    """Refuse an `up` that would remove a changed network.

    Raises:
        OperationError: One of the services, or of their dependencies, is on a changed network.
    """
    networks = changed_networks(
        draft.snapshot, touched_by_up(draft.snapshot, named, no_deps=no_deps)
    )
    if networks:
        raise OperationError(
            f"Network {networks[0].name} has changed in the compose file, and compose would stop "
            "its containers.",
            on=listed(sorted(named)),
            hint="Recreate a service on it first: that plan recreates all of them.",
        )


def warn_of_resources(draft: PlanDraft, services: Collection[str]) -> None:
    """Warn that changed volumes stay unchanged, and of what could not be checked.

    Compose asks before it recreates a volume, and gets no answer.
    """
    unknown = []
    if are_externals_unknown(externals_of(services, draft.snapshot), draft.facts):
        unknown.append(EXTERNALS_NOT_CHECKED)
    specs = [spec for spec in draft.project.services if spec.name in services]
    found = {spec.name: find_target(spec.name, draft.snapshot) for spec in specs}
    if any(are_ports_unknown(spec.ports, found[spec.name], draft.facts) for spec in specs):
        unknown.append(NOT_CHECKED)
    draft.warn_of_unchecked(unknown)
    if unread := next((item for item in draft.snapshot.diverged if item.unread), None):
        what = f"unknown whether {unread.kind.value} {unread.name} has changed"
        draft.warn(unread.kind.value, f"{what}: {unread.unread}")
    for item in _changed(draft.snapshot, services, ResourceKind.VOLUME):
        draft.warn(
            "volume",
            f"volume {item.name} has changed in the compose file, but stays unchanged, with its "
            "data. To change it: back it up, remove it, run `up`, restore",
        )


def _changed(
    snapshot: StackSnapshot, services: Collection[str], kind: ResourceKind
) -> tuple[Diverged, ...]:
    keys = {
        key
        for spec in (snapshot.project.services if snapshot.project else ())
        if spec.name in services
        for key in (spec.network_keys if kind is ResourceKind.NETWORK else spec.volumes)
    }
    return tuple(
        item
        for item in snapshot.diverged
        if item.kind is kind and item.key in keys and not item.unread
    )


def _require_no_others(draft: PlanDraft, networks: Sequence[Diverged], why: str) -> None:
    own = {item.id for target in draft.services for item in (*target.containers, *target.leftovers)}
    for network in networks:
        others = [item.name for item in network.attached if item.container_id not in own]
        if others:
            raise OperationError(
                f"Network {network.name} {why}, and can't be recreated while {listed(others)} is "
                "running on it.",
                hint="Wait until it exits, or stop it: "
                f"{shown(draft.command.docker_argv('stop', names=others))}",
            )


def _warn_of_stopped(draft: PlanDraft, keys: Collection[str]) -> None:
    named = {target.name for target in draft.services}
    for service in draft.snapshot.services:
        spec, idle = service.spec, service.regular and not any(map(is_up, service.regular))
        if (
            spec
            and idle
            and service.name not in named
            and set(keys).intersection(spec.network_keys)
        ):
            draft.warn("network", f"{service.name} is stopped: recreate it before you start it")


def _warn_of_foreign_containers(draft: PlanDraft, network: Diverged) -> None:
    """Warn of the stopped containers that can't start afterwards: those outside the project."""
    if network.unlisted:
        draft.warn(
            "network",
            f"the other stopped containers on {network.name} are unknown, and can't start "
            f"afterwards: {network.unlisted}",
        )
    for item in network.stopped:
        own = draft.snapshot.container(item.container_id)
        service = draft.snapshot.service(own.service) if own is not None else None
        if own is not None and (own.oneoff or (service is not None and service.spec is not None)):
            continue  # a one-off is not started again; services are recreated
        draft.warn(
            "network",
            f"{item.name} is stopped on {network.name}, is not part of this, and can't start "
            f"afterwards; then run: {_repair(draft, network, item)}",
        )


def _repair(draft: PlanDraft, network: Diverged, item: AttachedContainer) -> str:
    """Return the command that connects a container to the new network."""
    if item.project and item.service and item.project != draft.snapshot.project_name:
        command = replace(
            draft.command,
            directory=item.directory or ".",
            files=item.files,
            env_files=(),
            project=item.project,
            profiles=(),
        )
        up = ("up", "--no-start", "--no-deps", "--force-recreate")
        return shown(command.compose_argv(*up, names=[item.service]))
    aliases = [word for name in item.aliases for word in option("--alias", name)]
    names = [network.name, item.name]
    leave = draft.command.docker_argv("network", "disconnect", "--force", names=names)
    join = draft.command.docker_argv("network", "connect", *aliases, names=names)
    return f"{shown(leave)} && {shown(join)}"
