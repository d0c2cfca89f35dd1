"""Backups without an engine: manifests, the folder of backups, copies, restoring."""

import getpass
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.backups import closed_database
from pixel_tui.backups.broken_off import how_far, making, putting_back, replacing
from pixel_tui.backups.differences import changed_lines, changed_variables, replaced_files
from pixel_tui.backups.holders import holder_of, volume_of
from pixel_tui.backups.manifest import (
    Gap,
    Item,
    Kind,
    Manifest,
    is_backup_id,
    relative_path,
    wanted_for_deployment,
)
from pixel_tui.backups.manifest_file import MANIFEST, as_bytes, from_bytes
from pixel_tui.backups.open_files import OpenFiles
from pixel_tui.backups.restorable import Grounds
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.search import search
from pixel_tui.backups.sqlite_copy import (
    check_database,
    copy_database,
    count_rows,
)
from pixel_tui.backups.store import Verdict, write_verdict
from pixel_tui.backups.verify import verify
from pixel_tui.clock import FixedClock
from pixel_tui.errors import FileError, OperationError
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.text import plain
from tests.builders.backups import (
    DIGEST,
    NOW,
    database,
    make,
    manifest,
    policy,
    project,
    restore,
    rows_of,
    store_of,
)

__all__ = ["project"]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def item(path: str = "files/a", source: str = "a", kind: Kind = Kind.FILE) -> Item:
    return Item(kind, source, path, 3, DIGEST, {"mode": "0644"})


# A restore that the kernel kills before the file system is asked for something the Nth time.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from pixel_tui.backups.restorable import Grounds
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.store import BackupStore
project, backup_id, left = Path(sys.argv[1]), sys.argv[2], [int(sys.argv[3])]
KINDS = {"os.rename", "os.link", "os.remove", "os.chmod", "os.chown", "sqlite3.connect"}
backup = BackupStore(project / "backups/pixel-tui").find(backup_id)
restorer = Restorer(backup.folder, Grounds(project), {}, mark="before-x",
                    say=lambda line: print(line, flush=True))

def heard(event, arguments):
    if event in KINDS:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(heard)
restorer.restore(backup.manifest, wanted_for_restore)
"""


# A client that has the database open, and its wal with it.
IDLE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("DELETE FROM pixels")
connection.execute("SELECT count(*) FROM pixels").fetchone()
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def opened_by_another(database: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has emptied a database, holds no lock, and keeps it open."""
    with subprocess.Popen(
        [sys.executable, "-c", IDLE, str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        other.stdout.readline()
        yield other


@contextmanager
def held_open(file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has a file open, and no lock."""
    with file.open("rb") as opened, subprocess.Popen(["sleep", "1000"], stdin=opened) as other:
        try:
            yield other
        finally:
            other.kill()


class TestManifest:
    def test_what_is_written_is_read(self) -> None:
        written = manifest(items=(item(),), tools={"sqlite": "3"}, reason="why")
        assert from_bytes(as_bytes(written)) == written

    @pytest.mark.parametrize(
        "path",
        ["/etc/passwd", "../x", "a/../../x", "a/..", "", ".", "a//b", "./a", "a\0b", "a/"],
    )
    @pytest.mark.parametrize("name", ["path", "source"])
    def test_a_path_that_leads_away_is_refused(self, path: str, name: str) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0][name] = path
        with pytest.raises(ValueError, match="no path"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("name", ["path", "source"])
    def test_what_can_be_no_name_of_a_file_is_refused(self, name: str) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0][name] = "files/\ud800"
        with pytest.raises(ValueError, match="surrogates not allowed"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("size", [-1, 10**30, 10**400, True, 1.5, "1"])
    def test_a_size_that_no_file_has_is_refused(self, size: object) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),))))
        content["items"][0]["bytes"] = size
        with pytest.raises(ValueError, match="the size"):
            from_bytes(json.dumps(content).encode())

    @pytest.mark.parametrize("items", [None, {}, "x", 1])
    def test_without_a_list_of_items_it_is_no_manifest(self, items: object) -> None:
        content = json.loads(as_bytes(manifest(items=(item(),)))) | {"items": items}
        with pytest.raises(ValueError, match="no list of items"):
            from_bytes(json.dumps(content).encode())

    @given(st.text())
    def test_a_path_that_passes_stays_below_its_folder(self, text: str) -> None:
        try:
            path = relative_path(text)
        except ValueError:
            return
        normal = os.path.normpath(f"/srv/backup/{path}")
        assert normal.startswith("/srv/backup/")

    @given(VALUES)
    def test_whatever_stands_in_it_is_read_or_refused(self, value: object) -> None:
        for key in ("id", "created", "items", "seconds", "left_out", "version"):
            content = json.loads(as_bytes(manifest(items=(item(),))))
            content[key] = value
            try:
                assert isinstance(from_bytes(json.dumps(content).encode()), Manifest)
            except (ValueError, OverflowError):
                continue

    @given(st.binary(max_size=200))
    def test_bytes_that_are_no_manifest_are_refused(self, content: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011  each way of being none has its words
            from_bytes(content)

    @pytest.mark.parametrize("text", ["..", "20260301-120000/..", "20260301-1200001", "x", ""])
    def test_an_id_is_a_time_and_nothing_else(self, text: str) -> None:
        assert not is_backup_id(text)


class TestMake:
    def test_it_holds_databases_and_files_and_how_it_ran(self, project: Path) -> None:
        made = make(project)
        assert {(item.kind, item.source) for item in made.items} == {
            (Kind.SQLITE, "data/pixels.db"),
            (Kind.FILE, ".env"),
            (Kind.FILE, "docker-compose.yml"),
            (Kind.DEPLOYMENT, "deployment"),
        }
        assert made.items[0].details["rows"] == {"pixels": 10}
        assert [gap.what for gap in made.left_out] == ["the resolved compose model"]

    def test_nobody_else_may_read_it(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        for place, folders, files in os.walk(folder):
            assert {(Path(place) / name).stat().st_mode & 0o777 for name in files} <= {0o600}
            assert {(Path(place) / name).stat().st_mode & 0o777 for name in folders} <= {0o700}

    def test_git_takes_none_of_it(self, project: Path) -> None:
        make(project)
        ignored = policy(project).root / ".gitignore"
        assert ignored.read_text() == "*\n"
        ignored.write_text("")  # as a full disk leaves it
        make(project)
        assert ignored.read_text() == "*\n"

    def test_two_of_one_second_have_two_ids(self, project: Path) -> None:
        assert [make(project).id, make(project).id] == ["20260301-120000", "20260301-120000-2"]

    def test_further_files_come_from_the_settings(self, project: Path) -> None:
        (project / "notes.txt").write_text("x")
        made = make(project, files=("*.txt",))
        assert "notes.txt" in [item.source for item in made.items]

    def test_a_damaged_database_is_missing_by_name_and_the_rest_is_copied(
        self, project: Path
    ) -> None:
        path = project / "data/pixels.db"
        content = bytearray(path.read_bytes())
        content[4096:8192] = b"\xff" * 4096
        path.write_bytes(content)
        database(project / "data/well.db")
        made = make(project)
        gap = next(gap for gap in made.missing if gap.what == "data/pixels.db")
        assert gap.gap is Gap.FAILED
        assert re.search("can't be copied|damaged", gap.why)
        assert {".env", "data/well.db"} <= {item.source for item in made.items}
        assert "data/pixels.db" not in {item.source for item in made.items}
        assert made.incomplete
        assert not list(store_of(project).find(made.id).folder.rglob("pixels.db"))

    def test_too_little_room_is_told_before_anything_is_written(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            f_bavail = 1
            f_frsize = 4096

        monkeypatch.setattr(os, "statvfs", lambda _: Full)
        with pytest.raises(FileError, match="not enough room"):
            make(project)
        assert not store_of(project).root.exists()

    def test_what_died_is_swept_and_what_lives_is_not(self, project: Path) -> None:
        store = store_of(project)
        store.root.mkdir(parents=True)
        (store.root / ".20260228-120000.partial/sqlite").mkdir(parents=True)
        with store.begin(NOW) as alive:
            make(project)
            assert alive.folder.exists()
        names = sorted(path.name for path in store.root.iterdir())
        assert names == [".gitignore", "20260301-120000-2"]


class TestStore:
    def test_the_newest_are_kept_and_what_is_not_ours_too(self, project: Path) -> None:
        made = [make(project, NOW + timedelta(days=day), keep=2) for day in range(4)][-1]
        root = store_of(project).root
        (root / "20200101-000000").mkdir()
        (root / "20200101-000000/mine.txt").write_text("mine")
        (root / "20200102-000000").mkdir()
        (root / "20200102-000000" / MANIFEST).write_text("{")
        last = make(project, NOW + timedelta(days=5), keep=2)
        names = sorted(path.name for path in root.iterdir())
        assert names == [".gitignore", "20200101-000000", "20200102-000000", made.id, last.id]

    def test_one_that_is_spared_stays(self, project: Path) -> None:
        first = make(project).id
        make(project, NOW + timedelta(hours=1))
        assert store_of(project).retire(1, sparing=frozenset({first})).removed == ()

    def test_a_folder_without_a_manifest_is_no_backup(self, project: Path) -> None:
        made = make(project)
        (store_of(project).find(made.id).folder / MANIFEST).unlink()
        assert store_of(project).list() == ()

    def test_a_verdict_is_of_the_manifest_that_was_looked_at(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        write_verdict(folder, Verdict(NOW))
        assert store_of(project).find(made.id).verified
        (folder / MANIFEST).write_bytes(as_bytes(replace(made, project="other")))
        assert not store_of(project).find(made.id).verified


class TestVerify:
    def verdict(self, project: Path, made: Manifest) -> Verdict:
        return verify(store_of(project).find(made.id), {}, FixedClock(NOW), lambda _: None)

    def test_one_that_is_whole(self, project: Path) -> None:
        assert self.verdict(project, make(project)).well

    @pytest.mark.parametrize("path", ["files/.env", "sqlite/data/pixels.db"])
    def test_one_byte_that_changed(self, project: Path, path: str) -> None:
        made = make(project)
        target = store_of(project).find(made.id).folder / path
        content = bytearray(target.read_bytes())
        content[-1] ^= 1
        target.write_bytes(content)
        assert "content has changed" in self.verdict(project, made).problems[0]

    def test_a_link_in_the_place_of_an_item(self, project: Path) -> None:
        made = make(project)
        target = store_of(project).find(made.id).folder / "files/.env"
        target.unlink()
        target.symlink_to(project / ".env")
        assert "no ordinary file" in self.verdict(project, made).problems[0]


class TestRestore:
    def test_rows_and_files_come_back_and_the_present_is_put_aside(self, project: Path) -> None:
        made = make(project)
        with closing(sqlite3.connect(project / "data/pixels.db")) as connection, connection:
            connection.execute("DELETE FROM pixels")
        (project / ".env").write_text("broken")
        (project / "data/pixels.db-wal").write_bytes(b"stale")
        aside = restore(project, made.id)
        assert rows_of(project / "data/pixels.db") == 10
        assert (project / ".env").read_text() == "SECRET=old\n"
        assert (project / ".env").stat().st_mode & 0o777 == 0o640
        assert ".env.before-x" in aside
        assert (project / ".env.before-x").read_text() == "broken"
        assert rows_of(project / "data/pixels.db.before-x") == 0

    def test_what_was_put_aside_goes_into_no_later_backup(self, project: Path) -> None:
        database(project / "data/pixels.db.before-20260301-120000")
        database(project / "data/pixels.db.before-noon")
        sources = [item.source for item in make(project).items if item.kind is Kind.SQLITE]
        assert sources == ["data/pixels.db", "data/pixels.db.before-noon"]

    def test_nor_does_a_file_that_was_whatever_the_patterns_say(self, project: Path) -> None:
        for name in ("notes", "notes.before-20260301-120000", ".notes.restoring"):
            (project / name).write_text("x")
        sources = [item.source for item in make(project, files=("*notes*",)).items]
        assert [name for name in sources if "notes" in name] == ["notes"]

    def test_a_file_that_is_gone_comes_back_with_its_mode(self, project: Path) -> None:
        made = make(project)
        (project / ".env").unlink()
        restore(project, made.id)
        assert (project / ".env").stat().st_mode & 0o777 == 0o640

    def test_a_folder_that_is_gone_comes_back_as_open_as_the_one_above(self, project: Path) -> None:
        project.chmod(0o755)
        (project / "data/pixels.db").chmod(0o664)
        made = make(project)
        shutil.rmtree(project / "data")
        before = os.umask(0o077)  # as in the program that restores
        try:
            restore(project, made.id)
        finally:
            os.umask(before)
        assert (project / "data").stat().st_mode & 0o777 == 0o755
        assert (project / "data/pixels.db").stat().st_mode & 0o777 == 0o664
        assert rows_of(project / "data/pixels.db") == 10

    def test_a_damaged_backup_changes_nothing(self, project: Path) -> None:
        made = make(project)
        (store_of(project).find(made.id).folder / "files/.env").write_text("SECRET=bad\n")
        (project / "docker-compose.yml").write_text("broken")
        with pytest.raises(OperationError, match="Nothing was restored") as refused:
            restore(project, made.id)
        assert refused.value.remedy == "What was stopped for it is still stopped: start it again."
        assert (project / "docker-compose.yml").read_text() == "broken"

    def test_all_is_checked_before_anything_is_stopped(self, project: Path) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        before = {path: path.lstat() for path in project.rglob("*") if path.is_file()}
        folder, said = store_of(project).find(made.id).folder, list[str]()
        restorer = Restorer(folder, Grounds(project), {}, mark="before-x", say=said.append)
        restorer.check(made, wanted_for_restore)
        assert said[-1] == "all 3 are whole, and there is a place for each"
        room = os.statvfs(project)
        beside = [(project / "backups/x", room.f_bfree * room.f_frsize)]
        with pytest.raises(OperationError, match="not enough room"):
            restorer.check(made, wanted_for_restore, beside=beside)
        (folder / "sqlite/data/pixels.db").write_bytes(b"")
        with pytest.raises(OperationError, match=r"Nothing was stopped or restored.*0 bytes") as no:
            restorer.check(made, wanted_for_restore)
        assert no.value.remedy == ""
        after = {path: path.lstat() for path in project.rglob("*") if path.is_file()}
        env = project / ".env"
        assert (before.keys(), before[env].st_ino) == (after.keys(), after[env].st_ino)

    def test_a_link_that_leads_out_of_the_project_is_not_followed(
        self, project: Path, tmp_path: Path
    ) -> None:
        made = make(project)
        other = tmp_path / "other"
        other.write_text("other")
        (project / ".env").unlink()
        (project / ".env").symlink_to(other)
        with pytest.raises(OperationError, match="leads out"):
            restore(project, made.id)
        assert other.read_text() == "other"

    def test_a_database_that_is_written_to_is_left_alone(self, project: Path) -> None:
        made = make(project)
        (project / ".env").write_text("broken")
        with (
            opened_by_another(project / "data/pixels.db") as other,
            pytest.raises(OperationError, match=rf"process {other.pid} of .*python"),
        ):
            restore(project, made.id)
        assert not list(project.rglob("*.before-x"))
        assert (project / ".env").read_text() == "broken", "nor is anything else touched"

    @pytest.mark.parametrize("name", [".env", "data/pixels.db", "data/pixels.db-shm"])
    def test_the_check_names_who_has_a_file_open_that_is_replaced(
        self, project: Path, name: str
    ) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        (project / name).touch()
        folder, said = store_of(project).find(made.id).folder, list[str]()
        restorer = Restorer(folder, Grounds(project), {}, mark="before-x", say=said.append)
        with (
            held_open(project / name) as other,
            pytest.raises(OperationError, match="Nothing was stopped or restored") as refused,
        ):
            restorer.check(made, wanted_for_restore)
        words = f"process {other.pid} of {getpass.getuser()} (`sleep 1000`)"
        assert f"{name.removesuffix('-shm')} can't be: {words} has it open" in str(refused.value)
        assert f"open       {name}  {words}" in said

    def test_one_that_stays_as_it_is_may_be_open(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        restorer = Restorer(folder, Grounds(project), {}, mark="before-x", say=lambda _: None)
        with held_open(project / ".env"):
            restorer.check(made, wanted_for_restore)

    def test_processes_are_looked_at_once_for_all_files(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        (project / ".env").write_text("broken")
        (project / "docker-compose.yml").write_text("broken")
        looks = list[tuple[set[str], list[str]]]()

        def looked(paths: Iterable[Path], stopping: Iterable[str] = ()) -> OpenFiles:
            fresh = sorted(path.name for path in project.rglob("*.restoring"))
            looks.append(({path.name for path in paths}, fresh))
            return OpenFiles()

        monkeypatch.setattr("pixel_tui.backups.restore_check.open_files", looked)
        restore(project, made.id)
        beside = {f"pixels.db{suffix}" for suffix in ("", "-wal", "-shm", "-journal")}
        files = {".env", "docker-compose.yml", *beside}
        copies = ["..env.restoring", ".docker-compose.yml.restoring", ".pixels.db.restoring"]
        assert looks == [(files, []), (files, copies)], "before all, and before the first swap"
        assert not list(project.rglob("*.restoring"))

    def test_one_that_is_opened_while_the_copies_are_made_keeps_all_of_it_as_it_was(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        (project / ".env").write_text("broken")
        looks = iter([OpenFiles(), OpenFiles({project / ".env": (plain("process 7"),)})])
        monkeypatch.setattr(
            "pixel_tui.backups.restore_check.open_files", lambda *_, **__: next(looks)
        )
        with pytest.raises(OperationError, match=r"Nothing was restored.*env can't be: process 7"):
            restore(project, made.id)
        assert (project / ".env").read_text() == "broken"
        assert not [*project.rglob("*.before-x"), *project.rglob("*.restoring")]

    def test_so_is_one_that_a_running_container_mounts_over_any_path(self, project: Path) -> None:
        made = make(project)
        link = project.with_name("link")
        link.symlink_to(project)
        node = Node({"Id": "1", "Names": ["/writer"], "State": "running",
                     "Mounts": [{"Type": "bind", "Source": f"{link}/data"}]})  # fmt: skip
        with pytest.raises(OperationError, match=r"writer runs and mounts it: ") as refused:
            restore(project, made.id, running=[holder_of(node, {})])
        assert refused.value.remedy.startswith("Stop it first: docker stop writer. What was")
        options: JsonObject = {"type": "none", "o": "bind", "device": f"{link}/data"}
        bound = Node({"Name": "held", "Mountpoint": "/x", "Options": options})
        node = Node({"Id": "1", "Name": "/named", "State": {"Status": "paused"},
                     "Mounts": [{"Type": "volume", "Name": "held", "Source": "/x"}]})  # fmt: skip
        with pytest.raises(OperationError, match="named runs and mounts it"):
            restore(project, made.id, running=[holder_of(node, {"held": volume_of(bound)})])
        assert not list(project.rglob("*.before-x"))

    def test_killed_at_any_moment_each_file_is_the_old_or_the_new_one(
        self, project: Path, tmp_path: Path
    ) -> None:
        made = make(project)
        with closing(sqlite3.connect(project / "data/pixels.db")) as connection, connection:
            connection.execute("DELETE FROM pixels")
        (project / ".env").write_text("SECRET=new\n")
        (project / "docker-compose.yml").write_text("broken")
        ended, seen = False, set()
        for moment in range(500):
            copy = tmp_path / f"killed-{moment}"
            shutil.copytree(project, copy)
            said = subprocess.run(
                [sys.executable, "-c", KILLED_AT, str(copy), made.id, str(moment)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            rows, secret = rows_of(copy / "data/pixels.db"), (copy / ".env").read_text()
            far = how_far(said.stdout.splitlines(), copy)
            assert ("data/pixels.db (kept as data/pixels.db.before-x)" in far) is (rows == 10)
            assert (".env (kept as .env.before-x)" in far) is (secret == "SECRET=old\n")
            assert ("othing was replaced" in far) is (
                (copy / "docker-compose.yml").read_text() == "broken"
                and (rows, secret) == (0, "SECRET=new\n")
            )
            assert rows in {0, 10}
            assert secret in {"SECRET=old\n", "SECRET=new\n"}
            for name in [*copy.glob("*.before-x"), *copy.glob(".*.before-x")]:
                assert f" -> {name.name}\n" in said.stdout, "what is put aside is told"
            if rows == 10:
                assert rows_of(copy / "data/pixels.db.before-x") == 0, "the old one is kept"
                assert "aside      data/pixels.db -> data/pixels.db.before-x\n" in said.stdout
            seen.add((rows, secret))
            again = [item.source for item in make(copy, NOW + timedelta(hours=1)).items]
            assert not [name for name in again if "restoring" in name]
            if said.returncode == 0:
                ended = True
                break
            assert said.returncode == -signal.SIGKILL, said.stderr
            restore(copy, made.id, mark="before-y")
            assert not list(copy.rglob("*.restoring")), "and nothing of it is left over"
            assert rows_of(copy / "data/pixels.db") == 10
            shutil.rmtree(copy)
        assert ended
        assert (0, "SECRET=new\n") in seen, "some died before anything was done"
        assert len(seen) == 3, "and some between two files"

    def test_how_far_one_came_is_looked_up(self, tmp_path: Path) -> None:
        for name in ("a", "a.before-x", "b", "d.before-x", "new"):
            (tmp_path / name).touch()
        (tmp_path / "b.before-x").hardlink_to(tmp_path / "b")
        lines = [replacing(name, f"{name}.before-x") for name in "abcd"]
        lines += [making("new"), making("none"), "all 4 are whole; nothing is replaced yet"]
        lines += [putting_back("roles      all"), "roles      all  1 made again"]
        lines += [putting_back("postgres   pg/shop")]
        assert how_far(lines, tmp_path) == (
            "Replaced: a (kept as a.before-x), new (there was none), roles all."
            " Not in its place: d, which is kept as d.before-x."
            " Perhaps only in part: postgres pg/shop."
        )
        nothing = [replacing("b", "b.before-x"), "all 1 are whole; nothing is replaced yet"]
        assert how_far(nothing, tmp_path) == "Nothing was replaced."
        assert how_far([], tmp_path) == "As far as its output says, nothing was replaced."

    def test_killed_beside_a_wal_that_was_left_no_database_meets_anothers(
        self, project: Path, tmp_path: Path
    ) -> None:
        made = make(project)
        with closing(sqlite3.connect(project / "data/pixels.db")) as connection, connection:
            connection.execute("INSERT INTO pixels (colour) VALUES ('blue')")
        codes = [-1]
        for moment in range(100):
            copy = tmp_path / f"killed-{moment}"
            shutil.copytree(project, copy)
            target = copy / "data/pixels.db"
            wal = target.with_name("pixels.db-wal")
            with opened_by_another(target) as writer:
                writer.kill()
            before = (target.read_bytes(), wal.read_bytes())
            assert len(before[1]) > 1000, "it is all in the wal"
            ran = subprocess.run(
                [sys.executable, "-c", KILLED_AT, str(copy), made.id, str(moment)],
                capture_output=True, check=False,
            )  # fmt: skip
            now = tuple(path.read_bytes() if path.exists() else b"" for path in (target, wal))
            old, gone, new = now == before, not now[0], now[0] not in {b"", before[0]}
            assert old or gone or (new and not now[1])
            restore(copy, made.id, mark="before-y")
            assert rows_of(target) == 10
            again = tmp_path / "again.db"
            for path in target.parent.glob("*.before-*"):
                shutil.copy(path, f"{again}{path.name[len('pixels.db') : -len('.before-x')]}")
            assert rows_of(again) == 0, "what was there is whole among what was put aside"
            codes.append(ran.returncode)
            shutil.rmtree(copy)
            if ran.returncode == 0:
                break
        assert codes[-1] == 0

    @pytest.mark.parametrize("source", [".env", "docker-compose.yml"])
    @pytest.mark.parametrize("more", [b"\n", b"# two\n", None])
    def test_a_roll_back_replaces_what_differs_in_a_byte_and_nothing_else(
        self, project: Path, source: str, more: bytes | None
    ) -> None:
        made = make(project)
        backup = store_of(project).find(made.id)
        assert replaced_files(made, project) == set()
        file = project / source
        if more is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes() + more)
        assert replaced_files(made, project) == {source}
        variables = changed_variables(backup.folder, made, project)
        assert variables == (((".env", "SECRET"),) if more is None and source == ".env" else ())
        assert {name for name, _ in changed_lines(backup.folder, made, project)} <= {source}
        restorer = Restorer(
            backup.folder, Grounds(project), {}, mark="before-x", say=lambda _: None
        )
        restorer.restore(made, wanted_for_deployment)
        assert restorer.aside == ([] if more is None else [f"{source}.before-x"])
        assert replaced_files(made, project) == set()

    def test_how_it_ran_is_compose_files_and_environment_files_only(self, project: Path) -> None:
        made = make(project)
        wanted = {item.source for item in made.items if wanted_for_deployment(item)}
        assert wanted == {".env", "docker-compose.yml"}


class TestSqlite:
    def test_databases_are_found_by_what_they_are(self, project: Path) -> None:
        database(project / "data/deep/no-suffix")
        (project / "data/fake.db").write_text("no database")
        database(project / "backups/copy.db")
        found = search([project], policy(project).skipped).databases
        names = sorted(str(path.relative_to(project)) for path in found)
        assert names == ["data/deep/no-suffix", "data/pixels.db"]

    @pytest.mark.parametrize("wal", [True, False])
    def test_a_copy_under_writes_is_whole(self, tmp_path: Path, wal: bool) -> None:
        source = database(tmp_path / "a.db", 20_000, wal=wal)
        ended = threading.Event()

        def write() -> None:
            with closing(sqlite3.connect(source, timeout=30, isolation_level=None)) as connection:
                while not ended.is_set():
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("INSERT INTO pixels (colour) VALUES ('a'), ('b')")
                    connection.execute("COMMIT")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            copy_database(source, tmp_path / "copy.db")
        finally:
            ended.set()
            writer.join()
        assert check_database(tmp_path / "copy.db") == ""
        rows = (count_rows(tmp_path / "copy.db") or {})["pixels"]
        assert rows >= 20_000
        assert rows % 2 == 0
        assert not (tmp_path / "copy.db-wal").exists()

    def test_nothing_is_left_beside_a_database_that_was_only_read(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a/a.db")
        copied = copy_database(source, tmp_path / "copy.db")
        assert (copied.journal, rows_of(tmp_path / "copy.db")) == ("wal", 10)
        assert [path.name for path in source.parent.iterdir()] == ["a.db"]

    @pytest.mark.parametrize("shm", [True, False])
    def test_what_a_killed_process_left_in_the_wal_is_copied(
        self, tmp_path: Path, shm: bool
    ) -> None:
        source = database(tmp_path / "a/a.db")
        with opened_by_another(source) as writer:
            writer.kill()
        if not shm:
            (source.parent / "a.db-shm").unlink()
        before = {path.name: path.read_bytes() for path in source.parent.iterdir()}
        copy_database(source, tmp_path / "copy.db")
        assert count_rows(tmp_path / "copy.db") == {"pixels": 0}
        assert not (tmp_path / "copy.db-wal").exists()
        assert {path.name for path in source.parent.iterdir()} == before.keys()

    def test_one_that_is_open_is_copied_as_its_clients_see_it(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a/a.db")
        with opened_by_another(source):
            copy_database(source, tmp_path / "copy.db")
            assert count_rows(tmp_path / "copy.db") == {"pixels": 0}

    def test_one_that_changes_while_it_is_copied_is_copied_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source, copied = database(tmp_path / "a/a.db"), list[Path]()
        copy = closed_database._copy

        def meanwhile(old: Path, new: Path) -> None:
            copy(old, new)
            if not copied:
                with closing(sqlite3.connect(source)) as other, other:
                    other.execute("DELETE FROM pixels")
            copied.append(old)

        monkeypatch.setattr(closed_database, "_copy", meanwhile)
        copy_database(source, tmp_path / "copy.db")
        assert count_rows(tmp_path / "copy.db") == {"pixels": 0}
        assert [path.name for path in copied] == ["a.db", "a.db"]

    def test_a_name_that_looks_like_an_option_is_a_name(self, tmp_path: Path) -> None:
        source = database(tmp_path / "a?mode=memory#%41.db")
        copy_database(source, tmp_path / "copy?.db")
        assert count_rows(tmp_path / "copy?.db") == {"pixels": 10}
