"""Text made to slow pixel-tui down is read in linear time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_tui.backups.differences import changed_variables
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import check_input
from pixel_tui.environment.checks.file_facts import NO_FACTS
from pixel_tui.environment.checks.overview import overview
from pixel_tui.environment.dotenv.difference import difference
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.merge import merge
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.operations.nginx.pinned_names import pinned_hosts
from pixel_tui.operations.nginx.routes import find_routes
from pixel_tui.stack.compose.environment_uses import NO_USES
from pixel_tui.stack.compose.message_masking import MessageMasker
from pixel_tui.stack.compose.written_secrets import ComposeInput
from pixel_tui.stack.model.parse_times import parse_duration

LONG = 300_000
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def examine(text: str) -> None:
    document, example = DotenvDocument.parse(text.encode()), DotenvDocument.parse(b"NAME=x\n")
    values = read_values(document, {})
    overview(check_input(document, values, example, load_catalogue(), NO_USES, NO_FACTS))


def ask_compose(text: str) -> None:
    for sets_variables in (True, False):
        words = MessageMasker([ComposeInput(text, ".env", sets_variables=sets_variables)])
        assert words.mask('it is "none"') == 'it is "none"'
    words = MessageMasker([ComposeInput("A=1\n", ".env")])
    assert words.mask(text)


def compare(text: str) -> None:
    old = DotenvDocument.parse(text.encode())
    difference(old, DotenvDocument.parse(f"A=1\n{text}B=2\n".encode()), lambda _entry: False)


def bring_together(text: str) -> None:
    sides = (f"{text}C=3\n", f"A=1\n{text}", f"B=2\n{text}D=4\n")
    merge(*(DotenvDocument.parse(side.encode()) for side in sides))


@pytest.mark.parametrize(
    ("read", "pattern"),
    [
        (ask_compose, "\n"),
        (ask_compose, "A_TOKEN: x$y\n"),
        (ask_compose, "A_TOKEN='\n"),
        (ask_compose, ' # "'),
        (ask_compose, "'a' \"b"),
        (pinned_hosts, "upstream a {"),
        (pinned_hosts, "upstream a { server a "),
        (find_routes, '\\"'),
        (find_routes, "a ' "),
        (parse_duration, "0"),
        (examine, "A"),
        (compare, "#" + "x" * 30 + "\n"),
        (bring_together, "#" + "x" * 30 + "\n"),
    ],
    ids=lambda item: item.__name__ if callable(item) else repr(item)[:20],
)
def test_a_long_text_is_read_fast(read: Callable[[str], object], pattern: str) -> None:
    text = pattern * (LONG // len(pattern))
    if read is examine:
        text = f"{text}=x\n"
    began = time.thread_time()
    read(text)
    assert time.thread_time() - began < 3  # with quadratic time: minutes


def test_a_long_environment_in_a_backup_is_compared_fast(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\n" * LONG)
    items = (Item(ItemKind.FILE, ".env", ".env", LONG, "0" * 64),)
    manifest = Manifest("20260301-120000", "pixel", "engine", "host", NOW, 1.0, items=items)
    began = time.thread_time()
    changed_variables(tmp_path, manifest, tmp_path)
    assert time.thread_time() - began < 3
