"""The compose program, as far as it reads: it resolves the project, nobody else does.

`docker compose config --hash` leaves the services' env files out of the hash,
while `up` takes them in: seen with 2.40.3. So the hashes are asked for of the
model that compose has just resolved, given back to it on standard input; those
are equal to the labels that `up` writes.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pixel_tui.errors import ComposeError, ComposeMissing, ComposeRefused, ProjectMissing
from pixel_tui.redaction import redact
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.json_value import load_object
from pixel_tui.stack.source import ResolvedProject
from pixel_tui.text import plain

TIMEOUT_SECONDS: Final = 30.0
EVERY_PROFILE: Final = ("--profile", "*")

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
_WARNING = re.compile(r'level=warning msg="((?:[^"\\]|\\.)*)"')


def find_command(
    environment: Mapping[str, str],
    *,
    address: str,
    docker_options: Sequence[str] = (),
    directory: str | None = None,
    files: Sequence[str] = (),
    project: str | None = None,
) -> ComposeCommand:
    """How to call compose for a project: looks for the program and the folder, runs nothing.

    Args:
        environment: The variables of this process.
        address: The engine's address, for a compose that is no docker plugin.
        docker_options: Options that make docker choose the engine.
        directory: Where to look for the compose file, upwards; the current folder if None.
        files: Compose files as given by the user; relative to the current folder.
        project: The project's name as given by the user.
    """
    docker = ("docker", *docker_options)
    compose: tuple[str, ...] = (*docker, "compose")
    extra: dict[str, str] = {}
    standalone = shutil.which("docker-compose", path=environment.get("PATH"))
    if not _has_plugin(environment) and standalone:
        compose = (standalone,)
        extra = {"DOCKER_HOST": address}
    absolute = tuple(str(Path(file).absolute()) for file in files)
    if directory is not None or not absolute:
        folder = find_directory(Path(directory or "."))
    else:
        folder = Path(absolute[0]).parent
    return ComposeCommand(
        docker=docker,
        compose=compose,
        directory=str(folder),
        files=absolute,
        project=project or "",
        environment=extra,
    )


def find_directory(start: Path) -> Path:
    """The nearest folder, upwards, with a compose file; the start when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in FILE_NAMES):
            return folder
    return start


def _has_plugin(environment: Mapping[str, str]) -> bool:
    if shutil.which("docker", path=environment.get("PATH")) is None:
        return False
    own = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME", "~")) / ".docker")
    folders = (str(Path(own) / "cli-plugins"), *PLUGIN_FOLDERS)
    return any((Path(folder) / "docker-compose").exists() for folder in folders)


class ComposeProject:
    """A `ProjectReader` over the compose program.

    Args:
        command: How compose is called.
        environment: The variables that compose sees: it interpolates from them.
    """

    def __init__(self, command: ComposeCommand, environment: Mapping[str, str]) -> None:
        self.command = command
        self._environment = {**environment, **command.environment}

    @property
    def name_guess(self) -> str:
        """The project's name where compose can't tell: as given, else the folder's name."""
        name = self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", "")
        return name or re.sub(r"[^a-z0-9_-]", "", Path(self.command.directory).name.lower())

    def resolve(self) -> ResolvedProject:
        """`docker compose config --format json` with every profile."""
        self._require_folder()
        argv = self.command.compose_argv(*EVERY_PROFILE, "config", "--format", "json")
        output, messages = self._run(argv)
        try:
            config = load_object(output)
        except ValueError as error:
            raise ComposeRefused(
                "Compose did not print the project as JSON.",
                on=self.command.directory,
                remedy=f"Is it compose version 2? `{' '.join(self.command.compose)} version`",
            ) from error
        services, _ = self._run(self.command.compose_argv("config", "--services"))
        return ResolvedProject(
            config=config,
            active=frozenset(services.split()),
            directory=self.command.directory,
            files=tuple(str(path) for path in self._files()),
            warnings=tuple(dict.fromkeys(_WARNING.findall(messages))),
        )

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """`docker compose config --hash "*"` of the resolved model."""
        name = resolved.config.get("name")
        command = replace(self.command, files=("-",), project=str(name))
        argv = command.compose_argv(*EVERY_PROFILE, "config", "--hash", "*")
        output, _ = self._run(argv, stdin=json.dumps(resolved.config))
        pairs = (line.split() for line in output.splitlines())
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

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
        main = next((name for name in FILE_NAMES if (folder / name).is_file()), None)
        override = next((name for name in OVERRIDE_NAMES if (folder / name).is_file()), None)
        return tuple(folder / name for name in (main, override) if name)

    @property
    def has_files(self) -> bool:
        """Whether there is anything that compose could take for a project."""
        named = bool(self._environment.get("COMPOSE_FILE"))
        return named or any(path.is_file() for path in self._files())

    def _require_folder(self) -> None:
        for file in self.command.files:
            if not Path(file).is_file():
                raise ProjectMissing(
                    "There is no such compose file.", on=file, remedy="Check the path behind -f."
                )
        if not Path(self.command.directory).is_dir():
            raise ProjectMissing(
                "There is no such folder.",
                on=self.command.directory,
                remedy="Check the path behind -C.",
            )

    def _run(self, argv: Sequence[str], *, stdin: str | None = None) -> tuple[str, str]:
        """Run a reading command: what it said on standard output and standard error."""
        try:
            done = subprocess.run(
                argv,
                cwd=self.command.directory,
                env=self._environment,
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise _missing(argv[0]) from error
        except subprocess.TimeoutExpired as error:
            raise ComposeError(
                f"Compose did not answer within {TIMEOUT_SECONDS:.0f} seconds.",
                on=self.command.directory,
                remedy="Is a file of the project on a slow or hanging disk?",
            ) from error
        except OSError as error:
            raise ComposeError(
                f"The compose program can't be started: {error.strerror or error}.", on=argv[0]
            ) from error
        if done.returncode != 0:
            raise self._refusal(done.stderr or done.stdout)
        return done.stdout, done.stderr

    def _refusal(self, messages: str) -> ComposeError:
        if re.search(r"'compose' is not a docker command|unknown (?:shorthand )?flag", messages):
            return _missing(" ".join(self.command.compose))
        if "no configuration file provided" in messages:
            return ProjectMissing(
                "There is no compose file here or above.",
                on=self.command.directory,
                remedy="Change to the project's folder, or name it: `pixel-tui -C DIR`.",
            )
        lines = [line.strip() for line in messages.splitlines() if "level=warn" not in line]
        said = plain(redact(" ".join(filter(None, lines)))) or "it gave no reason"
        return ComposeRefused(
            f"Compose refuses the project: {said}",
            on=self.command.directory,
            remedy="Mend the file; it is read again when it changes.",
        )


def _missing(program: str) -> ComposeMissing:
    return ComposeMissing(
        "Docker Compose version 2 is not installed.",
        on=program,
        remedy="Install it: `apt-get install docker-compose-plugin`, "
        "or docker-compose-v2 where the distribution calls it so.",
    )
