"""What a manifest may restore: only what our own backups can contain."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import restore_check, restore_space
from pixel_tui.backups.manifest_file import MANIFEST
from pixel_tui.errors import OperationError
from pixel_tui.facts.live import _backups
from tests.builders.actions import container
from tests.builders.backup_actions import facts, plan
from tests.builders.backups import make, policy, project, restore, rows_of, store_of

__all__ = ["project"]
Forge = Callable[..., str]


@pytest.fixture
def forge(project: Path) -> Forge:
    """Makes a backup, and adds an item to it as an attacker with write access would."""
    made = make(project)
    folder = store_of(project).find(made.id).folder

    def add(source: str, content: bytes = b"evil", **changes: Any) -> str:
        path = f"files/planted-{len(list((folder / 'files').iterdir()))}"
        (folder / path).write_bytes(content)
        manifest = json.loads((folder / MANIFEST).read_bytes())
        item = {
            "kind": "file", "source": source, "path": path, "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(), "details": {"mode": "0644"},
        }  # fmt: skip
        manifest["items"].append(item | changes)
        (folder / MANIFEST).write_text(json.dumps(manifest))
        return made.id

    (project / ".env").write_text("SECRET=new\n")
    return add


def refused(project: Path, backup_id: str, why: str, **how: Any) -> None:
    """Check that it is refused for this reason, and that nothing was changed."""
    before = {path: path.lstat() for path in project.rglob("*") if path.name != "pixel-tui"}
    with pytest.raises(OperationError, match=rf"Nothing was restored.*{why}"):
        restore(project, backup_id, **how)
    after = {path: path.lstat() for path in project.rglob("*") if path.name != "pixel-tui"}
    assert before.keys() == after.keys()
    assert (project / ".env").read_text() == "SECRET=new\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (".git/hooks/post-checkout", "repository's history"),
        ("api/.git/config", "repository's history"),
        (".GIT/config", "repository's history"),
        ("api/.git", "repository's history"),
        ("backups/pixel-tui/20260301-120000/manifest.json", "backup folder"),
        (".env.before-20260301-120000", "files that a restore replaced"),
        (".pixels.db.restoring", "files that a restore replaced"),
        (".env/below", "not a folder"),
        ("data", "a folder that is not empty"),
        (".env", "two items|Two items"),
    ],
)
def test_a_path_that_no_backup_has_is_refused(
    project: Path, forge: Forge, source: str, why: str
) -> None:
    refused(project, forge(source), why)


PLANTED = [
    (".git/hooks/post-checkout", "repository's history"),
    ("backups/pixel-tui/20260301-120000/manifest.json", "backup folder"),
    (".env/below", "not a folder"),
    ("data", "a folder that is not empty"),
]


@pytest.mark.parametrize(("source", "why"), PLANTED)
def test_a_plan_refuses_such_a_path(project: Path, forge: Forge, source: str, why: str) -> None:
    backup_id = forge(source)
    known = replace(facts(*_backups(policy(project))[0]), volumes=())
    for action in ("restore", "restore-without-backup"):
        with pytest.raises(OperationError, match=f"{source} can't be restored.*{why}"):
            plan(action, known, backup_id)
    assert plan("roll-back", known, backup_id).steps, "it does not put that back"
    listed = _backups(policy(project), [container("api", mounts=())])[0]
    assert listed[0].refused.keys() == known.backups[0].refused.keys()


def test_a_roll_back_plan_refuses_such_a_path(project: Path, forge: Forge) -> None:
    backup_id = forge(".git/.env")
    known = facts(*_backups(policy(project))[0])
    with pytest.raises(
        OperationError, match=r"Roll back would fail: \.git/\.env can't be restored"
    ):
        plan("roll-back", known, backup_id)


def test_a_plan_accepts_our_own_backups(project: Path) -> None:
    made = make(project)
    (past,) = _backups(policy(project))[0]
    assert past.backup.id == made.id
    assert not past.refused


def test_restoring_an_empty_backup_is_an_error(project: Path, forge: Forge) -> None:
    backup_id = forge("notes")
    path = store_of(project).find(backup_id).folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"items": []}))
    refused(project, backup_id, "the backup is empty")


def test_items_below_another_item_are_refused(project: Path, forge: Forge) -> None:
    forge("new")
    refused(project, forge("new/deep"), "below another")


def test_an_empty_folder_that_docker_made_for_a_file_is_replaced(
    project: Path, forge: Forge
) -> None:
    (project / "notes").mkdir()
    restore(project, forge("notes"))
    assert (project / "notes").read_bytes() == b"evil"


@pytest.mark.parametrize("mode", ["0999", "77777", "abc", "-644", "0o644", "", 420, "٠٦٤٤", "+644"])
def test_an_invalid_mode_is_refused(project: Path, forge: Forge, mode: object) -> None:
    refused(project, forge("notes", details={"mode": mode}), "with mode")


def test_no_file_becomes_set_user_id(project: Path, forge: Forge) -> None:
    restore(project, forge("notes", details={"mode": "6755"}))
    assert (project / "notes").stat().st_mode & 0o7777 == 0o755


def test_a_link_or_a_pipe_in_the_backup_is_refused(project: Path, forge: Forge) -> None:
    backup_id = forge("notes")
    planted = store_of(project).find(backup_id).folder / "files/planted-2"
    planted.unlink()
    planted.symlink_to("/etc/hostname")
    refused(project, backup_id, "not a regular file")
    planted.unlink()
    os.mkfifo(planted)
    refused(project, backup_id, "not a regular file")


def test_a_database_item_must_be_a_database(project: Path, forge: Forge) -> None:
    refused(project, forge("data/x.db", b"", kind="sqlite"), "but is not one")
    with pytest.raises(OperationError, match="Nothing was restored"):
        restore(project, forge("data/y.db", b"#!/bin/sh\n" * 100, kind="sqlite"))


def test_an_item_of_a_volume_must_have_its_path(project: Path, forge: Forge) -> None:
    details = {"volume": "held"}
    backup_id = forge("data/x.db", kind="sqlite", details=details)
    with pytest.raises(OperationError, match="Nothing was restored"):
        restore(project, backup_id)


def test_the_wal_of_a_restored_database_is_left_alone(project: Path, forge: Forge) -> None:
    (project / "data/pixels.db").unlink()
    restore(project, forge("data/pixels.db-wal", b"stale" * 1000))
    assert not (project / "data/pixels.db-wal").exists()
    assert rows_of(project / "data/pixels.db") == 10


def test_a_file_that_changes_between_check_and_copy_is_not_restored(
    project: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_id = forge("notes")
    planted = store_of(project).find(backup_id).folder / "files/planted-2"
    require_space = restore_space.require_space

    def change(needs: Any, folder: Path) -> None:
        require_space(needs, folder)
        planted.write_bytes(b"EVIL")

    monkeypatch.setattr(restore_check, "require_space", change)
    with pytest.raises(OperationError, match="has changed since it was checked"):
        restore(project, backup_id)
    assert not (project / "notes").exists()


class TestLinks:
    """Links of the project are followed to data; links that a service made are not."""

    @pytest.fixture
    def disk(self, project: Path, tmp_path: Path) -> Path:
        """A data folder on another disk, with a link to it."""
        disk = tmp_path / "disk"
        disk.mkdir()
        (project / "data").rename(disk / "data")
        (project / "data").symlink_to(disk / "data")
        return disk

    def test_a_link_to_a_data_folder_on_another_disk_is_followed(self, project: Path, forge: Forge,
        disk: Path) -> None:  # fmt: skip
        (disk / "data/pixels.db").unlink()
        backup_id = forge("notes")
        restore(project, backup_id)
        assert rows_of(disk / "data/pixels.db") == 10

    def test_it_is_followed_if_a_service_mounts_both(
        self, project: Path, forge: Forge, disk: Path
    ) -> None:
        (disk / "data/pixels.db").unlink()
        binds = (str(project), str(project / "data"))
        restore(project, forge("notes"), binds=binds)
        assert rows_of(disk / "data/pixels.db") == 10

    def test_a_link_that_a_service_may_have_made_is_not_followed(
        self, project: Path, forge: Forge, tmp_path: Path
    ) -> None:
        (tmp_path / "etc").mkdir()
        (project / "data/deep").symlink_to(tmp_path / "etc")
        refused(project, forge("data/deep/passwd"), "leads out", binds=(str(project / "data"),))
        (project / "top").symlink_to(tmp_path / "etc")
        refused(project, forge("top/passwd"), "leads out", binds=(str(project),))
        assert not list((tmp_path / "etc").iterdir())

    def test_a_link_into_a_repository_is_not_followed(self, project: Path, forge: Forge) -> None:
        (project / ".git/hooks").mkdir(parents=True)
        (project / "data/deep").symlink_to(project / ".git/hooks")
        refused(project, forge("data/deep/pre-commit"), "repository's history")


def test_a_full_disk_is_reported_before_anything_is_changed(
    project: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_id = forge("notes")
    found = os.statvfs(project)
    full = os.statvfs_result((*found[:3], 0, 0, *found[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    refused(project, backup_id, "Not enough space: it needs .* and 0B are free")
