"""What is around an environment file: asked of compose, of git and of the machine.

And what is found in the file with all that is known around it.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.file_facts import (
    FileFacts,
    GitState,
    socket_group,
    stat_or_none,
)
from pixel_tui.environment.checks.layers import (
    SINGLE_FILE,
    Layers,
    read_layers,
    set_values,
    short_names,
)
from pixel_tui.environment.checks.overview import KeyRow, Overview, key_row, overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import Reading, read_values
from pixel_tui.environment.storage.file_state import LONGEST_BYTES, read_file
from pixel_tui.errors import ComposeRefused, ConsoleError, FileError
from pixel_tui.files import is_file, read_regular
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.command import EVERY_PROFILE, ComposeCommand
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.environment_uses import NO_USES, EnvironmentUses
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine.endpoint import endpoint_of
from pixel_tui.stack.programs.git_files import GitFile, git_file
from pixel_tui.text import SafeText, plain

_NOT_SET: Final = re.compile(r'The \\?"([^"\\]+)\\?" variable is not set')
EXAMPLE_NAMES: Final = (
    *(
        f".env{joint}{word}"
        for word in ("example", "sample", "template", "dist")
        for joint in ".-_"
    ),
    *(f"{word}.env" for word in ("example", "sample", "template", ".example", ".sample")),
    *(f"env.{word}" for word in ("example", "sample", "template", "dist")),
)
"""Under these names projects keep an example of their `.env`."""
EXAMPLE_PATTERNS: Final = (".env.*.example", ".env.example.*", ".env.*.sample", ".env.*.template")
"""An example for one of several ways to run it: `.env.prod.example`. Looked for last."""


@dataclass(frozen=True, slots=True)
class FileContext:
    """All that is known around a file."""

    example: DotenvDocument | None = field(repr=False)
    """The example beside it, or in the project's folder."""
    uses: EnvironmentUses
    facts: FileFacts
    unasked: tuple[SafeText, ...] = ()
    """What could not be found out, and why: checks that rest on it find nothing."""
    earlier: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the environment files that compose reads before this one give."""
    layers: Layers = SINGLE_FILE
    """Which other environment files set which keys."""


class Examined:
    """Examines drafts of a file with what was read around it.

    Args:
        around: What was read.
        environment: The variables that compose would see.
    """

    def __init__(self, around: FileContext, environment: Mapping[str, str]) -> None:
        self._around = around
        self._environment = environment
        self._catalogue = load_catalogue()

    def all(self, document: DotenvDocument) -> Overview:
        """Every key."""
        around, readings, facts = self._around, *self._read(document)
        found = overview(document, readings, around.example, self._catalogue, around.uses, facts)
        return around.layers.annotate_all(found)

    def one(self, document: DotenvDocument, key: str) -> KeyRow:
        """One key."""
        around, readings, facts = self._around, *self._read(document)
        row = key_row(key, document, readings, around.example, self._catalogue, around.uses, facts)
        return row if around.layers == SINGLE_FILE else around.layers.annotate(row)

    def _read(self, document: DotenvDocument) -> tuple[Mapping[str, Reading], FileFacts]:
        """The values, where what another file sets counts as set if this file does not set it."""
        earlier, layers = self._around.earlier, self._around.layers
        facts, others = self._around.facts, {*layers.earlier, *layers.later}
        if set_elsewhere := {key for key in others if not document.entry(key)}:
            facts = replace(facts, exported=facts.exported | set_elsewhere)
        return read_values(document, self._environment, earlier), facts


def environment_path(command: ComposeCommand) -> Path:
    """The file that compose reads for a project."""
    return command.edited_env


def read_around(
    path: Path,
    command: ComposeCommand,
    environment: Mapping[str, str],
    *,
    content: bytes | None = None,
    uses: EnvironmentUses | None = None,
) -> FileContext:
    """Ask everything there is to know. Blocks, for about a tenth of a second.

    Args:
        path: The file; it need not be there.
        command: How compose is called for the project.
        environment: The variables of this process, which compose would see.
        content: What compose is asked about, as if it were the project's file; it is not
            asked where this is None.
        uses: Who reads what, where that was found out already.
    """
    unasked = _told_of_files(path, command)
    refused, set_elsewhere = SafeText(""), frozenset[str]()
    if uses is None:
        uses, refused = _uses(command, environment, unasked)
    own = _as_compose_names(path, command, uses)
    if own != environment_path(command):
        # A file that services read whole, and that nothing is put in from.
        uses, content = replace(uses, services=(), references={}), None
    if not refused and uses.services:
        refused, messages = _verdict(path, content, uses, command, environment, unasked)
        set_elsewhere = _set_elsewhere(path, content, uses, messages)
    facts = FileFacts(
        refusal=refused,
        set_elsewhere=set_elsewhere,
        path=str(own),
        git=_git_state(git_file(path, environment)),
        exported=frozenset(environment),
        socket_group=_socket_group(command, environment, unasked),
    )
    seen = stat_or_none(path)
    if seen is not None:
        facts = replace(
            facts, mode=seen.st_mode & 0o7777, owner=seen.st_uid, group=seen.st_gid,
            user=os.geteuid(),
        )  # fmt: skip
    example = read_example(path, Path(command.directory), unasked)
    earlier, layers = _layers(path, command, environment, unasked)
    return FileContext(example, uses, facts, tuple(unasked), earlier, layers)


def _layers(
    path: Path, command: ComposeCommand, environment: Mapping[str, str], unasked: list[SafeText]
) -> tuple[Mapping[str, str], Layers]:
    """What the files before the edited one give, and which other files set which keys."""
    if path != command.edited_env or len(command.env_paths) < 2:
        return {}, SINGLE_FILE
    paths = [Path(item) for item in command.env_paths]
    at = _place(command)
    documents = [_document(item, unasked) if item != path else None for item in paths]
    known = [document or DotenvDocument.parse(b"") for document in documents]
    values = [set_values(readings) for readings in read_layers(known, environment)]
    names = short_names(paths)
    earlier: dict[str, str] = {}
    owners: list[dict[str, SafeText]] = [{}, {}]
    for place, (found, name) in enumerate(zip(values, names, strict=True)):
        if place < at:
            earlier |= found
        if place != at:
            owners[place > at] |= dict.fromkeys(found, name)
    return earlier, Layers(owners[0], owners[1], last=at == len(paths) - 1)


def _document(path: Path, unasked: list[SafeText]) -> DotenvDocument | None:
    try:
        return DotenvDocument.parse(read_regular(path, LONGEST_BYTES))
    except OSError as error:
        reason = error.strerror or str(error)
        unasked.append(plain(f"An environment file can't be read: {path}: {reason}."))
        return None


def _place(command: ComposeCommand) -> int:
    """Where the edited file is among those that compose reads, from 0.

    Of a file that is named twice the last place counts.
    """
    paths = command.env_paths
    return len(paths) - 1 - paths[::-1].index(str(command.edited_env))


def _told_of_files(path: Path, command: ComposeCommand) -> list[SafeText]:
    """That compose reads none, or others beside this one."""
    if not command.env_paths:
        disabled = "Compose reads no .env: COMPOSE_DISABLE_ENV_FILE is set."
        return [plain(f"{disabled} Only services that name one as env_file get it.")]
    if path != command.edited_env or len(command.env_paths) == 1:
        return []
    at = _place(command)
    before, after = command.env_paths[:at], command.env_paths[at + 1 :]
    words = []
    if after:
        their = "its keys override" if len(after) == 1 else "their keys override"
        words.append(f"Compose reads {', '.join(after)} after this file: {their} this file's.")
    if before:
        words.append(
            f"Compose reads {', '.join(before)} first. A key in this file overrides theirs."
        )
    return [plain(item) for item in words]


def _uses(
    command: ComposeCommand, environment: Mapping[str, str], unasked: list[SafeText]
) -> tuple[EnvironmentUses, SafeText]:
    """Who reads what, and why compose refuses the compose file, if it does."""
    if missing := next(filter(is_missing, map(Path, command.env_files)), None):
        # Compose would refuse whichever file is looked at, for this one.
        because = f"There is no environment file {missing}, which compose requires."
        unasked.append(plain(f"The readers of the keys are unknown. {because}"))
        return NO_USES, SafeText("")
    try:
        return ComposeProject(command, environment).environment_uses(), SafeText("")
    except ConsoleError as error:
        if isinstance(error, ComposeRefused):
            return NO_USES, plain(error.what)
        unasked.append(plain(f"The readers of the keys are unknown. {error.sentence}"))
        return NO_USES, SafeText("")


def read_example(path: Path, directory: Path, unasked: list[SafeText]) -> DotenvDocument | None:
    """The example beside a file, or else in the project's folder; None where there is none."""
    for folder in dict.fromkeys((path.parent, directory)):
        example = example_in(folder, path.name)
        if example is not None and not _same(example, path):
            try:
                return DotenvDocument.parse(read_regular(example, LONGEST_BYTES))
            except OSError as error:
                reason = error.strerror or str(error)
                unasked.append(plain(f"The example can't be read: {example}: {reason}."))
    return None


def example_in(folder: Path, name: str = ".env") -> Path | None:
    """The example of an environment file in a folder; None where there is none.

    Args:
        folder: Where to look.
        name: The file that it is to be the example of: `.env.prod` has `.env.prod.example`.
    """
    own = [f"{name}.{word}" for word in ("example", "sample", "template")]
    for example in (*own, *EXAMPLE_NAMES):
        if is_file(folder / example):
            return folder / example
    with suppress(OSError):
        for pattern in EXAMPLE_PATTERNS:
            for example_path in sorted(folder.glob(pattern)):
                if is_file(example_path):
                    return example_path
    return None


def is_missing(path: Path) -> bool:
    """Whether nothing is there; a file that can't be looked at is not known to be missing."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def missing_file(path: Path) -> FileError:
    """That an environment file is not there, and how to get it."""
    hint = "Check the path. To create the project's file: `pixel-tui env set KEY`."
    if (example := example_in(path.parent, path.name)) is not None:
        hint = f"Copy the example: `cp {example.name} {path.name}`, then fill it in."
    return FileError("No such environment file.", on=str(path), hint=hint)


def _as_compose_names(path: Path, command: ComposeCommand, uses: EnvironmentUses) -> Path:
    """The path that services name it by; another file is judged as if it were the project's."""
    whole = Path(os.path.normpath(Path.cwd() / path)) if not path.is_absolute() else path
    if any(file.path == str(whole) for file in uses.env_files):
        return whole
    return environment_path(command)


def _verdict(
    path: Path,
    content: bytes | None,
    uses: EnvironmentUses,
    command: ComposeCommand,
    environment: Mapping[str, str],
    unasked: list[SafeText],
) -> tuple[SafeText, Sequence[str] | None]:
    """Why compose refuses the project with the file, and its warnings; None if not known.

    Without a content compose is asked about the file as it is, and only if a key is missing:
    that is what its warnings are wanted for.
    """
    project = ComposeProject(command, environment)
    try:
        if content is not None:
            reading = CandidateReader(project).read(content)
            return reading.refusal, None if reading.refusal else reading.warnings
        if path == environment_path(command) and _missing(path, content, uses):
            argv = command.reading_argv(*EVERY_PROFILE, "config", "--quiet")
            return SafeText(""), compose_warnings(project.run(argv)[1])
    except ComposeRefused:
        pass  # each of its reasons is looked for by a check
    except ConsoleError as error:
        unasked.append(plain(f"Compose could not check the file. {error.sentence}"))
    return SafeText(""), None


def _missing(path: Path, content: bytes | None, uses: EnvironmentUses) -> frozenset[str]:
    """Keys that the compose file names, and the file has not."""
    if content is None:
        state = read_file(path)
        content = state.data
    entries = DotenvDocument.parse(content).entries
    present = {entry.key for entry in entries if not entry.commented}
    return frozenset(
        key
        for key, found in uses.references.items()
        if key not in present and any(use.required or use.bare for use in found)
    )


def _set_elsewhere(
    path: Path, content: bytes | None, uses: EnvironmentUses, messages: Sequence[str] | None
) -> frozenset[str]:
    """The missing keys that compose took the project without a word about."""
    if messages is None:
        return frozenset()
    missed = {name for message in messages for name in _NOT_SET.findall(message)}
    return _missing(path, content, uses) - missed


def _git_state(found: GitFile | None) -> GitState:
    if found is None:
        return GitState.OUTSIDE
    if found.tracked:
        return GitState.TRACKED
    if found.committed:
        return GitState.COMMITTED_ONCE
    return GitState.IGNORED if found.ignored else GitState.UNTRACKED


def _socket_group(
    command: ComposeCommand, environment: Mapping[str, str], unasked: list[SafeText]
) -> int | None:
    try:
        endpoint = endpoint_of(command, environment)
    except ConsoleError as error:
        unasked.append(plain(f"The group of the Docker socket is unknown. {error.sentence}"))
        return None
    return socket_group(endpoint.address)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
