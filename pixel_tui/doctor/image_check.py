"""The images that are built here: are they older than what they were built from?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.doctor.project_checks import SHOWN, Unknown
from pixel_tui.doctor.report import DoctorCheck, ok, skipped, warning
from pixel_tui.errors import SINGLE_OBJECT_ERRORS, ConsoleError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_times import parse_time
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.programs.git_files import last_commit

NAME: Final = "images"
LOOKING_SECONDS: Final = 20.0
"""For all of them: git has its own limit for each question."""


@dataclass(frozen=True, slots=True)
class ImageAge:
    """When an image was made, and when its sources were changed last."""

    service: str
    built: datetime
    committed: datetime

    @property
    def old(self) -> bool:
        """Whether there is a commit that can't be in it."""
        return self.built < self.committed


def look_at_images(
    project: Project,
    engine: EngineReader,
    records: BuildRecords,
    environment: Mapping[str, str],
) -> tuple[ImageAge, ...]:
    """The age of each active service's image whose build context git knows. Blocks.

    Args:
        project: The resolved model.
        engine: The engine.
        records: When images were built here: a build that changes nothing keeps the image, with
            the time of when it was made first.
        environment: The variables of this process.

    Raises:
        EngineError: The engine can't be asked.
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
    """The latest that is known of; None if there is no such image."""
    try:
        image: JsonObject | None = engine.image(spec.image)
    except SINGLE_OBJECT_ERRORS:
        return None
    node = Node(image)
    made = [parse_time(item.raw) for item in (node["Created"], node["Metadata"]["LastTagTime"])]
    record = records.read().get(node["Id"].raw)
    if record is not None:
        made.append(datetime.fromtimestamp(record.built_at, UTC))
    return max((item for item in made if item is not None), default=None)


def check_images(found: tuple[ImageAge, ...] | ConsoleError | Unknown) -> DoctorCheck:
    """Is there a commit in a build context that is younger than the image?"""
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
    words = [
        f"{item.service} (built {_minute(item.built)}, commit {_minute(item.committed)})"
        for item in old[:SHOWN]
    ]
    more = f"; and {len(old) - SHOWN} more" if len(old) > SHOWN else ""
    return warning(
        NAME,
        f"Older than the last commit of their source: {'; '.join(words)}{more} (UTC).",
        f"Rebuild {', '.join(item.service for item in old)} to run that commit.",
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
