"""The folders of backups, of which others can write to the former one."""

import json
import os
import shutil
from pathlib import Path

import pytest

from pixel_tui.backups.manifest_file import MANIFEST
from pixel_tui.backups.policy import default_root
from pixel_tui.backups.store import BackupStore
from pixel_tui.backups.verification_record import VerificationResult, write_verification
from pixel_tui.errors import OperationError
from pixel_tui.facts.live import _backups
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from tests.builders.backup_gaps import make, rules
from tests.builders.backups import NOW, project

__all__ = ["project"]


class TestPlace:
    def test_the_default_is_outside_of_the_project_and_the_same_through_links(
        self, project: Path
    ) -> None:
        link = project.parent / "link"
        link.symlink_to(project)
        assert rules(project).root == rules(link).root == default_root(project, state_folder())
        assert not rules(project).root.is_relative_to(project)
        assert default_root(project.parent / "other/pixel", state_folder()) != default_root(
            project, state_folder()
        )

    def test_backups_in_the_former_folder_are_found_used_and_rotated(self, project: Path) -> None:
        old = make(project, folder="backups/pixel-tui").id
        new = make(project, hours=1).id
        policy = rules(project)
        store = BackupStore(policy.root, former=policy.former)
        assert [backup.id for backup in store.list()] == [new, old]
        assert store.find(old).folder == project / "backups/pixel-tui" / old
        make(project, hours=2, keep=2)
        assert not store.find(new).folder.is_relative_to(project)
        assert old not in [backup.id for backup in store.list()]
        assert not (project / "backups/pixel-tui" / old).exists()

    def test_planted_backups_in_the_former_folder_replace_no_others(self, project: Path) -> None:
        ours = [make(project, hours=hour, keep=2).id for hour in (0, 1)]
        policy = rules(project)
        for day in range(1, 4):
            planted = project / f"backups/pixel-tui/2099010{day}-000000"
            shutil.copytree(policy.root / ours[1], planted)
            content = json.loads((planted / MANIFEST).read_text())
            (planted / MANIFEST).write_text(json.dumps({**content, "id": planted.name}))
        newest = make(project, hours=2, keep=2).id
        assert sorted(BackupStore(policy.root).names()) == [ours[1], newest]

    def test_endless_manifests_in_the_former_folder_hide_no_backup(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project).id
        monkeypatch.setattr("pixel_tui.backups.store.MAX_BYTES_LISTED", 20_000)
        monkeypatch.setattr("pixel_tui.backups.store.MAX_FORMER", 3)
        for day in range(10, 20):
            planted = project / f"backups/pixel-tui/209901{day}-000000"
            planted.mkdir(parents=True)
            (planted / MANIFEST).write_bytes(b" " * 100_000)
        policy = rules(project)
        listed = BackupStore(policy.root, former=policy.former).list()
        assert [backup.id for backup in listed if backup.manifest] == [made]
        assert len(listed) == 4

    def test_a_link_in_the_former_folder_removes_no_other_project_s_backups(
        self, project: Path
    ) -> None:
        other = project.parent / "other"
        shutil.copytree(project, other)
        theirs = make(other).id
        (project / "backups").mkdir()
        (project / "backups/pixel-tui").symlink_to(rules(other).root)
        make(project, hours=1, keep=1)
        assert theirs in BackupStore(rules(other).root).names()

    def test_a_fifo_as_a_manifest_blocks_no_action(self, project: Path) -> None:
        planted = project / "backups/pixel-tui/20990101-000000"
        planted.mkdir(parents=True)
        os.mkfifo(planted / MANIFEST)
        made = make(project).id
        found, why = _backups(rules(project))
        assert why == ""
        assert [past.backup.id for past in found] == [planted.name, made]
        assert found[0].backup.manifest is None

    @pytest.mark.parametrize("name", [MANIFEST, "verified.json"])
    def test_any_content_of_the_former_folder_stops_nothing(self, project: Path, name: str) -> None:
        old = make(project, folder="backups/pixel-tui").id
        folder = project / "backups/pixel-tui" / old
        policy = rules(project)
        store = BackupStore(policy.root, former=policy.former)
        write_verification(folder, VerificationResult(NOW))

        def fifo(path: Path) -> None:
            os.mkfifo(path)

        def deep(path: Path) -> None:
            path.write_text("[" * 100_000)

        def endless(path: Path) -> None:
            path.touch()
            os.truncate(path, 1 << 40)

        def link(path: Path) -> None:
            path.symlink_to("/dev/zero")

        for make_it in (fifo, deep, endless, link, os.mkdir):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            make_it(path)
            (backup,) = store.list()
            assert (backup.manifest is None) == (name == MANIFEST)
            assert not backup.verified

    def test_endless_manifests_do_not_hide_the_newest_backup(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        size = (rules(project).root / made.id / MANIFEST).stat().st_size
        monkeypatch.setattr("pixel_tui.backups.store.MAX_BYTES_LISTED", size * 2 - 1)
        make(project, hours=-1)
        new, old = BackupStore(rules(project).root).list()
        assert new.manifest is not None
        assert old.manifest is None

    def test_one_planted_manifest_hides_no_other_backup(self, project: Path) -> None:
        old = make(project, folder="backups/pixel-tui").id
        planted = project / "backups/pixel-tui/20990101-000000"
        planted.mkdir()
        (planted / MANIFEST).touch()
        os.truncate(planted / MANIFEST, 1 << 40)
        policy = rules(project)
        listed = BackupStore(policy.root, former=policy.former).list()
        assert [backup.id for backup in listed if backup.manifest] == [old]

    def test_a_backup_is_found_by_id_among_any_number(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = make(project, folder="backups/pixel-tui").id
        monkeypatch.setattr("pixel_tui.backups.store.MAX_BYTES_LISTED", 0)
        monkeypatch.setattr("pixel_tui.backups.store.MAX_FORMER", 0)
        policy = rules(project)
        assert BackupStore(policy.root, former=policy.former).find(old).manifest is not None
        (project / "backups/pixel-tui/20990101-000000").symlink_to(old)
        for name in ("20990101-000000", "20990101-000001", "../pixel-tui", "", ".gitignore"):
            typed = ComposeCommand(directory="/srv/shop").typed
            with pytest.raises(OperationError, match="`pixel-tui -C /srv/shop backup list`"):
                BackupStore(policy.root, former=policy.former, typed=typed).find(name)
