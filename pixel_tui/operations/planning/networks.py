"""Networks that the compose file gives another configuration than they have. Pure.

`up` stops the services of the command that are on such a network, and removes it. That fails
where anything else runs on it, and then what was stopped stays down; a second `up` fails as
well, since compose has disconnected what it stopped. Seen with compose 2.40 and 5.6. What works
from either state: stop all that is on it, remove it, and `up --force-recreate` the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.creation import (
    EXTERNALS_NOT_CHECKED,
    externals_of,
    externals_unknown,
)
from pixel_tui.operations.planning.dependencies import active_services, needs
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step, is_up
from pixel_tui.operations.planning.ports import NOT_CHECKED, ports_unknown
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.operations.planning.words import listed
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


def touched_by_up(snapshot: StackSnapshot, named: Collection[str], *, alone: bool) -> set[str]:
    """The services that `up` looks at."""
    if snapshot.project is None:
        return set()
    specs = active_services(snapshot.project, named)
    return {*named, *(() if alone else needs(snapshot.project, named))} & set(specs)


def changed_networks(snapshot: StackSnapshot, services: Collection[str]) -> tuple[Diverged, ...]:
    """The changed networks that these services are on."""
    return _changed(snapshot, services, ResourceKind.NETWORK)


def others_on(snapshot: StackSnapshot, named: Collection[str], *, alone: bool) -> list[SafeText]:
    """The services on a changed network of these that are not named, and run or are started."""
    touched = touched_by_up(snapshot, named, alone=alone)
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


def network_steps(draft: PlanDraft, networks: Sequence[Diverged]) -> None:
    """Stop what is on these networks, and remove them; the next step makes them anew.

    Raises:
        OperationError: Something that is not part of the plan runs on one of them.
    """
    tell_networks(draft, networks, "has changed in the compose file")
    keys = {item.key for item in networks}
    on = [
        item for item in draft.services if item.spec and keys.intersection(item.spec.network_keys)
    ]
    names = listed([item.name for item in networks])
    what = "network" if len(networks) == 1 else "networks"
    running = [target for target in on if target.up]
    draft.compose_step(running, "stop", cancelling=CANCEL_STOP, verb="Stop")
    argv = draft.command.docker_argv("network", "rm", *(item.name for item in networks))
    draft.steps.append(Step(plain(f"Remove {what} {names}"), argv, CANCEL_REMOVE))


def tell_networks(draft: PlanDraft, networks: Sequence[Diverged], why: str) -> None:
    """Say that these networks are made again, and what that means for what stands still on them.

    Args:
        draft: Its targets are what is stopped for it, and recreated.
        networks: They, with what is on them.
        why: A predicate: `has changed in the compose file`.

    Raises:
        OperationError: Something that is not part of the plan runs on one of them.
    """
    _require_nothing_else(draft, networks, why)
    for network in networks:
        draft.warn("network", f"network {network.name} {why}: recreated, with everything on it")
        _warn_of_strangers(draft, network)
    _warn_of_stopped(draft, {item.key for item in networks})


def refuse_changed_networks(
    draft: PlanDraft, named: Collection[str], *, alone: bool = False
) -> None:
    """Refuse an `up` that would remove a network and do nothing for what is on it.

    Raises:
        OperationError: It would.
    """
    networks = changed_networks(draft.snapshot, touched_by_up(draft.snapshot, named, alone=alone))
    if networks:
        raise OperationError(
            f"Network {networks[0].name} has changed in the compose file, and compose would stop "
            "its containers.",
            on=listed(sorted(named)),
            hint="Recreate a service on it first: that plan recreates all of them.",
        )


def warn_of_resources(draft: PlanDraft, services: Collection[str]) -> None:
    """Say that a changed volume stays as it is, and what is not known.

    Compose asks before it makes a volume again, and gets no answer.
    """
    unknown = []
    if externals_unknown(externals_of(services, draft.snapshot), draft.facts):
        unknown.append(EXTERNALS_NOT_CHECKED)
    specs = [spec for spec in draft.project.services if spec.name in services]
    found = {spec.name: find_target(spec.name, draft.snapshot) for spec in specs}
    if any(ports_unknown(spec.ports, found[spec.name], draft.facts) for spec in specs):
        unknown.append(NOT_CHECKED)
    if unknown:
        draft.warn("not checked", f"{listed(unknown)} (Docker did not answer in time)")
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


def _require_nothing_else(draft: PlanDraft, networks: Sequence[Diverged], why: str) -> None:
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


def _warn_of_strangers(draft: PlanDraft, network: Diverged) -> None:
    """What stands still on it and is no service of this project can't be started afterwards."""
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
            continue  # nobody starts a one-off again; services are recreated
        draft.warn(
            "network",
            f"{item.name} is stopped on {network.name}, is not part of this, and can't start "
            f"afterwards; then run: {_repair(draft, network, item)}",
        )


def _repair(draft: PlanDraft, network: Diverged, item: AttachedContainer) -> str:
    """What gives a container the network that there is now."""
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
