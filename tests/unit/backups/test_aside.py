"""The names of files that a restore replaces."""

import pytest

from pixel_tui.backups.aside import displaced_suffix, is_displaced
from tests.builders.backups import NOW

MARK = displaced_suffix(NOW)


@pytest.mark.parametrize(
    "name",
    [
        f"app.db.{MARK}",
        f"app.db.{MARK}-wal",
        f"app.db.{MARK}-shm",
        f"app.db.{MARK}-journal",
        f"app.db-wal.{MARK}",
        f"app.db.{MARK}.{MARK}",
    ],
)
def test_kept_files_are_recognized_by_current_and_former_names(name: str) -> None:
    assert is_displaced(name)


@pytest.mark.parametrize("name", ["app.db-wal", f"app.db.{MARK}-walk", f"app.db.{MARK}.db", MARK])
def test_other_names_are_data(name: str) -> None:
    assert not is_displaced(name)
