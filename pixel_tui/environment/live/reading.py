"""Reads the context of an environment file from compose, git and the machine, and checks it."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import CheckedFile, check_input
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
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.environment.storage.file_state import MAX_FILE_BYTES, read_file
from pixel_tui.errors import ComposeRefused, ConsoleError, FileError
from pixel_tui.files import is_file, read_regular
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.command import EVERY_PROFILE, ComposeCommand, shown
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
"""Common names of example files."""
EXAMPLE_PATTERNS: Final = (".env.*.example", ".env.example.*", ".env.*.sample", ".env.*.template")
"""Examples of one of several variants, such as `.env.prod.example`. Tried last."""


@dataclass(frozen=True, slots=True)
class FileContext:
    """The context of a file."""

    example: DotenvDocument | None = field(repr=False)
    """The example next to it, or in the project's folder."""
    uses: EnvironmentUses
    facts: FileFacts
    unknowns: tuple[SafeText, ...] = ()
    """What is unknown, and why: checks that need it find nothing."""
    earlier: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The values of the environment files that compose reads before this one."""
    layers: Layers = SINGLE_FILE
    """The keys that other environment files set."""


class Examiner:
    """Checks edits of a file in its context.

    Args:
        context: The context of the file.
        environment: The environment variables of compose.
    """

    def __init__(self, context: FileContext, environment: Mapping[str, str]) -> None:
        self._context = context
        self._environment = environment
        self._catalogue = load_catalogue()

    def examine(self, document: DotenvDocument) -> Overview:
        """Check all keys."""
        return self._context.layers.annotate_all(overview(self._checked(document)))

    def examine_key(self, document: DotenvDocument, key: str) -> KeyRow:
        """Check one key."""
        layers = self._context.layers
        row = key_row(key, self._checked(document, (key,)))
        return row if layers == SINGLE_FILE else layers.annotate(row)

    def _checked(
        self, document: DotenvDocument, keys: Collection[str] | None = None
    ) -> CheckedFile:
        """Return the input of checks; keys of other files count as exported."""
        context, layers = self._context, self._context.layers
        facts, others = context.facts, {*layers.earlier, *layers.later}
        if set_elsewhere := {key for key in others if not document.entry(key)}:
            facts = replace(facts, exported=facts.exported | set_elsewhere)
        readings = read_values(document, self._environment, context.earlier)
        return check_input(
            document, readings, context.example, self._catalogue, context.uses, facts, keys=keys
        )


def environment_path(command: ComposeCommand) -> Path:
    """Return the environment file of a project that is edited."""
    return command.edited_env


def read_context(
    path: Path,
    command: ComposeCommand,
    environment: Mapping[str, str],
    *,
    content: bytes | None = None,
    uses: EnvironmentUses | None = None,
) -> FileContext:
    """Read the context of a file. Blocks, for about a tenth of a second.

    Args:
        path: The file; it need not exist.
        command: The compose command of the project.
        environment: The environment variables of compose.
        content: A content to check with compose as the project's file; None to skip that.
        uses: Which services read which keys, if that is already known.
    """
    unknowns = _file_notes(path, command)
    refusal, set_elsewhere = SafeText(""), frozenset[str]()
    if uses is None:
        uses, refusal = _uses(command, environment, unknowns)
    compose_path = _compose_path(path, command, uses)
    if compose_path != environment_path(command):
        # An `env_file` of services, which is not used for interpolation.
        uses, content = replace(uses, services=(), references={}), None
    if not refusal and uses.services:
        refusal, messages = _check_with_compose(path, content, uses, command, environment, unknowns)
        set_elsewhere = _set_elsewhere(path, content, uses, messages)
    facts = FileFacts(
        refusal=refusal,
        set_elsewhere=set_elsewhere,
        path=str(compose_path),
        git=_git_state(git_file(path, environment)),
        exported=frozenset(environment),
        socket_group=_socket_group(command, environment, unknowns),
    )
    status = stat_or_none(path)
    if status is not None:
        facts = replace(
            facts, mode=status.st_mode & 0o7777, owner=status.st_uid, group=status.st_gid,
            user=os.geteuid(),
        )  # fmt: skip
    example = read_example(path, Path(command.directory), unknowns)
    earlier, layers = _layers(path, command, environment, unknowns)
    return FileContext(example, uses, facts, tuple(unknowns), earlier, layers)


def _layers(
    path: Path, command: ComposeCommand, environment: Mapping[str, str], unknowns: list[SafeText]
) -> tuple[Mapping[str, str], Layers]:
    """Return the values of the files before the edited one, and the keys of all others."""
    if path != command.edited_env or len(command.env_paths) < 2:
        return {}, SINGLE_FILE
    paths = [Path(item) for item in command.env_paths]
    position = _position(command)
    documents = [_document(item, unknowns) if item != path else None for item in paths]
    known = [document or DotenvDocument.parse(b"") for document in documents]
    values = [set_values(readings) for readings in read_layers(known, environment)]
    names = short_names(paths)
    earlier: dict[str, str] = {}
    owners: list[dict[str, SafeText]] = [{}, {}]
    for index, (found, name) in enumerate(zip(values, names, strict=True)):
        if index < position:
            earlier |= found
        if index != position:
            owners[index > position] |= dict.fromkeys(found, name)
    return earlier, Layers(owners[0], owners[1], last=position == len(paths) - 1)


def _document(path: Path, unknowns: list[SafeText]) -> DotenvDocument | None:
    try:
        return DotenvDocument.parse(read_regular(path, MAX_FILE_BYTES))
    except OSError as error:
        reason = error.strerror or str(error)
        unknowns.append(plain(f"An environment file can't be read: {path}: {reason}."))
        return None


def _position(command: ComposeCommand) -> int:
    """Return the index of the edited file among those that compose reads.

    The last index counts if a file is given twice.
    """
    paths = command.env_paths
    return len(paths) - 1 - paths[::-1].index(str(command.edited_env))


def _file_notes(path: Path, command: ComposeCommand) -> list[SafeText]:
    """Return notes about other files that compose reads, or that it reads none."""
    if not command.env_paths:
        disabled = "Compose reads no .env: COMPOSE_DISABLE_ENV_FILE is set."
        return [plain(f"{disabled} Only services that name one as env_file get it.")]
    if path != command.edited_env or len(command.env_paths) == 1:
        return []
    position = _position(command)
    before, after = command.env_paths[:position], command.env_paths[position + 1 :]
    notes = []
    if after:
        their = "its keys override" if len(after) == 1 else "their keys override"
        notes.append(f"Compose reads {', '.join(after)} after this file: {their} this file's.")
    if before:
        notes.append(
            f"Compose reads {', '.join(before)} first. A key in this file overrides theirs."
        )
    return [plain(item) for item in notes]


def _uses(
    command: ComposeCommand, environment: Mapping[str, str], unknowns: list[SafeText]
) -> tuple[EnvironmentUses, SafeText]:
    """Return which services read which keys, and why compose refuses the project if it does."""
    if missing := next(filter(is_missing, map(Path, command.env_files)), None):
        # Compose would refuse the project because of it.
        because = f"There is no environment file {missing}, which compose requires."
        unknowns.append(plain(f"The readers of the keys are unknown. {because}"))
        return NO_USES, SafeText("")
    try:
        return ComposeProject(command, environment).environment_uses(), SafeText("")
    except ConsoleError as error:
        if isinstance(error, ComposeRefused):
            return NO_USES, plain(error.what)
        unknowns.append(plain(f"The readers of the keys are unknown. {error.sentence}"))
        return NO_USES, SafeText("")


def read_example(path: Path, directory: Path, unknowns: list[SafeText]) -> DotenvDocument | None:
    """Return the example next to a file, else in the project's folder; None if there is none."""
    for folder in dict.fromkeys((path.parent, directory)):
        example = example_in(folder, path.name)
        if example is not None and not _is_same_file(example, path):
            try:
                return DotenvDocument.parse(read_regular(example, MAX_FILE_BYTES))
            except OSError as error:
                reason = error.strerror or str(error)
                unknowns.append(plain(f"The example can't be read: {example}: {reason}."))
    return None


def example_in(folder: Path, name: str = ".env") -> Path | None:
    """Return the example of an environment file in a folder; None if there is none.

    Args:
        folder: The folder to search.
        name: The environment file: `.env.prod` has `.env.prod.example`.
    """
    own_names = [f"{name}.{word}" for word in ("example", "sample", "template")]
    for example in (*own_names, *EXAMPLE_NAMES):
        if is_file(folder / example):
            return folder / example
    with suppress(OSError):
        for pattern in EXAMPLE_PATTERNS:
            for example_path in sorted(folder.glob(pattern)):
                if is_file(example_path):
                    return example_path
    return None


def is_missing(path: Path) -> bool:
    """Whether a file does not exist; False if that is unknown."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def missing_file(path: Path, command: ComposeCommand | None = None) -> FileError:
    """Return the error about a missing environment file, with a hint.

    Args:
        path: The file.
        command: The compose command of the project; None if there is none.
    """
    files = () if command is None else (*command.env_paths, str(command.edited_env))
    is_read = str(path.absolute()) in files
    hint = "Check the path."
    if command is not None and is_read:
        hint = f"Create it: `{command.typed.pixel_tui} env set KEY`."
    if (example := example_in(path.parent, path.name)) is not None:
        is_here = path.parent.absolute() == Path.cwd()
        names = (example.name, path.name) if is_here else (str(example), str(path))
        hint = f"Copy the example: `{shown(('cp', *names))}`, then fill it in."
    if is_read:
        hint = f"{hint} For another project use -C, for another file --env-file."
    return FileError("No such environment file.", on=str(path), hint=hint)


def _compose_path(path: Path, command: ComposeCommand, uses: EnvironmentUses) -> Path:
    """Return the path by which services refer to a file; else the project's file."""
    absolute = Path(os.path.normpath(Path.cwd() / path)) if not path.is_absolute() else path
    if any(file.path == str(absolute) for file in uses.env_files):
        return absolute
    return environment_path(command)


def _check_with_compose(
    path: Path,
    content: bytes | None,
    uses: EnvironmentUses,
    command: ComposeCommand,
    environment: Mapping[str, str],
    unknowns: list[SafeText],
) -> tuple[SafeText, Sequence[str] | None]:
    """Return why compose refuses the project with the file, and its warnings; None if unknown.

    Without a content, compose checks the current file, and only if a key is missing: its
    warnings are needed for that.
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
        pass  # the checks find the reason
    except ConsoleError as error:
        unknowns.append(plain(f"Compose could not check the file. {error.sentence}"))
    return SafeText(""), None


def _missing(path: Path, content: bytes | None, uses: EnvironmentUses) -> frozenset[str]:
    """Return the keys of the compose file that are missing in the file."""
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
    """Return the missing keys that compose did not warn of."""
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
    command: ComposeCommand, environment: Mapping[str, str], unknowns: list[SafeText]
) -> int | None:
    try:
        endpoint = endpoint_of(command, environment)
    except ConsoleError as error:
        unknowns.append(plain(f"The group of the Docker socket is unknown. {error.sentence}"))
        return None
    return socket_group(endpoint.address)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
