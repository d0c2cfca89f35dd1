"""Resolves a project that compose accepts only with its active profiles."""

from concurrent.futures import ThreadPoolExecutor

from pixel_tui.errors import ComposeRefused
from pixel_tui.stack.compose.call import ComposeCall
from pixel_tui.stack.compose.command import EVERY_PROFILE, UNRESOLVED
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.refusals import invalid_json, reason
from pixel_tui.stack.compose.resolution import Resolution
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object


def resolve_active(call: ComposeCall, refusal: ComposeRefused) -> Resolution:
    """Resolve the project with its active profiles, if compose refuses all profiles together.

    The services of other profiles must not count as orphans. Each is resolved by its name, as
    `up SERVICE` reads it; if compose refuses that as well, it is added unresolved, as written in
    the file. These services have no hash.

    Args:
        call: Runs compose.
        refusal: Why compose refuses the project with every profile.

    Raises:
        ComposeError: Compose refuses the project even so, or can't be run.
    """
    command = call.command
    try:
        argv = command.reading_argv("config", "--format", "json")
        output, messages = call.finish(call.start(argv))
        config = load_object(output)
        written = _unresolved(call)
    except ComposeRefused:
        raise refusal from None
    except ValueError as error:
        raise invalid_json(command) from error
    services = dict(Node(config)["services"].members())
    rest = {
        name: node
        for name, node in Node(written)["services"].members()
        if name not in services and node["profiles"]
    }
    if not rest:
        raise refusal
    with ThreadPoolExecutor(max_workers=2) as pool:
        for_down = pool.submit(_volumes_for_down, call)
        asked = dict(
            zip(rest, pool.map(lambda name: _resolve_by_name(call, name), rest), strict=True)
        )
    found = for_down.result()
    down = frozenset() if isinstance(found, ComposeRefused) else found
    named = {name: Node(item) for name, item in asked.items() if isinstance(item, dict)}
    both = {name: node.value for name, node in (services | rest).items()}
    both |= {name: node["services"][name].value for name, node in named.items()}
    models = (_kept_volumes(written, down), *named.values(), Node(config))
    others = {
        kind: {key: item.value for node in models
               for key, item in node[kind].members()}
        for kind in ("networks", "volumes")
    }  # fmt: skip
    return Resolution(
        config={**config, **others, "services": both},
        active=frozenset(services),
        warnings=compose_warnings(messages),
        left_out=frozenset(rest),
        left_out_reason=f"{_profile_names(rest)} not read: {reason(refusal)}",
        refused={name: item for name, item in asked.items() if isinstance(item, str)},
        refused_together=reason(found) if isinstance(found, ComposeRefused) else "",
    )


def _profile_names(services: dict[str, Node]) -> str:
    names = sorted({item.raw for node in services.values() for item in node["profiles"]})
    return f"profile {names[0]} is" if len(names) == 1 else f"profiles {', '.join(names)} are"


def _kept_volumes(written: JsonObject, down: frozenset[str]) -> Node:
    """Return the unresolved volumes of a project that `down` includes."""
    kept = {
        key: node.value
        for key, node in Node(written)["volumes"].members()
        # A name with a variable in it is not known, because it is unresolved.
        if key in down and "$" not in node["name"].raw
    }
    return Node({"volumes": kept})


def _volumes_for_down(call: ComposeCall) -> frozenset[str] | ComposeRefused:
    """Return the keys of the volumes that `down` includes, or the refusal.

    `down` reads no env file and accepts duplicate container names. So does `config` if it only
    lists names.
    """
    words = (*EVERY_PROFILE, "config", "--no-env-resolution", "--volumes")
    try:
        return frozenset(call.read(*words).split())
    except ComposeRefused as refusal:
        return refusal


def _resolve_by_name(call: ComposeCall, service: str) -> JsonObject | str:
    """Return the project as `up SERVICE` reads it, or the reason why compose refuses it."""
    try:
        found = load_object(call.read("config", "--format", "json", "--", service))
    except ComposeRefused as refusal:
        return reason(refusal)
    except ValueError as error:
        raise invalid_json(call.command) from error
    return found if Node(found)["services"][service] else "it is not part of the project"


def _unresolved(call: ComposeCall) -> JsonObject:
    """Return the project as written: not interpolated, not checked."""
    return load_object(call.read(*EVERY_PROFILE, "config", *UNRESOLVED, "--format", "json"))
