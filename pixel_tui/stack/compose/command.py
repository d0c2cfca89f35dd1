"""Argument lists of the docker and compose programs. No shell is ever involved."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pixel_tui.stack.compose.files import ProjectSearch

LOCAL_ONLY: Final[Mapping[str, str]] = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
    "BUILDX_GIT_INFO": "false",
    "BUILDX_GIT_LABELS": "false",
}
"""Has compose run no git in the project's folder, and ask no registry, in every call.

For an `include`, `extends` or compose file that is elsewhere it would run git there, and git what
the `.git/config` there names (seen with 2.40.3); or it would ask a registry each time that the
project is looked at. It takes these from its environment alone: a `.env` can't turn them on again.
A build would ask git for the commit and where it is from, to write them down with the image;
`BUILDX_GIT_CHECK_DIRTY` counts only where it asks at all.
"""
EVERY_PROFILE: Final = ("--profile", "*")
GIT_NOT_READ: Final = (
    "A remote file of the project (include, extends or -f) is not read: git could run programs"
    " that this checkout's settings name; use a local copy"
)
OCI_NOT_READ: Final = (
    "A remote file of the project (include, extends or -f) is not read: a registry would be asked"
    " over the network at each look; use a local copy"
)

UNRESOLVED: Final = (
    "--no-interpolate", "--no-normalize", "--no-consistency", "--no-env-resolution"
)  # fmt: skip
"""The project as it is written, only merged: with lists as lists, and names without a value."""


@dataclass(frozen=True, slots=True)
class ComposeCommand:
    """How compose and docker are called for one project on one engine.

    Every call names the project directory: inside a container that holds the
    engine's socket, a relative path would else resolve against the wrong folder.
    """

    docker: tuple[str, ...] = ("docker",)
    """The docker program with the options that choose the engine."""
    compose: tuple[str, ...] = ("docker", "compose")
    """The compose program with the options that choose the engine."""
    reader: tuple[str, ...] = ()
    """The compose program itself, for reading without docker in between; may be empty."""
    directory: str = "."
    files: tuple[str, ...] = ()
    """`-f` options as given; empty where compose finds its files itself."""
    env_files: tuple[str, ...] = ()
    """`--env-file` options, absolute; a later file overrides an earlier one. Empty where compose
    reads the `.env` of the project's folder."""
    project: str = ""
    """`-p`; empty where compose finds the name itself."""
    edited: str = ""
    """Which of `env_paths` is edited; empty for the last one, whose values win."""
    profiles: tuple[str, ...] = ()
    """`--profile` options as given."""
    search: ProjectSearch | None = None
    """How folder and files were found; None where somebody named the files."""
    reads_default_env: bool = True
    """Whether compose reads `.env` where no `--env-file` is given: `COMPOSE_DISABLE_ENV_FILE`."""
    adopted: bool = False
    """`files` and `env_files` are those that the containers were made with; nobody named them."""
    environment: Mapping[str, str] = field(default_factory=lambda: LOCAL_ONLY)
    """Variables that the programs need beside, and before, this process's own."""

    def compose_argv(self, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
        """`docker compose --project-directory DIR ... WORDS NAMES`.

        Args:
            words: The command and its options, all of them ours.
            names: Of services, as files and the engine call them: never taken for options.
        """
        return (*self.compose, *self._options(), *words, *operands(names))

    def reading_argv(self, *words: str) -> tuple[str, ...]:
        """The same, by the shortest way: for words that only read the project's files."""
        return (*(self.reader or self.compose), *self._options(), *words)

    @property
    def env_paths(self) -> tuple[str, ...]:
        """The files that compose takes variables from, in its order: the last one wins."""
        if self.env_files:
            return self.env_files
        return (str(Path(self.directory) / ".env"),) if self.reads_default_env else ()

    @property
    def edited_env(self) -> Path:
        """The environment file that is edited: the one that was chosen, else the one that wins.

        Where compose reads none, that is the place of one that services may name.
        """
        if self.edited:
            return Path(self.edited)
        return Path(self.env_paths[-1]) if self.env_paths else Path(self.directory) / ".env"

    @property
    def env_mark(self) -> Path:
        """What the work on the edited file is kept under: the folder where it is its `.env`."""
        folder = Path(self.directory)
        return folder if self.edited_env == folder / ".env" else self.edited_env

    @property
    def each_edited(self) -> "tuple[ComposeCommand, ...]":
        """This command once for each environment file, with that one edited; in their order."""
        paths = dict.fromkeys(self.env_paths)
        return tuple(map(self.editing, paths)) or (self,)

    def editing(self, path: str | Path) -> "ComposeCommand":
        """The same with another file edited, where compose reads that one; else as it is."""
        if str(path) not in self.env_paths:
            return self
        return replace(self, edited="" if str(path) == self.env_paths[-1] else str(path))

    def _options(self) -> tuple[str, ...]:
        options = ["--project-directory", self.directory]
        for file in self.files:
            options += ["--file", file]
        for file in self.env_files:
            options += ["--env-file", file]
        if self.project:
            options += ["--project-name", self.project]
        for profile in self.profiles:
            options += ["--profile", profile]
        return tuple(options)

    def docker_argv(self, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
        """`docker WORDS NAMES`; the names (of containers, images) are never taken for options."""
        return (*self.docker, *words, *operands(names))


def operands(names: Sequence[str]) -> tuple[str, ...]:
    """Names as a program is given them: behind `--` where one could be taken for an option."""
    return ("--", *names) if any(name.startswith("-") for name in names) else tuple(names)


def option(name: str, value: str) -> tuple[str, ...]:
    """An option and its value, in one word where the value could be taken for another option."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def shown(argv: Sequence[str]) -> str:
    """A command line as a person would type it."""
    return shlex.join(argv)


def remote_not_read(said: str) -> str:
    """Why compose did not read a part of the project that is elsewhere: see `LOCAL_ONLY`.

    Args:
        said: What compose gives as its reason.

    Returns:
        A sentence without its full stop; empty where compose refused something else.
    """
    if 'disabled by "COMPOSE_EXPERIMENTAL_GIT_REMOTE"' in said:
        return GIT_NOT_READ
    if 'disabled by "COMPOSE_EXPERIMENTAL_OCI_REMOTE"' in said:
        return OCI_NOT_READ
    return ""
