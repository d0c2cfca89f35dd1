"""Checks the project: compose, the resolved model, its containers and their logs."""

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
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands
from pixel_tui.text import SafeText

MIN_COMPOSE_VERSION: Final = 2
MAX_SHOWN: Final = 3
_ENOENT_MESSAGE: Final = os.strerror(errno.ENOENT)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that was not read, because something that it needs is missing."""

    why: str


NotKnown = ConsoleError | Unknown


def check_compose(program: Sequence[str], output: ProgramOutput | ConsoleError) -> DoctorCheck:
    """Check whether there is a compose program of version 2 or newer."""
    name, command = "compose", " ".join(program)
    text = output.what if isinstance(output, ConsoleError) else output.one_line
    if isinstance(output, ConsoleError) or output.code != 0:
        if is_compose_missing(text) or (
            isinstance(output, ConsoleError) and text == _ENOENT_MESSAGE
        ):
            return failed_with(name, compose_missing(command))
        reason = text.partition("Usage:")[0].strip(" .")
        return failed(name, f"`{command}` can't be used: {reason or 'it gave no reason'}.", INSTALL)
    version = version_pair(text)
    if version is None:
        return warning(
            name,
            f"`{command}` reports no version: {text or 'it says nothing'}.",
            f"Is it Docker Compose? See `{command} version`.",
        )
    if version[0] < MIN_COMPOSE_VERSION:
        return failed(
            name, f"`{command}` is version {text}, older than {MIN_COMPOSE_VERSION}.", INSTALL
        )
    return ok(name, f"`{command}` is version {text.removeprefix('v')}.")


def check_project(project: Project | NotKnown) -> DoctorCheck:
    """Check whether compose finds the project and resolves it without warnings."""
    name = "project"
    if isinstance(project, Unknown):
        return skipped(name, project.why)
    if isinstance(project, ConsoleError):
        return failed_with(name, project)
    found = f"{project.name} in {project.directory}: {counted(len(project.services), 'service')}."
    if not project.services:
        return warning(name, found, "Add a service to the compose file.")
    unknown = unknown_profiles(project)
    if unknown is not None:
        return warning(name, f"{found} {unknown.what}", unknown.hint)
    if project.warnings:
        return warning(
            name,
            f"{found} Compose warns: {_some(project.warnings)}",
            "Fix it in the compose file or in .env.",
        )
    return ok(name, found)


def check_containers(
    project: Project | NotKnown,
    containers: Sequence[Container] | NotKnown,
    other_names: Sequence[SafeText] | NotKnown = (),
    typed: TypedCommands = WITHOUT_OPTIONS,
) -> DoctorCheck:
    """Check whether the project has containers, perhaps under another project name."""
    name = "containers"
    if isinstance(containers, Unknown):
        return skipped(name, containers.why)
    if isinstance(containers, ConsoleError):
        return failed_with(name, containers)
    if isinstance(project, NotKnown):
        return skipped(name, "The project is unknown.")
    if not containers and other_names and not isinstance(other_names, NotKnown):
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
            f"Run `{typed.compose} up -d`. If it runs already: use -p with its name "
            f"(`{typed.docker} compose ls -a`), or --host or --context for another daemon.",
        )
    running = sum(container.running for container in containers)
    how = " (found by labels)" if project.from_labels else ""
    return ok(name, f"{counted(len(containers), 'container')}, {running} running{how}.")


def check_hashes(project: Project | NotKnown, hashes: Mapping[str, str] | NotKnown) -> DoctorCheck:
    """Check whether compose reports config hashes, which show the effect of `up`."""
    name = "hashes"
    if isinstance(project, NotKnown) or isinstance(hashes, Unknown):
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


def check_logging(
    project: Project | NotKnown,
    containers: Sequence[Container] | NotKnown,
    typed: TypedCommands = WITHOUT_OPTIONS,
) -> DoctorCheck:
    """Check whether the logs of all services can be read."""
    name = "logging"
    if isinstance(project, NotKnown):
        return skipped(name, "The project is unknown.")
    unreadable = {service.name for service in project.services if service.log_driver == "none"}
    if not isinstance(containers, NotKnown):
        unreadable |= {container.service for container in containers if not container.logs_readable}
    if unreadable:
        return warning(
            name,
            f"The logging driver is none, so there are no logs: {_some(sorted(unreadable))}.",
            "Set logging.driver to json-file or local in the compose file, "
            f"then `{typed.compose} up -d`.",
        )
    if isinstance(containers, Unknown):
        return skipped(name, containers.why)
    if isinstance(containers, ConsoleError):
        return skipped(name, containers.sentence)
    if not containers:
        return skipped(name, "No container has a log yet.")
    return ok(name, "The logs of every service can be read.")


def _some(items: Sequence[str]) -> str:
    """Return the first items and the number of the others."""
    rest = len(items) - MAX_SHOWN
    return "; ".join(items[:MAX_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
