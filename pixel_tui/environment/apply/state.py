"""How far an apply is, on disk: for whoever confirms it, and for whoever finds it half done.

One small file a project, for its owner only. It holds no value: the content of before lies
beside it as long as it may be needed.
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

from pixel_tui.environment.storage.file_state import LONGEST_BYTES
from pixel_tui.environment.storage.staging import project_mark
from pixel_tui.errors import FileError
from pixel_tui.files import read_regular, replace_file
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node, load_object
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of
from pixel_tui.text import SafeText, plain

VERSION: Final = 1
LONGEST_STATE: Final = 1024 * 1024
OWN_ROOM: Final = 64 * 1024
"""Bytes that the state, a version of the history and folders take."""


class Phase(StrEnum):
    """What an apply is about to do, or does."""

    BEGUN = "begun"
    """Nothing has changed."""
    SAVING = "saving"
    """The file is of before or the new one; no container is touched."""
    BUILDING = "building"
    STARTING = "starting"
    WATCHING = "watching"
    WAITING = "waiting"
    """For somebody to confirm it."""
    RETURNING = "returning"
    """The file and the containers of before are being put back."""


_WORDS: Final[Mapping[Phase, str]] = {
    Phase.BEGUN: "Nothing was changed.",
    Phase.SAVING: "The file may be saved already; no container was changed.",
    Phase.BUILDING: "The file is saved; images were being built, and no container was changed.",
    Phase.STARTING: "The file is saved; containers were being recreated.",
    Phase.WATCHING: "The new environment is applied, but was not verified.",
    Phase.WAITING: "The new environment is applied and works, but is not confirmed.",
    Phase.RETURNING: "The previous state was being restored.",
}


@dataclass(frozen=True, slots=True)
class ApplyState:
    """An apply at one moment."""

    phase: Phase
    file: str
    project: str
    old: str
    """The SHA-256 of the file of before; empty where there was none."""
    new: str
    """The SHA-256 of the file that is applied."""
    recreate: tuple[str, ...] = ()
    rebuild: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    """What is restarted after that."""
    joined: tuple[str, ...] = ()
    """What is restarted after those, one by one: each shares a namespace of what is before it."""
    unwell: tuple[str, ...] = ()
    """What is restarted only, and was not well before: it need not be so afterwards."""
    scales: tuple[str, ...] = ()
    """`SERVICE=NUMBER`: how many containers those have that were scaled by hand."""
    providers: tuple[str, ...] = ()
    """Services with a provider that the ones made again depend on, for the variables it gives."""
    images: Mapping[str, str] = field(default_factory=dict)
    """What each image reference of the services meant before."""
    networks: Mapping[str, str] = field(default_factory=dict)
    """The networks that it changes, with their ids of before; empty where there was none."""
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    """What a confirmation has to say, so that an old one confirms nothing."""
    deadline: float = 0.0
    """Until when it waits, in seconds since 1970."""
    process: ProcessMark | None = None
    """Who does it."""
    began: float = 0.0
    """When, in seconds since 1970."""

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that is made anew."""
        return (*self.recreate, *self.rebuild)

    @property
    def touched(self) -> bool:
        """Whether containers and networks may be other ones than before."""
        return self.phase not in {Phase.BEGUN, Phase.SAVING, Phase.BUILDING}

    @property
    def watched(self) -> tuple[str, ...]:
        """Every service that is made anew or restarted."""
        return tuple(dict.fromkeys((*self.services, *self.restart, *self.joined)))

    @property
    def expected_well(self) -> tuple[str, ...]:
        """Those of them that have to be well afterwards."""
        return tuple(name for name in self.watched if name not in self.unwell)

    @property
    def words(self) -> SafeText:
        """What has been done by then."""
        return plain(_WORDS[self.phase])


class ApplyFiles:
    """The files of one project's apply. Everything in here blocks.

    Args:
        state_folder: Where this user's state is kept.
        directory: The project's folder.
    """

    def __init__(self, state_folder: Path, directory: Path) -> None:
        name = project_mark(directory)
        folder = state_folder / "environment"
        self._state = folder / f"apply-{name}.json"
        self._before = folder / f"apply-{name}.env"
        self._confirmation = folder / f"apply-{name}.confirm"
        self._room = folder / f"apply-{name}.room"

    def read(self) -> ApplyState | None:
        """The apply that is under way, or was left half done; None where there is none.

        Raises:
            FileError: It can't be read.
        """
        try:
            return _from_json(Node(load_object(read_regular(self._state, LONGEST_STATE))))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise FileError(
                f"The state of an apply can't be read: {error}.",
                on=str(self._state),
                hint="Check `.env`, then remove that file.",
            ) from error

    def left(self) -> ApplyState | None:
        """An apply that nobody sees to any more, and that is neither kept nor taken back.

        Raises:
            FileError: It can't be read.
        """
        state = self.read()
        if state is None or (state.process is not None and state.process.is_running):
            return None
        # One that died between its confirmation and its end is kept.
        kept = state.phase is Phase.WAITING and self.confirmed(state.token)
        return None if kept else state

    def under_way(self) -> bool:
        """Whether somebody applies at the moment.

        Raises:
            FileError: It can't be read.
        """
        state = self.read()
        return state is not None and state.process is not None and state.process.is_running

    def write(self, state: ApplyState) -> None:
        """Write down how far it is.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._state, json.dumps(_as_json(state)).encode())

    def keep_before(self, content: bytes) -> None:
        """Keep the content of before.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._before, content)

    def keep_room(self, most_bytes: int) -> None:
        """Take up room on the disk, so that the way back has some where the disk is full then.

        Args:
            most_bytes: What the way back writes of files, beside its state.

        Raises:
            FileError: There is not as much.
        """
        # Zeros take no room where the file system compresses.
        replace_file(self._room, os.urandom(most_bytes + OWN_ROOM), durable=False, reserve=False)

    def free_room(self) -> None:
        """Let go of it."""
        with suppress(OSError):
            self._room.unlink(missing_ok=True)

    def before(self) -> bytes:
        """The content of before.

        Raises:
            FileError: It can't be read.
        """
        try:
            return read_regular(self._before, LONGEST_BYTES)
        except OSError as error:
            raise FileError(
                f"The previous file can't be read: {error.strerror or error}.",
                on=str(self._before),
                hint="Restore a version from the history: `pixel-tui run environment-restore`.",
            ) from error

    def confirmed(self, token: str) -> bool:
        """Whether somebody has confirmed this apply."""
        try:
            said = read_regular(self._confirmation, LONGEST_STATE)
            return said.decode("ascii").strip() == token
        except (OSError, ValueError):
            return False

    def confirm(self, token: str) -> None:
        """Confirm an apply.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._confirmation, token.encode(), durable=False)

    def clear(self) -> None:
        """It is over: nothing of it stays.

        Raises:
            FileError: It can't be removed.
        """
        # The state first: without it nobody looks for the rest, which may go or stay.
        try:
            for path in (self._state, self._confirmation, self._before, self._room):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(
                f"The state of an apply can't be removed: {error.strerror or error}.",
                on=str(self._state),
            ) from error

    def abandon(self) -> None:
        """It was not begun: remove what is there of it, as far as that can be."""
        with suppress(FileError):
            self.clear()

    def forget_confirmation(self) -> None:
        """Remove what an earlier apply has left."""
        self._confirmation.unlink(missing_ok=True)


def this_process() -> ProcessMark | None:
    """The mark of the process that asks."""
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
        "unwell": list(state.unwell),
        "scales": list(state.scales),
        "providers": list(state.providers),
        "images": dict(state.images),
        "networks": dict(state.networks),
        "token": state.token,
        "deadline": state.deadline,
        "process": process,
        "began": state.began,
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
        unwell=tuple(item.raw for item in node["unwell"]),
        scales=tuple(item.raw for item in node["scales"]),
        providers=tuple(item.raw for item in node["providers"]),
        images={name: item.raw for name, item in node["images"].members()},
        networks={name: item.raw for name, item in node["networks"].members()},
        token=node["token"].raw,
        deadline=_seconds(node["deadline"]),
        process=ProcessMark(mark["pid"].integer, mark["started"].integer, mark["boot"].raw)
        if mark
        else None,
        began=_seconds(node["began"]),
    )


def _seconds(node: Node) -> float:
    return float(node.value) if isinstance(node.value, int | float) else 0.0
