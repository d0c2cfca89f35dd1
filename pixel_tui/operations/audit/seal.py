"""The seal of the audit trail: its length and last hash, stored separately.

Removing the trail, or its end together with the head file, would not break the chain. So the
number of lines and the SHA-256 of the last line are kept in another folder, and sent to the
system's log, where this user can't remove them.

If the seal is removed too, the next record creates a new one. A seal that is created for an
existing trail is marked as such until a user accepts it, because earlier lines may be missing.
"""

import errno
import hashlib
import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import read_regular, replace_file
from pixel_tui.stack.model.json_value import Node, load_object

SYSLOG: Final = Path("/dev/log")
"""The socket of the journal or syslog, if there is one."""
IDENTIFIER: Final = "pixel-tui"
_UNKNOWN_REMOVAL: Final = "nothing shows whether {} were removed"
_PRIORITY: Final = 10 * 8 + 5
"""Facility `authpriv`, severity `notice`."""
_MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Seal:
    """The minimum length of a trail."""

    lines: int
    last: str
    """The SHA-256 of the last line; empty before the first one."""
    unsealed: int | None = None
    """The number of lines when it replaced a missing or damaged seal; None if it exists since the
    first line, or was accepted by a user."""


EMPTY_SEAL: Final = Seal(0, "")
"""The seal before the first line is written."""


class DamagedSeal(FileError):
    """The seal file is not valid.

    Args:
        path: Its file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__("The seal of the audit trail is damaged.", on=str(path))


def seal_path(trail: Path) -> Path:
    """Return the path of a trail's seal."""
    return trail.parent / "seals" / f"{trail_id(trail)}.json"


def trail_id(trail: Path) -> str:
    """Return the id of a trail in the system's log."""
    return hashlib.sha256(str(trail.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_seal(trail: Path) -> Seal | None:
    """Read the seal of a trail; None if there is none.

    Raises:
        DamagedSeal: It is not valid.
        FileError: It can't be read.
    """
    path = seal_path(trail)
    try:
        node = Node(load_object(read_regular(path, _MAX_BYTES)))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DamagedSeal(path) from error
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise DamagedSeal(path) from error
        raise FileError(
            f"The seal of the audit trail can't be read: {error.strerror or error}.",
            on=str(path),
            hint="Check its owner and mode, or move it; `pixel-tui audit verify` then reports "
            "it as missing.",
        ) from error
    lines, last, unsealed = node["lines"].value, node["last"].raw, node["unsealed"].value
    if not isinstance(lines, int) or lines < 0 or bool(lines) is not bool(last):
        raise DamagedSeal(path)
    return Seal(lines, last, unsealed if isinstance(unsealed, int) else None)


def write_seal(trail: Path, seal: Seal) -> None:
    """Write a seal, and send it to the system's log if there is one.

    Raises:
        FileError: It can't be written.
    """
    replace_file(seal_path(trail), f"{json.dumps(asdict(seal))}\n".encode())
    if not seal.lines:
        return
    words = f"<{_PRIORITY}>{IDENTIFIER}: audit {trail_id(trail)} {seal.lines} {seal.last}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as log:
            log.connect(str(SYSLOG))
            log.send(words.encode())
    except OSError:
        return  # no log, or it is busy: the seal file is enough


def find_seal_in_log(output: str, trail: Path) -> Seal | None:
    """Return the longest seal of a trail in lines of the system's log; None if there is none."""
    found: list[Seal] = []
    for line in output.splitlines():
        words = line.split()
        if len(words) == 4 and words[:2] == ["audit", trail_id(trail)] and words[2].isdecimal():
            seal = _seal(int(words[2][:18]), words[3])
            found += [seal] if seal is not None else []
    return max(found, key=lambda seal: seal.lines, default=None)


def seal_problem(seal: Seal | None, *, damaged: bool) -> str:
    """Return why records may be missing unnoticed, as a sentence; empty if the seal is good.

    Args:
        seal: The seal of the trail; None if it is missing or damaged.
        damaged: Whether its file is not valid.
    """
    if seal is None:
        what = "damaged" if damaged else "missing"
        return f"The seal of the audit trail is {what}: {_UNKNOWN_REMOVAL.format('records')}."
    if seal.unsealed is None:
        return ""
    before = f"records before line {seal.unsealed + 1:,}"
    return (
        "The seal of the audit trail was missing or damaged, and was recreated with line "
        f"{seal.unsealed + 1:,}: {_UNKNOWN_REMOVAL.format(before)} (`pixel-tui audit accept`)."
    )


def check_length(seal: Seal | None, lines: int, digest_at: str | None) -> tuple[str, ...]:
    """Return the problems of a trail according to its seal.

    Args:
        seal: The seal.
        lines: The number of lines in the trail.
        digest_at: The SHA-256 of the sealed line; None if it was not read.
    """
    if seal is None or not seal.lines:
        return ()
    if not lines:
        return (f"The audit trail is missing: it had {seal.lines:,} records.",)
    if lines < seal.lines:
        return (f"The audit trail was shortened: it has {lines:,} of {seal.lines:,} records.",)
    if digest_at is not None and digest_at != seal.last:
        return (f"The audit trail was rewritten: line {seal.lines:,} has changed.",)
    return ()


def _seal(lines: int, last: str) -> Seal | None:
    return Seal(lines, last) if lines > 0 and last else None
