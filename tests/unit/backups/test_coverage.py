"""Comparing a backup with what a volume holds now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pixel_tui.backups.coverage import Coverage, coverage_of
from pixel_tui.backups.manifest import Cover, Item, ItemKind, Manifest, VolumeContent
from pixel_tui.backups.source_state import DETAIL, SourceState, as_detail
from pixel_tui.backups.stored import BackedUpFile, StoredData, StoredServer, StoredVolume
from pixel_tui.stack.model.json_value import JsonObject

MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = int((MADE - timedelta(hours=1)).timestamp() * 1e9)
LATER = int((MADE + timedelta(hours=1)).timestamp() * 1e9)
COPIED = SourceState({"": (4096, BEFORE)})


def manifest(cover: Cover, *items: Item, by: tuple[str, ...] = ()) -> Manifest:
    return Manifest(
        "20260301-120000", "pixel", "docker", "host", MADE, 1.0,
        items=items, volumes=(VolumeContent("held", cover, by, "nobody asked"),),
    )  # fmt: skip


def dump(database: str) -> Item:
    path = f"postgres/db/{database}.dump"
    return Item(ItemKind.POSTGRES, "db", path, 1, "0" * 64, {"database": database})


def copy(name: str, state: SourceState | None = COPIED) -> Item:
    details: JsonObject = {"volume": "held"}
    if state is not None:
        details[DETAIL] = as_detail(state)
    path = f"volumes/held/{name}"
    return Item(ItemKind.SQLITE, f"volume held/{name}", path, 1, "0" * 64, details)


def stored(
    *files: BackedUpFile, servers: tuple[StoredServer, ...] = (), why: str = ""
) -> StoredData:
    return StoredData({"held": StoredVolume("held", files, why)}, servers)


def looked(manifest: Manifest, now: StoredData | None) -> Coverage:
    return coverage_of("held", manifest, now)


class TestServer:
    made = manifest(Cover.DUMPED, dump("agent"), by=("db",))
    server = StoredServer("db", ("held",), ("agent",))

    def test_it_is_covered_if_all_its_current_databases_were_dumped(self) -> None:
        found = looked(self.made, stored(servers=(self.server,)))
        assert found.complete
        assert "every database of db is dumped" in found.words

    def test_a_newer_database_is_named(self) -> None:
        server = replace(self.server, databases=("agent", "closed", "we ird-x"))
        found = looked(self.made, stored(servers=(server,)))
        assert not found.complete
        assert found.words.startswith("NOT in the backup: db/closed, db/we ird-x; ")
        assert "every database" not in found.words

    def test_a_database_of_an_unknown_server_is_named(self) -> None:
        other = StoredServer("reports", ("held",), ("sums",))
        found = looked(self.made, stored(servers=(self.server, other)))
        assert found.missing == ["reports/sums"]

    @pytest.mark.parametrize(
        "servers",
        [
            (),
            (replace(server, unknown="db is not running"),),
            (replace(server, volumes=("elsewhere",)),),
        ],
    )
    def test_it_is_unknown_if_the_server_can_not_be_queried(
        self, servers: tuple[StoredServer, ...]
    ) -> None:
        found = looked(self.made, stored(servers=servers))
        assert not found.complete
        assert "current content UNKNOWN" in found.words

    def test_a_server_s_files_are_ignored_without_the_server(self) -> None:
        found = looked(self.made, stored(BackedUpFile("base/1/2"), servers=()))
        assert "base/1" not in found.words

    def test_files_beside_its_data_are_in_no_backup(self) -> None:
        now = stored(BackedUpFile("export.csv"), servers=(self.server,))
        assert looked(self.made, now).files == ["export.csv"]


class TestFiles:
    made = manifest(Cover.DATABASES, copy("x.db"), by=("volume held/x.db",))
    same = BackedUpFile("x.db", True, COPIED)

    def test_it_is_covered_if_its_databases_are_unchanged(self) -> None:
        found = looked(self.made, stored(self.same))
        assert found.complete
        assert "and it has nothing else" in found.words

    def test_missing_databases_are_named_before_missing_files(self) -> None:
        files = [BackedUpFile(f"{number}.jpg") for number in range(7)]
        found = looked(self.made, stored(*files, self.same, BackedUpFile("y.db", True, COPIED)))
        assert not found.complete
        assert "NOT in the backup: y.db, 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg, 2 more files; the" in (
            found.words
        )

    @pytest.mark.parametrize(
        "state",
        [
            SourceState({"": (4096, LATER)}),
            SourceState({"": (4096, BEFORE - 1)}),
            SourceState({"": (8192, BEFORE)}),
            SourceState({"": (4096, BEFORE), "-wal": (32, BEFORE)}),
        ],
        ids=["written to", "an older one", "grown", "written to its log"],
    )
    def test_a_database_written_to_since_has_changed(self, state: SourceState) -> None:
        found = looked(self.made, stored(BackedUpFile("x.db", True, state)))
        assert not found.complete
        assert "changed since the backup: x.db" in found.words

    @pytest.mark.parametrize(("when", "changed"), [(BEFORE, []), (LATER, ["x.db"])])
    def test_without_a_recorded_state_the_time_decides(self, when: int, changed: list[str]) -> None:
        made = manifest(Cover.DATABASES, copy("x.db", None))
        now = stored(BackedUpFile("x.db", True, SourceState({"": (1, when)})))
        assert looked(made, now).changed == changed

    def test_an_unreadable_part_is_unknown(self) -> None:
        found = looked(self.made, stored(self.same, why="this user can't enter its folder"))
        assert not found.complete
        assert "current content UNKNOWN (this user can't enter its folder)" in found.words

    def test_a_former_database_that_is_an_ordinary_file_now_is_not_covered(self) -> None:
        assert looked(self.made, stored(BackedUpFile("x.db"))).files == ["x.db"]


def test_nothing_is_claimed_about_an_unread_volume() -> None:
    for cover in Cover:
        found = looked(manifest(cover, dump("agent"), copy("x.db"), by=("db",)), None)
        assert not found.complete
        assert "current content UNKNOWN (it could not be read)" in found.words


@pytest.mark.parametrize("cover", [Cover.NOTHING, Cover.UNKNOWN])
def test_a_volume_that_is_not_copied_is_not_covered_even_if_empty(cover: Cover) -> None:
    found = looked(manifest(cover), stored())
    assert not found.complete
    assert {Cover.NOTHING: "in NO backup", Cover.UNKNOWN: "(nobody asked)"}[cover] in found.words
    named = looked(manifest(cover), stored(BackedUpFile("photo.jpg")))
    assert named.words.startswith("NOT in the backup: photo.jpg")
