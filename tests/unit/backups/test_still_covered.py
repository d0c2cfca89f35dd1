"""Checks right before a wipe: the backup is intact and covers the volumes."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.backups.manifest import Cover, Item, ItemKind, Manifest, VolumeContent
from pixel_tui.backups.still_covered import require_covered, require_intact
from pixel_tui.backups.store import Backup
from pixel_tui.backups.stored import BackedUpFile, StoredData, StoredServer, StoredVolume
from pixel_tui.backups.verification_record import VerificationResult, write_verification
from pixel_tui.errors import OperationError
from tests.builders.backups import DIGEST, NOW, make, manifest, project, store_of

__all__ = ["project"]

DUMP = Item(ItemKind.POSTGRES, "db", "db/agent.dump", 10, DIGEST, {"database": "agent"})
COVERED = replace(
    manifest(),
    items=(DUMP,),
    volumes=(
        VolumeContent("held", Cover.DUMPED, ("db",)),
        VolumeContent("files", Cover.DATABASES),
    ),
)


def verified(project: Path, *problems: str) -> tuple[Backup, Manifest]:
    made = make(project)
    folder = store_of(project).find(made.id).folder
    write_verification(folder, VerificationResult(NOW, problems))
    return store_of(project).find(made.id), made


def stored(*databases: str, files: tuple[str, ...] = ()) -> StoredData:
    return StoredData(
        {
            "held": StoredVolume("held"),
            "files": StoredVolume("files", tuple(BackedUpFile(name) for name in files)),
        },
        (StoredServer("db", ("held",), databases),),
    )


class TestBackup:
    def test_an_intact_backup_passes(self, project: Path) -> None:
        require_intact(*verified(project))

    @pytest.mark.parametrize("what", ["gone", "shorter", "a link"])
    def test_a_backup_without_one_of_its_files_is_refused(self, project: Path, what: str) -> None:
        backup, made = verified(project)
        (item,) = [item for item in made.items if item.kind is ItemKind.SQLITE]
        file = backup.folder / item.path
        if what == "shorter":
            os.truncate(file, item.size - 1)
        else:
            file.rename(project / "elsewhere")
        if what == "a link":
            file.symlink_to(project / "elsewhere")
        with pytest.raises(OperationError, match=r"not complete any more: data/pixels\.db:"):
            require_intact(backup, made)

    def test_a_backup_found_damaged_since_is_refused(self, project: Path) -> None:
        with pytest.raises(OperationError, match="does not count as verified any more"):
            require_intact(*verified(project, "data/pixels.db: damaged"))


class TestVolumes:
    def test_a_covered_volume_may_be_removed(self) -> None:
        require_covered(["held", "files", "gone already"], COVERED, stored("agent"), ())

    def test_a_database_created_since_the_plan_stops_the_removal(self) -> None:
        words = r"since the plan was made: held \(NOT in the backup: db/orders; "
        with pytest.raises(OperationError, match=words):
            require_covered(["held", "files"], COVERED, stored("agent", "orders"), ())

    def test_a_file_created_since_the_plan_stops_the_removal(self) -> None:
        with pytest.raises(OperationError, match=r"files \(NOT in the backup: photo\.jpg"):
            require_covered(["held", "files"], COVERED, stored("agent", files=("photo.jpg",)), ())

    def test_a_volume_that_the_plan_called_lost_may_be_removed(self) -> None:
        now = stored("agent", "orders")
        require_covered(["held", "files"], COVERED, now, frozenset({"held"}))

    def test_an_unreadable_volume_is_not_removed(self) -> None:
        away = StoredData(
            {"held": StoredVolume("held")},
            (StoredServer("db", ("held",), unknown="db is not running"),),
        )
        with pytest.raises(OperationError, match="current content UNKNOWN"):
            require_covered(["held"], COVERED, away, ())
