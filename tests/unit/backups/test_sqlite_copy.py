"""Copies of SQLite databases that are in use."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pixel_tui.backups import closed_database
from pixel_tui.backups.search import search
from pixel_tui.backups.sqlite_copy import check_database, copy_database, count_rows
from tests.builders.backups import database, policy, project, rows_of
from tests.builders.open_database import opened_by_another

__all__ = ["project"]


class TestSqlite:
    def test_databases_are_found_by_their_content(self, project: Path) -> None:
        database(project / "data/deep/no-suffix")
        (project / "data/fake.db").write_text("no database")
        database(project / "backups/copy.db")
        found = search([project], policy(project).skipped).databases
        names = sorted(str(path.relative_to(project)) for path in found)
        assert names == ["data/deep/no-suffix", "data/pixels.db"]

    @pytest.mark.parametrize("wal", [True, False])
    def test_a_copy_during_writes_is_intact(self, tmp_path: Path, wal: bool) -> None:
        source = database(tmp_path / "a.db", 20_000, wal=wal)
        ended = threading.Event()

        def write() -> None:
            with closing(sqlite3.connect(source, timeout=30, isolation_level=None)) as connection:
                while not ended.is_set():
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("INSERT INTO pixels (colour) VALUES ('a'), ('b')")
                    connection.execute("COMMIT")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            copy_database(source, tmp_path / "copy.db")
        finally:
            ended.set()
            writer.join()
        assert check_database(tmp_path / "copy.db") == ""
        rows = (count_rows(tmp_path / "copy.db") or {})["pixels"]
        assert rows >= 20_000
        assert rows % 2 == 0
        assert not (tmp_path / "copy.db-wal").exists()

    def test_reading_leaves_no_side_files(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a/a.db")
        copied = copy_database(source, tmp_path / "copy.db")
        assert (copied.journal, rows_of(tmp_path / "copy.db")) == ("wal", 10)
        assert [path.name for path in source.parent.iterdir()] == ["a.db"]

    @pytest.mark.parametrize("shm", [True, False])
    def test_commits_in_the_wal_of_a_killed_process_are_copied(
        self, tmp_path: Path, shm: bool
    ) -> None:
        source = database(tmp_path / "a/a.db")
        with opened_by_another(source) as writer:
            writer.kill()
        if not shm:
            (source.parent / "a.db-shm").unlink()
        before = {path.name: path.read_bytes() for path in source.parent.iterdir()}
        copy_database(source, tmp_path / "copy.db")
        assert count_rows(tmp_path / "copy.db") == {"pixels": 0}
        assert not (tmp_path / "copy.db-wal").exists()
        assert {path.name for path in source.parent.iterdir()} == before.keys()

    def test_an_open_database_is_copied_as_its_clients_see_it(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a/a.db")
        with opened_by_another(source):
            copy_database(source, tmp_path / "copy.db")
            assert count_rows(tmp_path / "copy.db") == {"pixels": 0}

    def test_a_database_that_changes_during_the_copy_is_copied_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source, copied = database(tmp_path / "a/a.db"), list[Path]()
        copy = closed_database._copy

        def meanwhile(old: Path, new: Path) -> None:
            copy(old, new)
            if not copied:
                with closing(sqlite3.connect(source)) as other, other:
                    other.execute("DELETE FROM pixels")
            copied.append(old)

        monkeypatch.setattr(closed_database, "_copy", meanwhile)
        copy_database(source, tmp_path / "copy.db")
        assert count_rows(tmp_path / "copy.db") == {"pixels": 0}
        assert [path.name for path in copied] == ["a.db", "a.db"]

    def test_a_name_that_looks_like_an_option_is_accepted(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a?mode=memory#%41.db")
        copy_database(source, tmp_path / "copy?.db")
        assert count_rows(tmp_path / "copy?.db") == {"pixels": 10}
