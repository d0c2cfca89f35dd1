"""How long the audit trail is, written down apart from it.

Whoever removes the trail, or its end together with the file beside it, leaves no break in the
chain. So the number of lines and the SHA-256 of the last are kept in a folder of their own,
and told to the system's log, which this user can't take back.

Whoever removes the seal as well would get a new one with the next record. So a seal that is made
where there is a trail already tells that for ever, or until a person accepts it: nothing shows
whether the lines before it are all that there were.
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
"""Where the journal or a syslog listens, where there is one."""
IDENTIFIER: Final = "pixel-tui"
_NOT_KNOWN: Final = "nothing shows whether {} were removed"
_PRIORITY: Final = 10 * 8 + 5
"""Facility `authpriv`, severity `notice`."""
_LONGEST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Seal:
    """What a trail has at least."""

    lines: int
    last: str
    """The SHA-256 of the line of this number; empty before the first one."""
    unsealed: int | None = None
    """How many lines there were when it was made in place of one that was missing or damaged;
    None where it has been kept from the first line on, or a person has accepted it."""


NEW: Final = Seal(0, "")
"""Of a trail whose first line is about to be written."""


class DamagedSeal(FileError):
    """A seal that is there, and that nobody can make sense of.

    Args:
        path: Its file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__("The seal of the audit trail is damaged.", on=str(path))


def seal_path(trail: Path) -> Path:
    """Where the seal of a trail is."""
    return trail.parent / "seals" / f"{trail_mark(trail)}.json"


def trail_mark(trail: Path) -> str:
    """What a trail is called in the system's log."""
    return hashlib.sha256(str(trail.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_seal(trail: Path) -> Seal | None:
    """The seal of a trail; None where there is none.

    Raises:
        DamagedSeal: It is there, and is none.
        FileError: It is there, and can't be read.
    """
    path = seal_path(trail)
    try:
        node = Node(load_object(read_regular(path, _LONGEST_BYTES)))
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
    """Keep a seal, and tell the system's log where there is one.

    Raises:
        FileError: It can't be written.
    """
    replace_file(seal_path(trail), f"{json.dumps(asdict(seal))}\n".encode())
    if not seal.lines:
        return
    words = f"<{_PRIORITY}>{IDENTIFIER}: audit {trail_mark(trail)} {seal.lines} {seal.last}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as log:
            log.connect(str(SYSLOG))
            log.send(words.encode())
    except OSError:
        return  # there is none, or it is busy: the seal in the folder stands for itself


def seal_in_log(output: str, trail: Path) -> Seal | None:
    """The longest seal of a trail in lines of the system's log; None where there is none."""
    found: list[Seal] = []
    for line in output.splitlines():
        words = line.split()
        if len(words) == 4 and words[:2] == ["audit", trail_mark(trail)] and words[2].isdecimal():
            seal = _seal(int(words[2][:18]), words[3])
            found += [seal] if seal is not None else []
    return max(found, key=lambda seal: seal.lines, default=None)


def unsealed_words(seal: Seal | None, *, damaged: bool) -> str:
    """What is not known of a trail that there is, or was, since its seal is gone or a later one.

    Args:
        seal: Its seal; None where there is none.
        damaged: Whether there is something in its place.
    """
    if seal is None:
        what = "damaged" if damaged else "missing"
        return f"The seal of the audit trail is {what}: {_NOT_KNOWN.format('records')}."
    if seal.unsealed is None:
        return ""
    before = f"records before line {seal.unsealed + 1:,}"
    return (
        "The seal of the audit trail was missing or damaged, and was recreated with line "
        f"{seal.unsealed + 1:,}: {_NOT_KNOWN.format(before)} (`pixel-tui audit accept`)."
    )


def compared(seal: Seal | None, lines: int, digest_at: str | None) -> tuple[str, ...]:
    """What a seal tells of a trail.

    Args:
        seal: The seal.
        lines: How many lines the trail has.
        digest_at: The SHA-256 of the line that is sealed; None where it was not read.
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
