"""Asks git about a checkout without running anything that the repository names.

The one place that starts git. A repository's own configuration names programs by the dozen: hooks,
`core.fsmonitor`, filters (`git status` runs them), text converters, signature programs, helpers
of transports. So git never reads that configuration here. It is given a repository folder
made for the question: links to the real index, objects and refs beside a configuration that
holds only what decides how files compare (`_SETTINGS`). What a future git learns to name there
is left out as well.
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
from pixel_tui.stack.compose.asking import Asked, NoAnswer
from pixel_tui.stack.model.program_output import ProgramOutput

_SETTINGS: Final = frozenset(
    {"core.autocrlf", "core.checkstat", "core.eol", "core.excludesfile", "core.filemode",
     "core.ignorecase", "core.precomposeunicode", "core.sparsecheckout",
     "core.sparsecheckoutcone", "core.symlinks", "core.trustctime"}
)  # fmt: skip
"""What may be taken over: none of them names a program."""
_FORMATS: Final = {
    "extensions.objectformat": frozenset({"sha1", "sha256"}),
    "extensions.refstorage": frozenset({"files", "reftable"}),
}
"""What has to be taken over for the objects and refs to be understood, and its values."""
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
"""For the two questions that read the real configuration, and that run nothing anyway."""
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "check-ignore": (),
    "log": (),
    "ls-files": (),
    "rev-list": (),
    "rev-parse": (),
    # It would start git in each submodule, which reads that one's own configuration.
    "status": ("--ignore-submodules=all",),
}
"""The questions that are known to change nothing, and what has to be behind each."""
_LONGEST_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with files of a repository, and what git may be asked about it."""

    folder: Path
    """Where the questions are asked: paths in answers of `ls-files` are relative to it."""
    top: Path
    """The checkout's uppermost folder."""
    _settings: tuple[str, ...]
    _environment: Mapping[str, str]
    _patience: float

    def ask(self, command: str, *words: str) -> ProgramOutput:
        """What git says.

        Args:
            command: One of `_COMMANDS`.
            words: Its arguments; paths and names behind `--`.

        Raises:
            OperationError: Git can't be started, or did not answer in time, or too much.
        """
        argv = (*OFF, *self._settings, command, *_COMMANDS[command], *words)
        return _run(argv, self.folder, self._environment, self._patience)


@contextmanager
def open_checkout(
    folder: Path, environment: Mapping[str, str], patience: float
) -> Iterator[Checkout]:
    """The checkout that a folder is in.

    Args:
        folder: It, or a folder below it.
        environment: The variables of this process. Those that name another repository
            are left out.
        patience: Seconds that one question may take.

    Raises:
        OperationError: It is in none, git refuses to answer (as for a folder of another
            user), can't be started, or did not answer in time, or too much.
    """
    own = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")
    } | _QUIET
    words = ("rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-toplevel")
    found = _run((*OFF, *words), folder, own, patience)
    names = os.fsdecode(found.output).removesuffix("\n").split("\n")
    if found.code or len(names) != len(words) - 1:
        raise OperationError(f"Git does not answer for the folder: {found.reason}", on=str(folder))
    git_folder, common, top = (folder / name for name in names)
    if not folder.resolve().is_relative_to(top.resolve()):
        raise OperationError(f"Its repository is one of other files: {top}.", on=str(folder))
    settings = _settings(folder, own, patience)
    try:
        with tempfile.TemporaryDirectory(prefix="pixel-tui-git-") as made:
            _lay_out(Path(made), git_folder, common, settings)
            asked = {
                name: value for name, value in own.items() if not name.startswith("GIT_CONFIG_")
            } | {
                "GIT_DIR": made,
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
            yield Checkout(folder, top, kept, asked, patience)
    except OSError as error:
        raise OperationError(
            f"The repository can't be looked at: {error.strerror or error}.", on=str(folder)
        ) from error


def _settings(folder: Path, environment: Mapping[str, str], patience: float) -> dict[str, str]:
    said = _run((*OFF, "config", "--null", "--list"), folder, environment, patience)
    found: dict[str, str] = {}
    for entry in os.fsdecode(said.output).split("\0"):
        name, line, value = entry.partition("\n")
        if name in _SETTINGS or value in _FORMATS.get(name, ()):
            found[name] = value if line else "true"
    return found


def _lay_out(made: Path, git_folder: Path, common: Path, settings: Mapping[str, str]) -> None:
    """A repository folder with links to what holds no configuration."""
    (made / "info").mkdir()
    for name in _OF_CHECKOUT:
        (made / name).symlink_to(git_folder / name)
    for name in _OF_REPOSITORY:
        (made / name).symlink_to(common / name)
    for shared in git_folder.glob("sharedindex.*"):
        (made / shared.name).symlink_to(shared)
    # A link would have to be called as a branch is. Discovery has found it to be a HEAD.
    with open_regular(git_folder / "HEAD") as head:
        (made / "HEAD").write_bytes(head.read(_LONGEST_HEAD))
    formats = [
        f"\t{name.removeprefix('extensions.')} = {value}\n"
        for name, value in settings.items()
        if name in _FORMATS
    ]
    (made / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n" + "".join(formats)
    )


def _run(
    words: tuple[str, ...], folder: Path, environment: Mapping[str, str], patience: float
) -> ProgramOutput:
    try:
        asked = Asked(("git", *words), directory=str(folder), environment=environment)
        reply = asked.answer(patience)
    except NoAnswer as error:
        raise OperationError(f"Git did not answer: {error}.", on=str(folder)) from error
    except OSError as error:
        raise OperationError(
            f"Git can't be started: {error.strerror or error}.",
            on=str(folder),
            remedy="Is it installed, and on PATH?",
        ) from error
    return ProgramOutput(reply.code, reply.raw_output, reply.raw_messages)
