"""The compose program, as far as it reads: it resolves the project, nobody else does.

`docker compose config --hash` leaves the services' env files out of the hash,
while `up` takes them in: seen with 2.40.3. So the hashes are asked for of the
model that compose has just resolved, given back to it on standard input; those
are equal to the labels that `up` writes.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixel_tui.errors import (
    ComposeError,
    ComposeMissing,
    ComposeRefused,
    ProjectMissing,
    UsageError,
)
from pixel_tui.files import is_file
from pixel_tui.redaction import redact
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.json_value import Node, load_object
from pixel_tui.stack.source import ResolvedProject
from pixel_tui.text import plain

if TYPE_CHECKING:
    from pixel_tui.stack.environment_uses import EnvironmentUses

TIMEOUT_SECONDS: Final = 30.0
_Asked = subprocess.Popen[str]
EVERY_PROFILE: Final = ("--profile", "*")
UNRESOLVED: Final = (
    "--no-interpolate", "--no-normalize", "--no-consistency", "--no-env-resolution"
)  # fmt: skip
"""The project as it is written, only merged: with lists as lists, and names without a value."""

FILE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES: Final = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
PLUGIN_FOLDERS: Final = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
MAY_NOT_READ: Final = (
    "Let this user read it (`ls -l` says who may), or start the console as its owner; "
    "it is tried again by itself."
)
_NO_COMPOSE = (
    r"'compose' is not a docker command|unknown command: docker compose"
    r"|unknown (?:shorthand )?flag"
    # What version 1 answers to options that it does not know.
    r"|Validate and view the Compose file|Define and run multi-container applications"
)
_PROFILES = re.compile(r"^[^\S\n]*(?:export\s+)?COMPOSE_PROFILES=(.*)$", re.MULTILINE)
_WARNING = re.compile(r'level=warning msg="((?:[^"\\]|\\.)*)"')


def find_command(
    environment: Mapping[str, str],
    *,
    host: str | None = None,
    context: str | None = None,
    directory: str | None = None,
    files: Sequence[str] = (),
    project: str | None = None,
) -> ComposeCommand:
    """How to call compose for a project: looks for the program and the folder, runs nothing.

    Args:
        environment: The variables of this process.
        host: The engine's address as given by the user.
        context: The Docker context as given by the user.
        directory: Where to look for the compose file, upwards; the current folder if None.
        files: Compose files as given by the user; relative to the current folder.
        project: The project's name as given by the user.
    """
    docker: tuple[str, ...] = ("docker",)
    if host:
        docker = ("docker", "--host", host)
    elif context:
        docker = ("docker", "--context", context)
    compose: tuple[str, ...] = (*docker, "compose")
    extra: dict[str, str] = {}
    plugin = _find_plugin(environment)
    standalone = shutil.which("docker-compose", path=environment.get("PATH"))
    if plugin is None and standalone:
        compose = (standalone,)
        chosen = {"DOCKER_HOST": host, "DOCKER_CONTEXT": context}
        extra = {name: value for name, value in chosen.items() if value}
    here = _here(environment)
    absolute = tuple(os.path.normpath(here / file) for file in files)
    if directory is not None or not absolute:
        folder = find_directory(Path(os.path.normpath(here / (directory or "."))))
    else:
        folder = Path(absolute[0]).parent
    return ComposeCommand(
        docker=docker,
        compose=compose,
        reader=(str(plugin),) if plugin else (),
        directory=str(folder),
        files=absolute,
        project=project or "",
        environment=extra,
    )


def _here(environment: Mapping[str, str]) -> Path:
    """The folder that one is in, by the name that compose gives it: through links, as `cd` went.

    Raises:
        UsageError: It was removed.
    """
    said = environment.get("PWD", "")
    with suppress(OSError):
        if Path(said).is_absolute() and Path(said).samefile("."):
            return Path(said)
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageError(
            "The folder that this shell is in is gone.",
            remedy="Go to the project's folder, or name it: `pixel-tui -C DIR`.",
        ) from error


def find_directory(start: Path) -> Path:
    """The nearest folder, upwards, with a compose file; the start when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if any(is_file(folder / name) for name in FILE_NAMES):
            return folder
    return start


def _find_plugin(environment: Mapping[str, str]) -> Path | None:
    """The compose program as docker would find it; it runs without docker too."""
    if shutil.which("docker", path=environment.get("PATH")) is None:
        return None
    own = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME", "~")) / ".docker")
    folders = (str(Path(own) / "cli-plugins"), *PLUGIN_FOLDERS)
    programs = (Path(folder) / "docker-compose" for folder in folders)
    return next((path for path in programs if os.access(path, os.X_OK)), None)


class ComposeProject:
    """A `ProjectReader` over the compose program.

    Args:
        command: How compose is called.
        environment: The variables that compose sees: it interpolates from them.
    """

    def __init__(self, command: ComposeCommand, environment: Mapping[str, str]) -> None:
        self.command = command
        self._environment = {**environment, **command.environment}
        self._begun: tuple[_Asked, _Asked | None] | None = None

    @property
    def name_guess(self) -> str:
        """The project's name where compose can't tell: as given, else the folder's name."""
        name = self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", "")
        return name or re.sub(r"[^a-z0-9_-]", "", Path(self.command.directory).name.lower())

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that compose sees."""
        return self._environment

    @property
    def files(self) -> Sequence[Path]:
        """The compose files, as given or as compose finds them beside each other."""
        return self._files()

    def ask(self, argv: Sequence[str], *, stdin: str = "") -> tuple[str, str]:
        """Run a reading command: what it said on standard output and standard error.

        Raises:
            ComposeError: It can't be run, or compose refuses the project.
        """
        self._require_folder()
        return self._answer(self._ask(argv), stdin=stdin)

    def begin(self) -> None:
        """Start asking compose; the next `resolve` takes the answers.

        For the start of the console, which has much to import meanwhile. Whatever is
        wrong is told by `resolve`.
        """
        with suppress(ComposeError):
            self._begun = self._ask_for_project()

    def _ask_for_project(self) -> tuple[_Asked, _Asked | None]:
        self._require_folder()
        config = self._ask(self.command.reading_argv(*EVERY_PROFILE, "config", "--format", "json"))
        return config, self._ask_for_active() if self._mentions_profiles() else None

    def _ask_for_active(self) -> _Asked:
        return self._ask(self.command.reading_argv("config", "--services"))

    def _mentions_profiles(self) -> bool:
        """Whether it is worth asking, beside the project, what its profiles leave out."""
        try:
            return any(is_file(path) and b"profiles" in path.read_bytes() for path in self._files())
        except OSError:  # compose says what is wrong with it
            return False

    def resolve(self) -> ResolvedProject:
        """`docker compose config --format json` with every profile."""
        (asked, for_active), self._begun = self._begun or self._ask_for_project(), None
        try:
            output, messages = self._answer(asked)
            config = load_object(output)
            # Without profiles nothing is left out, and compose need not run a second time.
            services = dict(Node(config)["services"].members())
            if for_active is None and any(item["profiles"] for item in services.values()):
                for_active = self._ask_for_active()
            active = self._answer(for_active)[0].split() if for_active else services
        except ComposeError:
            _end(asked, for_active)
            raise
        except ValueError as error:
            _end(asked, for_active)
            raise _no_json(self.command) from error
        return ResolvedProject(
            config=config,
            profiles=self._asked_profiles(),
            active=frozenset(active),
            directory=self.command.directory,
            files=tuple(str(path) for path in self._files()),
            warnings=compose_warnings(messages),
        )

    def _asked_profiles(self) -> frozenset[str]:
        """What `COMPOSE_PROFILES` says, in the environment or else in `.env`."""
        said = self._environment.get("COMPOSE_PROFILES")
        if said is None:
            with suppress(OSError, ValueError):
                text = (Path(self.command.directory) / ".env").read_text()
                found = _PROFILES.findall(text)
                said = found[-1].split(" #")[0].strip().strip("'\"") if found else None
        return frozenset(filter(None, re.split(r"[,\s]+", said or "")))

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """`docker compose config --hash "*"` of the resolved model."""
        name = resolved.config.get("name")
        command = replace(self.command, files=("-",), project=str(name))
        argv = command.reading_argv(*EVERY_PROFILE, "config", "--hash", "*")
        output, _ = self._answer(self._ask(argv), stdin=json.dumps(resolved.config))
        pairs = (line.split() for line in output.splitlines())
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    def environment_uses(self) -> "EnvironmentUses":
        """Who reads which key: `docker compose config` with its `${...}` left in.

        Compose reads `.env` even for this. Where it refuses it, it is asked without.
        """
        from pixel_tui.stack.environment_uses import parse_uses

        self._require_folder()
        words = (*EVERY_PROFILE, "config", *UNRESOLVED, "--format", "json")
        try:
            output, _ = self._answer(self._ask(self.command.reading_argv(*words)))
        except ComposeRefused:
            without = ("--env-file", os.devnull, *words)
            output, _ = self._answer(self._ask(self.command.reading_argv(*without)))
        try:
            return parse_uses(load_object(output))
        except ValueError as error:
            raise _no_json(self.command) from error

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """The compose files, and the environment files beside them."""
        folder = Path(self.command.directory)
        candidates = [*self._files(), *(folder / name for name in FILE_NAMES + OVERRIDE_NAMES)]
        candidates += sorted(folder.glob(".env*")) + sorted(folder.glob("*.env"))
        found = []
        for path in dict.fromkeys(candidates):
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
        return found

    def _files(self) -> tuple[Path, ...]:
        if self.command.files:
            return tuple(Path(file) for file in self.command.files)
        folder = Path(self.command.directory)
        main = next((name for name in FILE_NAMES if is_file(folder / name)), None)
        override = next((name for name in OVERRIDE_NAMES if is_file(folder / name)), None)
        return tuple(folder / name for name in (main, override) if name)

    @property
    def has_files(self) -> bool:
        """Whether there is anything that compose could take for a project."""
        named = bool(self._environment.get("COMPOSE_FILE"))
        return named or any(map(is_file, self._files()))

    def _require_folder(self) -> None:
        for file in self.command.files:
            if not _is(Path.is_file, file):
                raise ProjectMissing(
                    "There is no such compose file.", on=file, remedy="Check the path behind -f."
                )
        if not _is(Path.is_dir, self.command.directory):
            raise ProjectMissing(
                "There is no such folder.",
                on=self.command.directory,
                remedy="Check the path behind -C.",
            )

    def _ask(self, argv: Sequence[str]) -> _Asked:
        """Start a reading command."""
        try:
            return subprocess.Popen(
                argv,
                cwd=self.command.directory,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl+C in the terminal is the console's business
            )
        except OSError as error:
            if error.filename == self.command.directory:  # it went, or may not be entered
                raise _denied(self.command.directory, error) from error
            if isinstance(error, FileNotFoundError):
                raise _missing(argv[0]) from error
            raise ComposeError(
                f"The compose program can't be started: {error.strerror or error}.", on=argv[0]
            ) from error

    def _answer(self, asked: _Asked, *, stdin: str = "") -> tuple[str, str]:
        """Wait for a command: what it said on standard output and standard error."""
        try:
            output, messages = asked.communicate(stdin, timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            asked.kill()
            asked.communicate()
            raise ComposeError(
                f"Compose did not answer within {TIMEOUT_SECONDS:.0f} seconds.",
                on=self.command.directory,
                remedy="Is a file of the project on a slow or hanging disk?",
            ) from error
        if asked.returncode != 0:
            raise self._refusal(messages or output)
        return output, messages

    def _refusal(self, messages: str) -> ComposeError:
        if re.search(_NO_COMPOSE, messages):
            return _missing(" ".join(self.command.compose))
        if "no configuration file provided" in messages:
            return ProjectMissing(
                "There is no compose file here or above.",
                on=self.command.directory,
                remedy="Change to the project's folder, or name it: `pixel-tui -C DIR`.",
            )
        lines = [line.strip() for line in messages.splitlines() if "level=warn" not in line]
        said = plain(redact(" ".join(filter(None, lines)))) or "it gave no reason"
        denied = "permission denied" in messages
        return ComposeRefused(
            f"Compose refuses the project: {said}",
            on=self.command.directory,
            remedy=MAY_NOT_READ if denied else "Mend the file; it is read again when it changes.",
        )


def compose_warnings(messages: str) -> tuple[str, ...]:
    """The warnings in what compose said on standard error, each once."""
    return tuple(dict.fromkeys(_WARNING.findall(messages)))


def _is(check: Callable[[Path], bool], path: str) -> bool:
    """Ask for a path; that this user may not look is no answer.

    Raises:
        ComposeError: This user may not look.
    """
    try:
        return check(Path(path))
    except OSError as error:
        raise _denied(path, error) from error


def _denied(path: str, error: OSError) -> ComposeError:
    if isinstance(error, FileNotFoundError):
        return ProjectMissing("The project's folder is gone.", on=path, remedy="Was it moved?")
    return ComposeRefused(
        f"The project can't be read: {error.strerror or error}.", on=path, remedy=MAY_NOT_READ
    )


def _end(*processes: _Asked | None) -> None:
    for process in filter(None, processes):
        process.kill()
        process.communicate()


def _no_json(command: ComposeCommand) -> ComposeRefused:
    return ComposeRefused(
        "Compose did not print the project as JSON.",
        on=command.directory,
        remedy=f"Is it compose version 2? `{' '.join(command.compose)} version`",
    )


def _missing(program: str) -> ComposeMissing:
    return ComposeMissing(
        "Docker Compose version 2 is not installed.",
        on=program,
        remedy="Install it: `apt-get install docker-compose-plugin`, "
        "or docker-compose-v2 where the distribution calls it so.",
    )
