"""Predicts what `docker compose up` would do to a service, and why. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.plurals import counted
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.built_with import is_baked
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.deliveries import Outdated
from pixel_tui.stack.model.fingerprints import differing_names
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.removed_networks import IDLE, removed_networks
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import NO_BUILD, BuildState, Sync, SyncAction
from pixel_tui.stack.model.words import state_words
from pixel_tui.text import NO_TEXT, SafeText, plain

REFUSED: Final = ""
"""Used instead of an image's id if the engine rejects the reference (`a//b`, `name:`)."""
NO_NAMES: Final[Mapping[str, frozenset[str]]] = {}
OF_PROXIES: Final = {f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "FTP", "NO", "ALL")}
"""Variables that docker's own configuration may add to a container, also in lower case."""
MAX_NAMED: Final = 5
"""The maximum number of variables listed by name."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The changes of a project's networks and volumes."""

    diverged: tuple[Diverged, ...] = ()
    """Existing networks and volumes that differ from the compose file."""
    removed: frozenset[str] = frozenset()
    """The ids of removed networks that containers were created with."""

    def changed(self, kind: ResourceKind, keys: Collection[str]) -> str:
        """Return the names of the changed ones with these keys, as a list; empty if none."""
        names = [
            item.name
            for item in self.diverged
            if item.kind is kind and item.key in keys and not item.unread
        ]
        return ", ".join(names)


NO_RESOURCES: Final = Resources()


def sync(
    spec: ServiceSpec | None,
    regular: Sequence[Container],
    images: Mapping[str, str | None],
    present: Collection[str] = (),
    build: BuildState = NO_BUILD,
    own_variables: Mapping[str, frozenset[str]] = NO_NAMES,
    resources: Resources = NO_RESOURCES,
    old: Outdated | None = None,
) -> Sync:
    """Return what `docker compose up` would do to a service.

    Compose 2 recreates a container if its label `config-hash` differs from the present hash of
    the service, or its image from the present one of the reference. It recreates a network, with
    the containers on it, if its label differs from the present hash of the network.
    """
    if spec is None:
        return Sync(SyncAction.ORPHAN, plain("it is not in the compose file"))
    image = images.get(spec.image)
    invalid, missing = image == REFUSED, spec.image in images and image is None
    if not spec.enabled:
        words = f"profile {', '.join(spec.profiles)} is not active"
        return Sync(SyncAction.OFF, plain(words), invalid, missing)
    if spec.provider:
        words = f"{spec.provider} provides it: `up` runs that, and there is no container"
        return Sync(SyncAction.PROVIDER, plain(words))
    if invalid:
        words = masked_text(spec.image)
        words = f"“{words}” is not a valid image name: is a variable in it empty?"
        return Sync(SyncAction.UNKNOWN, plain(words), invalid)
    if missing:
        action = SyncAction.BUILD if spec.builds else SyncAction.PULL
        how = "built" if spec.builds else "pulled"
        words = f"image {masked_text(spec.image)} is missing: it would be {how}"
        return Sync(action, plain(words), missing_image=True)
    if not regular:
        absent = Sync(SyncAction.CREATE, plain("it has no container"))
        return absent if spec.replicas else Sync(SyncAction.NOTHING)
    if not spec.config_hash:
        return Sync(SyncAction.UNKNOWN, plain("compose did not report its configuration hash"))
    return (
        _recreate(spec, regular, image, present, build, own_variables, resources)
        or _scale(spec, regular)
        or _start(regular, old)
        or _unreliable_hash(spec, regular)
        or _changed_volume(spec, resources)
        or _unreadable_resource(spec, resources)
        or _rebuild(build)
        or Sync(SyncAction.NOTHING, _doubts(old, build))
    )


def _unreliable_hash(spec: ServiceSpec, regular: Sequence[Container]) -> Sync | None:
    """Return "unknown" if the hash differs but is not reliable."""
    if not spec.hash_doubt or not _hash_differs(spec, regular):
        return None
    return Sync(SyncAction.UNKNOWN, plain(f"{spec.hash_doubt}: compose reports no hash"))


def _hash_differs(spec: ServiceSpec, regular: Sequence[Container]) -> bool:
    return any(container.config_hash != spec.config_hash for container in regular)


def _recreate(
    spec: ServiceSpec,
    regular: Sequence[Container],
    image: str | None,
    present: Collection[str],
    build: BuildState,
    own_variables: Mapping[str, frozenset[str]],
    resources: Resources,
) -> Sync | None:
    reasons = []
    if spec.joins and any(set(container.joins) - set(present) for container in regular):
        reasons.append(f"the container of {', '.join(spec.joins)} that it shared with is gone")
    elif _hash_differs(spec, regular) and not spec.hash_doubt:
        reasons.append(_describe_change(spec, regular, own_variables))
    disconnected = {
        name
        for name in spec.networks
        for container in regular
        if container.state is ContainerState.RUNNING
        and not container.partial
        and name not in {at.network for at in container.networks}
    }
    if disconnected:
        reasons.append(f"it is not connected to {', '.join(sorted(disconnected))}")
    if image and any(container.image_id not in {NO_TEXT, image} for container in regular):
        reasons.append(f"image {masked_text(spec.image)} has changed")
    replaced = bool(reasons)
    if networks := resources.changed(ResourceKind.NETWORK, spec.network_keys):
        reasons.append(f"network {networks} has changed in the compose file")
    removed = () if networks else removed_networks(regular, resources.removed)
    if removed:
        reasons.append(f"the network {', '.join(removed)} that it was created with is gone")
    if not reasons:
        return None
    words = " and ".join(reasons)
    kept = [
        name
        for name in kept_by_image(spec, regular, build)
        if name in build.other or is_baked(name)
    ]
    if kept:
        words += f", and {', '.join(kept)} is built into its image: rebuild it"
    # `up` compares only the networks of running containers, and starts others unchanged.
    needs_force = bool(removed) and not replaced
    return Sync(SyncAction.RECREATE, plain(words), needs_force=needs_force)


def _unreadable_resource(spec: ServiceSpec, resources: Resources) -> Sync | None:
    """Return "unknown" if a network or volume can't be read, as with some socket proxies."""
    for item in resources.diverged:
        keys = spec.network_keys if item.kind is ResourceKind.NETWORK else spec.volumes
        if item.unread and item.key in keys:
            words = f"{item.kind.value} {item.name} can't be compared: {item.unread}"
            return Sync(SyncAction.UNKNOWN, plain(words))
    return None


def _changed_volume(spec: ServiceSpec, resources: Resources) -> Sync | None:
    names = resources.changed(ResourceKind.VOLUME, spec.volumes)
    if not names:
        return None
    words = f"volume {names} has changed in the compose file, but stays unchanged"
    return Sync(SyncAction.VOLUME, plain(words))


def _describe_change(
    spec: ServiceSpec,
    regular: Sequence[Container],
    own_variables: Mapping[str, frozenset[str]],
) -> str:
    """Describe what has changed, with the names of variables if it is the environment."""
    found: set[SafeText] = set()
    for container in regular:
        if container.config_hash != spec.config_hash:
            found.update(differing_names(spec.variables, container.variables))
            found |= _removed_variables(spec, container, own_variables.get(container.image_id))
    names = sorted(found)
    if not names:
        return "its configuration has changed"
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"its environment has changed ({', '.join(names[:MAX_NAMED])}{more})"


def kept_by_image(
    spec: ServiceSpec, regular: Sequence[Container], build: BuildState
) -> Sequence[SafeText]:
    """Return changed build arguments, whose new values a recreate does not apply.

    They are found by the image, which was built with another value, or by the containers, whose
    variables of the same name differ from the present values.
    """
    arguments = {name for name, _ in spec.build_arguments}
    found = {name for item in regular for name in differing_names(spec.variables, item.variables)}
    return sorted((found & arguments) - set(build.same) | set(build.other))


def _removed_variables(
    spec: ServiceSpec, container: Container, own: frozenset[str] | None
) -> set[SafeText]:
    """Return the variables that compose set in a container and would not set in a new one."""
    if own is None:  # the variables of its image are not known
        return set()
    wanted = {name for name, _ in spec.variables}
    has = {name for name, _ in container.variables if name.upper() not in OF_PROXIES}
    return has - wanted - own


def _rebuild(build: BuildState) -> Sync | None:
    """Return "rebuild" if the image is known to be built with other values than the present."""
    if not build.other:
        return None
    return Sync(SyncAction.REBUILD, plain(f"image built with another {', '.join(build.other)}"))


def _doubts(old: Outdated | None, build: BuildState) -> SafeText:
    """Return why it is not certain that the service is in sync; empty if it is."""
    doubts = [f"it {old.what}: {old.why}"] if old is not None else []
    return plain("; ".join(filter(None, (*doubts, _unknown_arguments(build)))))


def _unknown_arguments(build: BuildState) -> SafeText:
    """Describe build arguments that are neither recorded nor in the image's history.

    This is not a warning, because it applies to nearly every image built by hand. The next build
    with pixel-tui records them.
    """
    if not build.unknown:
        return NO_TEXT
    names = ", ".join(build.unknown)
    return plain(f"image built from unknown values ({names}); a rebuild here records them")


def _scale(spec: ServiceSpec, regular: Sequence[Container]) -> Sync | None:
    have = len(regular)
    if have < spec.replicas:
        return Sync(SyncAction.SCALE_UP, plain(f"{have} of {spec.replicas} containers exist"))
    if have > spec.replicas:
        words = f"{counted(have, 'container')}, {spec.replicas} wanted"
        return Sync(SyncAction.SCALE_DOWN, plain(words))
    return None


def _start(regular: Sequence[Container], old: Outdated | None) -> Sync | None:
    idle = [item for item in regular if item.state in IDLE]
    if not idle:
        return None
    also = f", and it {old.what}" if old is not None else ""
    return Sync(SyncAction.START, plain(f"{idle[0].name} {state_words(idle[0].state)}{also}"))
