"""Checks whether built images are older than their sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.doctor.project_checks import MAX_SHOWN, Unknown
from pixel_tui.doctor.report import DoctorCheck, ok, skipped, warning
from pixel_tui.errors import SINGLE_OBJECT_ERRORS, ConsoleError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_times import parse_time
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.programs.git_files import last_commit

NAME: Final = "images"
READ_SECONDS: Final = 20.0
"""For all images; git has its own time limit for each call."""


@dataclass(frozen=True, slots=True)
class ImageAge:
    """The time of an image's build, and of the last commit of its sources."""

    service: str
    built: datetime
    committed: datetime

    @property
    def old(self) -> bool:
        """Whether it can't contain the last commit."""
        return self.built < self.committed


def read_image_ages(
    project: Project,
    engine: EngineReader,
    records: BuildRecords,
    environment: Mapping[str, str],
) -> tuple[ImageAge, ...]:
    """Return the ages of the images of active services that are built from a git checkout. Blocks.

    Args:
        project: The resolved model.
        engine: The engine.
        records: The times of builds here: a build without changes keeps the old image with its
            old time.
        environment: The environment variables of this process.

    Raises:
        EngineError: The engine can't be reached.
    """
    commits: dict[str, datetime | None] = {}
    found = []
    for spec in project.services:
        if not spec.enabled or not spec.build_folder:
            continue
        built = _built_at(spec, engine, records)
        if built is None:
            continue
        if spec.build_folder not in commits:
            commits[spec.build_folder] = last_commit(Path(spec.build_folder), environment)
        committed = commits[spec.build_folder]
        if committed is not None:
            found.append(ImageAge(spec.name, built, committed))
    return tuple(found)


def _built_at(spec: ServiceSpec, engine: EngineReader, records: BuildRecords) -> datetime | None:
    """Return the latest known time of a build; None if there is no image."""
    try:
        image: JsonObject | None = engine.image(spec.image)
    except SINGLE_OBJECT_ERRORS:
        return None
    node = Node(image)
    times = [parse_time(item.raw) for item in (node["Created"], node["Metadata"]["LastTagTime"])]
    record = records.read().get(node["Id"].raw)
    if record is not None:
        times.append(datetime.fromtimestamp(record.built_at, UTC))
    return max((item for item in times if item is not None), default=None)


def check_images(found: tuple[ImageAge, ...] | ConsoleError | Unknown) -> DoctorCheck:
    """Check whether a build context has a commit that is newer than its image."""
    if isinstance(found, Unknown):
        return skipped(NAME, found.why)
    if isinstance(found, ConsoleError):
        return skipped(NAME, found.sentence)
    if not found:
        return skipped(NAME, "No image is built from a git checkout.")
    old = [item for item in found if item.old]
    if not old:
        names = ", ".join(item.service for item in found)
        return ok(NAME, f"Not older than the last commit of their source: {names}.")
    old_images = [
        f"{item.service} (built {_minute(item.built)}, commit {_minute(item.committed)})"
        for item in old[:MAX_SHOWN]
    ]
    more = f"; and {len(old) - MAX_SHOWN} more" if len(old) > MAX_SHOWN else ""
    return warning(
        NAME,
        f"Older than the last commit of their source: {'; '.join(old_images)}{more} (UTC).",
        f"Rebuild {', '.join(item.service for item in old)} to run that commit.",
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
