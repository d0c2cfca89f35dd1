"""The volumes that a wipe removes. Pure.

They are the volumes that the resolved model declares, except external ones, and the anonymous
volumes of the containers that `down` removes. They are removed by name, because `down --volumes`
of compose 2.40 may use another model than the one that was read: with `--project-name` and without
`--file` it removes everything with the project's label.
"""

import re
from dataclasses import dataclass
from typing import Final

from pixel_tui.backups.holders import Holder, Volume, volumes_by_name
from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.humanize import listed
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.model.project import Project, VolumeSpec
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import plain

_ANONYMOUS: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class VolumeWipe:
    """The volumes of a project that a wipe removes and keeps."""

    removed: tuple[Volume, ...]
    kept: tuple[tuple[Volume, str], ...]
    """Each with the reason, as a predicate."""
    auto_removed: frozenset[str] = frozenset()
    """Those of `removed` that the engine removes itself, together with a `--rm` container."""


def wiped_volumes(project: Project, facts: Facts, typed: TypedCommands) -> VolumeWipe:
    """Return the volumes that a wipe removes and keeps.

    Args:
        project: The project.
        facts: The volumes, and the containers that use them.
        typed: The commands to type in a shell.

    Raises:
        NothingToDo: No volume would be removed.
        OperationError: The engine did not list its volumes, or a volume would be removed that
            belongs to another project or is used by another container.
    """
    if facts.volumes is None or facts.holders is None:
        raise OperationError(
            "Docker did not list its volumes in time, so what would be lost is unknown.",
            hint="Make the plan again.",
        )
    there = volumes_by_name(facts.volumes)
    services = {spec.name for spec in project.services}
    ours = [item for item in facts.holders if item.project == project.name]
    removed = [item for item in ours if item.service in services]
    others = [item for item in facts.holders if item not in removed]
    declared: dict[str, VolumeSpec] = {spec.name: spec for spec in project.volumes}
    wanted = {name for name, spec in declared.items() if not spec.external and name in there}
    _require_ours(project, [there[name] for name in sorted(wanted)])
    _require_free(sorted(wanted), others, typed)
    held_elsewhere = {name for item in others for name in item.volumes}
    anonymous = {
        name
        for item in removed
        for name in item.volumes
        if name in there and _is_anonymous(there[name]) and name not in held_elsewhere
    }
    gone = wanted | anonymous
    if not gone:
        raise NothingToDo("The project has no volume to remove.")
    near = {name for item in ours for name in item.volumes}
    near |= {spec.name for spec in project.volumes}
    near |= {volume.name for volume in facts.volumes if volume.project == project.name}
    stays = []
    for name in sorted((near & there.keys()) - gone):
        if name in declared and declared[name].external:
            why = "is external"
        elif there[name].project not in {"", project.name}:
            why = f"belongs to the project {there[name].project}"
        else:
            # Compose does not report declared volumes that no service uses.
            why = "is used by no service of the compose file"
            if project.refused_together:
                why += ", as far as compose reads it"
        stays.append((there[name], why))
    kept = {name for item in removed if not item.passing for name in item.volumes}
    return VolumeWipe(
        tuple(there[name] for name in sorted(gone)), tuple(stays), frozenset(anonymous - kept)
    )


def _is_anonymous(volume: Volume) -> bool:
    # Engines before 23 set no label.
    return volume.anonymous or (
        not volume.project and _ANONYMOUS.fullmatch(volume.name) is not None
    )


def _require_ours(project: Project, volumes: list[Volume]) -> None:
    for volume in volumes:
        if volume.project not in {"", project.name}:
            raise OperationError(
                f"Volume {plain(volume.name)} of the compose file belongs to project "
                f"{plain(volume.project)}.",
                hint="Declare it as `external: true` in this project's compose file first.",
            )


def _require_free(names: list[str], others: list[Holder], typed: TypedCommands) -> None:
    for name in names:
        users = [plain(item.name) for item in others if name in item.volumes]
        if users:
            raise OperationError(
                f"Volume {plain(name)} is in use by {listed(users)}, which compose does not "
                "remove.",
                hint=f"Remove it first: `{typed.docker} rm --force {' '.join(users)}`.",
            )
