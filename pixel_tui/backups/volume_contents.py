"""Decides what of each named volume is copied."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pixel_tui.backups.left_out import Gaps
from pixel_tui.backups.manifest import Cover, Gap, VolumeContent
from pixel_tui.backups.outside import OutsideResult
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.search import SearchResult, search
from pixel_tui.backups.search_places import path_within
from pixel_tui.backups.source_model import InVolume, Stack
from pixel_tui.backups.stack_view import inside
from pixel_tui.backups.volumes import VolumeKnowledge, volume_source
from pixel_tui.plurals import counted


@dataclass(slots=True)
class HeldVolume:
    """A volume and its users."""

    words: str
    names: set[str]
    """Names that the settings may use for it."""
    stored: bool = False
    """Whether a service can write to it."""


def held_volumes(stack: Stack) -> dict[str, HeldVolume]:
    """Return all existing volumes, by name."""
    there = {*stack.volumes, *stack.declared.external}
    found: dict[str, HeldVolume] = {}
    for item in stack.users:
        for name, target in item.volumes:
            if item.made or name in there:
                held = found.setdefault(
                    name, HeldVolume(f"{item.service} mounts it at {target}", {name})
                )
                held.names.add(f"{item.service}:{target}")
                held.stored = held.stored or target not in item.read_only
    for name in stack.volumes:
        found.setdefault(name, HeldVolume("no service uses it", {name}))
    return found


def search_volumes(
    policy: Policy,
    held: Mapping[str, HeldVolume],
    opened: VolumeKnowledge,
    server_volume_names: set[str],
    searched: tuple[Sequence[str], SearchResult],
    outside_of: Callable[[str], OutsideResult],
    gaps: Gaps,
) -> tuple[list[InVolume], list[VolumeContent]]:
    """Return the databases in volumes, and what of each volume is copied.

    Args:
        policy: The project's rules.
        held: The volumes, except those of running servers.
        opened: What is known about the volumes.
        server_volume_names: Volumes of servers, including ones that don't run.
        searched: The databases in the project's folder, and the result of that search.
        outside_of: Searches a folder outside of the project.
        gaps: Gets the gaps.
    """
    databases: list[InVolume] = []
    contents: list[VolumeContent] = []
    for name in sorted(held.keys() - opened.gone):
        place, known, is_missing = opened.folders.get(name), held[name], False
        by: tuple[str, ...] = ()
        if known.names & set(policy.skip_volumes):
            cover, reason = Cover.NOTHING, "skipped by the settings"
        elif name in server_volume_names:
            # The gap is the server that does not run.
            cover, reason = Cover.UNKNOWN, "its server is not running"
        elif name in opened.in_memory:
            cover, reason = (
                Cover.NOTHING,
                "it is in memory: its content is lost with its containers",
            )
        elif (folder := opened.bound.get(name)) and (relative := path_within(folder, policy)):
            cover, by, reason = _in_bound(folder, relative, searched)
        elif folder:
            result = outside_of(folder)
            cover = Cover.UNKNOWN if result.gap is Gap.UNKNOWN else Cover.NOTHING
            reason, is_missing = f"it is {folder}: {result.why}", result.is_missing and known.stored
        elif place is not None:
            found = search([place], [])
            inner = _in_volume(name, place, found)
            databases += inner
            by = tuple(volume_source(name, item.relative) for item in inner)
            cover, reason = _cover(len(inner), sure=not found.is_incomplete(place))
            if found.server_data:
                reason = f"{reason}; {found.server_data[0].words}"
                is_missing = known.stored
            if unread := [str(path) for path, _ in found.unread]:
                reason += f"; {len(unread)} in it could not be read, such as {unread[0]}"
                is_missing = True
        else:
            why = opened.why.get(name, "")
            cover = Cover.UNKNOWN
            reason = f"its content is unknown and not copied{f' ({why})' if why else ''}"
            is_missing = known.stored
        gap = Gap.UNKNOWN if cover is Cover.UNKNOWN else Gap.NOT_COPIED
        gaps.add(volume_title(name), f"{reason}; {known.words}", gap, expected=is_missing)
        contents.append(VolumeContent(name, cover, by, reason))
    return databases, contents


def _cover(databases: int, *, sure: bool) -> tuple[Cover, str]:
    """Return what of a folder with some databases is copied, also in words.

    Args:
        databases: How many were found.
        sure: Whether all of it was searched.
    """
    if databases:
        count = counted(databases, "database")
        return Cover.DATABASES, f"only {count} in it copied, no other files"
    where = "it" if sure else "its readable part"
    cover = Cover.NOTHING if sure else Cover.UNKNOWN
    return cover, f"its content is not copied: no SQLite database in {where}"


def _in_bound(
    folder: str, relative: str, searched: tuple[Sequence[str], SearchResult]
) -> tuple[Cover, tuple[str, ...], str]:
    """Return what is copied of a volume that is bound to a folder of the project."""
    databases, found = searched
    by = tuple(name for name in databases if PurePosixPath(name).is_relative_to(relative))
    is_incomplete = found.is_incomplete(Path(folder))
    cover, reason = _cover(len(by), sure=not is_incomplete)
    if is_incomplete:
        reason += "; some of it could not be read"
    return cover, by, f"it is the folder {relative}: {reason}"


def _in_volume(name: str, place: Path, found: SearchResult) -> list[InVolume]:
    inner = []
    for path in found.databases:
        relative = inside(str(path), place)
        if relative is not None:
            inner.append(InVolume(name, relative, found.real[path]))
    return sorted(inner, key=lambda item: item.relative)


def volume_title(name: str) -> str:
    """Return the name of a volume among the gaps."""
    return f"volume {name}"
