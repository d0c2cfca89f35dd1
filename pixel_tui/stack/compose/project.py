"""The compose program, as far as it reads: it resolves the project, nobody else does.

`docker compose config --hash` leaves the services' env files out of the hash,
while `up` takes them in: seen with 2.40.3. So the hashes are asked for of the
model that compose has just resolved, given back to it on standard input; those
are equal to the labels that `up` writes.
"""

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixel_tui.errors import (
    ComposeError,
    ComposeRefused,
    ProjectMissing,
    UsageError,
)
from pixel_tui.files import is_file, is_pipe
from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.compose.asking import Asked, NoAnswer
from pixel_tui.stack.compose.command import (
    EVERY_PROFILE,
    GIT_NOT_READ,
    LOCAL_ONLY,
    OCI_NOT_READ,
    UNRESOLVED,
    ComposeCommand,
    remote_not_read,
)
from pixel_tui.stack.compose.compose_missing import compose_missing, says_no_compose
from pixel_tui.stack.compose.dotenv_setting import disabled, read_settings
from pixel_tui.stack.compose.files import (
    FILE_NAMES,
    OVERRIDE_NAMES,
    ProjectSearch,
    default_files,
    dotenv_file,
    find_project,
    is_remote,
)
from pixel_tui.stack.compose.project_files import ProjectFiles, find_project_files, stamps
from pixel_tui.stack.model.json_value import JsonObject, Node, as_yaml, load_object
from pixel_tui.stack.model.service_hash import as_up_hashes
from pixel_tui.stack.model.source import Place, ResolvedProject
from pixel_tui.text import plain

if TYPE_CHECKING:
    from pixel_tui.stack.compose.environment_uses import EnvironmentUses
    from pixel_tui.stack.compose.secret_files import SecretFiles

log = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 30.0

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
COPY_IT: Final = "Fetch it yourself, look at it, and name that file in its place."
_REFUSES = "Compose refuses the project: "
_ESCAPED = LatePattern(r"\\(.)")
_WARNING = LatePattern(r'level=warning msg="((?:[^"\\]|\\.)*)"')


def find_command(
    environment: Mapping[str, str],
    *,
    host: str | None = None,
    context: str | None = None,
    directory: str | None = None,
    files: Sequence[str] = (),
    env_files: Sequence[str] = (),
    project: str | None = None,
    profiles: Sequence[str] = (),
) -> ComposeCommand:
    """How to call compose for a project: looks for the program and the folder, runs nothing.

    Args:
        environment: The variables of this process.
        host: The engine's address as given by the user.
        context: The Docker context as given by the user.
        directory: The project's folder as given by the user. Where no file is named, it is
            where compose would be started: from there the compose file is looked for upwards.
        files: Compose files as given by the user; relative to the current folder.
        env_files: Environment files as given by the user, else `COMPOSE_ENV_FILES`; relative
            to the current folder.
        project: The project's name as given by the user.
        profiles: Profiles as given by the user, beside those of `COMPOSE_PROFILES`.
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
    place = find_project(environment, here, directory=directory, files=files, env_files=env_files)
    named = files or environment.get("COMPOSE_FILE")
    return ComposeCommand(
        docker=docker,
        compose=compose,
        reader=(str(plugin),) if plugin else (),
        directory=str(place.directory),
        files=place.files,
        env_files=place.env_files,
        project=project or "",
        profiles=tuple(profiles),
        search=None if named else ProjectSearch(here, directory, tuple(env_files)),
        reads_default_env=not disabled(environment),
        environment={**LOCAL_ONLY, **extra},
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
        self._begun: tuple[Asked, Asked | None] | None = None
        self._secrets: SecretFiles | None = None
        self._found: tuple[Sequence[tuple[str, int, int]], ProjectFiles] | None = None

    @property
    def name_guess(self) -> str:
        """The project's name where compose can't tell: as given, else the folder's name."""
        name = self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", "")
        return name or re.sub(r"[^a-z0-9_-]", "", Path(self.command.directory).name.lower())

    @property
    def place(self) -> Place:
        """Where the project is, as it was asked for."""
        return Place(
            directory=self.command.directory,
            files=tuple(map(str, self.files)),
            env_files=self.command.env_files,
            name=self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", ""),
        )

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that compose sees."""
        return self._environment

    @property
    def files(self) -> Sequence[Path]:
        """The compose files, as given or as compose finds them beside each other."""
        return self.read_files().compose

    def read_files(self) -> ProjectFiles:
        """All files that compose reads of the project. Starts no program."""
        seen = self.fingerprint() if self._found is not None else ()
        if self._found is None or seen != self._found[0]:
            found = find_project_files(self.command, self._environment)
            self._found = stamps(self._watched(found)), found
        return self._found[1]

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Every file that compose reads, and what it may read as soon as it is there."""
        known = self._found[1] if self._found is not None else self.read_files()
        if self._secrets is not None:
            self._secrets.look()
        return stamps(self._watched(known))

    def _watched(self, found: ProjectFiles) -> Iterable[Path]:
        folder = Path(self.command.directory)
        beside = [folder / name for name in FILE_NAMES + OVERRIDE_NAMES]
        beside += sorted(folder.glob(".env*")) + sorted(folder.glob("*.env"))
        if self.command.search is not None:
            beside.append(self.command.search.start / ".env")
        return dict.fromkeys([*found.all, *beside])

    def ask(self, argv: Sequence[str], *, stdin: str = "", candidate: str = "") -> tuple[str, str]:
        """Run a reading command: what it said on standard output and standard error.

        Args:
            argv: The command.
            stdin: What it reads on standard input.
            candidate: What is in the environment file that it is given in place of another.

        Raises:
            ComposeError: It can't be run, or compose refuses the project.
        """
        self._require_folder()
        return self._answer(self._ask(argv, stdin=stdin), candidate)

    def begin(self) -> None:
        """Start asking compose; the next `resolve` takes the answers.

        For the start of the console, which has much to import meanwhile. Whatever is
        wrong is told by `resolve`.
        """
        with suppress(ComposeError):
            self._begun = self._ask_for_project()

    def abandon(self) -> None:
        """Take back `begin`: another project is asked."""
        if self._begun is not None:
            _end(*self._begun)
            self._begun = None

    @property
    def finds_files(self) -> bool:
        """Whether compose finds the compose files by their names alone."""
        return not self.command.files and not self._settings().get("COMPOSE_FILE")

    def _ask_for_project(self) -> tuple[Asked, Asked | None]:
        self._require_folder()
        config = self._ask(self.command.reading_argv(*EVERY_PROFILE, "config", "--format", "json"))
        return config, self._ask_for_active() if self._mentions_profiles() else None

    def _ask_for_active(self) -> Asked:
        return self._ask(self.command.reading_argv("config", "--services"))

    def _mentions_profiles(self) -> bool:
        """Whether it is worth asking, beside the project, what its profiles leave out."""
        try:
            found = self.read_files()
            read = (*found.compose, *found.parts)
            return any(is_file(path) and b"profiles" in path.read_bytes() for path in read)
        except OSError:  # compose says what is wrong with it
            return False

    def resolve(self) -> ResolvedProject:
        """`docker compose config --format json` with every profile.

        Where compose refuses them together (alternatives with one name, a file that only an
        inactive profile needs), with the active ones: that is the project for `up`.
        """
        from pixel_tui.stack.compose.written_secrets import remember_written

        (asked, for_active), self._begun = self._begun or self._ask_for_project(), None
        remember_written(self.read_files(), self._environment)  # meanwhile compose answers
        try:
            output, messages = self._answer(asked)
            config = load_object(output)
            # Without profiles nothing is left out, and compose need not run a second time.
            services = dict(Node(config)["services"].members())
            if for_active is None and any(item["profiles"] for item in services.values()):
                for_active = self._ask_for_active()
            active = self._answer(for_active)[0].split() if for_active else services
        except ComposeRefused as refusal:
            _end(asked, for_active)
            if for_active is None:
                raise
            return self._resolve_active(refusal)
        except ComposeError:
            _end(asked, for_active)
            raise
        except ValueError as error:
            _end(asked, for_active)
            raise _no_json(self.command) from error
        return self._resolved(config, frozenset(active), compose_warnings(messages))

    def _resolve_active(self, refusal: ComposeRefused) -> ResolvedProject:
        """The project with its active profiles, where compose refuses all of them together.

        The others are no orphans either: each is asked for by its name, as `up` reads it, and is
        known as it is written only if compose refuses it even so. They have no hash.
        """
        try:
            output, messages = self._answer(
                self._ask(self.command.reading_argv("config", "--format", "json"))
            )
            config = load_object(output)
            written = self._written()
        except ComposeRefused:
            raise refusal from None
        except ValueError as error:
            raise _no_json(self.command) from error
        services = dict(Node(config)["services"].members())
        rest = {
            name: node
            for name, node in Node(written)["services"].members()
            if name not in services and node["profiles"]
        }
        if not rest:
            raise refusal
        names = sorted({item.raw for node in rest.values() for item in node["profiles"]})
        reason = _reason(refusal)
        which = f"profile {names[0]} is" if len(names) == 1 else f"profiles {', '.join(names)} are"
        why = f"{which} left out: {reason}"
        with ThreadPoolExecutor(max_workers=2) as pool:
            for_down = pool.submit(self._volumes_for_down)
            asked = dict(zip(rest, pool.map(self._by_name, rest), strict=True))
        found = for_down.result()
        down = frozenset() if isinstance(found, ComposeRefused) else found
        kept = {
            key: node.value
            for key, node in Node(written)["volumes"].members()
            # As it is written: a name with a variable in it is not known.
            if key in down and "$" not in node["name"].raw
        }
        named = {name: Node(item) for name, item in asked.items() if isinstance(item, dict)}
        both = {name: node.value for name, node in (services | rest).items()}
        both |= {name: node["services"][name].value for name, node in named.items()}
        models = (Node({"volumes": kept}), *named.values(), Node(config))
        others = {
            kind: {key: item.value for node in models
                   for key, item in node[kind].members()}
            for kind in ("networks", "volumes")
        }  # fmt: skip
        return self._resolved(
            {**config, **others, "services": both},
            frozenset(services),
            compose_warnings(messages),
            left_out=frozenset(rest),
            left_out_why=why,
            refused={name: item for name, item in asked.items() if isinstance(item, str)},
            refused_together=_reason(found) if isinstance(found, ComposeRefused) else "",
        )

    def _volumes_for_down(self) -> frozenset[str] | ComposeRefused:
        """The volumes, by their keys, that `down` takes; why none, where it is refused.

        It looks into no env file, and minds no container name that two services have. Neither does
        `config` for a list of names alone.
        """
        words = (*EVERY_PROFILE, "config", "--no-env-resolution", "--volumes")
        try:
            return frozenset(self._answer(self._ask(self.command.reading_argv(*words)))[0].split())
        except ComposeRefused as refusal:
            return refusal

    def _by_name(self, service: str) -> JsonObject | str:
        """The project as `up SERVICE` reads it; why not, where compose refuses it."""
        argv = self.command.reading_argv("config", "--format", "json", "--", service)
        try:
            output = self._answer(self._ask(argv))[0]
            found = load_object(output)
        except ComposeRefused as refusal:
            return _reason(refusal)
        except ValueError as error:
            raise _no_json(self.command) from error
        return found if Node(found)["services"][service] else "it is not in the project"

    def _written(self) -> JsonObject:
        """The project as it is written, with nothing put in and nothing checked."""
        words = (*EVERY_PROFILE, "config", *UNRESOLVED, "--format", "json")
        return load_object(self._answer(self._ask(self.command.reading_argv(*words)))[0])

    def _resolved(
        self,
        config: JsonObject,
        active: frozenset[str],
        warnings: tuple[str, ...],
        left_out: frozenset[str] = frozenset(),
        left_out_why: str = "",
        refused: Mapping[str, str] | None = None,
        refused_together: str = "",
    ) -> ResolvedProject:
        return ResolvedProject(
            config=config,
            profiles=self._asked_profiles(),
            active=active,
            directory=self.command.directory,
            files=tuple(map(str, self.read_files().compose)),
            read=tuple(map(str, self.read_files().all)),
            env_files=self.command.env_files,
            adopted=self.command.adopted,
            moved=self._moved(),
            warnings=warnings,
            left_out=left_out,
            left_out_why=left_out_why,
            refused=refused or {},
            refused_together=refused_together,
        )

    def _moved(self) -> str:
        """The files that compose would open now, if these are others than it was opened with."""
        search, command = self.command.search, self.command
        if search is None:
            return ""
        place = search.find(self._environment)
        if (str(place.directory), place.files) == (command.directory, command.files):
            return ""
        return ", ".join(place.files or map(str, default_files(place.directory)))

    def _asked_profiles(self) -> frozenset[str]:
        """What `COMPOSE_PROFILES` says, in the environment or else in `.env`, and `--profile`."""
        said = self._settings().get("COMPOSE_PROFILES", "")
        return frozenset(filter(None, (*re.split(r"[,\s]+", said), *self.command.profiles)))

    def _settings(self) -> Mapping[str, str]:
        """The variables of the environment and of the environment files."""
        named = [Path(file) for file in self.command.env_files]
        folder = Path(self.command.directory)
        return read_settings(named or dotenv_file(folder, self._environment), self._environment)

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """`docker compose config --hash "*"` of the resolved model.

        Meanwhile the files of its secrets are read: what is in them is masked from then on.
        """
        from pixel_tui.stack.compose.secret_files import WAIT_SECONDS, SecretFiles

        self._secrets = self._secrets or SecretFiles()
        self._secrets.take(resolved.config)
        config = resolved.config
        if resolved.left_out:
            services = {
                name: node.value
                for name, node in Node(config)["services"].members()
                if name not in resolved.left_out
            }
            config = {**config, "services": services}
        try:
            return self.hashes_of(config, self.command)
        finally:
            self._secrets.wait(WAIT_SECONDS)

    def hashes_of(self, config: JsonObject, command: ComposeCommand) -> Mapping[str, str]:
        """The hashes of a resolved model; a service that compose can't hash has none.

        Args:
            config: What `config --format json` printed.
            command: How compose was called for it.

        Raises:
            ComposeError: Compose gives none at all.
        """
        model = replace(command, files=("-",), project=Node(config)["name"].raw)
        argv = model.reading_argv(*EVERY_PROFILE, "config", "--hash", "*")
        output, _ = self.ask(argv, stdin=as_yaml(config))
        told = dict(pair for line in output.splitlines() if len(pair := line.split()) == 2)
        files = self._label_files(command)
        return {
            name: as_up_hashes(service, told.get(name, ""), label_files=files.get(name, ()))
            for name, node in Node(config)["services"].members()
            if isinstance(service := node.value, dict)
        }

    def _label_files(self, command: ComposeCommand) -> Mapping[str, Sequence[str]]:
        """The label files of services: `config` puts in what they give, and leaves them out."""
        read = self.read_files()
        if not read.has_label_files:
            return {}
        words = (*EVERY_PROFILE, "config", "--no-interpolate", "--format", "json")
        output, _ = self.ask(command.reading_argv(*words))
        try:
            services = Node(load_object(output))["services"]
        except ValueError as error:
            raise _no_json(command) from error
        return {
            name: [item.raw for item in node["label_file"]]
            for name, node in services.members()
            if node["label_file"]
        }

    def environment_uses(self) -> "EnvironmentUses":
        """Who reads which key: `docker compose config` with its `${...}` left in.

        Compose reads `.env` even for this. Where it refuses it, it is asked without.
        """
        from pixel_tui.stack.compose.environment_uses import parse_uses

        self._require_folder()
        words = (*EVERY_PROFILE, "config", *UNRESOLVED, "--format", "json")
        try:
            output, _ = self._answer(self._ask(self.command.reading_argv(*words)))
        except ComposeRefused:
            without = replace(self.command, env_files=(os.devnull,))
            output, _ = self._answer(self._ask(without.reading_argv(*words)))
        try:
            return parse_uses(load_object(output))
        except ValueError as error:
            raise _no_json(self.command) from error

    @property
    def has_files(self) -> bool:
        """Whether there is anything that compose could take for a project."""
        return any(map(is_remote, self.command.files)) or any(map(is_file, self.files))

    def _require_folder(self) -> None:
        for file in self.command.files:
            if is_remote(file):
                why = OCI_NOT_READ if file.startswith("oci://") else GIT_NOT_READ
                raise ComposeRefused(f"{why}.", on=file, remedy=COPY_IT)
            if not _is(Path.is_file, file):
                remedy = "Check -f or COMPOSE_FILE: paths are relative to the current folder."
                raise ProjectMissing(
                    "There is no such compose file.", on=file, remedy=self._reopened() or remedy
                )
        if not _is(Path.is_dir, self.command.directory):
            raise ProjectMissing(
                "There is no such folder.",
                on=self.command.directory,
                remedy=self._reopened() or "Check the path behind -C.",
            )
        for env_file in self.command.env_paths:
            if is_pipe(Path(env_file)):
                raise ComposeRefused(
                    "The environment file is a pipe, and compose would wait for it.",
                    on=env_file,
                    remedy="Move it away, and make a file.",
                )

    def _reopened(self) -> str:
        """What to do if the project is elsewhere by now."""
        moved = self._moved()
        return f"Quit and start pixel-tui again: compose opens {moved} now." if moved else ""

    def _ask(self, argv: Sequence[str], *, stdin: str = "") -> Asked:
        """Start a reading command."""
        try:
            return Asked(
                argv, directory=self.command.directory, environment=self._environment, stdin=stdin
            )
        except OSError as error:
            if error.filename == self.command.directory:  # it went, or may not be entered
                raise _denied(self.command.directory, error) from error
            if isinstance(error, FileNotFoundError):
                raise compose_missing(argv[0]) from error
            raise ComposeError(
                f"The compose program can't be started: {error.strerror or error}.", on=argv[0]
            ) from error

    def _answer(self, asked: Asked, candidate: str = "") -> tuple[str, str]:
        """Wait for a command: what it said on standard output and standard error.

        No secret is quoted in the latter, nor in why compose refuses the project.
        """
        try:
            reply = asked.answer(TIMEOUT_SECONDS)
        except NoAnswer as error:
            raise ComposeError(
                f"Compose did not answer: {error}.",
                on=self.command.directory,
                remedy="Is a file of the project on a slow or hanging disk?",
            ) from error
        if reply.code < 0:
            raise ComposeError(
                f"Compose was ended by signal {-reply.code} before it answered.",
                on=self.command.directory,
                remedy="It is asked again by itself; `dmesg` says whether memory ran out.",
            )
        if reply.code != 0:
            raise self._refusal(self._spoken(reply.messages or reply.output, candidate))
        return reply.output, self._spoken(reply.messages, candidate)

    def _spoken(self, messages: str, candidate: str) -> str:
        if not messages.strip():
            return ""
        from pixel_tui.stack.compose.compose_words import ComposeWords
        from pixel_tui.stack.compose.written_secrets import Written, written_in

        given = [Written(candidate)] if candidate else []
        files = [*given, *written_in(self.read_files())]
        return ComposeWords(files, self._environment).without_secrets(messages)

    def _refusal(self, messages: str) -> ComposeError:
        if says_no_compose(messages):
            return compose_missing(" ".join(self.command.compose))
        if "no configuration file provided" in messages:
            return ProjectMissing(
                "There is no compose file here or above.",
                on=self.command.directory,
                remedy="Change to the project's folder, or name it: `pixel-tui -C DIR`.",
            )
        if remote := remote_not_read(messages):
            return ComposeRefused(f"{remote}.", on=self.command.directory, remedy=COPY_IT)
        lines = [line.strip() for line in messages.splitlines() if "level=warn" not in line]
        said = plain(" ".join(filter(None, lines))) or "it gave no reason"
        denied = "permission denied" in messages
        return ComposeRefused(
            f"{_REFUSES}{said}",
            on=self.command.directory,
            remedy=MAY_NOT_READ if denied else "Mend the file; it is read again when it changes.",
        )


def compose_warnings(messages: str) -> tuple[str, ...]:
    """The warnings in what compose said on standard error, each once."""
    found = (
        _ESCAPED.sub(lambda sign: " " if sign[1] in "nrt" else sign[1], text)
        for text in _WARNING.findall(messages)
    )
    return tuple(dict.fromkeys(found))


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


def _reason(refusal: ComposeRefused) -> str:
    return str(refusal.what).removeprefix(_REFUSES)


def _end(*processes: Asked | None) -> None:
    for process in filter(None, processes):
        process.end()


def _no_json(command: ComposeCommand) -> ComposeRefused:
    return ComposeRefused(
        "Compose did not print the project as JSON.",
        on=command.directory,
        remedy=f"Is it compose version 2? `{' '.join(command.compose)} version`",
    )
