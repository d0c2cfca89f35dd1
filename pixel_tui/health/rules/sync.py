"""Rules about services that are out of sync with the compose file or the environment. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.stack.model.resource_model import ResourceKind
from pixel_tui.stack.model.snapshot import Service, StackSnapshot, SyncAction
from pixel_tui.text import plain

_BY_KEY: Final[Mapping[SyncAction, str]] = {
    SyncAction.RECREATE: "If that is meant, recreate it (a, Recreate).",
    SyncAction.BUILD: "If that is meant, build it (a, Rebuild).",
    SyncAction.SCALE_UP: "If that is meant, start it (s).",
    SyncAction.SCALE_DOWN: "",  # no action of ours does that and nothing else
    SyncAction.PULL: "",
}
"""The same by the keys of pixel-tui."""


def out_of_sync(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service that `up` would change."""
    if not service.wanted or service.sync.action not in {
        SyncAction.RECREATE,
        SyncAction.SCALE_UP,
        SyncAction.SCALE_DOWN,
        SyncAction.BUILD,
        SyncAction.PULL,
    }:
        return None
    name = service.name
    if service.sync.needs_force:
        return Finding(
            name,
            Severity.NOTE,
            plain("can't be started: up would fail, unless it recreates it"),
            service.sync.reason,
            plain(f"Recreate it: {snapshot.typed.pixel_tui} run recreate {name}"),
            plain("Recreate it (a, Recreate)."),
        )
    return Finding(
        name,
        Severity.NOTE,
        plain(f"is out of sync with the compose file: `up` would {service.sync.action.value} it"),
        service.sync.reason,
        plain(
            "If that is meant, recreate it here (a): everything on its network is recreated too."
            " `docker compose up` of one service would fail half way."
            if _on_changed_network(service, snapshot)
            else f"If that is meant: {snapshot.typed.compose} up -d {name}"
        ),
        plain("" if _on_changed_network(service, snapshot) else _BY_KEY[service.sync.action]),
    )


def _on_changed_network(service: Service, snapshot: StackSnapshot) -> bool:
    keys = service.spec.network_keys if service.spec else ()
    return any(
        item.kind is ResourceKind.NETWORK and item.key in keys and not item.unread
        for item in snapshot.diverged
    )


def changed_volume(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service with a changed volume, which `up` can't apply."""
    if service.sync.action is not SyncAction.VOLUME:
        return None
    return Finding(
        service.name,
        Severity.NOTE,
        plain("has a volume that is out of sync with the compose file"),
        service.sync.reason,
        plain("Undo the change, or: back it up, remove it, run `up`, restore it."),
    )


def built_otherwise(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service whose image was built with other values than the present ones."""
    if service.sync.action is not SyncAction.REBUILD:
        return None
    compose = snapshot.typed.compose
    return Finding(
        service.name,
        Severity.WARNING,
        plain("uses values built into its image, not the current environment"),
        service.sync.reason,
        plain(f"Rebuild it: {compose} build {service.name} && {compose} up -d {service.name}"),
        plain("Rebuild it (a, Rebuild)."),
    )


def is_of_old_content(finding: Finding, snapshot: StackSnapshot) -> bool:
    """Return whether a finding is about an old secret, config or environment file."""
    service = snapshot.service(finding.service)
    old = service.outdated if service is not None else None
    return old is not None and finding.what == old.what


def old_content(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    """Find a service that may have an old secret, config or environment file."""
    old = service.outdated
    if old is None or not service.wanted:
        return None
    name, program = service.name, snapshot.typed.pixel_tui
    return Finding(
        name,
        Severity.NOTE,
        old.what,
        old.why,
        plain(
            f"Restart it: {program} run restart {name}"
            if old.restart_is_enough
            else f"Recreate it: {program} run recreate {name}"
        ),
        plain("Restart it (r)." if old.restart_is_enough else "Recreate it (a, Recreate)."),
    )
