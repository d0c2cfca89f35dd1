"""Checks that `up` finds the networks and volumes it needs, after files were restored.

Restored files may configure a network differently from the existing one. `up` then stops its
services on that network, fails to remove it because of others, and leaves the first ones down. Or
the files may name external resources that are missing. All this is known only once the files are
restored.
"""

import os
from collections.abc import Collection, Mapping, Sequence

from pixel_tui.backups.stack_view import ASK_SECONDS, StackView
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import EVERY_PROFILE, shown
from pixel_tui.stack.compose.message_masking import failure_reason
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object
from pixel_tui.stack.model.parse_project import externals_of
from pixel_tui.stack.model.resource_model import Resource, ResourceKind
from pixel_tui.stack.model.resources import parse_resources


def require_resources(view: StackView, services: Sequence[str]) -> None:
    """Check that networks of these services, and of their dependencies, match the files.

    Also that external networks and volumes exist, which compose never creates.

    Args:
        view: The engine and the project.
        services: The services of the `up` command.

    Raises:
        OperationError: One differs or is missing, or that can't be determined.
    """
    model = _model(view)
    nodes = dict(Node(model)["services"].members())
    wanted = {
        str(item.key): item
        for item in parse_resources(model)
        if item.kind is ResourceKind.NETWORK and item.config_hash
    }
    there = view.network_hashes()
    touched = _with_needs(services, nodes)
    changed = [
        wanted[key]
        for key in sorted({key for name in touched for key in _networks(nodes[name])})
        if key in wanted and there.get(wanted[key].name, wanted[key].config_hash)
        != wanted[key].config_hash
    ]  # fmt: skip
    _require_externals(view, [nodes[name] for name in touched], Node(model))
    if changed:
        raise _refusal(view, services, nodes, changed)


def _require_externals(view: StackView, services: Sequence[Node], project: Node) -> None:
    wanted = sorted({item for node in services for item in externals_of(project, node)})
    volumes = view.all_volumes() if any(item.kind == "volume" for item in wanted) else []
    networks = view.all_networks() if any(item.kind == "network" for item in wanted) else []
    there = {"volume": volumes, "network": networks}
    missing = [item for item in wanted if item.name not in there[item.kind]]
    if missing:
        makes = (view.command.docker_argv(item.kind, "create", item.name) for item in missing)
        raise OperationError(
            f"In the restored files, {missing[0].kind} {missing[0].name} is external, but it "
            "does not exist. Files and tags are restored; containers were not changed.",
            hint=f"Create it, and make the plan again: {' && '.join(map(shown, makes))}",
        )


def _refusal(
    view: StackView, services: Sequence[str], nodes: Mapping[str, Node], changed: list[Resource]
) -> OperationError:
    keys = {str(item.key) for item in changed}
    seen = view.containers()
    ids = {item.id for item in seen if item.service in nodes}
    names = [str(item.name) for item in changed]
    running = {item.service for item in seen if item.running}
    on = sorted(name for name in running if name in nodes and keys & set(_networks(nodes[name])))
    others = sorted(
        item["Name"].raw
        for network in map(Node, view.inspect("network", names))
        for key, item in network["Containers"].members()
        if key not in ids
    )
    command = view.command
    up = ("up", "--detach", "--no-build", "--force-recreate")
    lines = [
        *([command.docker_argv("stop", names=others)] if others else []),
        *([command.compose_argv("stop", names=on)] if on else []),
        command.docker_argv("network", "rm", names=names),
        command.compose_argv(*up, names=sorted({*services, *on})),
    ]
    return OperationError(
        f"In the restored files, network {', '.join(names)} differs from the existing one, and "
        "`up` would stop some of its containers. Files and tags are restored; containers were "
        "not changed.",
        hint=f"To run it as it was: {' && '.join(map(shown, lines))}",
    )


def _model(view: StackView) -> JsonObject:
    words = ("config", "--format", "json")
    result = view.programs.run(
        view.command.compose_argv(*EVERY_PROFILE, *words), patience=ASK_SECONDS
    )
    if result.code:  # profiles may exclude each other
        active = view.programs.run(view.command.compose_argv(*words), patience=ASK_SECONDS)
        if active.code:
            reason = failure_reason(result, view.command, os.environ)
            raise OperationError(f"Compose can't read the restored files: {reason}")
        result = active
    try:
        return load_object(result.output)
    except ValueError as error:
        raise OperationError("Compose did not print the project as JSON.") from error


def _with_needs(services: Sequence[str], nodes: Mapping[str, Node]) -> Collection[str]:
    """Return the services with their direct and indirect dependencies."""
    found: set[str] = set()
    left = [name for name in services if name in nodes]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [key for key, _ in nodes[name]["depends_on"].members() if key in nodes]
    return found


def _networks(service: Node) -> list[str]:
    return [key for key, _ in service["networks"].members()]
