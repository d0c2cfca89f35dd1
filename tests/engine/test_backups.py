"""Backups of real stacks: what is in them, what breaks while they are made, what comes back."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.engine_backups import Desk
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, eventually, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

PASSWORD = "correct-horse-battery"
NOT_ROOT = os.geteuid() != 0
looks_into_volumes = pytest.mark.skipif(NOT_ROOT, reason="only root can look into volumes")
mounts = pytest.mark.skipif(NOT_ROOT, reason="only root can mount a small disk")
PAIRS_A_SECOND = 500

APP = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    healthcheck: {{test: ["CMD", "true"], interval: 1s}}
    volumes: ["./data:/data"]
"""


def database(path: Path, megabytes: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE pixels (id INTEGER PRIMARY KEY, pair INTEGER)")
        connection.execute("CREATE TABLE filling (content BLOB)")
        connection.executemany(
            "INSERT INTO filling VALUES (?)", ((os.urandom(1024 * 1024),) for _ in range(megabytes))
        )
    return path


def count(path: Path, where: str = "") -> int:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM pixels {where}").fetchone()[0])


@contextmanager
def written_to(path: Path) -> Iterator[list[float]]:
    """Pairs of rows, each in one transaction, so many a second; yields how long each took."""
    ended, waits = threading.Event(), list[float]()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            due = time.monotonic()
            while not ended.is_set():
                began = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                pair = len(waits)
                connection.execute("INSERT INTO pixels (pair) VALUES (?), (?)", (pair, pair))
                connection.execute("COMMIT")
                waits.append(time.monotonic() - began)
                due += 1 / PAIRS_A_SECOND
                ended.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        eventually(lambda: len(waits) > PAIRS_A_SECOND / 5)
        yield waits
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def desk(make_project: MakeProject, tmp_path: Path) -> Desk:
    project = make_project(APP, files={".env": "COLOUR=red\n", "data/task-ledger.json": "{}"})
    return Desk(project, tmp_path / "state")


class TestMaking:
    def test_a_database_under_500_writes_a_second_comes_out_whole(self, desk: Desk) -> None:
        path = database(desk.folder / "data/pixels.db", megabytes=20)
        desk.project.compose("up", "--detach")
        with written_to(path) as waits:
            made = desk.back_up()
            before = len(waits)
            eventually(lambda: len(waits) > before)
        copy = desk.backups / made / "sqlite/data/pixels.db"
        with closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            torn = connection.execute(
                "SELECT count(*) FROM (SELECT pair FROM pixels GROUP BY pair HAVING count(*) != 2)"
            ).fetchone()
        assert torn == (0,)
        rows = count(copy)
        assert PAIRS_A_SECOND / 5 * 2 < rows <= before * 2
        entries = {item["source"]: item for item in desk.manifest(made)["items"]}
        assert entries["data/pixels.db"]["details"]["rows"]["pixels"] == rows
        assert entries["data/pixels.db"]["details"]["integrity"] == "ok"
        assert {".env", "data/task-ledger.json", "docker-compose.yml"} <= entries.keys()
        assert "compose model" in entries
        desk.run("backup", "verify", made)
        assert desk.listed()[0]["state"] == "verified"

    def test_mounts_that_were_added_since_the_container_was_created_are_copied(
        self, desk: Desk
    ) -> None:
        desk.project.compose("up", "--detach")
        (desk.folder / "geo.txt").touch()
        os.truncate(desk.folder / "geo.txt", 1536 * 1024)
        database(desk.folder / "added/pixels.db")
        added = '["./data:/data", "./geo.txt:/geo.txt:ro", "./added:/added"]'
        text = APP.replace('["./data:/data"]', added)
        assert text != APP
        (desk.folder / "docker-compose.yml").write_text(text)
        made = desk.back_up()
        assert (desk.backups / made / "files/geo.txt").stat().st_size == 1536 * 1024
        assert (desk.backups / made / "sqlite/added/pixels.db").exists()
        desk.run("backup", "verify", made)

    def test_a_read_only_console_looks_and_records_nothing(self, desk: Desk) -> None:
        assert "read-only" in desk.run("backup", "now", "--read-only", code=2).stderr
        assert not desk.backups.exists()
        made = desk.back_up()
        result = desk.run("backup", "verify", "--read-only").stdout
        assert f"The backup {made} is intact (not recorded: read-only)." in result
        assert desk.listed()[0]["state"] == "not verified"
        (desk.backups / made / "files/.env").write_text("COLOUR=bad\n")
        assert "content has changed" in desk.run("backup", "verify", made, code=1).stdout
        assert desk.listed()[0]["state"] == "damaged"
        assert "damaged" in desk.run("backup", "list").stdout

    def test_a_worker_that_is_killed_leaves_nothing_that_looks_complete(self, desk: Desk) -> None:
        database(desk.folder / "data/pixels.db", megabytes=60)
        worker = subprocess.Popen(
            desk.worker("make"),
            env={**desk.project.engine.env, **desk.env},
            stdout=subprocess.DEVNULL,
        )
        eventually(lambda: list(desk.backups.glob(".*.partial/sqlite/*/*")), every=0.002)
        worker.kill()
        worker.wait()
        assert desk.listed() == []
        assert len(list(desk.backups.iterdir())) == 2, "the half, and what keeps git away"
        desk.back_up()
        names = sorted(path.name for path in desk.backups.iterdir())
        assert names == [".gitignore", desk.listed()[0]["id"]]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_one_that_is_cancelled_leaves_nothing(self, desk: Desk, number: signal.Signals) -> None:
        database(desk.folder / "data/pixels.db", megabytes=60)
        worker = subprocess.Popen(
            desk.worker("make"),
            env={**desk.project.engine.env, **desk.env},
            stdout=subprocess.PIPE,
            text=True,
        )
        eventually(lambda: list(desk.backups.glob(".*.partial/sqlite/*/*")), every=0.002)
        worker.send_signal(number)
        result, _ = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 1
        assert result.splitlines()[-1] == "It was cancelled."
        assert [path.name for path in desk.backups.iterdir()] == [".gitignore"]

    @mounts
    def test_a_disk_that_fills_up_costs_no_older_backup(self, desk: Desk) -> None:
        path = database(desk.folder / "data/pixels.db")
        desk.backups.mkdir(parents=True)
        grown = desk.folder / "grow.py"
        grown.write_text(
            "import os, sqlite3, sys\n"
            "with sqlite3.connect(sys.argv[1]) as database:\n"
            "    database.execute('INSERT INTO filling VALUES (?)', (os.urandom(9_000_000),))\n"
        )
        blind = (
            "import sys\n"
            "from pixel_tui.backups import __main__ as program, make\n"
            "make.Maker._require_space = lambda *_: None\n"
            "sys.exit(program.main(sys.argv[1:]))\n"
        )
        words = desk.worker("make")[4:]
        script = (
            'mount -t tmpfs -o size=5m tmpfs "$1" || exit 9; python=$2; database=$3; '
            "blind=$4; root=$1; shift 4; "
            '"$python" -m pixel_tui.backups "$@" || exit 8; "$python" grow.py "$database"; '
            'echo; echo careful; "$python" -m pixel_tui.backups "$@"; echo $?; '
            'echo blind; "$python" -c "$blind" "$@"; echo $?; ls -A "$root"'
        )
        argv = ["unshare", "--mount", "sh", "-c", script, "sh", str(desk.backups)]
        result = desk.project.engine.run(
            [*argv, sys.executable, str(path), blind, *words], cwd=desk.folder, env=desk.env
        ).stdout
        _, careful = result.split("careful\n")
        careful, blinded = careful.split("blind\n")
        assert "Not enough space" in careful
        assert careful.splitlines()[-1] == "1"
        assert "full" in blinded or "No space left" in blinded
        code, ignored, *left = blinded.splitlines()[-3:]
        assert code == "1"
        assert ignored == ".gitignore"
        assert len(left) == 1
        assert not left[0].startswith(".")


FULL_DISK = """
mount -t tmpfs -o size=8m tmpfs "$1" || exit 9
mkdir "$1/project" && cp -a . "$1/project" || exit 9
mount --bind "$1/project" "$PWD" && cd "$PWD" || exit 9
"$0" -m pixel_tui backup now -p "$2" || exit 8
echo COLOUR=blue > .env
dd if=/dev/zero of="$1/filling" bs=4096 2>/dev/null
[ "$(df --output=avail "$1" | tail -1)" -eq 0 ] || exit 7
"$0" -m pixel_tui run stop app --yes -p "$2" || exit 6
made=$("$0" -m pixel_tui backup list --json -p "$2" | grep -o '"id": "[^"]*' | cut -c8-)
"$0" -m pixel_tui backup restore "$made" --no-backup-first --yes --confirm "$2" \
    --confirm no-backup -p "$2" || exit 5
[ "$(cat .env)" = "COLOUR=red" ] || exit 3
"$0" -m pixel_tui audit verify || exit 4
"""


class TestRestoring:
    @mounts
    def test_a_full_disk_of_state_backups_and_project_keeps_nothing_from_a_stop_and_a_restore(
        self, desk: Desk
    ) -> None:
        desk.project.compose("up", "--detach")
        desk.state.mkdir()
        argv = ["unshare", "--mount", "sh", "-c", FULL_DISK, sys.executable, str(desk.state)]
        result = desk.project.engine.run(
            [*argv, desk.project.name], cwd=desk.folder, env=desk.env, check=False, timeout=180
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert desk.project.inspect("app")["State"]["Status"] == "exited"

    def test_rows_and_files_come_back(self, desk: Desk) -> None:
        path = database(desk.folder / "data/pixels.db")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO pixels (pair) VALUES (1)")
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM pixels")
        (desk.folder / ".env").write_text("COLOUR=blue\n")
        shown = desk.run("backup", "restore", made, code=2)
        assert shown.stderr.endswith("pixel-tui: Nothing was changed.\n")
        name = desk.project.name
        desk.run("backup", "restore", made, "--yes", "--confirm", name)
        assert count(path) == 1
        assert (desk.folder / ".env").read_text() == "COLOUR=red\n"
        aside = list(desk.folder.glob(".env.before-*"))
        assert [item.read_text() for item in aside] == ["COLOUR=blue\n"]
        assert desk.project.inspect("app")["State"]["Running"]
        newest = desk.listed()[0]
        assert newest["reason"] == f"before restoring {made}"
        copy = desk.backups / newest["id"] / "sqlite/data/pixels.db"
        assert count(copy) == 0

    def test_what_is_wrong_with_a_backup_is_found_before_anything_stops(self, desk: Desk) -> None:
        database(desk.folder / "data/pixels.db")
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        state = desk.project.inspect("app")["State"]
        words = (made, "--yes", "--confirm", desk.project.name)
        for damaged in ("files/.env", "sqlite/data/pixels.db"):
            path = desk.backups / made / damaged
            intact = path.read_bytes()
            path.write_bytes(intact[:-1] + b"?")
            for name in ("restore", "restore-without-backup"):
                more = () if name == "restore" else ("--confirm", "no-backup")
                result = desk.run("run", name, *words, *more, code=1).stdout
                assert "Nothing was stopped or restored" in result, damaged
            path.write_bytes(intact)
        manifest = desk.backups / made / "manifest.json"
        content = manifest.read_text()  # a place that no backup of ours has
        manifest.write_text(content.replace('"source": ".env"', '"source": ".git/hooks/x"'))
        for name in ("restore", "restore-without-backup"):
            result = desk.run("run", name, *words, code=2).stderr
            assert "A backup can't contain a repository's history" in result, "found when planned"
        manifest.write_text(content)
        now = desk.project.inspect("app")["State"]
        assert (now["StartedAt"], now["Pid"]) == (state["StartedAt"], state["Pid"])
        assert [item["id"] for item in desk.listed()] == [made], "nor is a backup made for nothing"

    def test_whatever_mounts_the_data_is_stopped_whoever_made_it(
        self, desk: Desk, engine: Engine, tmp_path: Path
    ) -> None:
        path = database(desk.folder / "data/pixels.db")
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE pixels")
        single, foreign, brief = unique_name("single"), unique_name("other"), unique_name("brief")
        desk.project.compose("run", "--detach", "--name", single, "app", "sleep", "100000")
        data = f"{desk.folder}/data:/data"
        engine.docker("run", "--detach", "--name", foreign, "--stop-timeout", "0",
                      "--volume", data, BASE_IMAGE, "sleep", "100000")  # fmt: skip
        whole = f"{desk.folder}:/all:ro"
        engine.docker("run", "--detach", "--rm", "--name", brief, "--stop-timeout", "0",
                      "--volume", whole, BASE_IMAGE, "sleep", "100000")  # fmt: skip
        lives = {name: engine.inspect(name)["State"]["StartedAt"] for name in (single, foreign)}
        link = tmp_path / "link"
        link.symlink_to(desk.folder)
        linked = replace(desk, place=link)
        app = desk.project.inspect("app")["State"]["StartedAt"]
        try:
            name = desk.project.name
            result = linked.run("backup", "restore", made, "--yes", "--confirm", name).stdout
            assert f"{brief} (a container outside any project): its work is interrupted" in result
            assert count(path) == 0, "the table is there again"
            state = desk.project.inspect("app")["State"]
            assert state["Running"]
            assert state["StartedAt"] != app
            assert not engine.inspect(single)["State"]["Running"]
            assert engine.inspect(foreign)["State"]["Running"]
            assert engine.inspect(foreign)["State"]["StartedAt"] != lives[foreign]
            assert brief not in engine.docker("ps", "--all").stdout
        finally:
            engine.docker("rm", "--force", single, foreign, brief, check=False)

    @pytest.mark.skipif(NOT_ROOT, reason="only root can give files away")
    def test_who_may_not_change_owners_gives_files_back_by_a_container(self, desk: Desk) -> None:
        path = database(desk.folder / "data/pixels.db")
        os.chown(path, 1234, 1234)
        path.chmod(0o640)
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        assert {item.name for item in path.parent.iterdir()} == {"pixels.db", "task-ledger.json"}
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE pixels")
        words = desk.program("backup", "restore", made, "--yes", "--confirm", desk.project.name)
        env = {"XDG_STATE_HOME": str(desk.state), "XDG_CONFIG_HOME": str(desk.state)}
        argv = ["setpriv", "--bounding-set=-chown", *words]
        desk.project.engine.run(argv, cwd=desk.folder, env=env, timeout=120)
        assert count(path) == 0, "the table is there again"
        status = path.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 1234, 0o640)

    def test_a_process_of_the_host_that_has_a_file_open_is_named_before_anything_stops(
        self, desk: Desk
    ) -> None:
        path = database(desk.folder / "data/pixels.db")
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        (desk.folder / ".env").write_text("COLOUR=blue\n")
        before = desk.project.inspect("app")["State"]
        holding = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
        words = ("backup", "restore", made, "--yes", "--confirm", desk.project.name)
        for name in ("data/pixels.db", "data/pixels.db-wal", ".env"):
            (desk.folder / name).touch()
            with subprocess.Popen(
                [sys.executable, "-c", holding, str(desk.folder / name)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            ) as other:  # fmt: skip
                assert other.stdout is not None
                assert other.stdout.readline()
                result = desk.run(*words, code=1).stdout
            assert f"process {other.pid} of root (`{sys.executable} -c import sys" in result, name
            assert "Nothing was stopped or restored" in result
        now = desk.project.inspect("app")["State"]
        assert (now["StartedAt"], now["Pid"]) == (before["StartedAt"], before["Pid"])
        assert [item["id"] for item in desk.listed()] == [made], "nor is a backup made for nothing"
        assert not list(path.parent.glob("*.before-*"))
        desk.run(*words)
        assert (desk.folder / ".env").read_text() == "COLOUR=red\n"

    def test_one_of_a_container_that_the_plan_stops_keeps_nothing_from_it(
        self, make_project: MakeProject, engine: Engine, tmp_path: Path
    ) -> None:
        holding = "exec 3</data/pixels.db; echo held; exec sleep 100000"
        text = APP.replace('[sleep, "100000"]', f'[sh, -c, "{holding}"]')
        desk = Desk(make_project(text, files={"data/task-ledger.json": "{}"}), tmp_path / "state")
        path = database(desk.folder / "data/pixels.db")
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE pixels")
        (desk.folder / "data/task-ledger.json").write_text("[]")
        # What is started beside the first process, and a container of no project.
        beside = "exec 3</data/task-ledger.json; echo held >/data/beside; exec sleep 100000"
        desk.project.compose("exec", "--detach", "app", "sh", "-c", beside)
        foreign = unique_name("other")
        engine.docker("run", "--detach", "--name", foreign, "--stop-timeout", "0", "--volume",
                      f"{desk.folder}/data:/data", BASE_IMAGE, "sh", "-c", holding)  # fmt: skip
        try:
            eventually((desk.folder / "data/beside").exists)
            eventually(lambda: "held" in engine.docker("logs", foreign).stdout)
            eventually(lambda: "held" in desk.project.compose("logs", "app").stdout)
            stopping = engine.inspect(foreign)["Id"]
            refused = desk.project.engine.run(
                desk.worker("check", made, f"--stopping={stopping}"), env=desk.env, check=False
            )
            assert refused.returncode == 1, "the project's own is not among what is stopped"
            assert "(`sleep 100000`) has it open" in refused.stdout
            desk.run("backup", "restore", made, "--yes", "--confirm", desk.project.name)
        finally:
            engine.docker("rm", "--force", foreign, check=False)
        assert count(path) == 0, "the table is there again"
        assert (desk.folder / "data/task-ledger.json").read_text() == "{}"

    def test_it_works_where_compose_refuses_the_project(self, desk: Desk) -> None:
        desk.project.compose("up", "--detach")
        made = desk.back_up()
        compose_file = desk.folder / "docker-compose.yml"
        compose_file.write_text("services: [this is none\n")
        assert "refuses" in desk.run("run", "recreate", "app", code=2).stderr
        desk.run("backup", "restore", made, "--yes", "--confirm", desk.project.name)
        assert compose_file.read_text() == APP
        assert desk.project.inspect("app")["State"]["Running"]

    def test_going_back_to_the_images_and_variables_of_then(
        self, desk: Desk, engine: Engine
    ) -> None:
        image = f"{unique_name('app')}:1"
        engine.docker("tag", BASE_IMAGE, image)
        text = APP.replace(BASE_IMAGE, image) + "    environment: ['COLOUR=${COLOUR}']\n"
        (desk.folder / "docker-compose.yml").write_text(text)
        desk.project.compose("up", "--detach")
        old = desk.project.inspect("app")["Image"]
        made = desk.back_up()
        (desk.folder / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nLABEL new=1\n")
        engine.docker("build", "--tag", image, str(desk.folder))
        (desk.folder / ".env").write_text(f"COLOUR={PASSWORD}\n")
        desk.project.compose("up", "--detach")
        assert desk.project.inspect("app")["Image"] != old
        plan = desk.run("plan", "roll-back", made, code=100).stdout
        assert f"app runs {old.removeprefix('sha256:')[:12]} again" in plan
        assert "differing: COLOUR" in plan
        assert PASSWORD not in plan
        desk.run("run", "roll-back", made, "--yes")
        assert desk.project.inspect("app")["Image"] == old
        assert "COLOUR=red" in desk.project.inspect("app")["Config"]["Env"]


class TestOutside:
    def test_a_database_in_a_folder_elsewhere_that_is_mounted_is_missed_until_it_is_skipped(
        self, make_project: MakeProject, tmp_path: Path
    ) -> None:
        place = tmp_path / "appdata"
        text = APP.replace('["./data:/data"]', f'["./data:/data", "{place}:/appdata"]')
        assert str(place) in text
        desk = Desk(make_project(text), tmp_path / "state")
        place.mkdir()
        desk.project.compose("up", "--detach")
        desk.run("backup", "now")
        path = database(place / "deep/pixels.db")
        result = desk.run("backup", "now", code=1).stdout
        assert f"INCOMPLETE: bind mount {place}" in result
        assert f"MISSING: bind mount {place}" in result
        assert str(path) in result
        settings = desk.state / "pixel-tui/settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('[backup]\nskip = ["bind mount app:/appdata"]\n')
        desk.run("backup", "now")


class TestVolumes:
    @looks_into_volumes
    def test_a_database_in_a_volume_is_copied_while_it_is_written_to_and_comes_back(
        self, make_project: MakeProject, tmp_path: Path
    ) -> None:
        text = APP.replace('["./data:/data"]', '["held:/held"]') + "volumes: {held: }\n"
        project = make_project(text)
        desk = Desk(project, tmp_path / "state")
        project.compose("up", "--detach")
        volume = f"{project.name}_held"
        place = Path(project.engine.inspect(volume)["Mountpoint"])
        if not place.is_dir():
            pytest.skip("the given engine's folder can't be entered")
        path = database(place / "deep/pixels.db", megabytes=2)
        path.chmod(0o640)
        os.chown(path, 1234, 1234)
        (place / "notes").write_text("not copied")
        with written_to(path) as waits:
            made = desk.back_up()
            before = len(waits)
            eventually(lambda: len(waits) > before)
        source = f"volume {volume}/deep/pixels.db"
        copy = desk.backups / made / "volumes" / volume / "deep/pixels.db"
        rows = count(copy)
        assert 0 < rows <= before * 2
        assert source in {item["source"] for item in desk.manifest(made)["items"]}
        (gap,) = [item for item in desk.manifest(made)["left_out"] if volume in item["what"]]
        assert gap["why"] == "only 1 database in it copied, no other files; app mounts it at /held"
        desk.run("backup", "verify", made)
        wiped = desk.run("plan", "wipe-volumes", code=100).stdout
        assert "NOT in the backup: notes; changed since the backup: deep/pixels.db" in wiped

        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM pixels")
        result = desk.run("backup", "restore", made, "--yes", "--confirm", project.name).stdout
        assert " stop app" in result
        assert count(path) == rows
        assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (1234, 0o640)
        (aside,) = path.parent.glob("pixels.db.before-*")
        assert count(aside) == 0
        assert project.inspect("app")["State"]["Running"]
        newest = desk.listed()[0]["id"]
        assert (
            len([item for item in desk.manifest(newest)["items"] if item["kind"] == "sqlite"]) == 1
        )

        project.compose("down", "--volumes")
        plan = desk.run("plan", "restore", made, code=100).stdout
        assert f"volume {volume} does not exist: its databases are not restored" in plan
        project.compose("up", "--detach")
        desk.run("backup", "restore", made, "--yes", "--confirm", project.name)
        assert count(Path(project.engine.inspect(volume)["Mountpoint"]) / "deep/pixels.db") == rows


class TestWiping:
    @looks_into_volumes
    def test_exactly_what_the_plan_names_is_gone(
        self, make_project: MakeProject, engine: Engine, tmp_path: Path
    ) -> None:
        fixed, shared, unused, other = map(unique_name, ("fixed", "shared", "unused", "other"))
        text = (
            APP.replace('["./data:/data"]', '["held:/held", "shared:/shared", "/scratch"]')
            + f"""
  late:
    image: {BASE_IMAGE}
    profiles: [late]
    volumes: ["fixed:/fixed"]
volumes:
  held:
  fixed: {{name: {fixed}}}
  unused: {{name: {unused}}}
  shared: {{name: {shared}, external: true}}
"""
        )
        project = make_project(text)
        desk = Desk(project, tmp_path / "state")
        labels = ("--label", "com.docker.compose.project=other")
        for options in ((shared,), (*labels, other), (unused,)):
            engine.docker("volume", "create", *options)
        project.compose("--profile", "late", "up", "--detach")
        project.compose("rm", "--stop", "--force", "late")
        (mount,) = [m for m in project.inspect("app")["Mounts"] if m["Destination"] == "/scratch"]
        scratch, held = mount["Name"], f"{project.name}_held"
        desk.run("backup", "verify", desk.back_up())
        plan = json.loads(desk.run("plan", "wipe-volumes", "--json", code=100).stdout)
        named = {line.split()[1] for line in plan["irreversible"]}
        told = [item["message"] for item in plan["checks"]]
        assert any(message.startswith(f"{shared} ") for message in told)
        before = set(engine.docker("volume", "ls", "--quiet").stdout.split())
        assert {held, fixed, scratch} <= named
        assert not {shared, other} & named
        words = (plan["confirm"], plan["confirm_loss"])
        desk.run("run", "wipe-volumes", "--yes", "--confirm", words[0], "--confirm", words[1])
        after = set(engine.docker("volume", "ls", "--quiet").stdout.split())
        assert before - after == named
        assert {shared, other} <= after
        argv = desk.worker("check-volumes", f"--gone={shared}", f"--stays={held}")
        result = engine.run(argv, check=False)
        assert result.returncode == 1
        assert f"not removed: {shared}; removed by mistake: {held}" in result.stdout
        engine.docker("volume", "rm", "--force", shared, other, unused)

    @pytest.mark.parametrize("by_name", [True, False])
    def test_what_the_plan_lists_as_staying_stays(
        self, make_project: MakeProject, engine: Engine, tmp_path: Path, by_name: bool
    ) -> None:
        text = (
            APP.replace('["./data:/data"]', '["held:/held"]')
            + f"""
  late:
    image: {BASE_IMAGE}
    profiles: [late]
    env_file: late.env
    volumes: ["wdata:/wdata"]
  old:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
volumes: {{held: , wdata: }}
"""
        )
        project = make_project(text, files={"late.env": "A=1\n"})
        desk = Desk(project, tmp_path / "state", named=by_name)
        project.compose("--profile", "late", "up", "--detach")
        project.compose("rm", "--stop", "--force", "late")
        old = text[text.index("  old:") : text.index("volumes: {")]
        (project.directory / "docker-compose.yml").write_text(text.replace(old, ""))
        (project.directory / "late.env").unlink()
        label = f"com.docker.compose.project={project.name}"
        left = unique_name("left")
        old_one = project.container("old")
        engine.docker("volume", "create", "--label", label, left)
        desk.run("backup", "verify", desk.back_up())
        plan = json.loads(desk.run("plan", "wipe-volumes", "--json", code=100).stdout)
        named = {line.split()[1] for line in plan["irreversible"]}
        before = set(engine.docker("volume", "ls", "--quiet").stdout.split())
        words = (plan["confirm"], plan["confirm_loss"])
        desk.run("run", "wipe-volumes", "--yes", "--confirm", words[0], "--confirm", words[1])
        after = set(engine.docker("volume", "ls", "--quiet").stdout.split())
        assert before - after == named
        assert named == {f"{project.name}_held", f"{project.name}_wdata"}
        remaining = engine.docker("ps", "--all", "--filter", f"label={label}", "--quiet").stdout
        assert remaining.split() == [old_one[:12]], "the plan leaves it alone"
        engine.docker("rm", "--force", old_one)
        engine.docker("volume", "rm", left)


class TestPostgres:
    @pytest.fixture
    def served(self, make_project: MakeProject, postgres_image: str, tmp_path: Path) -> Desk:
        text = f"""
services:
  db:
    image: {postgres_image}
    environment: {{POSTGRES_USER: pixel, POSTGRES_DB: agent, POSTGRES_PASSWORD: {PASSWORD}}}
    stop_grace_period: 2s
    volumes: ["held:/var/lib/postgresql/data", "other:/other"]
    healthcheck:
      test: [CMD, pg_isready, -q, -U, pixel, -d, agent]
      interval: 1s
      retries: 120
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    healthcheck: {{test: [CMD, "true"], interval: 1s}}
    depends_on: {{db: {{condition: service_healthy}}}}
    volumes: ["cache:/cache", "./data:/data"]
volumes: {{held: , other: , cache: }}
"""
        project = make_project(text, files={"data/notes.txt": "x"}, up=True)
        self.sql(project, "CREATE TABLE memories (words text)")
        self.sql(project, "INSERT INTO memories VALUES ('first')")
        return Desk(project, tmp_path / "state")

    def sql(self, project: Project, words: str, database: str = "agent") -> str:
        return project.compose(
            "exec", "-T", "db", "psql", "-U", "pixel", "-d", database, "-tAc", words
        ).stdout.strip()

    @looks_into_volumes
    def test_every_database_and_role_of_a_server_whose_variables_are_files(
        self, make_project: MakeProject, postgres_image: str, tmp_path: Path
    ) -> None:
        text = f"""
services:
  db:
    image: {postgres_image}
    environment: {{POSTGRES_USER_FILE: /run/secrets/user, POSTGRES_DB_FILE: /run/secrets/name}}
    secrets: [user, name]
    stop_grace_period: 2s
    volumes: ["held:/var/lib/postgresql/data", "other:/other"]
    healthcheck:
      test: [CMD, pg_isready, -q, -U, pixel, -d, agent]
      interval: 1s
      retries: 120
secrets: {{user: {{file: ./user}}, name: {{file: ./name}}}}
volumes: {{held: , other: }}
"""
        project = make_project(text, files={"user": "pixel\n", "name": "agent\n"}, up=True)
        desk = Desk(project, tmp_path / "state")
        odd = "it's = /odd -- \\"
        for words in (
            "CREATE TABLE memories (words text)",
            "INSERT INTO memories VALUES ('first')",
            "CREATE ROLE reader LOGIN PASSWORD 'fake'",
            "CREATE DATABASE second OWNER reader",
            f'CREATE DATABASE "{odd}"',
            "CREATE DATABASE closed ALLOW_CONNECTIONS false",
        ):
            self.sql(project, words)
        self.sql(project, "CREATE TABLE pages AS SELECT 7 AS n", "second")
        self.sql(project, "ALTER TABLE pages OWNER TO reader", "second")

        assert "INCOMPLETE: db/closed" in desk.run("backup", "now", code=1).stdout
        (listed,) = desk.listed()
        assert listed["incomplete"]
        assert [gap["what"] for gap in listed["missing"]] == ["db/closed"]
        assert "INCOMPLETE" in desk.run("backup", "list").stdout
        made = desk.manifest(listed["id"])
        volumes = {item["name"]: item["cover"] for item in made["volumes"]}
        assert volumes[f"{project.name}_held"] == "unknown", "one database of it is not in it"

        self.sql(project, "DROP DATABASE closed")
        backup_id = desk.back_up()
        made = desk.manifest(backup_id)
        assert not made["incomplete"]
        (server,) = made["servers"]
        assert set(server["dumped"]) == {"agent", "postgres", "second", odd}
        assert server["listed"]
        assert server["roles"]
        empty = {
            item["details"]["database"]: item["details"]["empty"]
            for item in made["items"]
            if item["kind"] == "postgres"
        }
        assert empty == {"agent": False, "postgres": True, "second": False, odd: True}
        volumes = {item["name"]: item["cover"] for item in made["volumes"]}
        assert volumes[f"{project.name}_held"] == "dumped"
        assert volumes[f"{project.name}_other"] in {"nothing", "unknown"}
        desk.run("backup", "verify", backup_id)

        for words in ("DROP DATABASE second", "DROP ROLE reader", "TRUNCATE memories"):
            self.sql(project, words)
        desk.run("backup", "restore", backup_id, "--yes", "--confirm", project.name)
        assert self.sql(project, "SELECT words FROM memories") == "first"
        assert self.sql(project, "SELECT n FROM pages", "second") == "7"
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'pages'"
        assert self.sql(project, owner, "second") == "reader"
        newest = desk.manifest(desk.listed()[0]["id"])
        assert any(words.startswith("db/second no longer exists") for words in newest["warnings"])
        assert any(words.startswith("db/agent is empty now") for words in newest["warnings"])

    @looks_into_volumes
    def test_dump_restore_and_wipe(self, served: Desk) -> None:
        name = served.project.name
        made = served.back_up()
        manifest = served.manifest(made)
        dump = next(item for item in manifest["items"] if item["kind"] == "postgres")
        assert dump["source"] == "db"
        assert dump["details"]["database"] == "agent"
        assert dump["details"]["entries"] > 0
        assert PASSWORD not in json.dumps(manifest)
        assert any(f"{name}_cache" in gap["what"] for gap in manifest["left_out"])

        assert dump["details"]["database_bytes"] > dump["bytes"]
        self.sql(served.project, "DROP TABLE memories")
        result = served.run("backup", "restore", made, "--yes", "--confirm", name).stdout
        assert re.search(r"space      [\d.]+[MGT]B are free where db has its data, for ", result)
        assert self.sql(served.project, "SELECT words FROM memories") == "first"
        assert served.project.inspect("app")["State"]["Running"]

        wipe = ("run", "wipe-volumes", "--yes", "--confirm", name)
        assert "no verified backup" in served.run(*wipe, code=2).stderr
        assert self.sql(served.project, "SELECT words FROM memories") == "first"
        served.run("backup", "verify", made)
        plan = json.loads(served.run("plan", "wipe-volumes", "--json", code=100).stdout)
        lost = "\n".join(plan["irreversible"])
        assert plan["confirm"] == name
        assert plan["risk"] == "destructive"
        assert f"{name}_held" in lost
        assert "every database of db is dumped in the backup" in lost
        cache = next(line for line in plan["irreversible"] if f"{name}_cache" in line)
        assert "in NO backup" in cache
        assert any("not changed" in check["message"] for check in plan["checks"])
        assert "must be confirmed with" in served.run(*wipe[:3], code=2).stderr
        assert "no backup has everything" in served.run(*wipe, code=2).stderr
        served.run(*wipe, "--confirm", plan["confirm_loss"])
        volumes = served.project.engine.docker("volume", "ls", "--quiet").stdout
        assert name not in volumes
        assert (served.folder / "data/notes.txt").exists()

        served.project.compose("up", "--detach", "--wait")
        served.run("backup", "restore", made, "--yes", "--confirm", name)
        assert self.sql(served.project, "SELECT words FROM memories") == "first"
