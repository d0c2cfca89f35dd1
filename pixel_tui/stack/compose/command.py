"""Argument lists for the docker and compose programs. No shell is involved."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pixel_tui.redaction.redactor import redact_argv
from pixel_tui.stack.compose.files import ProjectSearch
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText, plain

LOCAL_ONLY: Final[Mapping[str, str]] = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
    "BUILDX_GIT_INFO": "false",
    "BUILDX_GIT_LABELS": "false",
}
"""Variables of every call that keep compose from running git and from contacting registries.

For a remote `include`, `extends` or compose file, compose would run git, which runs the programs
named in the `.git/config` there (observed with 2.40.3), or contact a registry each time the project
is read. Compose takes these variables only from its environment, so a `.env` can't turn them on
again. A build would run git to store the commit and its origin in the image;
`BUILDX_GIT_CHECK_DIRTY` only matters if it does.
"""
EVERY_PROFILE: Final = ("--profile", "*")
GIT_NOT_READ: Final = (
    "Remote project files (include, extends or -f) are not read: git could run programs from "
    "this checkout's settings; use a local copy"
)
OCI_NOT_READ: Final = (
    "Remote project files (include, extends or -f) are not read: every refresh would query a "
    "registry; use a local copy"
)

UNRESOLVED: Final = (
    "--no-interpolate", "--no-normalize", "--no-consistency", "--no-env-resolution"
)  # fmt: skip
"""Options for the project as written, only merged: lists stay lists, valueless names stay so."""


@dataclass(frozen=True, slots=True)
class ComposeCommand:
    """The command lines of compose and docker for one project on one engine.

    Every call names the project directory: in a container with the engine's socket, relative
    paths would otherwise be resolved against the wrong folder.
    """

    docker: tuple[str, ...] = ("docker",)
    """The docker program with the options that select the engine."""
    compose: tuple[str, ...] = ("docker", "compose")
    """The compose program with the options that select the engine."""
    reader: tuple[str, ...] = ()
    """The compose plugin, for reading without the docker program; empty if not found."""
    directory: str = "."
    files: tuple[str, ...] = ()
    """`-f` options as given; empty if compose finds the files by itself."""
    env_files: tuple[str, ...] = ()
    """`--env-file` options, absolute; a later file overrides an earlier one. Empty if compose
    reads the `.env` of the project's folder."""
    project: str = ""
    """`-p`; empty if compose determines the name by itself."""
    edited: str = ""
    """The one of `env_paths` that is edited; empty for the last one, whose values take
    precedence."""
    profiles: tuple[str, ...] = ()
    """`--profile` options as given."""
    search: ProjectSearch | None = None
    """How the folder and files were found; None if the files were named."""
    reads_default_env: bool = True
    """Whether compose reads `.env` without `--env-file` (see `COMPOSE_DISABLE_ENV_FILE`)."""
    adopted: bool = False
    """`files` and `env_files` were not named; they are those the containers were created with."""
    environment: Mapping[str, str] = field(default_factory=lambda: LOCAL_ONLY)
    """Variables for the programs, which override those of this process."""

    def compose_argv(self, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Return `docker compose --project-directory DIR ... WORDS NAMES`.

        Args:
            words: The command and its options.
            names: Names of services, which are protected against being read as options.
        """
        return (*self.compose, *self._options(), *words, *operands(names))

    def reading_argv(self, *words: str) -> tuple[str, ...]:
        """Return the fastest command line for words that only read the project's files."""
        return (*(self.reader or self.compose), *self._options(), *words)

    @property
    def env_paths(self) -> tuple[str, ...]:
        """The environment files of compose, in its order: the last one takes precedence."""
        if self.env_files:
            return self.env_files
        return (str(Path(self.directory) / ".env"),) if self.reads_default_env else ()

    @property
    def edited_env(self) -> Path:
        """The environment file that is edited: the selected one, else the last one.

        If compose reads none, it is the `.env` of the folder, which services may name.
        """
        if self.edited:
            return Path(self.edited)
        return Path(self.env_paths[-1]) if self.env_paths else Path(self.directory) / ".env"

    @property
    def env_mark(self) -> Path:
        """The key for drafts and versions of the edited file: the folder if it is its `.env`."""
        folder = Path(self.directory)
        return folder if self.edited_env == folder / ".env" else self.edited_env

    @property
    def each_edited(self) -> "tuple[ComposeCommand, ...]":
        """This command once for each environment file, with that file as the edited one."""
        paths = dict.fromkeys(self.env_paths)
        return tuple(map(self.editing, paths)) or (self,)

    def editing(self, path: str | Path) -> "ComposeCommand":
        """Return the command with another file as the edited one, if compose reads that file."""
        if str(path) not in self.env_paths:
            return self
        return replace(self, edited="" if str(path) == self.env_paths[-1] else str(path))

    @property
    def typed(self) -> TypedCommands:
        """The first words of commands for this project, as typed in the folder of this process.

        The folder and its files are left out if they were found without options.
        """
        folder, files, env_files, search = self.directory, self.files, self.env_files, self.search
        if search is not None and search.directory is None and not self.adopted:
            folder, files, env_files = "", (), env_files if search.env_files else ()
        selection = self._selection(files, env_files)
        engine = self.environment.items() - LOCAL_ONLY.items()  # of a standalone compose
        variables = [f"{name}={value}" for name, value in sorted(engine)]

        def typed(program: Sequence[str], folder_option: str) -> SafeText:
            folder_words = (folder_option, folder) if folder else ()
            return _as_typed((*program, *folder_words, *selection))

        return TypedCommands(
            docker=_as_typed(self.docker),
            compose=typed((*variables, *self.compose), "--project-directory"),
            pixel_tui=typed(("pixel-tui", *self.docker[1:]), "-C"),
        )

    def _options(self) -> tuple[str, ...]:
        return ("--project-directory", self.directory, *self._selection(self.files, self.env_files))

    def _selection(self, files: Sequence[str], env_files: Sequence[str]) -> tuple[str, ...]:
        """Return the options that select the project, except its folder."""
        options: list[str] = []
        for file in files:
            options += ["--file", file]
        for file in env_files:
            options += ["--env-file", file]
        if self.project:
            options += ["--project-name", self.project]
        for profile in self.profiles:
            options += ["--profile", profile]
        return tuple(options)

    def docker_argv(self, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Return `docker WORDS NAMES`; names can't be read as options."""
        return (*self.docker, *words, *operands(names))


def _as_typed(argv: Sequence[str]) -> SafeText:
    return plain(shown(redact_argv(argv)))


def operands(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as arguments, after `--` if one could be read as an option."""
    return ("--", *names) if any(name.startswith("-") for name in names) else tuple(names)


def option(name: str, value: str) -> tuple[str, ...]:
    """Return an option and its value, in one word if the value could be read as an option."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def shown(argv: Sequence[str]) -> str:
    """Return a command line as typed in a shell."""
    return shlex.join(argv)


def remote_refusal(message: str) -> str:
    """Return why compose did not read a remote file of the project (see `LOCAL_ONLY`).

    Args:
        message: Compose's message.

    Returns:
        A sentence without its full stop; empty if compose refused something else.
    """
    if 'disabled by "COMPOSE_EXPERIMENTAL_GIT_REMOTE"' in message:
        return GIT_NOT_READ
    if 'disabled by "COMPOSE_EXPERIMENTAL_OCI_REMOTE"' in message:
        return OCI_NOT_READ
    return ""
