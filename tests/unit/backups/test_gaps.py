"""Gaps of a backup: they are named, make it incomplete, and survive rotation."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import __main__ as worker
from pixel_tui.backups.exposure import exposures
from pixel_tui.backups.manifest import Cover, Gap, Item, ItemKind, LeftOut
from pixel_tui.backups.manifest_file import as_bytes, from_bytes
from pixel_tui.backups.search import SERVERS
from pixel_tui.backups.store import BackupStore
from pixel_tui.backups.verification_record import VerificationResult, write_verification
from pixel_tui.doctor.backup_check import check_backups
from pixel_tui.doctor.report import CheckResult
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.container import Mount
from pixel_tui.text import plain
from tests.builders.actions import container as a_container
from tests.builders.backup_gaps import Stack, held, make, missing, model, ordinary, rules
from tests.builders.backup_mounts import container
from tests.builders.backups import DIGEST, NOW, database, manifest, project

__all__ = ["ordinary", "project"]


class TestNotToBeLookedAt:
    def test_a_complete_backup_is_not_incomplete(self, project: Path) -> None:
        made = make(project)
        assert not made.incomplete
        assert from_bytes(as_bytes(made)) == made

    def test_an_unreadable_database_is_a_gap(self, project: Path, ordinary: None) -> None:
        database(project / "data/secret.db").chmod(0)
        made = make(project)
        assert missing(made) == {"data/secret.db": Gap.UNKNOWN}
        assert "data/pixels.db" in held(made)

    def test_a_folder_with_an_unreadable_database_is_not_reported_as_empty(
        self, project: Path, ordinary: None
    ) -> None:
        (project / "data/pixels.db").chmod(0)
        made = make(project)
        (gap,) = [gap for gap in made.left_out if gap.what == "data"]
        assert (gap.gap, gap.expected) == (Gap.UNKNOWN, False)
        assert gap.why == "no database and no configured file in its readable part"

    def test_an_unsearchable_folder_is_a_gap(self, project: Path, ordinary: None) -> None:
        database(project / "data/deep/inner.db")
        (project / "data/deep").chmod(0)
        made = make(project)
        (project / "data/deep").chmod(0o700)
        assert missing(made) == {"data/deep": Gap.UNKNOWN}

    def test_a_mount_that_can_be_listed_but_not_entered_is_a_gap(
        self, project: Path, ordinary: None
    ) -> None:
        database(project / "state/a.db")
        (project / "state").chmod(0o400)
        stack = Stack([container("api", (str(project / "state"), "/state"))], model())
        made = make(project, stack)
        (project / "state").chmod(0o700)
        assert missing(made)

    def test_an_unreadable_configured_file_and_env_file_are_gaps(
        self, project: Path, ordinary: None
    ) -> None:
        (project / ".env").chmod(0)
        (project / "nginx").mkdir(mode=0)
        made = make(project)
        (project / "nginx").chmod(0o700)
        assert set(missing(made)) == {".env", "nginx"}

    def test_skipped_folders_are_no_gaps(self, project: Path, ordinary: None) -> None:
        (project / "data/cache").mkdir(mode=0)
        assert make(project).incomplete
        made = make(project, skip=("data/cache",), hours=1)
        (project / "data/cache").chmod(0o700)
        assert not made.incomplete
        assert "data/cache" in {gap.what for gap in made.left_out}

    def test_a_fifo_in_place_of_a_file_does_not_block(self, project: Path) -> None:
        os.mkfifo(project / "data/queue.db")
        (project / "nginx.conf").symlink_to(project / "data/queue.db")
        (project / "docker-compose.yml").write_text("include: [./queue.yml]\n")
        os.mkfifo(project / "queue.yml")
        assert "data/pixels.db" in held(make(project))


class TestMounts:
    @pytest.mark.parametrize("above", [False, True])
    def test_the_complete_project_is_searched_if_it_is_mounted(
        self, project: Path, above: bool
    ) -> None:
        database(project / "elsewhere/deep/a.db")
        database(project / "web/node_modules/x/b.db")
        source = str(project.parent if above else project)
        made = make(project, Stack([container("syntropy", (source, "/pixel"))], model()))
        assert "elsewhere/deep/a.db" in held(made)
        assert not any("node_modules" in source for source in held(made))

    def test_a_project_behind_a_link_is_searched(self, project: Path) -> None:
        database(project / "state/a.db")
        link = project.parent / "link"
        link.symlink_to(project)
        stack = Stack([container("api", (str(project / "state"), "/state"))], model())
        assert "state/a.db" in held(make(link, stack))

    def test_declared_mounts_are_searched_without_a_container(self, project: Path) -> None:
        database(project / "state/a.db")
        volume = {"type": "bind", "source": str(project / "state"), "target": "/state"}
        made = make(project, Stack((), model(api={"image": "app", "volumes": [volume]})))
        assert "state/a.db" in held(made)

    def test_mounts_added_to_the_compose_file_count_before_the_container_is_recreated(
        self, project: Path
    ) -> None:
        (project / "added.conf").write_text("x")
        elsewhere = database(project.with_name("elsewhere") / "b.db").parent
        for name in ("removed", "added"):
            database(project / name / "a.db")
        mounts = [(project / "added.conf", "/added.conf"), (project / "added", "/added"),
                  (elsewhere, "/elsewhere")]  # fmt: skip
        volumes = [{"type": "bind", "source": str(a), "target": b} for a, b in mounts]
        older = container("api", (str(project / "removed"), "/removed"))
        made = make(project, Stack([older], model(api={"image": "app", "volumes": volumes})))
        assert {"added.conf", "added/a.db", "removed/a.db"} <= held(made)
        assert missing(made) == {f"bind mount {elsewhere}": Gap.NOT_COPIED}

    def test_a_server_with_a_container_does_not_count_again_as_declared(
        self, project: Path
    ) -> None:
        place = "/var/lib/postgresql/data"
        database(project / "pg/b.db")
        link = project.with_name("link")
        link.symlink_to(project)
        volume = {"type": "bind", "source": str(link / "pg"), "target": place}
        stack = Stack(
            [container("db", (str(project / "pg"), place), image="postgres:16")],
            model(db={"image": "postgres:16", "volumes": [volume]}),
        )
        made = make(project, stack)
        assert "pg" not in {gap.what for gap in made.left_out}
        assert "its Postgres server is not running" not in {gap.why for gap in made.left_out}
        assert "pg/b.db" not in held(made)

    def test_the_former_data_of_a_server_is_named_after_its_mount_was_changed(
        self, project: Path
    ) -> None:
        place = "/var/lib/postgresql/data"
        (project / "pg2").mkdir()
        (project / "pg2/PG_VERSION").write_text("16\n")
        volume = {"type": "bind", "source": str(project / "pg2"), "target": place}
        stack = Stack(
            [container("db", (str(project / "pg"), place), image="postgres:16")],
            model(db={"image": "postgres:16", "volumes": [volume]}),
        )
        assert missing(make(project, stack)) == {"pg2": Gap.UNKNOWN}

    def test_a_declared_server_without_a_container_is_a_gap(self, project: Path) -> None:
        volume = {"type": "volume", "source": "held", "target": "/var/lib/postgresql/data"}
        db: Any = {"image": "postgres:16", "volumes": [volume]}
        stack = Stack((), model(db=db), ["pixel_held"])
        stack.model = {**model(db=db), "volumes": {"held": {"name": "pixel_held"}}}
        made = make(project, stack)
        assert missing(made) == {"db": Gap.UNKNOWN}
        assert made.volume("pixel_held").cover is Cover.UNKNOWN
        assert made.volume("never-heard-of").cover is Cover.UNKNOWN

    def test_an_unused_volume_is_named(self, project: Path) -> None:
        made = make(project, Stack((), model(), ["pixel_left"]))
        assert not made.incomplete, "no service can have stored anything in it since"
        assert made.volume("pixel_left").cover is Cover.UNKNOWN
        assert "volume pixel_left" in {gap.what for gap in made.left_out}

    def test_a_server_s_other_mounts_are_searched(self, project: Path) -> None:
        server = container(
            "db", (str(project / "pg"), "/var/lib/postgresql/data"),
            (str(project / "exports"), "/exports"), image="postgres:16",
        )  # fmt: skip
        database(project / "exports/a.db")
        database(project / "pg/b.db")
        made = make(project, Stack([server], model()))
        assert "exports/a.db" in held(made)
        assert "pg/b.db" not in held(made)
        assert missing(made) == {}, "it has no pg_dump, and no volume: it is no server at all"

    @pytest.mark.parametrize(("name", "server"), sorted(SERVERS.items()))
    def test_a_server_s_data_is_named_and_not_reported_as_empty(
        self, project: Path, name: str, server: str
    ) -> None:
        (project / "data/store").mkdir()
        (project / "data/store" / name).write_text("16\n")
        made = make(project)
        assert missing(made) == {"data/store": Gap.UNKNOWN}
        (gap,) = (gap for gap in made.left_out if gap.what == "data/store")
        assert gap.why == f"it has the data of a {server} server, which is not copied"

    def test_a_mount_below_an_inaccessible_folder_is_not_reported_as_gone(
        self, project: Path, ordinary: None
    ) -> None:
        database(project / "closed/state/a.db")
        (project / "closed").chmod(0)
        mounted = container("api", (str(project / "closed/state"), "/state"))
        made = make(project, Stack([mounted], model()))
        (project / "closed").chmod(0o700)
        assert missing(made) == {"closed/state": Gap.UNKNOWN}


class TestExposure:
    def found(self, project: Path, *mounts: tuple[str, bool], **settings: Any) -> Any:
        made = [Mount(plain("bind"), plain(at), plain("/x"), writable=may) for at, may in mounts]
        seen = [a_container("api", mounts=tuple(made))]
        return exposures(rules(project, **settings), seen)

    def test_an_unmounted_folder_is_not_exposed(self, project: Path) -> None:
        assert self.found(project, (str(project), True)) == ()

    @pytest.mark.parametrize("where", ["backups", "backups/pixel-tui/2026", "."])
    def test_a_mounted_folder_or_its_parent_or_child_is_exposed(
        self, project: Path, where: str
    ) -> None:
        (exposed,) = self.found(project, (str(project / where), True), folder="backups/pixel-tui")
        assert exposed.words == f"api can read and write {project}/backups/pixel-tui"
        assert not exposed.former

    def test_links_hide_no_exposure(self, project: Path) -> None:
        link = project.parent / "link"
        link.symlink_to(project)
        (exposed,) = self.found(project, (str(link), False), folder="backups")
        assert exposed.words == f"api can read {project}/backups"

    def test_the_former_folder_counts_while_it_has_backups(self, project: Path) -> None:
        mount = (str(project / "backups"), True)
        assert self.found(project, mount) == ()
        make(project, folder="backups/pixel-tui")
        (exposed,) = self.found(project, mount)
        assert exposed.former

    def test_the_doctor_says_who_and_how_to_move_them(self, project: Path) -> None:
        policy = rules(project)
        assert check_backups((policy, ())).verdict is CheckResult.OK
        assert check_backups(None).verdict is CheckResult.SKIPPED
        make(project, folder="backups/pixel-tui")
        exposed = self.found(project, (str(project), True))
        check = check_backups((policy, exposed))
        assert check.verdict is CheckResult.WARNING
        assert "api can read and write" in check.found
        assert f"mv {policy.former}/2* {policy.root}/" in check.hint


class TestEmptyOrGone:
    def emptied(self, project: Path) -> None:
        with closing(sqlite3.connect(project / "data/pixels.db")) as connection, connection:
            connection.execute("DELETE FROM pixels")

    def test_a_database_that_is_empty_now_is_a_warning(self, project: Path) -> None:
        first = make(project).id
        self.emptied(project)
        made = make(project, hours=1)
        assert made.warnings == (f"data/pixels.db is empty now, and was not in the backup {first}",)
        assert not made.incomplete

    def test_a_database_that_is_gone_or_became_a_folder_is_a_warning(self, project: Path) -> None:
        first = make(project).id
        (project / "data/pixels.db").unlink()
        (project / "data/pixels.db").mkdir()
        assert make(project, hours=1).warnings == (
            f"data/pixels.db no longer exists, and is in the backup {first}",
        )
        assert make(project, hours=2).warnings == (), "the last backup has it no more"

    def test_an_unreadable_database_is_missing_and_not_gone(
        self, project: Path, ordinary: None
    ) -> None:
        make(project)
        (project / "data/pixels.db").chmod(0)
        assert make(project, hours=1).warnings == ()
        (project / "data/pixels.db").unlink()
        assert make(project, hours=2).warnings, "the last complete backup has it"

    def test_rotation_keeps_the_last_good_copy(self, project: Path) -> None:
        make(project, keep=2)
        good = make(project, hours=1, keep=2).id
        self.emptied(project)
        made = [make(project, hours=hour, keep=2).id for hour in range(2, 6)]
        store = BackupStore(rules(project).root)
        assert [backup.id for backup in store.list()] == [made[3], made[2], good]
        retired = store.rotate(2)
        assert retired.kept == {good: ["data/pixels.db"]}

    def test_a_damaged_copy_is_not_the_last_good_one(self, project: Path) -> None:
        older = make(project).id
        damaged = make(project, hours=1).id
        store = BackupStore(rules(project).root)
        write_verification(
            store.find(damaged).folder, VerificationResult(NOW, ("data/pixels.db: changed",))
        )
        self.emptied(project)
        make(project, hours=2, keep=1)
        assert older in [backup.id for backup in store.list()]

    def test_the_last_backup_with_an_uncopyable_file_is_kept(
        self, project: Path, ordinary: None
    ) -> None:
        first = make(project).id
        (project / ".env").chmod(0)
        for hour in (1, 2):
            make(project, hours=hour, keep=1)
        ids = [backup.id for backup in BackupStore(rules(project).root).list()]
        assert ids[-1] == first


class TestExitCode:
    def run(self, project: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
        monkeypatch.setattr(worker, "RealPrograms", lambda *_: Stack(model=model()))
        monkeypatch.setattr(worker, "run_step", lambda work: work() or 0)
        return worker.main(["make", "--directory", str(project), "--project", "pixel", *words])

    def test_an_incomplete_backup_is_made_and_exits_1(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "data/broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        with pytest.raises(OperationError, match=r"INCOMPLETE: data/broken\.db"):
            self.run(project, monkeypatch)
        assert "MISSING: data/broken.db" in capsys.readouterr().out
        assert len(BackupStore(rules(project).root).list()) == 1

    def test_before_a_restore_an_incomplete_backup_is_accepted(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "data/broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        assert self.run(project, monkeypatch, "--salvage") == 0
        assert "INCOMPLETE" in capsys.readouterr().out

    def test_items_that_are_never_copied_are_no_failure(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.run(project, monkeypatch) == 0


class TestOldManifests:
    def old(self, **changes: Any) -> bytes:
        dump = Item(ItemKind.POSTGRES, "db", "postgres/db.dump", 3, DIGEST,
                    {"database": "agent", "volumes": ["held"]})  # fmt: skip
        made = manifest(items=(dump,), left_out=(LeftOut("volume cache", "not copied"),))
        content = json.loads(as_bytes(made))
        for name in ("servers", "volumes", "warnings", "incomplete"):
            del content[name]
        content["left_out"] = [{"what": "volume cache", "why": "not copied"}]
        return json.dumps({**content, "version": 1, **changes}).encode()

    def test_version_1_is_read_and_claims_no_more_than_it_can(self) -> None:
        read = from_bytes(self.old())
        assert read.items[0].title == "db/agent"
        assert not read.incomplete
        assert read.left_out[0].gap is Gap.UNKNOWN
        assert read.volume("held").cover is Cover.UNKNOWN
        assert "only the database agent" in read.volume("held").why

    def test_a_future_version_is_refused(self) -> None:
        with pytest.raises(ValueError, match="its version is 3"):
            from_bytes(self.old(version=3))


def test_emptiness_is_recorded_or_derived_from_row_counts() -> None:
    item = Item(ItemKind.SQLITE, "a", "sqlite/a", 3, DIGEST, {"rows": {"t": 0}})
    assert item.empty
    assert not replace(item, details={"rows": {"t": 2}}).empty
    assert not replace(item, details={"rows": {}}).empty, "it may not have been counted"
    assert replace(item, details={"rows": {}, "empty": True}).empty
