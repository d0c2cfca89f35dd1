"""The names that a restore gives to what it puts aside."""

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
def test_what_was_put_aside_is_known_by_its_name_of_now_and_of_before(name: str) -> None:
    assert is_displaced(name)


@pytest.mark.parametrize("name", ["app.db-wal", f"app.db.{MARK}-walk", f"app.db.{MARK}.db", MARK])
def test_other_names_are_names_of_data(name: str) -> None:
    assert not is_displaced(name)
