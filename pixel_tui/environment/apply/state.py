"""The record of an apply on disk, for its confirmation and its roll-back.

A small private file per project, without values. The previous content is next to it as long as it
may be needed.
"""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.environment.storage.file_state import MAX_FILE_BYTES
from pixel_tui.environment.storage.staging import project_key
from pixel_tui.errors import FileError
from pixel_tui.files import read_regular, replace_file
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node, load_object
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of
from pixel_tui.text import SafeText, plain

VERSION: Final = 1
MAX_STATE_BYTES: Final = 1024 * 1024
OWN_SPACE: Final = 64 * 1024
"""Bytes for the state, a version of the history and folders."""


class Phase(StrEnum):
    """What an apply is doing, or about to do."""

    PREPARED = "begun"
    """Nothing has changed."""
    SAVING = "saving"
    """The file is the old or the new one; no container is changed."""
    BUILDING = "building"
    STARTING = "starting"
    WATCHING = "watching"
    WAITING = "waiting"
    """For the confirmation."""
    ROLLING_BACK = "returning"
    """It is being rolled back."""


_DESCRIPTIONS: Final[Mapping[Phase, str]] = {
    Phase.PREPARED: "It had changed nothing.",
    Phase.SAVING: "The file may be saved already; no container was changed.",
    Phase.BUILDING: "The file is saved; images were being built, and no container was changed.",
    Phase.STARTING: "The file is saved; containers were being recreated.",
    Phase.WATCHING: "The new environment is applied, but was not verified.",
    Phase.WAITING: "The new environment is applied and works, but is not confirmed.",
    Phase.ROLLING_BACK: "The previous state was being restored.",
}


@dataclass(frozen=True, slots=True)
class ApplyState:
    """The state of an apply."""

    phase: Phase
    file: str
    project: str
    old: str
    """The SHA-256 of the previous file; empty if there was none."""
    new: str
    """The SHA-256 of the file that is applied."""
    recreate: tuple[str, ...] = ()
    rebuild: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    """Services that are restarted after that."""
    joined: tuple[str, ...] = ()
    """Services that are restarted after those, one by one: each shares a namespace of an earlier
    one."""
    unhealthy_before: tuple[str, ...] = ()
    """Services that are only restarted, and were not healthy before."""
    scales: tuple[str, ...] = ()
    """`SERVICE=NUMBER` of services that were scaled by hand."""
    providers: tuple[str, ...] = ()
    """Services with a provider that the recreated ones need for its variables."""
    images: Mapping[str, str] = field(default_factory=dict)
    """The previous image id of each image reference of the services."""
    networks: Mapping[str, str] = field(default_factory=dict)
    """The networks that it changes, with their previous ids; empty if there was none."""
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    """A confirmation must contain it, so that an old one has no effect."""
    deadline: float = 0.0
    """Until when it waits for the confirmation, in seconds since 1970."""
    process: ProcessMark | None = None
    """The process that applies."""
    started_at: float = 0.0
    """When it was started, in seconds since 1970."""

    @property
    def services(self) -> tuple[str, ...]:
        """All services that are recreated."""
        return (*self.recreate, *self.rebuild)

    @property
    def changed_containers(self) -> bool:
        """Whether containers and networks may have been changed."""
        return self.phase not in {Phase.PREPARED, Phase.SAVING, Phase.BUILDING}

    @property
    def watched(self) -> tuple[str, ...]:
        """All services that are recreated or restarted."""
        return tuple(dict.fromkeys((*self.services, *self.restart, *self.joined)))

    @property
    def expected_healthy(self) -> tuple[str, ...]:
        """Those of them that must be healthy afterwards."""
        return tuple(name for name in self.watched if name not in self.unhealthy_before)

    @property
    def description(self) -> SafeText:
        """What was done before it was interrupted, in a sentence."""
        return plain(_DESCRIPTIONS[self.phase])


class ApplyFiles:
    """The files of one project's apply. Every method blocks.

    Args:
        state_folder: The state folder of this user.
        directory: The project's folder.
    """

    def __init__(self, state_folder: Path, directory: Path) -> None:
        name = project_key(directory)
        folder = state_folder / "environment"
        self._state = folder / f"apply-{name}.json"
        self._before = folder / f"apply-{name}.env"
        self._confirmation = folder / f"apply-{name}.confirm"
        self._space = folder / f"apply-{name}.room"

    def read(self) -> ApplyState | None:
        """Return the apply that is running or was interrupted; None if there is none.

        Raises:
            FileError: It can't be read.
        """
        try:
            return _from_json(Node(load_object(read_regular(self._state, MAX_STATE_BYTES))))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise FileError(
                f"The state of an apply can't be read: {error}.",
                on=str(self._state),
                hint="Check `.env`, then remove that file.",
            ) from error

    def interrupted(self) -> ApplyState | None:
        """Return an apply whose process died before it was confirmed or rolled back.

        Raises:
            FileError: It can't be read.
        """
        state = self.read()
        if state is None or (state.process is not None and state.process.is_running):
            return None
        # One that died after its confirmation is kept.
        kept = state.phase is Phase.WAITING and self.is_confirmed(state.token)
        return None if kept else state

    def is_running(self) -> bool:
        """Whether an apply is running.

        Raises:
            FileError: It can't be read.
        """
        state = self.read()
        return state is not None and state.process is not None and state.process.is_running

    def write(self, state: ApplyState) -> None:
        """Record the state.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._state, json.dumps(_as_json(state)).encode())

    def save_previous(self, content: bytes) -> None:
        """Save the previous content.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._before, content)

    def reserve_space(self, max_bytes: int) -> None:
        """Reserve space on the disk, so that a roll-back is possible even if the disk is full.

        Args:
            max_bytes: The most bytes that a roll-back writes, without its state.

        Raises:
            FileError: There is not enough space.
        """
        # Random, because zeros take no space on a file system with compression.
        replace_file(self._space, os.urandom(max_bytes + OWN_SPACE), durable=False, reserve=False)

    def release_space(self) -> None:
        """Release the reserved space."""
        with suppress(OSError):
            self._space.unlink(missing_ok=True)

    def previous(self, typed: TypedCommands) -> bytes:
        """Return the previous content.

        Args:
            typed: The commands to type in a shell.

        Raises:
            FileError: It can't be read.
        """
        try:
            return read_regular(self._before, MAX_FILE_BYTES)
        except OSError as error:
            raise FileError(
                f"The previous file can't be read: {error.strerror or error}.",
                on=str(self._before),
                hint="Restore a version from the history: "
                f"`{typed.pixel_tui} run environment-restore`.",
            ) from error

    def is_confirmed(self, token: str) -> bool:
        """Whether the apply with this token was confirmed."""
        try:
            content = read_regular(self._confirmation, MAX_STATE_BYTES)
            return content.decode("ascii").strip() == token
        except (OSError, ValueError):
            return False

    def confirm(self, token: str) -> None:
        """Confirm an apply.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._confirmation, token.encode(), durable=False)

    def clear(self) -> None:
        """Remove all files of the apply, because it is finished.

        Raises:
            FileError: It can't be removed.
        """
        # The state first: without it the other files have no effect.
        try:
            for path in (self._state, self._confirmation, self._before, self._space):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(
                f"The state of an apply can't be removed: {error.strerror or error}.",
                on=str(self._state),
            ) from error

    def discard(self) -> None:
        """Remove the files of an apply that could not be started, as far as possible."""
        with suppress(FileError):
            self.clear()

    def remove_confirmation(self) -> None:
        """Remove the confirmation of an earlier apply."""
        self._confirmation.unlink(missing_ok=True)


def this_process() -> ProcessMark | None:
    """Return the mark of this process."""
    return mark_of(os.getpid())


def _as_json(state: ApplyState) -> JsonObject:
    mark = state.process
    process: JsonValue = None
    if mark is not None:
        process = {"pid": mark.pid, "started": mark.started, "boot": mark.boot}
    return {
        "version": VERSION,
        "phase": state.phase.value,
        "file": state.file,
        "project": state.project,
        "old": state.old,
        "new": state.new,
        "recreate": list(state.recreate),
        "rebuild": list(state.rebuild),
        "restart": list(state.restart),
        "joined": list(state.joined),
        "unwell": list(state.unhealthy_before),
        "scales": list(state.scales),
        "providers": list(state.providers),
        "images": dict(state.images),
        "networks": dict(state.networks),
        "token": state.token,
        "deadline": state.deadline,
        "process": process,
        "began": state.started_at,
    }


def _from_json(node: Node) -> ApplyState:
    if node["version"].integer > VERSION:
        raise ValueError("written by a later version")
    mark = node["process"]
    return ApplyState(
        phase=Phase(node["phase"].raw),
        file=node["file"].raw,
        project=node["project"].raw,
        old=node["old"].raw,
        new=node["new"].raw,
        recreate=tuple(item.raw for item in node["recreate"]),
        rebuild=tuple(item.raw for item in node["rebuild"]),
        restart=tuple(item.raw for item in node["restart"]),
        joined=tuple(item.raw for item in node["joined"]),
        unhealthy_before=tuple(item.raw for item in node["unwell"]),
        scales=tuple(item.raw for item in node["scales"]),
        providers=tuple(item.raw for item in node["providers"]),
        images={name: item.raw for name, item in node["images"].members()},
        networks={name: item.raw for name, item in node["networks"].members()},
        token=node["token"].raw,
        deadline=_seconds(node["deadline"]),
        process=ProcessMark(mark["pid"].integer, mark["started"].integer, mark["boot"].raw)
        if mark
        else None,
        started_at=_seconds(node["began"]),
    )


def _seconds(node: Node) -> float:
    return float(node.value) if isinstance(node.value, int | float) else 0.0
