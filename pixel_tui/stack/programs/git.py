"""Runs git on a checkout without running any program that the repository configures.

This is the only place that starts git. A repository's own configuration can name many programs:
hooks, `core.fsmonitor`, filters (`git status` runs them), text converters, signature programs,
transport helpers. So git never reads that configuration here. It gets a temporary repository
folder: links to the real index, objects and refs, and a configuration with only the settings for
comparing files (`_SETTINGS`). So settings that a future git may add are left out as well.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.files import open_regular
from pixel_tui.stack.compose.bounded_program import BoundedProgram, LimitExceeded
from pixel_tui.stack.model.program_output import ProgramOutput

_SETTINGS: Final = frozenset(
    {"core.autocrlf", "core.checkstat", "core.eol", "core.excludesfile", "core.filemode",
     "core.ignorecase", "core.precomposeunicode", "core.sparsecheckout",
     "core.sparsecheckoutcone", "core.symlinks", "core.trustctime"}
)  # fmt: skip
"""The settings that are copied: none of them names a program."""
_FORMATS: Final = {
    "extensions.objectformat": frozenset({"sha1", "sha256"}),
    "extensions.refstorage": frozenset({"files", "reftable"}),
}
"""The settings that are required to read the objects and refs, with the accepted values."""
_OF_CHECKOUT: Final = ("index", "info/sparse-checkout")
_OF_REPOSITORY: Final = ("objects", "refs", "packed-refs", "reftable", "shallow", "info/exclude")
_QUIET: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_SSH_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
OFF: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
               "-c", "core.pager=cat", "-c", "protocol.allow=never")  # fmt: skip
"""Options for the two commands that read the real configuration, and run no programs anyway."""
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "check-ignore": (),
    "log": (),
    "ls-files": (),
    "rev-list": (),
    "rev-parse": (),
    # It would start git in each submodule, which reads the submodule's configuration.
    "status": ("--ignore-submodules=all",),
}
"""The commands that are known to change nothing, with the options that each requires."""
_LONGEST_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder in a repository on which git can be run."""

    folder: Path
    """The working directory of git: paths in the output of `ls-files` are relative to it."""
    top: Path
    """The checkout's top folder."""
    _settings: tuple[str, ...]
    _environment: Mapping[str, str]
    _timeout: float

    def ask(self, command: str, *words: str) -> ProgramOutput:
        """Run a git command and return its output.

        Args:
            command: One of `_COMMANDS`.
            words: Its arguments; paths and names after `--`.

        Raises:
            OperationError: Git can't be started, or exceeded a limit.
        """
        argv = (*OFF, *self._settings, command, *_COMMANDS[command], *words)
        return _run(argv, self.folder, self._environment, self._timeout)


@contextmanager
def open_checkout(
    folder: Path, environment: Mapping[str, str], timeout: float
) -> Iterator[Checkout]:
    """Open the checkout that contains a folder.

    Args:
        folder: The checkout, or a folder in it.
        environment: The variables of this process. Those that name another repository
            are left out.
        timeout: Timeout of each command in seconds.

    Raises:
        OperationError: The folder is in no checkout; or git refuses (for example because the
            folder belongs to another user), can't be started, or exceeded a limit.
    """
    own = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")
    } | _QUIET
    words = ("rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-toplevel")
    found = _run((*OFF, *words), folder, own, timeout)
    names = os.fsdecode(found.output).removesuffix("\n").split("\n")
    if found.code or len(names) != len(words) - 1:
        raise OperationError(f"Git does not answer for the folder: {found.reason}", on=str(folder))
    git_folder, common, top = (folder / name for name in names)
    if not folder.resolve().is_relative_to(top.resolve()):
        raise OperationError(f"Its repository has other files: {top}.", on=str(folder))
    settings = _settings(folder, own, timeout)
    try:
        with tempfile.TemporaryDirectory(prefix="pixel-tui-git-") as temporary:
            _create_repository(Path(temporary), git_folder, common, settings)
            variables = {
                name: value for name, value in own.items() if not name.startswith("GIT_CONFIG_")
            } | {
                "GIT_DIR": temporary,
                "GIT_WORK_TREE": str(top),
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_SYSTEM": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            }
            kept = tuple(
                word
                for name, value in settings.items()
                if name in _SETTINGS
                for word in ("-c", f"{name}={value}")
            )
            yield Checkout(folder, top, kept, variables, timeout)
    except OSError as error:
        raise OperationError(
            f"The repository can't be read: {error.strerror or error}.", on=str(folder)
        ) from error


def _settings(folder: Path, environment: Mapping[str, str], timeout: float) -> dict[str, str]:
    listed = _run((*OFF, "config", "--null", "--list"), folder, environment, timeout)
    found: dict[str, str] = {}
    for entry in os.fsdecode(listed.output).split("\0"):
        name, line, value = entry.partition("\n")
        if name in _SETTINGS or value in _FORMATS.get(name, ()):
            found[name] = value if line else "true"
    return found


def _create_repository(
    temporary: Path, git_folder: Path, common: Path, settings: Mapping[str, str]
) -> None:
    """Create a repository folder with links to everything but the configuration."""
    (temporary / "info").mkdir()
    for name in _OF_CHECKOUT:
        (temporary / name).symlink_to(git_folder / name)
    for name in _OF_REPOSITORY:
        (temporary / name).symlink_to(common / name)
    for shared in git_folder.glob("sharedindex.*"):
        (temporary / shared.name).symlink_to(shared)
    # Git accepts a HEAD that is a link only if its target is named like a branch.
    # That it is a valid HEAD was checked by git when it found the repository.
    with open_regular(git_folder / "HEAD") as head:
        (temporary / "HEAD").write_bytes(head.read(_LONGEST_HEAD))
    formats = [
        f"\t{name.removeprefix('extensions.')} = {value}\n"
        for name, value in settings.items()
        if name in _FORMATS
    ]
    (temporary / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n" + "".join(formats)
    )


def _run(
    words: tuple[str, ...], folder: Path, environment: Mapping[str, str], timeout: float
) -> ProgramOutput:
    try:
        program = BoundedProgram(("git", *words), directory=str(folder), environment=environment)
        return program.result(timeout)
    except LimitExceeded as error:
        raise OperationError(f"Git did not answer: {error}.", on=str(folder)) from error
    except OSError as error:
        raise OperationError(
            f"Git can't be started: {error.strerror or error}.",
            on=str(folder),
            hint="Is it installed, and on PATH?",
        ) from error
