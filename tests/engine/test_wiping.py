"""A wipe of real volumes: what its plan says is lost is what no backup has."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.builders.engine_backups import Desk
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into volumes"),
]


def wiping(desk: Desk) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(desk.run("plan", "wipe-volumes", "--json", code=100).stdout)
    return plan


def lost(plan: dict[str, Any], volume: str) -> str:
    (line,) = [line for line in plan["irreversible"] if line.startswith(f"volume {volume} ")]
    return str(line)


def run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for words in statements:
            connection.execute(words)


def test_a_database_that_was_made_after_the_backup_is_lost_for_good_and_said_so(
    make_project: MakeProject, postgres_image: str, tmp_path: Path
) -> None:
    text = f"""
services:
  db:
    image: {postgres_image}
    environment: {{POSTGRES_USER: pixel, POSTGRES_DB: agent}}
    stop_grace_period: 2s
    volumes: ["held:/var/lib/postgresql/data"]
    healthcheck:
      test: [CMD, pg_isready, -q, -U, pixel, -d, agent]
      interval: 1s
      retries: 120
volumes: {{held: }}
"""
    project = make_project(text, up=True)
    desk, held = Desk(project, tmp_path / "state"), f"{project.name}_held"

    def sql(*statements: str) -> None:
        words = [word for statement in statements for word in ("-c", statement)]
        project.compose("exec", "-T", "db", "psql", "-U", "pixel", "-d", "agent", *words)

    made = desk.back_up()
    desk.run("backup", "verify")
    covered = wiping(desk)
    assert covered["confirm_loss"] == ""
    assert "every database of db is dumped in the backup" in lost(covered, held)

    sql('CREATE DATABASE "we ird-x"', "CREATE DATABASE closed")
    sql("ALTER DATABASE closed WITH ALLOW_CONNECTIONS false")
    desk.run("backup", "now", code=1)
    plan = wiping(desk)
    assert "NOT in the backup: db/closed, db/we ird-x; the" in lost(plan, held)
    assert plan["confirm_loss"] == "lose-1-volume"
    newer = next(item["id"] for item in desk.listed() if item["id"] != made)
    said = " ".join(check["message"] for check in plan["checks"])
    assert f"the newer backup {newer} is" in said
    assert "db/closed is not in it" in said
    wipe = ("run", "wipe-volumes", "--yes", "--confirm", project.name)
    assert "lose-1-volume" in desk.run(*wipe, code=2).stderr

    project.compose("stop", "db")
    plan = wiping(desk)
    assert "current content UNKNOWN (db is not running)" in lost(plan, held)
    assert plan["confirm_loss"] == "lose-1-volume"
    assert held in project.engine.docker("volume", "ls", "--quiet").stdout


def test_files_and_databases_that_came_after_the_backup_are_lost_for_good_and_said_so(
    make_project: MakeProject, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").write_text("x")
    text = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    volumes: ["held:/held", "bound:/bound"]
volumes:
  held:
  bound: {{driver_opts: {{type: none, o: bind, device: {folder}}}}}
"""
    project = make_project(text, up=True)
    desk, held = Desk(project, tmp_path / "state"), f"{project.name}_held"
    found = project.engine.docker("volume", "inspect", "-f", "{{.Mountpoint}}", held).stdout
    place = Path(found.strip())
    run_sql(place / "x.db", "PRAGMA journal_mode = WAL", "CREATE TABLE pixels (id INTEGER)")
    run_sql(place / "same.db", "CREATE TABLE pixels (id INTEGER)")
    desk.back_up()
    desk.run("backup", "verify")
    covered = wiping(desk)
    assert covered["confirm_loss"] == ""
    assert "and it has nothing else" in lost(covered, held)

    (made,) = [item["id"] for item in desk.listed()]
    gone = (f"--gone={held}", f"--gone={project.name}_bound")
    check = desk.worker("check-covered", made, *gone)
    said = project.engine.run(check, env=desk.env, check=False)
    assert said.returncode == 0, said.stdout

    run_sql(place / "y.db", "CREATE TABLE pixels (id INTEGER)")
    run_sql(place / "x.db", "INSERT INTO pixels VALUES (1)")
    (place / "photo.jpg").write_text("x")
    said = project.engine.run(check, env=desk.env, check=False)
    assert said.returncode == 1, "the plan of before is not carried out"
    assert f"has changed since the plan was made: {held} (NOT in the backup: y.db" in said.stdout
    told = project.engine.run([*check, f"--lost={held}"], env=desk.env, check=False)
    assert told.returncode == 0, told.stdout
    plan = wiping(desk)
    assert "NOT in the backup: y.db, photo.jpg; changed since the backup: x.db; the" in (
        lost(plan, held)
    )
    assert plan["confirm_loss"] == "lose-1-volume"
    words = ("--confirm", project.name, "--confirm", plan["confirm_loss"])
    desk.run("run", "wipe-volumes", "--yes", *words)
    assert not place.exists()
    assert (folder / "kept").read_text() == "x", "a volume that is a folder takes only its name"
