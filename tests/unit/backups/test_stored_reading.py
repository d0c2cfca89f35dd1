"""Reading what volumes and servers hold now, before a wipe."""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from pixel_tui.backups import stored_reading
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.source_state import DETAIL, as_detail, has_changed, state_of
from pixel_tui.backups.stack_view import StackView
from pixel_tui.backups.stored import StoredData, StoredServer
from pixel_tui.backups.stored_reading import read_stored
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.backup_volumes import CONTAINER
from tests.builders.backups import DIGEST, NOW, database, policy

PLACE = "/var/lib/postgresql"


@dataclass
class Docker:
    """An engine with one container, which has the volume `held`."""

    root: Path
    image: str = "app"
    running: bool = True
    target: str = "/data"
    databases: Sequence[str] = ("agent",)
    places: Sequence[str] = (f"{PLACE}/data",)
    options: dict[str, str] | None = None
    asked: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        words = list(argv)
        if "exec" in words:
            return self._exec(words[words.index("-c") + 1 :])
        if "info" in words:
            return ProgramOutput(0, f"{self.root}\n".encode(), b"")
        if "ps" in words:
            return ProgramOutput(0, CONTAINER.encode(), b"")
        if "container" in words:
            return self._json([self._container()])
        if "inspect" in words:
            return self._json([self._volume(name) for name in words[words.index("inspect") + 1 :]])
        return ProgramOutput(0, b"held\n", b"")

    def _exec(self, words: list[str]) -> ProgramOutput:
        self.asked.append(words[0])
        query = words[-1]
        if "pg_database" in query:
            found = [{"name": name, "open": True} for name in self.databases]
            return self._json({"databases": found})
        if "data_directory" in query:
            return self._json({"data": self.places[0], "tablespaces": [None]})
        return ProgramOutput(0, b"yes\n", b"")

    @staticmethod
    def _json(value: object) -> ProgramOutput:
        return ProgramOutput(0, json.dumps(value).encode(), b"")

    def _container(self) -> object:
        mount = {"Type": "volume", "Name": "held", "Destination": self.target, "RW": True}
        labels = {"com.docker.compose.service": "db"}
        return {
            "Id": CONTAINER, "Name": "/pixel-db-1", "State": {"Running": self.running},
            "Config": {"Image": self.image, "Labels": labels, "Env": []}, "Mounts": [mount],
        }  # fmt: skip

    def _volume(self, name: str) -> object:
        place = str(self.root / f"volumes/{name}/_data")
        return {"Name": name, "Driver": "local", "Mountpoint": place, "Options": self.options}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The data folder of an engine with the container."""
    folder = tmp_path / "docker"
    (folder / "containers" / CONTAINER).mkdir(parents=True)
    (folder / "volumes/held/_data").mkdir(parents=True)
    return folder


def look(docker: Docker, *names: str, ask: bool = True) -> StoredData:
    view = StackView(docker, ComposeCommand(), "pixel")
    return read_stored(view, policy(docker.root.parent), names, ask=ask)


def paths(data: StoredData, name: str = "held") -> list[str]:
    return [file.path for file in data.volumes[name].files]


class TestFiles:
    def test_all_files_of_a_volume_are_listed_with_databases_marked(self, root: Path) -> None:
        place = root / "volumes/held/_data"
        database(place / "deep/x.db")
        (place / ".git").mkdir()
        (place / ".git/config").write_text("")
        (place / "photo.jpg").write_text("x")
        (place / "link").symlink_to("/etc")
        os.mkfifo(place / "pipe")
        held = look(Docker(root)).volumes["held"]
        assert [file.path for file in held.files] == [
            ".git/config",
            "deep/x.db",
            "link",
            "photo.jpg",
        ]
        assert [file.path for file in held.files if file.database] == ["deep/x.db"]
        assert held.unknown == ""

    def test_sqlite_side_files_are_not_listed(self, root: Path) -> None:
        place = root / "volumes/held/_data"
        with closing(connect(database(place / "x.db"))) as writer, writer:
            writer.execute("INSERT INTO pixels (colour) VALUES ('blue')")
            assert (place / "x.db-wal").exists()
            (place / "other-wal").write_text("x")
            assert paths(look(Docker(root))) == ["other-wal", "x.db"]

    def test_a_volume_without_a_container_is_read(self, root: Path) -> None:
        (root / "volumes/idle/_data").mkdir(parents=True)
        (root / "volumes/idle/_data/notes").write_text("x")
        assert paths(look(Docker(root), "idle"), "idle") == ["notes"]

    def test_data_of_another_server_is_named_and_not_listed(self, root: Path) -> None:
        place = root / "volumes/held/_data/mysql"
        place.mkdir()
        (place / "ibdata1").write_text("x")
        held = look(Docker(root)).volumes["held"]
        assert held.files == ()
        assert "mysql, the data of a MySQL or MariaDB server" in held.unknown

    def test_the_number_of_files_is_bounded(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored_reading, "MAX_FILES", 2)
        for name in "abc":
            (root / "volumes/held/_data" / name).write_text("x")
        assert "more than 2 files" in look(Docker(root)).volumes["held"].unknown

    def test_the_reason_for_an_unreadable_volume_is_kept(self, root: Path) -> None:
        (root / "containers" / CONTAINER).rename(root / "containers/other")
        held = look(Docker(root)).volumes["held"]
        assert "not on this machine" in held.unknown

    def test_a_volume_bound_to_a_host_folder_is_recognized(self, root: Path) -> None:
        docker = Docker(root, options={"type": "none", "o": "bind", "device": "/srv/data"})
        assert look(docker).volumes["held"].folder == "/srv/data"


class TestServers:
    def test_a_server_is_queried_for_databases_and_folders(self, root: Path) -> None:
        docker = Docker(root, "postgres:16", target=f"{PLACE}/data", databases=("agent", "closed"))
        (root / "volumes/held/_data/PG_VERSION").write_text("16")
        found = look(docker)
        assert found.servers == (StoredServer("db", ("held",), ("agent", "closed")),)
        assert found.volumes["held"].files == ()
        assert found.volumes["held"].unknown == ""

    def test_files_beside_the_server_s_folder_are_listed(self, root: Path) -> None:
        place = root / "volumes/held/_data"
        (place / "data").mkdir()
        (place / "data/PG_VERSION").write_text("16")
        (place / "export.csv").write_text("x")
        assert paths(look(Docker(root, "postgres:16", target=PLACE))) == ["export.csv"]

    @pytest.mark.parametrize(
        ("running", "ask", "why"),
        [(False, True, "db is not running"), (True, False, "db is not asked")],
    )
    def test_a_server_that_is_not_queried_is_unknown(
        self, root: Path, *, running: bool, ask: bool, why: str
    ) -> None:
        docker = Docker(root, "postgres:16", target=PLACE, running=running)
        found = look(docker, ask=ask)
        assert found.servers[0].unknown.startswith(why)
        assert found.servers[0].volumes == ("held",)
        assert docker.asked == []


def test_a_writer_changes_a_database_s_state_and_a_reader_does_not(tmp_path: Path) -> None:
    path = database(tmp_path / "x.db")
    details: JsonObject = {DETAIL: as_detail(state_of(path))}
    item = Item(ItemKind.SQLITE, "x.db", "sqlite/x.db", 1, DIGEST, details)
    with closing(connect(path)) as reader:
        reader.execute("SELECT count(*) FROM pixels").fetchall()
        assert not has_changed(item, state_of(path), NOW)
        reader.execute("INSERT INTO pixels (colour) VALUES ('blue')")
        reader.commit()
        assert has_changed(item, state_of(path), NOW)
