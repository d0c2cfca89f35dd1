"""The actions, and the plans that they make from a snapshot. Pure."""

import importlib
import pkgutil
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from pixel_tui.errors import NothingToDo, OperationError, UsageError
from pixel_tui.humanize import listed
from pixel_tui.nearest_word import nearest_word
from pixel_tui.operations import catalogue
from pixel_tui.operations.planning.action import TARGET_NOUNS, Action, ActionGroup, Scope
from pixel_tui.operations.planning.dependencies import dependency_layers
from pixel_tui.operations.planning.draft import SKIPPED, PlanDraft
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.operations.planning.leftovers import remove_leftovers_first
from pixel_tui.operations.planning.namespace_sharing import restart_sharers
from pixel_tui.operations.planning.plan import Plan, PlanCheck
from pixel_tui.operations.planning.targets import Target, find_targets, target_named
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import SafeText, plain


@cache
def all_actions() -> tuple[Action, ...]:
    """Return all actions of the catalogue, sorted by group and name."""
    names = pkgutil.walk_packages(catalogue.__path__, f"{catalogue.__name__}.")
    modules = [importlib.import_module(found.name) for found in names if not found.ispkg]
    found = [item for module in modules if isinstance(item := vars(module).get("ACTION"), Action)]
    groups = list(ActionGroup)
    return tuple(sorted(found, key=lambda item: (groups.index(item.group), item.name)))


def find_action(name: str) -> Action:
    """Return the action of this name.

    Raises:
        UsageError: There is no such action.
    """
    for action in all_actions():
        if action.name == name:
            return action
    names = [action.name for action in all_actions()]
    near = nearest_word(name, names)
    hint = f"Did you mean {near}?" if near else f"Actions: {', '.join(names)}."
    raise UsageError("No such action", on=name[:60], hint=hint)


def why_unavailable(
    action: Action, targets: Sequence[TargetRef], snapshot: StackSnapshot, facts: Facts = NO_FACTS
) -> str:
    """Return why an action can't run now on any target; empty if it can on one.

    Args:
        action: The action.
        targets: Services and containers; empty for all active services.
        snapshot: The stack.
        facts: The facts besides the snapshot.
    """
    try:
        project = _require_readable(snapshot, action)
        if reason := action.blocked_by(snapshot, facts):
            return reason
        if action.scope is not Scope.SERVICES:
            return ""
        found = find_targets(targets or _all_services(project), snapshot)
        if not found:
            raise _nothing_found(snapshot)
    except OperationError as error:
        return str(error)
    reasons = [
        (
            target.name,
            _refusal(action, target, snapshot) or action.predict_failure(target, snapshot, facts),
        )
        for target in found
    ]
    possible = any(not reason for _, reason in reasons)
    return "" if possible else listed([f"{name} {reason}" for name, reason in reasons])


def plan_action(
    name: str,
    words: Sequence[str],
    snapshot: StackSnapshot,
    command: ComposeCommand,
    *,
    now: datetime,
    facts: Facts = NO_FACTS,
) -> Plan:
    """Make the plan of an action for the words of a command line; see `plan_targets`.

    Args:
        name: The action's name.
        words: Service names, and container ids or names; or the id that the action's scope needs.
        snapshot: The stack.
        command: The compose command of the project.
        now: The current time, UTC.
        facts: The facts besides the snapshot.

    Raises:
        UsageError: There is no such action.
        OperationError: Nothing can be done; the error has the reason.
    """
    of_services = find_action(name).scope is Scope.SERVICES
    targets = [target_named(word, snapshot) if of_services else TargetRef(word) for word in words]
    return plan_targets(name, targets, snapshot, command, now=now, facts=facts)


def plan_targets(
    name: str,
    targets: Sequence[TargetRef],
    snapshot: StackSnapshot,
    command: ComposeCommand,
    *,
    now: datetime,
    facts: Facts = NO_FACTS,
) -> Plan:
    """Make the plan of an action for targets.

    Targets for which it makes no sense are skipped, with a check that gives the reason.

    Args:
        name: The action's name.
        targets: Services and containers (orphans, one-offs, or one of several of a service);
            empty for all active services. For another scope, the target that it needs.
        snapshot: The stack.
        command: The compose command of the project.
        now: The current time, UTC.
        facts: The facts besides the snapshot.

    Raises:
        UsageError: There is no such action.
        OperationError: Nothing can be done; the error has the reason.
    """
    action = find_action(name)
    project = _require_readable(snapshot, action)
    if reason := action.blocked_by(snapshot, facts):
        raise OperationError(reason)
    if action.scope is not Scope.SERVICES:
        return _draft_without_services(action, targets, snapshot, project, command, facts).finish(
            now
        )
    found = _in_dependency_order(find_targets(targets or _all_services(project), snapshot), project)
    if not found:
        raise _nothing_found(snapshot)
    reasons = [(target, _refusal(action, target, snapshot)) for target in found]
    wanted = [target for target, reason in reasons if not reason]
    refused = [f"{target.name} {reason}" for target, reason in reasons if reason]
    if not wanted:
        raise NothingToDo(f"Nothing to {action.verb.lower()}: {listed(refused)}.")
    failures = {target.name: action.predict_failure(target, snapshot, facts) for target in wanted}
    chosen = tuple(target for target in wanted if not failures[target.name])
    failing = [f"{name} {reason}" for name, reason in failures.items() if reason]
    if not chosen:
        raise OperationError(f"{action.verb} would fail: {listed(failing)}.")
    refused += failing
    draft = PlanDraft(action.name, action.verb, snapshot, project, command, chosen, facts=facts)
    draft.all_services = not targets
    _add_base_checks(draft)
    for words in refused:
        draft.warn(SKIPPED, words)
    action.draft(draft)
    restart_sharers(draft)
    remove_leftovers_first(draft)
    return draft.finish(now)


def _refusal(action: Action, target: Target, snapshot: StackSnapshot) -> str:
    """Return why an action makes no sense for a target, as a predicate; empty if it does."""
    if snapshot.project_trouble is not None and not target.single:
        return "has no container, and compose can't read the project to create it"
    return action.refuse(target)


def _in_dependency_order(found: tuple[Target, ...], project: Project) -> tuple[Target, ...]:
    """Sort single containers after their dependencies, as compose does not order them."""
    ordered = dependency_layers(project, [target.service for target in found])
    place = {name: number for number, layer in enumerate(ordered) for name in layer}
    return tuple(sorted(found, key=lambda target: target.single and place[target.service]))


def _draft_without_services(
    action: Action,
    targets: Sequence[TargetRef],
    snapshot: StackSnapshot,
    project: Project,
    command: ComposeCommand,
    facts: Facts,
) -> PlanDraft:
    """Draft an action whose scope is not services."""
    if action.scope is Scope.PROJECT and targets:
        words = " ".join(target.name for target in targets)
        raise UsageError(f"`{action.name}` applies to the project.", on=words)
    if action.scope in TARGET_NOUNS and len(targets) != 1:
        raise UsageError(f"`{action.name}` needs {TARGET_NOUNS[action.scope]}.")
    draft = PlanDraft(action.name, action.verb, snapshot, project, command, (), facts=facts)
    draft.subject = plain(targets[0].name) if targets else snapshot.project_name
    if action.scope is Scope.HOST:
        _set_host(draft, targets)
    _add_base_checks(draft)
    action.draft(draft)
    restart_sharers(draft)
    remove_leftovers_first(draft)
    return draft


def _set_host(draft: PlanDraft, targets: Sequence[TargetRef]) -> None:
    """Require the machine's name to be typed, in case this is the wrong terminal."""
    host = draft.facts.host
    if targets:
        words = " ".join(target.name for target in targets)
        raise UsageError(f"`{draft.action}` applies to the host.", on=words)
    if not host:
        raise OperationError("The host name of this machine can't be read.", on=draft.verb)
    draft.subject = draft.confirm = host


def _add_base_checks(draft: PlanDraft) -> None:
    draft.checks.append(
        PlanCheck(SafeText("daemon"), ok=True, message=SafeText("the Docker daemon answers"))
    )
    if draft.snapshot.project_trouble is not None:
        draft.warn("project", draft.snapshot.project_trouble.what)
    else:
        message = SafeText("compose resolves the project")
        draft.checks.append(PlanCheck(SafeText("project"), ok=True, message=message))
    if draft.snapshot.other_names:
        other = listed(draft.snapshot.other_names)
        draft.warn(
            "name", f"the containers of this folder belong to project {other}, not to this one"
        )


def _nothing_found(snapshot: StackSnapshot) -> OperationError:
    trouble = snapshot.project_trouble
    if trouble is not None:
        return OperationError(trouble.what, hint=trouble.hint)
    return OperationError("This project has no active service.", on=snapshot.project_name)


def _all_services(project: Project) -> Sequence[TargetRef]:
    """Return all active services, without those of a provider unless there are no others."""
    enabled = [spec for spec in project.services if spec.enabled]
    found = [spec for spec in enabled if not spec.provider] or enabled
    return [TargetRef(spec.name) for spec in found]


def require_engine(snapshot: StackSnapshot) -> None:
    """Raise `OperationError` if the engine does not answer."""
    trouble = snapshot.engine.trouble
    if trouble is not None and snapshot.stale:
        raise OperationError(f"Docker can't be asked: {trouble.what}", hint=trouble.hint)


def _require_readable(snapshot: StackSnapshot, action: Action) -> Project:
    """Return the project; if compose refuses it and the action allows that, without services.

    Raises:
        OperationError: The snapshot is not complete enough for the action.
    """
    require_engine(snapshot)
    trouble = snapshot.project_trouble
    known = not snapshot.stale and snapshot.taken_at is not None
    if trouble is not None and known and (action.by_container or not action.needs_project):
        return snapshot.model or Project(snapshot.project_name, SafeText(""))
    if trouble is not None:
        raise OperationError(trouble.what, hint=trouble.hint)
    if snapshot.stale or snapshot.taken_at is None or snapshot.project is None:
        raise OperationError("The stack is still loading.", hint="Wait a moment and try again.")
    return snapshot.project
