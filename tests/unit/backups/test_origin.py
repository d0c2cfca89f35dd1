"""What a restore trusts: this user's own backups, unchanged since the plan."""

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

import pytest

from pixel_tui.backups import __main__ as worker
from pixel_tui.backups.deployment import DEPLOYMENT
from pixel_tui.backups.in_progress import BackupInProgress
from pixel_tui.backups.made_here import MadeBackups
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.manifest_file import MANIFEST, as_bytes
from pixel_tui.backups.postgres import Postgres
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.errors import FileError, OperationError
from pixel_tui.facts.live import _backups
from pixel_tui.settings import state_folder
from pixel_tui.stack.model.container import Container, Mount
from pixel_tui.text import plain
from tests.builders.actions import container as a_container
from tests.builders.backup_gaps import Stack, make, model, rules
from tests.builders.backups import manifest, project

__all__ = ["project"]


class TestOrigin:
    def verb(self, project: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
        monkeypatch.setattr(worker, "RealPrograms", lambda *_: Stack(model=model()))
        monkeypatch.setattr(worker, "run_step", lambda work: work() or 0)
        return worker.main([*words, "--directory", str(project), "--project", "pixel"])

    def known(self, project: Path, *containers: Container) -> list[bool]:
        return [past.made_here for past in _backups(rules(project), containers)[0]]

    def test_a_backup_made_here_is_recorded_until_it_is_removed(self, project: Path) -> None:
        first = make(project, keep=1).id
        record = MadeBackups(state_folder()).folder
        assert self.known(project) == [True]
        assert [path.read_text() for path in record.iterdir()] == [f"{first}\n"]
        assert record.stat().st_mode & 0o077 == 0
        second = make(project, hours=1, keep=1).id
        assert [path.read_text() for path in record.iterdir()] == [f"{second}\n"]

    def test_a_failed_backup_leaves_no_record(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(BackupInProgress, "finish", full)
        with pytest.raises(FileError, match="No space left"):
            make(project)
        assert list(MadeBackups(state_folder()).folder.iterdir()) == []

    @pytest.mark.parametrize("verb", ["check", "restore", "roll-back"])
    def test_other_or_changed_backups_are_restored_only_on_request(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, verb: str
    ) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        path = rules(project).root / made.id / MANIFEST
        path.write_bytes(as_bytes(replace(made, host="another")))
        assert self.known(project) == [False]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(OperationError, match="did not make that backup here"):
            self.verb(project, monkeypatch, verb, made.id)
        with pytest.raises(OperationError, match="changed since the plan"):
            self.verb(project, monkeypatch, verb, made.id, "--from-elsewhere", "--manifest=0")
        assert (project / ".env").read_text() == "SECRET=new\n"
        words = ("--from-elsewhere", "--manifest", digest)
        assert self.verb(project, monkeypatch, verb, made.id, *words) == 0

    def test_images_are_tagged_only_as_the_manifest_says(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        (rules(project).root / made.id / DEPLOYMENT).write_text("{}")
        with pytest.raises(OperationError, match="saved deployment is damaged"):
            self.verb(project, monkeypatch, "roll-back", made.id)
        assert (project / ".env").read_text() == "SECRET=new\n"

    def test_a_record_that_a_service_can_write_to_is_not_trusted(self, project: Path) -> None:
        make(project)
        home = Mount(
            plain("bind"), plain(str(MadeBackups(state_folder()).folder.parent)), plain("/x"), True
        )
        assert self.known(project, a_container("api", mounts=(home,))) == [False]
        reading = replace(home, writable=False)
        assert self.known(project, a_container("api", mounts=(reading,))) == [True]

    def test_a_backup_that_can_not_be_recorded_is_made_with_a_warning(self, project: Path) -> None:
        MadeBackups(state_folder()).folder.parent.mkdir(parents=True)
        MadeBackups(state_folder()).folder.write_text("no folder")
        result = list[str]()
        make(project, say=result.append)
        assert self.known(project) == [False]
        assert any("treated as a backup from elsewhere" in line for line in result)

    @pytest.mark.parametrize("digest", ["", ".", "..", "0" * 63, "../made-backups", "A" * 64])
    def test_an_invalid_digest_is_not_recorded(self, project: Path, digest: str) -> None:
        make(project)
        assert not MadeBackups(state_folder()).is_recorded(digest)
        MadeBackups(state_folder()).forget(digest)
        assert MadeBackups(state_folder()).folder.is_dir()


class TestDumps:
    DUMP = b"PGDMP fake dump"

    @dataclass
    class Server:
        """A server whose script changes the backup."""

        meanwhile: Callable[[], object] = lambda: None
        read: list[bytes] = field(default_factory=list)

        def is_ready(self) -> bool:
            self.meanwhile()
            return True

        def contents(self, _dump: Path) -> int:
            return 1

        def restore(self, dump: IO[bytes], _database: object) -> None:
            self.read.append(dump.read())

        def restore_roles(self, roles: bytes) -> int:
            self.read.append(roles)
            return 0

    def restored(
        self, project: Path, content: bytes, server: "TestDumps.Server", kind: ItemKind
    ) -> None:
        folder = project.parent / "20260301-120000"
        folder.mkdir()
        (folder / "dump").write_bytes(content)
        item = Item(kind, "db", "dump", len(content), hashlib.sha256(content).hexdigest())
        roots = RestoreRoots(project)
        restorer = Restorer(
            folder,
            roots,
            {"db": cast("Postgres", server)},
            mark="x",
            say=lambda _: None,
            state_folder=state_folder(),
        )
        restorer.restore(manifest(items=(item,)), wanted_for_restore)

    def test_plain_sql_is_never_executed(self, project: Path) -> None:
        server = self.Server()
        with pytest.raises(OperationError, match="not a dump in the custom format"):
            self.restored(project, b"\\! touch /tmp/x\n", server, ItemKind.POSTGRES)
        assert server.read == []

    @pytest.mark.parametrize("kind", [ItemKind.POSTGRES, ItemKind.ROLES])
    def test_the_server_reads_the_copy_that_was_checked(
        self, project: Path, kind: ItemKind
    ) -> None:
        server = self.Server()
        self.restored(project, self.DUMP, server, kind)
        assert server.read == [self.DUMP]

    @pytest.mark.parametrize("kind", [ItemKind.POSTGRES, ItemKind.ROLES])
    def test_a_dump_that_changes_after_the_check_is_not_read(
        self, project: Path, kind: ItemKind
    ) -> None:
        dump = project.parent / "20260301-120000/dump"
        server = self.Server(lambda: dump.write_bytes(b"PGDMP evil dump"))
        with pytest.raises(OperationError, match="changed since it was checked"):
            self.restored(project, self.DUMP, server, kind)
        assert server.read == []


class TestCheck:
    def test_the_backup_before_a_restore_needs_space(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project).id
        monkeypatch.setattr(worker, "RealPrograms", lambda *_: Stack(model=model()))
        monkeypatch.setattr(worker, "run_step", lambda work: work() or 0)
        words = ["check", made, "--directory", str(project), "--project", "pixel"]
        assert worker.main([*words, "--backup-first"]) == 0
        monkeypatch.setattr("pixel_tui.backups.backup_space.MARGIN", 1e12)
        assert worker.main(words) == 0
        with pytest.raises(OperationError, match="Not enough space"):
            worker.main([*words, "--backup-first"])
