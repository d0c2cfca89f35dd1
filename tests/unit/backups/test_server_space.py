"""Checking the space of a Postgres server for a restore."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.postgres import Postgres
from pixel_tui.backups.server_space import require_server_space
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput

DIGEST = "0" * 64


@dataclass
class Server:
    room: int | None

    def free_bytes(self) -> int | None:
        return self.room


def dump(name: str, size: int, had: int = 0) -> Item:
    details = {"database": name, "database_bytes": had}
    return Item(ItemKind.POSTGRES, "db", f"postgres/db/{name}.dump", size, DIGEST, details)  # type: ignore[arg-type]


def result(free: int | None, *items: Item) -> list[str]:
    lines = list[str]()
    servers = {"db": cast("Postgres", Server(free))}
    require_server_space(
        [Item(ItemKind.FILE, "a", "files/a", 9, DIGEST), *items], servers, lines.append
    )
    return lines


def test_a_dump_larger_than_the_free_space_is_refused() -> None:
    with pytest.raises(OperationError, match=r"dump db/big alone needs 3kB, and 2kB are"):
        result(2000, dump("small", 10), dump("big", 3000))
    # They may fit one after the other: the second in the space that the first freed.
    assert result(2000, dump("first", 1500, 1500), dump("second", 1500, 1500))


@pytest.mark.parametrize(
    ("free", "had", "words"),
    [
        (5000, 9000, "WARNING: 5kB are free where db has its data, and a database had 9kB"),
        (9000, 9000, "space      9kB are free where db has its data, for 9kB"),
        (9000, 0, "unknown    space that db needs for its dumps; 9kB are free"),
        (None, 9000, "unknown    free space where db has its data"),
    ],
)
def test_other_cases_are_printed(free: int | None, had: int, words: str) -> None:
    (line,) = result(free, dump("a", 10, 100 if had else 0), dump("b", 3000, had))
    assert line.startswith(words)


def test_without_a_dump_no_server_is_queried() -> None:
    assert result(0) == []
    assert result(0, Item(ItemKind.ROLES, "db", "postgres/db/roles.sql", 9, DIGEST)) == []


class Container:
    """Programs in a container with a server that reports its data folders."""

    def __init__(self, places: bytes, output: bytes, code: int = 0) -> None:
        self.places, self.output, self.code = places, output, code

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        if any("psql" in word for word in argv):
            return ProgramOutput(0, self.places, b"")
        assert argv[-1] == "/data"
        return ProgramOutput(self.code, self.output, b"")


PLACES = b'{"data": "/data", "tablespaces": [""]}'
HEAD = b"Filesystem 1024-blocks Used Available Capacity Mounted on\n"


@pytest.mark.parametrize(
    ("container", "free"),
    [
        (Container(PLACES, HEAD + b"/dev/sda1 100 60 40 60% /data\n"), 40 * 1024),
        (Container(PLACES, HEAD + b"//host/my 1 2 100 60 40 60% /my 1 2 3 4% data\n"), 40 * 1024),
        (Container(PLACES, HEAD + b"overlay - - - - /data\n"), None),
        (Container(PLACES, b"", 127), None),
        (Container(b'{"data": "/data", "tablespaces": ["", "/fast"]}', b""), None),
        (Container(b"permission denied", b""), None),
    ],
)
def test_the_container_reports_the_free_space(container: Container, free: int | None) -> None:
    assert Postgres(container, ComposeCommand(), "c").free_bytes() == free
