"""What prevents compose from bringing a service up. Pure."""

from dataclasses import dataclass

from pixel_tui.stack.model.snapshot import Service, StackSnapshot, SyncAction
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why `up` of a service fails at present, or has to get an image first."""

    why: SafeText
    fix: SafeText
    """What to do first, as a sentence without its full stop."""


def obstacle(service: Service, snapshot: StackSnapshot) -> Obstacle | None:
    """Return the obstacle of a service or of its dependencies; None if none is known.

    Args:
        service: A service without a container, or with one that was never started.
        snapshot: The stack that it is part of.
    """
    if (own := _own_obstacle(service, snapshot) or _missing_image(service, snapshot)) is not None:
        return own
    return _dependency_obstacle(service, snapshot, frozenset())


def _dependency_obstacle(
    service: Service, snapshot: StackSnapshot, above: frozenset[str]
) -> Obstacle | None:
    """Return the obstacle of a dependency; missing images don't count, `up` gets them as well."""
    above |= {service.name}
    for dependency in service.spec.depends_on if service.spec else ():
        other = snapshot.service(dependency.service)
        if other is None or other.name in above or other.members or not other.wanted:
            continue
        if (
            found := _own_obstacle(other, snapshot) or _dependency_obstacle(other, snapshot, above)
        ) is not None:
            return Obstacle(plain(f"it waits for {other.name}: {found.why}"), found.fix)
    return None


def _own_obstacle(service: Service, snapshot: StackSnapshot) -> Obstacle | None:
    spec = service.spec
    if service.missing:
        names = ", ".join(f"{item.kind} {item.name}" for item in service.missing)
        first = service.missing[0]
        empty = " (empty)" if first.kind == "volume" else ""
        return Obstacle(
            plain(f"external {names} does not exist, and compose does not create external ones"),
            plain(
                f"Start its project, or create it{empty}: "
                f"{snapshot.typed.docker} {first.kind} create {first.name}"
            ),
        )
    correct = plain("Correct it in the compose file or in .env.")
    if spec is not None and spec.refused:
        return Obstacle(plain(f"compose refuses it: {spec.refused}"), correct)
    if service.sync.action is SyncAction.UNKNOWN and service.sync.reason:
        return Obstacle(service.sync.reason, correct)
    return None


def _missing_image(service: Service, snapshot: StackSnapshot) -> Obstacle | None:
    if service.sync.action not in {SyncAction.BUILD, SyncAction.PULL}:
        return None
    compose, name = snapshot.typed.compose, service.name
    words = f"{compose} {service.sync.action.value} {name} && {compose} up -d {name}"
    return Obstacle(service.sync.reason, plain(f"Get its image first: {words}"))
