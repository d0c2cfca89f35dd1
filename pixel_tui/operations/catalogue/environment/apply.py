"""Save an edited environment and recreate what it changes; confirm it, or it is rolled back.

The previous file, images and containers are restored if a service is not healthy afterwards, or
if it is not confirmed in time.
"""

from collections.abc import Collection, Sequence
from typing import Final

from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.errors import OperationError
from pixel_tui.humanize import listed, span
from pixel_tui.operations.catalogue.environment.choices import (
    candidate_choices,
    chosen_candidate,
    file_name,
    why_no_candidate,
)
from pixel_tui.operations.catalogue.environment.impact import accepted_impact, add_impact_effects
from pixel_tui.operations.catalogue.environment.worker_steps import add_worker_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.compose_up import note_kept_scales, warn_of_old_image
from pixel_tui.operations.planning.dependencies import dependency_layers
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.networks import note_recreated_networks, refuse_changed_networks
from pixel_tui.operations.planning.plan import FileMark, Risk
from pixel_tui.operations.planning.ports import (
    NOT_CHECKED,
    are_ports_unknown,
    own_container_ids,
    taken_port,
)
from pixel_tui.operations.planning.providers import add_provider_effects
from pixel_tui.operations.planning.proxy_effects import add_configuration_test, restart_proxies
from pixel_tui.operations.planning.start_failures import why_restart_fails
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.up_failures import (
    EXTERNALS_NOT_CHECKED,
    are_externals_unknown,
    missing_external,
    wrong_image,
)
from pixel_tui.operations.planning.up_prediction import kept_scales
from pixel_tui.stack.compose.command import shown
from pixel_tui.stack.model.resource_model import ResourceKind
from pixel_tui.text import NO_TEXT, SafeText, plain

CANCEL_EFFECT: Final = SafeText(
    "It rolls back: the previous file, images and containers are restored."
)


def draft_apply(draft: PlanDraft) -> None:
    """Draft the apply in one step, which continues and rolls back without pixel-tui."""
    environment, candidate = chosen_candidate(draft)
    impact = accepted_impact(draft, candidate)
    _require_same_project(draft, impact)
    draft.subject = file_name(environment)
    recreate = [item.service for item in impact.applied_to if item.change is ServiceChange.RECREATE]
    rebuild = [item.service for item in impact.applied_to if item.change is ServiceChange.REBUILD]
    mounting = [item.service for item in impact.applied_to if item.change is ServiceChange.RESTART]
    restart = [name for name in mounting if _can_restart(draft, name)]
    names = [*recreate, *rebuild]
    add_impact_effects(draft, impact.services, applied=True)
    for warning in impact.warnings:
        draft.warn("compose", warning)
    if not names and not restart:
        title = f"Save {draft.subject}"
        add_worker_step(draft, environment, title, CANCEL_EFFECT, "save", name=candidate.id)
        draft.reason = SafeText("it was edited, and affects no running service")
    else:
        refuse_changed_networks(draft, names, no_deps=True)
        _require_kept_volumes(draft, impact)
        _require_creatable(draft, [item for item in impact.applied_to if item.service in names])
        _warn_of_moved(draft, impact)
        proxies = _proxies(draft, names, recreate) if names else []
        restarts = _restart_options(draft, restart, proxies, recreated=names)
        words = [f"--recreate={name}" for name in recreate]
        words += [f"--rebuild={name}" for name in rebuild]
        words += restarts
        scales = kept_scales(draft.snapshot, names, no_deps=True)
        note_kept_scales(draft, scales)
        words += [f"--provider={name}" for name in add_provider_effects(draft, names, no_deps=True)]
        words += [f"--scale={name}={count}" for name, count in scales.items()]
        if impact.networks:
            _require_read_networks(impact)
            note_recreated_networks(draft, impact.networks, "changes with this file")
            words += [f"--network={network.name}" for network in impact.networks]
        seconds = draft.facts.environment.confirm_seconds
        words.append(f"--within={seconds:g}")
        networks = listed([network.name for network in impact.networks])
        doing = [f"recreate {networks}"] if networks else []
        doing += [f"bring up {listed(names)}"] if names else []
        doing += [f"restart {listed(restart)}"] if restart else []
        title = f"Save {draft.subject}, {', '.join(doing)}, wait for confirmation"
        words.insert(0, "apply")
        add_worker_step(
            draft, environment, title, CANCEL_EFFECT, *words, name=candidate.id, rolls_back=True
        )
        draft.risk = Risk.DISRUPTIVE
        draft.reason = plain(f"it was edited, and changes {listed([*names, *restart])}")
        draft.warn(
            "confirm",
            f"rolled back unless confirmed within {span(seconds)} after it works (on the "
            f"job's screen, or with `{draft.snapshot.typed.pixel_tui} env confirm`)",
        )
    draft.files.append(FileMark(candidate.file, candidate.sha256))


def _require_same_project(draft: PlanDraft, impact: Impact) -> None:
    """Refuse a change of the project's name, which would start a second stack.

    Raises:
        OperationError: The project would have another name.
    """
    if impact.project not in {NO_TEXT, draft.snapshot.project_name}:
        raise OperationError(
            f"The project name would become {impact.project}, but the containers belong to "
            f"{draft.snapshot.project_name}.",
            hint="Don't change COMPOSE_PROJECT_NAME; or save it, and take the old stack down "
            "yourself.",
        )


def _require_kept_volumes(draft: PlanDraft, impact: Impact) -> None:
    """Refuse a change of volumes: a roll-back could not restore the data of a recreated volume.

    Raises:
        OperationError: An existing volume would change.
    """
    if not impact.volumes:
        return
    volume = impact.volumes[0]
    users = [
        spec.name
        for spec in draft.project.services
        if volume.key in spec.volumes and find_target(spec.name, draft.snapshot) is not None
    ]
    command = draft.command
    lines = [
        command.compose_argv("stop", names=users),
        command.compose_argv("rm", "--force", names=users),
        command.docker_argv("volume", "rm", names=[volume.name]),
        command.compose_argv("up", "--detach", names=users),
    ]
    raise OperationError(
        f"It changes volume {volume.name}, but compose never changes an existing volume.",
        hint="Save it without applying it. To change the volume: make and verify a backup "
        f"({command.typed.pixel_tui} run backup), then {' && '.join(map(shown, lines))}, then "
        "restore the backup.",
    )


def _require_creatable(draft: PlanDraft, services: Sequence[ServiceImpact]) -> None:
    """Refuse services whose new containers could not be created.

    Raises:
        OperationError: An image name is not valid, an external network or volume does not exist,
            or another container holds a port.
    """
    found = {item.service: find_target(item.service, draft.snapshot) for item in services}
    replaced = {name for target in found.values() if target for name in own_container_ids(target)}
    for item in services:
        reason = wrong_image(item.wrong_image) if item.wrong_image else ""
        reason = reason or missing_external(item.externals, draft.facts)
        if reason := reason or taken_port(item.ports, draft.facts, replaced):
            raise OperationError(f"Save and apply would fail: {item.service} {reason}.")
    unknown = []
    if any(are_externals_unknown(item.externals, draft.facts) for item in services):
        unknown.append(EXTERNALS_NOT_CHECKED)
    if any(are_ports_unknown(item.ports, found[item.service], draft.facts) for item in services):
        unknown.append(NOT_CHECKED)
    draft.warn_of_unchecked(unknown)


def _require_read_networks(impact: Impact) -> None:
    """Refuse to recreate a network unless its containers are known.

    Raises:
        OperationError: The containers on a network are unknown.
    """
    if network := next((item for item in impact.networks if item.unread), None):
        raise OperationError(
            f"It changes network {network.name}, and the containers on it are unknown: "
            f"{network.unread}",
            hint="Try again, or save it without applying it.",
        )


def _warn_of_moved(draft: PlanDraft, impact: Impact) -> None:
    """Warn of networks and volumes that are replaced by others and left behind."""
    for item in impact.moved:
        words = f"{item.kind.value} {item.before} stays, and is no longer used: it is replaced by"
        if item.kind is ResourceKind.VOLUME:
            words = f"{words} {item.after}, which is empty if it is new. The data is not moved"
        else:
            words = (
                f"{words} {item.after}. Other containers on {item.before} can no longer reach it"
            )
        draft.warn(item.kind.value, words)


def _proxies(draft: PlanDraft, names: list[SafeText], recreate: list[SafeText]) -> list[SafeText]:
    """Record the interruptions; returns the proxies that must be restarted too."""
    targets = draft.services_named(names)
    for target in targets:
        _interrupt(draft, target, certain=target.name in recreate)
        if target.name in recreate:
            warn_of_old_image(draft, target)
    draft.targets = tuple(targets)
    count = len(draft.steps)
    proxies = restart_proxies(draft, names, names)
    # The apply's own step restarts them, so that the stack works while it waits to be confirmed.
    del draft.steps[count:]
    draft.affect_dependants("while it is down", spared=(*names, *proxies))
    return list(proxies)


def _restart_options(
    draft: PlanDraft,
    restart: Sequence[SafeText],
    proxies: Sequence[SafeText],
    recreated: Collection[SafeText],
) -> list[str]:
    """Record what is restarted; returns the options of the step for it.

    Args:
        draft: The plan being drafted.
        restart: The services that mount the file.
        proxies: The proxies to restart, which are recorded already.
        recreated: The services that are recreated.
    """
    for target in draft.services_named(name for name in restart if name not in proxies):
        _interrupt_restart(draft, target)
    restarted = list(dict.fromkeys((*restart, *proxies)))
    restarted += _sharers(draft, restarted, recreated)
    # Test before anything is changed: a roll-back restarts the proxy as well.
    add_configuration_test(draft, draft.services_named(restarted))
    joined = _restarted_last(draft, restarted)
    words = [f"--restart={name}" for name in restarted if name not in joined]
    return words + [f"--joined={name}" for name in joined]


def _sharers(
    draft: PlanDraft, restarted: Sequence[SafeText], recreated: Collection[SafeText]
) -> list[SafeText]:
    """Return the other services that share a namespace of a restarted service.

    The same step restarts them, because they would be cut off while the apply waits to be
    confirmed, and after a roll-back. `restart_sharers` recreates those that can't be restarted.

    Args:
        draft: The plan being drafted.
        restarted: The services that are restarted.
        recreated: The services that are recreated, whose interruption is recorded already.
    """
    found: list[SafeText] = []
    grown = True
    while grown:
        grown = False
        for service in draft.snapshot.services:
            target = find_target(service.name, draft.snapshot)
            if target is None or not target.up or target.spec is None:
                continue
            known = {*restarted, *found}
            owners = [owner for _, owner in target.spec.shares if owner in known]
            if not owners or target.name in known:
                continue
            is_recreated = target.name in recreated
            if not is_recreated and not _can_restart(draft, target.name):
                continue
            found.append(target.name)
            grown = True
            if not is_recreated:
                cause = f"it shares a namespace of {owners[0]}, which is restarted"
                draft.affect(target.name, "is restarted", cause)
                _interrupt_restart(draft, target)
    return found


def _restarted_last(draft: PlanDraft, restarted: Sequence[SafeText]) -> list[SafeText]:
    """Return the services that compose would not restart after the owners of their namespaces."""
    found: list[SafeText] = []
    for layer in dependency_layers(draft.project, restarted):
        for name in layer:
            target = find_target(name, draft.snapshot)
            if target is None or target.spec is None:
                continue
            ordered = {item.service for item in target.spec.depends_on if item.restart}
            owners = {owner for _, owner in target.spec.shares if owner in restarted}
            if owners - ordered or owners & {*found}:
                found.append(name)
    return found


def _can_restart(draft: PlanDraft, name: str) -> bool:
    target = find_target(name, draft.snapshot)
    return target is None or not why_restart_fails(target, draft.snapshot, draft.facts)


def _interrupt_restart(draft: PlanDraft, target: Target) -> None:
    draft.interrupt_until_back(target)
    draft.expect_running(target, target.containers, incidental=True)


def _interrupt(draft: PlanDraft, target: Target, *, certain: bool) -> None:
    draft.interrupt_until_back(target)
    # A build may result in the same image, and then the container stays.
    draft.expect_running(target, target.containers if certain else ())
    draft.note_removed_containers(container.name for container in target.containers)


ACTION: Final = Action(
    name="environment-apply",
    verb="Save and apply",
    group=ActionGroup.ENVIRONMENT,
    when="The environment was edited, and the services need it now. A restart does not apply it: "
    "containers keep the environment they were created with.",
    failure_hint="The previous state is restored; the last lines say why. If that failed too, they "
    "say so: `environment-roll-back` tries again.",
    draft=draft_apply,
    scope=Scope.CANDIDATE,
    choices=candidate_choices,
    blocked_by=why_no_candidate,
    needs_project=False,
)
