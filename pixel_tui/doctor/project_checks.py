"""The project: compose, what it resolves, its containers and what can be read of them."""

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.doctor.engine_checks import version_pair
from pixel_tui.doctor.report import (
    DoctorCheck,
    failed,
    failed_with,
    ok,
    skipped,
    warning,
)
from pixel_tui.errors import ConsoleError
from pixel_tui.health.stack_findings import unknown_profiles
from pixel_tui.plurals import counted
from pixel_tui.stack.compose.compose_missing import INSTALL, compose_missing, is_compose_missing
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.model.project import Project
from pixel_tui.text import SafeText

OLDEST_COMPOSE: Final = 2
SHOWN: Final = 3
_NOT_THERE: Final = os.strerror(errno.ENOENT)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that was not asked for, since what it rests on is not there."""

    why: str


Asked = ConsoleError | Unknown


def check_compose(program: Sequence[str], said: ProgramOutput | ConsoleError) -> DoctorCheck:
    """Is there a compose program, and is it version 2 or newer?"""
    name, called = "compose", " ".join(program)
    words = said.what if isinstance(said, ConsoleError) else said.one_line
    if isinstance(said, ConsoleError) or said.code != 0:
        if is_compose_missing(words) or (isinstance(said, ConsoleError) and words == _NOT_THERE):
            return failed_with(name, compose_missing(called))
        reason = words.partition("Usage:")[0].strip(" .")
        return failed(name, f"`{called}` can't be used: {reason or 'it gave no reason'}.", INSTALL)
    pair = version_pair(words)
    if pair is None:
        return warning(
            name,
            f"`{called}` reports no version: {words or 'it says nothing'}.",
            f"Is it Docker Compose? See `{called} version`.",
        )
    if pair[0] < OLDEST_COMPOSE:
        return failed(name, f"`{called}` is version {words}, older than {OLDEST_COMPOSE}.", INSTALL)
    return ok(name, f"`{called}` is version {words.removeprefix('v')}.")


def check_project(project: Project | Asked) -> DoctorCheck:
    """Does compose find the project, and resolve it without a warning?"""
    name = "project"
    if isinstance(project, Unknown):
        return skipped(name, project.why)
    if isinstance(project, ConsoleError):
        return failed_with(name, project)
    found = f"{project.name} in {project.directory}: {counted(len(project.services), 'service')}."
    if not project.services:
        return warning(name, found, "Add a service to the compose file.")
    vain = unknown_profiles(project)
    if vain is not None:
        return warning(name, f"{found} {vain.what}", vain.hint)
    if project.warnings:
        return warning(
            name,
            f"{found} Compose warns: {_some(project.warnings)}",
            "Fix it in the compose file or in .env.",
        )
    return ok(name, found)


def check_containers(
    project: Project | Asked,
    containers: Sequence[Container] | Asked,
    other_names: Sequence[SafeText] | Asked = (),
) -> DoctorCheck:
    """Can the project's containers be read, and are there any, if only under another name?"""
    name = "containers"
    if isinstance(containers, Unknown):
        return skipped(name, containers.why)
    if isinstance(containers, ConsoleError):
        return failed_with(name, containers)
    if isinstance(project, Asked):
        return skipped(name, "The project is unknown.")
    if not containers and other_names and not isinstance(other_names, Asked):
        return warning(
            name,
            f"No container belongs to project {project.name}: those of this folder belong to "
            f"{', '.join(other_names)}.",
            f"Start pixel-tui with -p {other_names[0]}.",
        )
    if not containers:
        return warning(
            name,
            f"Docker has no container of project {project.name}.",
            "Run `docker compose up -d`. If it runs already: use -p with its name (`docker "
            "compose ls -a`), or --host or --context for another daemon.",
        )
    running = sum(container.running for container in containers)
    how = " (found by labels)" if project.from_labels else ""
    return ok(name, f"{counted(len(containers), 'container')}, {running} running{how}.")


def check_hashes(project: Project | Asked, hashes: Mapping[str, str] | Asked) -> DoctorCheck:
    """Can it be told what `up` would do?"""
    name = "hashes"
    if isinstance(project, Asked) or isinstance(hashes, Unknown):
        return skipped(name, "Compose did not resolve the project.")
    if isinstance(hashes, ConsoleError):
        return warning(
            name,
            f"{hashes.sentence} The effect of `up` stays unknown.",
            "Update compose: pixel-tui needs `docker compose config --hash`.",
        )
    missing = [service.name for service in project.services if not hashes.get(service.name)]
    if missing:
        return warning(
            name,
            f"Compose reports no config hash of {_some(missing)}.",
            "The effect of `up` on them stays unknown; try a newer compose.",
        )
    return ok(name, f"Compose reports the config hash of {counted(len(hashes), 'service')}.")


def check_logging(project: Project | Asked, containers: Sequence[Container] | Asked) -> DoctorCheck:
    """Which services write logs that nobody can read back?"""
    name = "logging"
    if isinstance(project, Asked):
        return skipped(name, "The project is unknown.")
    silent = {service.name for service in project.services if service.log_driver == "none"}
    if not isinstance(containers, Asked):
        silent |= {container.service for container in containers if not container.logs_readable}
    if silent:
        return warning(
            name,
            f"The logging driver is none, so there are no logs: {_some(sorted(silent))}.",
            "Set logging.driver to json-file or local in the compose file, "
            "then `docker compose up -d`.",
        )
    return ok(name, "The logs of every service can be read.")


def _some(items: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    rest = len(items) - SHOWN
    return "; ".join(items[:SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
