"""Restoring a backup: everything is checked first, and nothing is overwritten."""

import getpass
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.backups import differences
from pixel_tui.backups.broken_off import (
    making_line,
    replacing_line,
    restore_progress,
    restoring_line,
)
from pixel_tui.backups.copies import hash_file
from pixel_tui.backups.differences import changed_lines, changed_variables, compare_files
from pixel_tui.backups.holders import Holder, holder_of, volume_of
from pixel_tui.backups.manifest import ItemKind, wanted_for_deployment
from pixel_tui.backups.open_files import OpenFiles
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.errors import OperationError
from pixel_tui.settings import state_folder
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.text import plain
from tests.builders.backups import NOW, database, make, project, restore, rows_of, store_of
from tests.builders.open_database import held_open, opened_by_another

__all__ = ["project"]


# A restore that is killed before its Nth file system call.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.store import BackupStore
from pixel_tui.settings import state_folder
project, backup_id, left = Path(sys.argv[1]), sys.argv[2], [int(sys.argv[3])]
KINDS = {"os.rename", "os.link", "os.remove", "os.chmod", "os.chown", "sqlite3.connect"}
backup = BackupStore(project / "backups/pixel-tui").find(backup_id)
restorer = Restorer(backup.folder, RestoreRoots(project), {}, mark="before-x",
                    say=lambda line: print(line, flush=True), state_folder=state_folder())

def heard(event, arguments):
    if event in KINDS:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(heard)
restorer.restore(backup.manifest, wanted_for_restore)
"""


class TestRestore:
    def test_rows_and_files_are_restored_and_current_ones_kept(self, project: Path) -> None:
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

    @pytest.mark.parametrize("wal", [True, False], ids=["wal", "journal"])
    def test_a_kept_database_opens_with_its_side_files(
        self, project: Path, tmp_path: Path, *, wal: bool
    ) -> None:
        """The state after a crash: commits only in `-wal`, or a `-journal` to roll back."""
        path = project / "data/pixels.db"
        path.unlink()
        database(path, wal=wal)
        made = make(project)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA cache_spill = 0")
            connection.execute("INSERT INTO pixels (colour) VALUES ('blue')")
            connection.commit()
            if not wal:
                connection.execute("PRAGMA cache_size = 1")
                connection.execute("PRAGMA cache_spill = 1")
                connection.executemany(
                    "INSERT INTO pixels (colour) VALUES (?)", [("green" * 1000,)] * 100
                )
            shutil.copytree(path.parent, tmp_path / "crashed")
        shutil.rmtree(path.parent)
        shutil.copytree(tmp_path / "crashed", path.parent)
        side = "-wal" if wal else "-journal"
        assert Path(f"{path}{side}").stat().st_size > 0, "what it is about"
        aside = restore(project, made.id)
        assert f"data/pixels.db.before-x{side}" in aside
        assert rows_of(path) == 10
        assert rows_of(project / "data/pixels.db.before-x") == 11

    def test_kept_files_are_in_no_later_backup(self, project: Path) -> None:
        database(project / "data/pixels.db.before-20260301-120000")
        database(project / "data/pixels.db.before-noon")
        sources = [item.source for item in make(project).items if item.kind is ItemKind.SQLITE]
        assert sources == ["data/pixels.db", "data/pixels.db.before-noon"]

    def test_kept_files_are_in_no_later_backup_even_if_patterns_match(self, project: Path) -> None:
        for name in ("notes", "notes.before-20260301-120000", ".notes.restoring"):
            (project / name).write_text("x")
        sources = [item.source for item in make(project, files=("*notes*",)).items]
        assert [name for name in sources if "notes" in name] == ["notes"]

    def test_a_missing_file_is_restored_with_its_mode(self, project: Path) -> None:
        made = make(project)
        (project / ".env").unlink()
        restore(project, made.id)
        assert (project / ".env").stat().st_mode & 0o777 == 0o640

    def test_a_missing_folder_is_created_with_its_parent_s_mode(self, project: Path) -> None:
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
        assert (
            refused.value.hint == "The services stopped for it are still stopped: start them again."
        )
        assert (project / "docker-compose.yml").read_text() == "broken"

    def test_everything_is_checked_before_anything_is_stopped(self, project: Path) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        before = {path: path.lstat() for path in project.rglob("*") if path.is_file()}
        folder, result = store_of(project).find(made.id).folder, list[str]()
        restorer = Restorer(
            folder,
            RestoreRoots(project),
            {},
            mark="before-x",
            say=result.append,
            state_folder=state_folder(),
        )
        restorer.check(made, wanted_for_restore)
        assert result[-1] == "all 3 are intact and can be restored"
        disk = os.statvfs(project)
        beside = [(project / "backups/x", disk.f_blocks * disk.f_frsize)]
        with pytest.raises(OperationError, match="Not enough space"):
            restorer.check(made, wanted_for_restore, also_needed=beside)
        (folder / "sqlite/data/pixels.db").write_bytes(b"")
        with pytest.raises(OperationError, match=r"Nothing was stopped or restored.*0 bytes") as no:
            restorer.check(made, wanted_for_restore)
        assert no.value.hint == ""
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

    def test_a_database_in_use_is_left_alone(self, project: Path) -> None:
        made = make(project)
        (project / ".env").write_text("broken")
        with (
            opened_by_another(project / "data/pixels.db") as other,
            pytest.raises(OperationError, match=rf"process {other.pid} of .*python"),
        ):
            restore(project, made.id)
        assert not list(project.rglob("*.before-x"))
        assert (project / ".env").read_text() == "broken", "nor is anything else touched"

    def test_the_check_refuses_a_file_that_a_container_mounts_which_is_not_stopped(
        self, project: Path
    ) -> None:
        """The file was identical when the plan was made, and has changed since."""
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        web = Holder("id-of-web", "shop-web-1", places=(str(project / ".env"),))
        result = list[str]()
        restorer = Restorer(
            store_of(project).find(made.id).folder,
            RestoreRoots(project),
            {},
            mark="before-x",
            say=result.append,
            state_folder=state_folder(),
            running=lambda: [web],
        )
        with pytest.raises(OperationError, match=r"Nothing was stopped or restored: .*shop-web-1"):
            restorer.check(made, wanted_for_restore)
        restorer.check(made, wanted_for_restore, stopping=[web.id])
        assert "can be restored" in result[-1]

    @pytest.mark.parametrize("name", [".env", "data/pixels.db", "data/pixels.db-shm"])
    def test_the_check_names_processes_with_open_files(self, project: Path, name: str) -> None:
        made = make(project)
        (project / ".env").write_text("SECRET=new\n")
        (project / name).touch()
        folder, result = store_of(project).find(made.id).folder, list[str]()
        restorer = Restorer(
            folder,
            RestoreRoots(project),
            {},
            mark="before-x",
            say=result.append,
            state_folder=state_folder(),
        )
        with (
            held_open(project / name) as other,
            pytest.raises(OperationError, match="Nothing was stopped or restored") as refused,
        ):
            restorer.check(made, wanted_for_restore)
        words = f"process {other.pid} of {getpass.getuser()} (`sleep 1000`)"
        assert f"{name.removesuffix('-shm')} can't be: {words} has it open" in str(refused.value)
        assert f"open       {name}  {words}" in result

    def test_an_unchanged_file_may_be_open(self, project: Path) -> None:
        made = make(project)
        folder = store_of(project).find(made.id).folder
        restorer = Restorer(
            folder,
            RestoreRoots(project),
            {},
            mark="before-x",
            say=lambda _: None,
            state_folder=state_folder(),
        )
        with held_open(project / ".env"):
            restorer.check(made, wanted_for_restore)

    def test_processes_are_scanned_once_for_all_files(
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

    def test_a_file_opened_during_the_copies_stops_the_restore(
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

    def test_a_file_that_a_running_container_mounts_stops_the_restore(self, project: Path) -> None:
        made = make(project)
        link = project.with_name("link")
        link.symlink_to(project)
        node = Node({"Id": "1", "Names": ["/writer"], "State": "running",
                     "Mounts": [{"Type": "bind", "Source": f"{link}/data"}]})  # fmt: skip
        with pytest.raises(OperationError, match=r"writer is running and mounts it: ") as refused:
            restore(project, made.id, running=[holder_of(node, {})])
        assert refused.value.hint.startswith(
            "Stop it first: docker stop writer. The services stopped for it"
        )
        options: JsonObject = {"type": "none", "o": "bind", "device": f"{link}/data"}
        bound = Node({"Name": "held", "Mountpoint": "/x", "Options": options})
        node = Node({"Id": "1", "Name": "/named", "State": {"Status": "paused"},
                     "Mounts": [{"Type": "volume", "Name": "held", "Source": "/x"}]})  # fmt: skip
        with pytest.raises(OperationError, match="named is running and mounts it"):
            restore(project, made.id, running=[holder_of(node, {"held": volume_of(bound)})])
        assert not list(project.rglob("*.before-x"))

    def test_after_a_kill_each_file_is_the_old_or_the_new_one(
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
            result = subprocess.run(
                [sys.executable, "-c", KILLED_AT, str(copy), made.id, str(moment)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            rows, secret = rows_of(copy / "data/pixels.db"), (copy / ".env").read_text()
            far = restore_progress(result.stdout.splitlines(), copy)
            assert ("data/pixels.db (kept as data/pixels.db.before-x)" in far) is (rows == 10)
            assert (".env (kept as .env.before-x)" in far) is (secret == "SECRET=old\n")
            assert ("othing was replaced" in far) is (
                (copy / "docker-compose.yml").read_text() == "broken"
                and (rows, secret) == (0, "SECRET=new\n")
            )
            assert rows in {0, 10}
            assert secret in {"SECRET=old\n", "SECRET=new\n"}
            for name in [*copy.glob("*.before-x"), *copy.glob(".*.before-x")]:
                assert f" -> {name.name}\n" in result.stdout, "what is put aside is told"
            if rows == 10:
                assert rows_of(copy / "data/pixels.db.before-x") == 0, "the old one is kept"
                assert "aside      data/pixels.db -> data/pixels.db.before-x\n" in result.stdout
            seen.add((rows, secret))
            again = [item.source for item in make(copy, NOW + timedelta(hours=1)).items]
            assert not [name for name in again if "restoring" in name]
            if result.returncode == 0:
                ended = True
                break
            assert result.returncode == -signal.SIGKILL, result.stderr
            restore(copy, made.id, mark="before-y")
            assert not list(copy.rglob("*.restoring")), "and nothing of it is left over"
            assert rows_of(copy / "data/pixels.db") == 10
            shutil.rmtree(copy)
        assert ended
        assert (0, "SECRET=new\n") in seen, "some died before anything was done"
        assert len(seen) == 3, "and some between two files"

    def test_the_progress_of_a_dead_restore_is_found_out(self, tmp_path: Path) -> None:
        for name in ("a", "a.before-x", "b", "d.before-x", "new"):
            (tmp_path / name).touch()
        (tmp_path / "b.before-x").hardlink_to(tmp_path / "b")
        lines = [replacing_line(name, f"{name}.before-x") for name in "abcd"]
        lines += [
            making_line("new"),
            making_line("none"),
            "all 4 are whole; nothing is replaced yet",
        ]
        lines += [restoring_line("roles      all"), "roles      all  1 made again"]
        lines += [restoring_line("postgres   pg/shop")]
        assert restore_progress(lines, tmp_path) == (
            "Replaced: a (kept as a.before-x), new (did not exist), roles all."
            " Missing: d, kept as d.before-x."
            " Possibly incomplete: postgres pg/shop."
        )
        nothing = [replacing_line("b", "b.before-x"), "all 1 are whole; nothing is replaced yet"]
        assert restore_progress(nothing, tmp_path) == "Nothing was replaced."
        assert restore_progress([], tmp_path) == "According to its output, nothing was replaced."

    def test_after_a_kill_no_database_has_another_s_wal(
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
            aside = min(target.parent.glob("*.before-?"))
            assert rows_of(aside) == 0, "what was there opens complete, with its wal"
            codes.append(ran.returncode)
            shutil.rmtree(copy)
            if ran.returncode == 0:
                break
        assert codes[-1] == 0

    @pytest.mark.parametrize("source", [".env", "docker-compose.yml"])
    @pytest.mark.parametrize("more", [b"\n", b"# two\n", None])
    def test_a_roll_back_replaces_only_files_that_differ(
        self, project: Path, source: str, more: bytes | None
    ) -> None:
        made = make(project)
        backup = store_of(project).find(made.id)
        places = {item.source: str(project / item.source) for item in made.items}
        files = compare_files(made, places)
        assert files.replaced == set()
        assert files.unchanged >= {".env", "docker-compose.yml"}
        file = project / source
        if more is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes() + more)
        files = compare_files(made, places)
        assert files.replaced == {source}
        assert source not in files.unchanged
        variables = changed_variables(backup.folder, made, project)
        assert variables == (((".env", "SECRET"),) if more is None and source == ".env" else ())
        assert {name for name, _ in changed_lines(backup.folder, made, project)} <= {source}
        restorer = Restorer(
            backup.folder,
            RestoreRoots(project),
            {},
            mark="before-x",
            say=lambda _: None,
            state_folder=state_folder(),
        )
        restorer.restore(made, wanted_for_deployment)
        assert restorer.kept_files == ([] if more is None else [f"{source}.before-x"])
        assert compare_files(made, places).replaced == set()

    def test_a_plan_reads_each_file_once(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        places = {item.source: str(project / item.source) for item in made.items}
        hashed: list[Path] = []

        def counting(path: Path) -> str:
            hashed.append(path)
            return hash_file(path)

        monkeypatch.setattr(differences, "hash_file", counting)
        compare_files(made, places)
        assert {project / ".env", project / "docker-compose.yml"} <= set(hashed)
        assert len(hashed) == len(set(hashed))

    def test_the_deployment_is_compose_and_environment_files_only(self, project: Path) -> None:
        made = make(project)
        wanted = {item.source for item in made.items if wanted_for_deployment(item)}
        assert wanted == {".env", "docker-compose.yml"}
