"""Setting owners of files, with a container if this user may not."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups.ownership import Owners, access_hint
from pixel_tui.backups.stack_view import StackView
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.backups import database, make, project, restore, rows_of

__all__ = ["project"]
SERVICE = 1234
chown = os.chown
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")


class Docker:
    """An engine with two images, of which one has `chown`, which it runs."""

    def __init__(self, *images: str) -> None:
        self.images = images
        self.shift = 0
        """The offset of its user ids (`userns-remap`)."""
        self.ran: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        if "ps" in argv:
            return ProgramOutput(0, b"1\n", b"")
        if "container" in argv:
            seen = {"Id": "1", "Name": "/api", "Image": "sha256:own", "Config": {"Image": "api"}}
            return ProgramOutput(0, json.dumps([seen]).encode(), b"")
        if "image" in argv:
            found = [{"Id": name} for name in argv if name in self.images]
            return ProgramOutput(0 if found else 1, json.dumps(found).encode(), b"")
        self.ran.append(argv)
        image, owner, path = argv[-3:]
        if image not in self.images:
            return ProgramOutput(127, b"", b'exec: "chown": executable file not found')
        mount = argv[argv.index("--mount") + 1]
        folder = mount.partition("source=")[2].rpartition(",target=")[0].strip('"')
        uid, gid = map(int, owner.split(":"))
        chown(Path(folder) / Path(path).name, uid + self.shift, gid + self.shift)
        return ProgramOutput(0, b"", b"")


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this user a member of the group `docker`, but not root."""

    def refuse(*_arguments: Any, **_more: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)


def owners(docker: Docker) -> Owners:
    return Owners(StackView(docker, ComposeCommand(), "pixel"))


def served(project: Path) -> str:
    """A backup, with a database that now belongs to the service."""
    made = make(project)
    database_file = project / "data/pixels.db"
    database_file.chmod(0o640)
    chown(database_file, SERVICE, SERVICE)
    return made.id


def owner(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode & 0o777


def test_a_restored_database_belongs_to_the_service_without_root(
    project: Path, operator: None
) -> None:
    backup_id = served(project)
    docker = Docker("sha256:own")
    restore(project, backup_id, owners=owners(docker))
    assert owner(project / "data/pixels.db") == (SERVICE, SERVICE, 0o640)
    assert rows_of(project / "data/pixels.db") == 10
    words = docker.ran[0]
    assert words[words.index("--pull") + 1] == "never"
    assert words[words.index("--network") + 1] == "none"
    assert words[-2:] == (f"{SERVICE}:{SERVICE}", "/beside/.pixels.db.restoring")


def test_a_common_image_is_preferred_to_one_of_the_project(project: Path, operator: None) -> None:
    docker = Docker("alpine:latest", "sha256:own")
    restore(project, served(project), owners=owners(docker))
    assert {words[-3] for words in docker.ran} == {"alpine:latest"}


def test_a_recreated_folder_belongs_to_its_former_owner(project: Path, operator: None) -> None:
    made = make(project)
    (project / "data/pixels.db").unlink()
    (project / "data").rmdir()
    chown(project, SERVICE, SERVICE)
    restore(project, made.id, owners=owners(Docker("sha256:own")))
    assert owner(project / "data")[:2] == (SERVICE, SERVICE)
    assert owner(project / "data/pixels.db")[:2] == (SERVICE, SERVICE)


def test_if_nothing_can_set_the_owner_nothing_is_restored(project: Path, operator: None) -> None:
    backup_id = served(project)
    (project / ".env").write_text("SECRET=new\n")
    with pytest.raises(OperationError, match=r"Nothing was restored.*docker pull alpine"):
        restore(project, backup_id, owners=owners(Docker()))
    with pytest.raises(OperationError, match=r"Nothing was restored"):
        restore(project, backup_id)
    assert (project / ".env").read_text() == "SECRET=new\n"
    assert not list(project.rglob("*.before-x"))
    assert not list(project.rglob("*.restoring"))


def test_a_container_that_sets_another_owner_is_not_trusted(
    project: Path, operator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_id = served(project)
    docker = Docker("sha256:own")
    monkeypatch.setattr(docker, "shift", 100_000)
    with pytest.raises(OperationError, match="Nothing was restored"):
        restore(project, backup_id, owners=owners(docker))
    assert owner(project / "data/pixels.db")[0] == SERVICE


def test_the_hint_for_an_inaccessible_folder_is_chgrp_or_group_membership(tmp_path: Path) -> None:
    folder = tmp_path / "da ta"
    folder.mkdir(mode=0o755)
    words = access_hint(folder)
    assert f"--mount type=bind,source={folder},target=/data" in words.replace("'", "")
    assert f"'chgrp {os.getegid()} /data && chmod g+rwx /data'`" in words
    folder.chmod(0o775)
    chown(folder, SERVICE, SERVICE)
    assert access_hint(folder).endswith(f"as a member of the group {SERVICE}")


def test_a_path_with_a_comma_is_quoted(tmp_path: Path, operator: None) -> None:
    path = database(tmp_path / "a,b/x.db")
    owners(Docker("sha256:own")).set_owner(path, SERVICE, SERVICE)
    assert path.stat().st_uid == SERVICE
