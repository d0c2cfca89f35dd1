"""Collects the input of all checks; an error in one never stops the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.doctor.backup_check import check_backups, read_exposures
from pixel_tui.doctor.engine_checks import (
    EngineAnswer,
    check_clock,
    check_engine,
    check_socket,
    other_sockets,
    read_socket,
)
from pixel_tui.doctor.environment_check import check_environment, read_overviews
from pixel_tui.doctor.image_check import READ_SECONDS, ImageAge, check_images, read_image_ages
from pixel_tui.doctor.own_checks import check_settings, check_state, try_folder
from pixel_tui.doctor.project_checks import (
    NotKnown,
    Unknown,
    check_compose,
    check_containers,
    check_hashes,
    check_logging,
    check_project,
)
from pixel_tui.doctor.report import CheckResult, DoctorCheck, Report, failed_with, skipped
from pixel_tui.doctor.terminal_checks import (
    TMUX_OPTIONS,
    check_characters,
    check_clipboard,
    check_colours,
    check_size,
    check_terminal,
    read_terminal,
)
from pixel_tui.doctor.timeouts import call_with_timeout, run_program
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.settings import ENVIRONMENT_CONFIG, Settings, config_path
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.places import name_from_labels, read_other_names
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.label_model import PROJECT, label_values, labelled_project
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.source import EngineReader, ProjectReader, ResolvedProject
from pixel_tui.stack.watch.container_reading import read_containers
from pixel_tui.text import SafeText

COMPOSE_SECONDS: Final = 75.0
"""Longer than the time limits of two runs of compose."""


class ProjectOnDisk(ProjectReader, Protocol):
    """A project with its compose command."""

    command: ComposeCommand


@dataclass(frozen=True, slots=True)
class Readers:
    """The engine and the project to examine."""

    engine: EngineReader
    project: ProjectOnDisk


def examine(
    readers: Readers | UsageError,
    environment: Mapping[str, str],
    clock: Clock,
    settings: Settings | ConsoleError,
    state_folder: Path,
) -> Report:
    """Check everything that pixel-tui needs.

    Args:
        readers: The engine and the project, or why they can't be determined.
        environment: The environment variables of this process.
        clock: The clock of this machine.
        settings: The settings, or why they can't be read.
        state_folder: The state folder of this user.
    """
    if isinstance(readers, UsageError):
        stack = _without_stack(readers)
    else:
        stack = _stack(readers, environment, clock, settings, state_folder)
    own_checks = _own_checks(environment, settings, state_folder)
    return Report((*stack, *_terminal(environment), *own_checks))


def _without_stack(error: UsageError) -> list[DoctorCheck]:
    names = (
        *("socket", "clock", "compose", "project", "containers", "hashes", "logging"),
        *("images", "environment", "backups"),
    )
    why = "The Docker daemon is unknown."
    first, *rest = (skipped(name, why) for name in names)
    return [first, failed_with("engine", error), *rest]


def _stack(
    readers: Readers,
    environment: Mapping[str, str],
    clock: Clock,
    settings: Settings | ConsoleError,
    state_folder: Path,
) -> list[DoctorCheck]:
    engine, command = readers.engine, readers.project.command
    engine_answer = call_with_timeout(lambda: _read_engine(engine, clock))
    program = run_program(
        (*command.compose, "version", "--short"), {**environment, **command.environment}
    )
    compose = check_compose(command.compose, program)
    resolved: ResolvedProject | ConsoleError | Unknown
    if compose.verdict is CheckResult.FAILED:
        resolved = Unknown("There is no compose program.")
    else:
        resolved = call_with_timeout(readers.project.resolve, COMPOSE_SECONDS)
    project = _parse(resolved)
    containers = _containers(readers, engine_answer, project)
    known_project = _known_project(project, containers)
    return [
        check_socket(read_socket(engine.address), other_sockets(environment)),
        check_engine(engine_answer, engine.context, engine.address),
        check_clock(engine_answer),
        compose,
        check_project(project),
        check_containers(
            known_project, containers, _other_names(engine, project, containers), command.typed
        ),
        check_hashes(project, _hashes(readers.project, resolved)),
        check_logging(known_project, containers, command.typed),
        check_images(_images(readers, engine_answer, project, environment, state_folder)),
        check_environment(
            call_with_timeout(lambda: read_overviews(command, environment)), command.typed
        ),
        check_backups(
            call_with_timeout(lambda: read_exposures(command, settings, state_folder, containers))
        ),
    ]


def _read_engine(engine: EngineReader, clock: Clock) -> EngineAnswer:
    engine.ping()  # the fastest way to detect a frozen engine
    version = engine.version()
    requested_at = clock.now()
    return EngineAnswer(version, engine.info(), requested_at, clock.now())


def _parse(resolved: ResolvedProject | ConsoleError | Unknown) -> Project | ConsoleError | Unknown:
    return parse_project(resolved, {}) if isinstance(resolved, ResolvedProject) else resolved


def _containers(
    readers: Readers,
    engine_answer: EngineAnswer | ConsoleError,
    project: Project | ConsoleError | Unknown,
) -> tuple[Container, ...] | ConsoleError | Unknown:
    """Return the project's containers; by their labels if compose can't tell the project's name."""
    if isinstance(engine_answer, ConsoleError):
        return Unknown("The Docker daemon did not answer.")
    engine, resolved = readers.engine, isinstance(project, Project)

    def read() -> tuple[Container, ...] | Unknown:
        name = (
            project.name
            if isinstance(project, Project)
            else name_from_labels(engine, readers.project)
        )
        found = tuple(read_containers(engine, engine.containers(name), {}, ()).values())
        if found or resolved:
            return found
        return Unknown("The project is unknown: no container belongs to this folder.")

    return call_with_timeout(read)


def _known_project(
    project: Project | ConsoleError | Unknown,
    containers: tuple[Container, ...] | ConsoleError | Unknown,
) -> Project | ConsoleError | Unknown:
    """Return the project, else one derived from the labels of its containers."""
    if isinstance(project, Project) or isinstance(containers, NotKnown):
        return project
    name = next(iter(label_values(containers, PROJECT)), SafeText(""))
    return labelled_project(name, containers)


def _other_names(
    engine: EngineReader,
    project: Project | ConsoleError | Unknown,
    containers: tuple[Container, ...] | ConsoleError | Unknown,
) -> tuple[SafeText, ...] | ConsoleError | Unknown:
    """Return other project names of this folder's containers, if none has the project's name."""
    if not isinstance(project, Project) or isinstance(containers, NotKnown) or containers:
        return Unknown("Not requested.")
    return call_with_timeout(lambda: read_other_names(engine, project))


def _hashes(
    project: ProjectReader, resolved: ResolvedProject | ConsoleError | Unknown
) -> Mapping[str, str] | ConsoleError | Unknown:
    if not isinstance(resolved, ResolvedProject):
        return Unknown("Compose did not resolve the project.")
    return call_with_timeout(lambda: project.hashes(resolved), COMPOSE_SECONDS)


def _images(
    readers: Readers,
    engine_answer: EngineAnswer | ConsoleError,
    project: Project | ConsoleError | Unknown,
    environment: Mapping[str, str],
    state_folder: Path,
) -> tuple[ImageAge, ...] | ConsoleError | Unknown:
    if isinstance(engine_answer, ConsoleError):
        return Unknown("The Docker daemon did not answer.")
    if not isinstance(project, Project):
        return Unknown("The project is unknown.")
    records = build_records(readers.project.command, state_folder)
    return call_with_timeout(
        lambda: read_image_ages(project, readers.engine, records, environment), READ_SECONDS
    )


def _terminal(environment: Mapping[str, str]) -> list[DoctorCheck]:
    facts = read_terminal()
    tmux = _tmux_options(environment) if environment.get("TMUX") else None
    return [
        check_terminal(facts, environment),
        check_size(facts, environment),
        check_colours(facts, environment),
        check_characters(environment),
        check_clipboard(facts, environment, tmux),
    ]


def _tmux_options(environment: Mapping[str, str]) -> Mapping[str, str] | None:
    outputs = {
        option: run_program(("tmux", "show", "-gv", option), environment) for option in TMUX_OPTIONS
    }
    options = {
        option: str(value.one_line)
        for option, value in outputs.items()
        if isinstance(value, ProgramOutput) and value.code == 0
    }
    return options or None


def _own_checks(
    environment: Mapping[str, str], settings: Settings | ConsoleError, state_folder: Path
) -> list[DoctorCheck]:
    named = bool(environment.get(ENVIRONMENT_CONFIG))
    return [
        check_settings(settings, config_path(environment), named=named),
        check_state(state_folder, try_folder(state_folder)),
    ]
