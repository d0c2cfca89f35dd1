"""JSON from outside: too deep, too long or invalid JSON is always a plain error."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.backups.deployment import DEPLOYMENT, Deployment, read_deployment
from pixel_tui.backups.manifest_file import from_bytes
from pixel_tui.environment.storage.history import History
from pixel_tui.errors import ConsoleError
from pixel_tui.json_reading import MAX_DEPTH, parse_json
from pixel_tui.ledger.file.document import parse_document
from pixel_tui.ledger.reading.events import parse_events
from pixel_tui.ledger.reading.worker_lock import parse_lock
from pixel_tui.logs.level import level_of
from pixel_tui.logs.structure import json_object
from pixel_tui.operations.audit.chain import TrailLine, check_chain
from pixel_tui.operations.jobs.lock import parse_owner
from pixel_tui.operations.jobs.record import from_record
from pixel_tui.settings import Memory, Remembered
from pixel_tui.stack.engine.docker_engine import DockerEngine
from pixel_tui.stack.engine.endpoint import Endpoint, find_endpoint
from pixel_tui.stack.engine.transport import EngineResponse
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.stack.model.source import ByteStream
from pixel_tui.text import plain


def parse_document_of(raw: bytes) -> object:
    return parse_document(raw, lambda text, _: text)


def job_of(raw: bytes) -> object:
    return from_record(raw, Path("output"))


def engine_answer(raw: bytes) -> object:
    return DockerEngine(Endpoint("unix:///x", plain("")), Saying(raw)).info()


class Saying:
    """A transport that answers every request with the same text."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, target: str, *, timeout: float = 0.0) -> EngineResponse:
        del timeout
        if target.startswith("/version"):
            return EngineResponse(200, "OK", b'{"ApiVersion": "1.44"}')
        return EngineResponse(200, "OK", self._body)

    def open(self, target: str, *, endless: bool) -> ByteStream | EngineResponse:
        raise NotImplementedError

    def close(self) -> None:
        pass


DEEP = "[" * 2000
DEEP_VALUES = [DEEP, DEEP + "]" * 2000, '{"a":' * 500 + "1" + "}" * 500, '{"tasks": ' + DEEP]

Door = Callable[[str, Path], object]


def written(name: str, read: Callable[[Path], object]) -> Door:
    def door(text: str, folder: Path) -> object:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        return read(folder)

    return door


DOORS: dict[str, Door] = {
    "worker lock": lambda text, _: parse_lock(text.encode(), 0).task,
    "lock's owner": lambda text, _: parse_owner(text.encode()),
    "level of a line": lambda text, _: level_of(text.encode()) and None,
    "structure of a line": lambda text, _: json_object(text),
    "audit trail": lambda text, _: check_chain([TrailLine("", text.encode())], None).records,
    "what was deployed": written(
        DEPLOYMENT, lambda folder: read_deployment(folder) != Deployment()
    ),
    "what was applied": written("applied.json", lambda folder: History(folder).applied()),
    "what is remembered": written(
        "remembered/shop.json", lambda folder: Memory(folder, "shop").load() != Remembered()
    ),
    "docker's configuration": written(
        "config.json",
        lambda folder: find_endpoint({"DOCKER_CONFIG": str(folder)}).address == "",
    ),
}


@pytest.mark.parametrize("text", DEEP_VALUES, ids=["open", "closed", "objects", "inside"])
@pytest.mark.parametrize("door", DOORS)
def test_json_that_is_nested_too_deep_is_ignored(door: str, text: str, tmp_path: Path) -> None:
    assert not DOORS[door](text, tmp_path)


@pytest.mark.parametrize("text", DEEP_VALUES, ids=["open", "closed", "objects", "inside"])
@pytest.mark.parametrize(
    "read", [load_object, from_bytes, parse_events, parse_document_of, job_of, engine_answer],
)  # fmt: skip
def test_json_that_is_nested_too_deep_is_a_caught_error(
    read: Callable[[bytes], object], text: str
) -> None:
    with pytest.raises((ValueError, ConsoleError)):
        read(text.encode())


def test_json_that_is_too_long_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="longer"):
        parse_json(b" " * 11, max_bytes=10)
    assert parse_json(b"1" + b" " * 9, max_bytes=10) == 1


@pytest.mark.parametrize("depth", [1, MAX_DEPTH])
def test_nesting_within_the_limit_is_read(depth: int) -> None:
    assert parse_json("[" * depth + "]" * depth) is not None
    with pytest.raises(ValueError, match="deep"):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert parse_json('["' + "[{" * 5000 + '"]'), "brackets in a text are no depth"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "9" * 400, '"' + "9" * 400 + '"'])
def test_a_number_of_more_than_64_bits_is_no_integer(number: str) -> None:
    assert Node(parse_json(number)).integer == 0


def test_json_is_parsed_only_by_one_module() -> None:
    found = {
        str(path)
        for folder in ("pixel_tui", "screens", "widgets")
        for path in Path(folder).rglob("*.py")
        if re.search(r"json\.loads?\(", path.read_text("utf-8"))
    }
    assert found == {"pixel_tui/json_reading.py"}
