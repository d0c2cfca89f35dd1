"""Checking the space for a restore before anything is stopped."""

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pixel_tui.backups.differences import MAX_HASHED_BYTES
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.backups.policy import policy_for
from pixel_tui.backups.restore_space import restore_space_shortages
from pixel_tui.backups.store import Backup
from pixel_tui.facts.live import _past_state
from pixel_tui.reserve import NAME, RECORD_BYTES
from pixel_tui.settings import BackupSettings

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
BLOCK = 4096


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with one free block."""
    found = SimpleNamespace(f_bfree=1, f_bavail=1, f_frsize=BLOCK)
    monkeypatch.setattr(os, "statvfs", lambda _: found)


def item(source: str, content: bytes, kind: ItemKind = ItemKind.FILE) -> Item:
    return Item(kind, source, f"files/{source}", len(content), hashlib.sha256(content).hexdigest())


def manifest(*items: Item) -> Manifest:
    return Manifest(
        id="20260301-080000",
        project="pixel",
        engine="docker",
        host="vps",
        created=NOW,
        seconds=1,
        items=items,
        left_out=(),
    )


@pytest.mark.usefixtures("free")
def test_each_file_takes_complete_blocks(tmp_path: Path) -> None:
    made = manifest(item("a", b"1"), item("b", b"2"))
    places = {name: str(tmp_path / name) for name in ("a", "b")}
    (found,) = restore_space_shortages(made, places, (), tmp_path / "state")
    assert (found.needed, found.free) == (2 * BLOCK, BLOCK)
    assert (
        restore_space_shortages(replace(made, items=made.items[:1]), places, (), tmp_path / "state")
        == ()
    )


@pytest.mark.usefixtures("free")
def test_an_unchanged_file_needs_no_space(tmp_path: Path) -> None:
    made = manifest(item("a", b"1"), item("b", b"2"))
    places = {name: str(tmp_path / name) for name in ("a", "b")}
    assert restore_space_shortages(made, places, {"a"}, tmp_path / "state") == ()
    assert len(restore_space_shortages(made, places, (), tmp_path / "state")) == 1


@pytest.mark.usefixtures("free")
def test_a_large_file_of_the_same_size_counts_as_unchanged(tmp_path: Path) -> None:
    large = b"x" * (MAX_HASHED_BYTES + 1)
    made, places = manifest(item("a", large)), {"a": str(tmp_path / "a")}
    (tmp_path / "a").write_bytes(large)
    assert restore_space_shortages(made, places, (), tmp_path / "state") == ()
    (tmp_path / "a").write_bytes(b"9")
    assert len(restore_space_shortages(made, places, (), tmp_path / "state")) == 1


@pytest.mark.usefixtures("free")
def test_a_database_always_needs_space_and_a_volume_is_not_checked(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"x" * 2 * BLOCK)
    made = manifest(item("x.db", b"x" * 2 * BLOCK, ItemKind.SQLITE))
    assert (
        len(restore_space_shortages(made, {"x.db": str(tmp_path / "x.db")}, (), tmp_path / "state"))
        == 1
    )
    assert restore_space_shortages(made, {}, (), tmp_path / "state") == ()


@pytest.mark.usefixtures("free")
def test_plans_report_missing_space(tmp_path: Path) -> None:
    backup = Backup("20260301-080000", tmp_path / "b", manifest(item("a", b"1"), item("b", b"2")))
    past = _past_state(backup, policy_for(tmp_path, BackupSettings(), tmp_path / "state"), None)
    assert [found.needed for found in past.shortages] == [2 * BLOCK]


@pytest.mark.usefixtures("free")
def test_the_reserve_of_the_same_disk_counts_as_free(tmp_path: Path) -> None:
    made = manifest(item("a", b"1"), item("b", b"2"))
    places = {name: str(tmp_path / name) for name in ("a", "b")}
    (tmp_path / "state").mkdir()
    assert restore_space_shortages(made, places, (), tmp_path / "state")
    (tmp_path / "state" / NAME).write_bytes(bytes(RECORD_BYTES + BLOCK))
    assert restore_space_shortages(made, places, (), tmp_path / "state") == ()
    (tmp_path / "state" / NAME).write_bytes(bytes(RECORD_BYTES))
    assert restore_space_shortages(made, places, (), tmp_path / "state"), (
        "what is kept for records is none for files"
    )
