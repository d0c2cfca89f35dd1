"""Backups without an engine: making, rotating and verifying them."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.backups.manifest import Gap, ItemKind, Manifest
from pixel_tui.backups.manifest_file import MANIFEST, as_bytes
from pixel_tui.backups.verification_record import VerificationResult, write_verification
from pixel_tui.backups.verify import verify
from pixel_tui.clock import FixedClock
from pixel_tui.errors import FileError
from tests.builders.backups import NOW, database, make, policy, project, store_of

__all__ = ["project"]


class TestMake:
    def test_it_has_databases_files_and_the_deployment(self, project: Path) -> None:
        made = make(project)
        assert {(item.kind, item.source) for item in made.items} == {
            (ItemKind.SQLITE, "data/pixels.db"),
            (ItemKind.FILE, ".env"),
            (ItemKind.FILE, "docker-compose.yml"),
            (ItemKind.DEPLOYMENT, "deployment"),
        }
        assert made.items[0].details["rows"] == {"pixels": 10}
        assert [gap.what for gap in made.left_out] == ["the resolved compose model"]

    def test_only_its_owner_may_read_it(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        for place, folders, files in os.walk(folder):
            assert {(Path(place) / name).stat().st_mode & 0o777 for name in files} <= {0o600}
            assert {(Path(place) / name).stat().st_mode & 0o777 for name in folders} <= {0o700}

    def test_git_ignores_it(self, project: Path) -> None:
        make(project)
        ignored = policy(project).root / ".gitignore"
        assert ignored.read_text() == "*\n"
        ignored.write_text("")  # as left by a full disk
        make(project)
        assert ignored.read_text() == "*\n"

    def test_two_backups_in_a_second_have_different_ids(self, project: Path) -> None:
        assert [make(project).id, make(project).id] == ["20260301-120000", "20260301-120000-2"]

    def test_additional_files_come_from_the_settings(self, project: Path) -> None:
        (project / "notes.txt").write_text("x")
        made = make(project, files=("*.txt",))
        assert "notes.txt" in [item.source for item in made.items]

    def test_a_damaged_database_is_missing_and_the_rest_is_copied(self, project: Path) -> None:
        path = project / "data/pixels.db"
        content = bytearray(path.read_bytes())
        content[4096:8192] = b"\xff" * 4096
        path.write_bytes(content)
        database(project / "data/well.db")
        made = make(project)
        gap = next(gap for gap in made.missing if gap.what == "data/pixels.db")
        assert gap.gap is Gap.FAILED
        assert re.search("can't be copied|damaged", gap.why)
        assert gap.why.endswith("; no backup has it")
        assert {".env", "data/well.db"} <= {item.source for item in made.items}
        assert "data/pixels.db" not in {item.source for item in made.items}
        assert made.incomplete
        assert not list(store_of(project).find(made.id).folder.rglob("pixels.db"))

    def test_a_damaged_database_is_reported_with_the_backup_that_has_it(
        self, project: Path
    ) -> None:
        first = make(project)
        (project / "data/pixels.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        made = make(project, NOW + timedelta(hours=1))
        gap = next(gap for gap in made.missing if gap.what == "data/pixels.db")
        assert gap.why.endswith(f"; the backup {first.id} has it")

    def test_too_little_space_is_reported_before_anything_is_written(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            f_bavail = 1
            f_frsize = 4096

        monkeypatch.setattr(os, "statvfs", lambda _: Full)
        with pytest.raises(FileError, match="Not enough space"):
            make(project)
        assert not store_of(project).root.exists()

    def test_leftovers_of_dead_backups_are_removed_and_live_ones_stay(self, project: Path) -> None:
        store = store_of(project)
        store.root.mkdir(parents=True)
        (store.root / ".20260228-120000.partial/sqlite").mkdir(parents=True)
        with store.begin(NOW) as alive:
            make(project)
            assert alive.folder.exists()
        names = sorted(path.name for path in store.root.iterdir())
        assert names == [".gitignore", "20260301-120000-2"]


class TestStore:
    def test_the_newest_backups_and_other_folders_are_kept(self, project: Path) -> None:
        made = [make(project, NOW + timedelta(days=day), keep=2) for day in range(4)][-1]
        root = store_of(project).root
        (root / "20200101-000000").mkdir()
        (root / "20200101-000000/mine.txt").write_text("mine")
        (root / "20200102-000000").mkdir()
        (root / "20200102-000000" / MANIFEST).write_text("{")
        last = make(project, NOW + timedelta(days=5), keep=2)
        names = sorted(path.name for path in root.iterdir())
        assert names == [".gitignore", "20200101-000000", "20200102-000000", made.id, last.id]

    def test_a_spared_backup_stays(self, project: Path) -> None:
        first = make(project).id
        make(project, NOW + timedelta(hours=1))
        assert store_of(project).rotate(1, sparing=frozenset({first})).removed == ()

    def test_a_folder_without_a_manifest_is_not_listed(self, project: Path) -> None:
        made = make(project)
        (store_of(project).find(made.id).folder / MANIFEST).unlink()
        assert store_of(project).list() == ()

    def test_a_verification_is_bound_to_its_manifest(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        write_verification(folder, VerificationResult(NOW))
        assert store_of(project).find(made.id).verified
        (folder / MANIFEST).write_bytes(as_bytes(replace(made, project="other")))
        assert not store_of(project).find(made.id).verified


class TestVerify:
    def verdict(self, project: Path, made: Manifest) -> VerificationResult:
        return verify(store_of(project).find(made.id), {}, FixedClock(NOW), lambda _: None)

    def test_an_intact_backup_is_well(self, project: Path) -> None:
        assert self.verdict(project, make(project)).well

    @pytest.mark.parametrize("path", ["files/.env", "sqlite/data/pixels.db"])
    def test_a_changed_byte_is_found(self, project: Path, path: str) -> None:
        made = make(project)
        target = store_of(project).find(made.id).folder / path
        content = bytearray(target.read_bytes())
        content[-1] ^= 1
        target.write_bytes(content)
        assert "content has changed" in self.verdict(project, made).problems[0]

    def test_a_link_in_place_of_an_item_is_found(self, project: Path) -> None:
        made = make(project)
        target = store_of(project).find(made.id).folder / "files/.env"
        target.unlink()
        target.symlink_to(project / ".env")
        assert "not a regular file" in self.verdict(project, made).problems[0]
