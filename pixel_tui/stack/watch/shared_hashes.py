"""Hashes of services that share namespaces or volumes, which include ids of containers."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_project import providers_of
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.service_hash import shared_services, up_hash
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.text import NO_TEXT, plain


def sharing_services(resolved: ResolvedProject) -> dict[str, JsonObject]:
    """Return the resolved services that share namespaces or volumes of others.

    Services that depend on a provider are left out: it may add variables, so that their hash is
    not known even with the ids.
    """
    return {
        name: service
        for name, node in Node(resolved.config)["services"].members()
        if isinstance(service := node.value, dict)
        and any(shared_services(service))
        and not providers_of(Node(resolved.config), node)
    }


def with_shared(
    project: Project, sharing: Mapping[str, JsonObject], containers: Collection[Container]
) -> Project:
    """Return the project with the hashes that `up` would write now for sharing services.

    Args:
        project: The project with the hashes printed by compose.
        sharing: The services that share namespaces or volumes.
        containers: All containers, whose ids are part of these hashes.
    """
    if not sharing:
        return project
    regular = (item for item in containers if not (item.oneoff or item.replaces))
    ordered = sorted(regular, key=lambda item: item.number, reverse=True)
    ids = {str(item.service): item.id for item in ordered}
    return replace(
        project,
        services=tuple(
            _shared(spec, sharing[spec.name], ids) if spec.name in sharing else spec
            for spec in project.services
        ),
    )


def _shared(spec: ServiceSpec, service: JsonObject, ids: Mapping[str, str]) -> ServiceSpec:
    found = up_hash(service, spec.config_hash, ids=ids) if spec.config_hash else ""
    return replace(spec, config_hash=plain(found), hash_doubt=NO_TEXT) if found else spec
