"""Asks everything that the checks judge. What one question meets never stops the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.doctor.asking import answer, program_says
from pixel_tui.doctor.backup_check import check_backups, look_at_backups
from pixel_tui.doctor.engine_checks import (
    EngineTold,
    check_clock,
    check_engine,
    check_socket,
    look_at_socket,
    other_sockets,
)
from pixel_tui.doctor.environment_check import check_environment, look_at_environment
from pixel_tui.doctor.image_check import LOOKING_SECONDS, ImageAge, check_images, look_at_images
from pixel_tui.doctor.own_checks import check_settings, check_state, try_folder
from pixel_tui.doctor.project_checks import (
    Asked,
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
    look_at_terminal,
)
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
"""More than the limits of two runs of compose, which end by themselves."""


class ProjectOnDisk(ProjectReader, Protocol):
    """A project, and how compose is called for it."""

    command: ComposeCommand


@dataclass(frozen=True, slots=True)
class Readers:
    """What is examined."""

    engine: EngineReader
    project: ProjectOnDisk


def examine(
    readers: Readers | UsageError,
    environment: Mapping[str, str],
    clock: Clock,
    settings: Settings | ConsoleError,
    state_folder: Path,
) -> Report:
    """Look at everything that a new user trips over.

    Args:
        readers: The engine and the project, or why they can't even be named.
        environment: The variables of this process.
        clock: This machine's time.
        settings: What the user wants, or why the settings can't be read.
        state_folder: Where this user's state is kept.
    """
    if isinstance(readers, UsageError):
        stack = _unnamed(readers)
    else:
        stack = _stack(readers, environment, clock, settings, state_folder)
    own = _own(environment, settings, state_folder)
    return Report((*stack, *_terminal(environment), *own))


def _unnamed(error: UsageError) -> list[DoctorCheck]:
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
    told = answer(lambda: _engine_told(engine, clock))
    program = program_says(
        (*command.compose, "version", "--short"), {**environment, **command.environment}
    )
    compose = check_compose(command.compose, program)
    resolved: ResolvedProject | ConsoleError | Unknown
    if compose.verdict is CheckResult.FAILED:
        resolved = Unknown("There is no compose program.")
    else:
        resolved = answer(readers.project.resolve, COMPOSE_SECONDS)
    project = _parsed(resolved)
    containers = _containers(readers, told, project)
    known = _known(project, containers)
    return [
        check_socket(look_at_socket(engine.address), other_sockets(environment)),
        check_engine(told, engine.context, engine.address),
        check_clock(told),
        compose,
        check_project(project),
        check_containers(known, containers, _other_names(engine, project, containers)),
        check_hashes(project, _hashes(readers.project, resolved)),
        check_logging(known, containers),
        check_images(_images(readers, told, project, environment, state_folder)),
        check_environment(answer(lambda: look_at_environment(command, environment))),
        check_backups(answer(lambda: look_at_backups(command, settings, state_folder, containers))),
    ]


def _engine_told(engine: EngineReader, clock: Clock) -> EngineTold:
    engine.ping()  # one that is frozen shows it here soonest
    version = engine.version()
    asked_at = clock.now()
    return EngineTold(version, engine.info(), asked_at, clock.now())


def _parsed(resolved: ResolvedProject | ConsoleError | Unknown) -> Project | ConsoleError | Unknown:
    return parse_project(resolved, {}) if isinstance(resolved, ResolvedProject) else resolved


def _containers(
    readers: Readers,
    told: EngineTold | ConsoleError,
    project: Project | ConsoleError | Unknown,
) -> tuple[Container, ...] | ConsoleError | Unknown:
    """The project's containers; where compose does not tell its name, by their labels."""
    if isinstance(told, ConsoleError):
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

    return answer(read)


def _known(
    project: Project | ConsoleError | Unknown,
    containers: tuple[Container, ...] | ConsoleError | Unknown,
) -> Project | ConsoleError | Unknown:
    """The project, or else what its containers tell of it."""
    if isinstance(project, Project) or isinstance(containers, Asked):
        return project
    name = next(iter(label_values(containers, PROJECT)), SafeText(""))
    return labelled_project(name, containers)


def _other_names(
    engine: EngineReader,
    project: Project | ConsoleError | Unknown,
    containers: tuple[Container, ...] | ConsoleError | Unknown,
) -> tuple[SafeText, ...] | ConsoleError | Unknown:
    """Under which names this folder's containers run, where none has the project's."""
    if not isinstance(project, Project) or isinstance(containers, Asked) or containers:
        return Unknown("Not requested.")
    return answer(lambda: read_other_names(engine, project))


def _hashes(
    project: ProjectReader, resolved: ResolvedProject | ConsoleError | Unknown
) -> Mapping[str, str] | ConsoleError | Unknown:
    if not isinstance(resolved, ResolvedProject):
        return Unknown("Compose did not resolve the project.")
    return answer(lambda: project.hashes(resolved), COMPOSE_SECONDS)


def _images(
    readers: Readers,
    told: EngineTold | ConsoleError,
    project: Project | ConsoleError | Unknown,
    environment: Mapping[str, str],
    state_folder: Path,
) -> tuple[ImageAge, ...] | ConsoleError | Unknown:
    if isinstance(told, ConsoleError):
        return Unknown("The Docker daemon did not answer.")
    if not isinstance(project, Project):
        return Unknown("The project is unknown.")
    records = build_records(readers.project.command, state_folder)
    return answer(
        lambda: look_at_images(project, readers.engine, records, environment), LOOKING_SECONDS
    )


def _terminal(environment: Mapping[str, str]) -> list[DoctorCheck]:
    facts = look_at_terminal()
    tmux = _tmux_options(environment) if environment.get("TMUX") else None
    return [
        check_terminal(facts, environment),
        check_size(facts, environment),
        check_colours(facts, environment),
        check_characters(environment),
        check_clipboard(facts, environment, tmux),
    ]


def _tmux_options(environment: Mapping[str, str]) -> Mapping[str, str] | None:
    said = {
        option: program_says(("tmux", "show", "-gv", option), environment)
        for option in TMUX_OPTIONS
    }
    known = {
        option: str(value.one_line)
        for option, value in said.items()
        if isinstance(value, ProgramOutput) and value.code == 0
    }
    return known or None


def _own(
    environment: Mapping[str, str], settings: Settings | ConsoleError, state_folder: Path
) -> list[DoctorCheck]:
    named = bool(environment.get(ENVIRONMENT_CONFIG))
    return [
        check_settings(settings, config_path(environment), named=named),
        check_state(state_folder, try_folder(state_folder)),
    ]
