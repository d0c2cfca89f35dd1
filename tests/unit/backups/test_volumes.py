"""Databases in named volumes: copied if certainly the project's, else reported."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import outside as backup_outside
from pixel_tui.backups.declared import Declared
from pixel_tui.backups.holders import Holder, Volume
from pixel_tui.backups.manifest import Cover, Item, ItemKind
from pixel_tui.backups.restorable import RestoreRoots, target_of
from pixel_tui.backups.source_model import Sources, Stack
from pixel_tui.backups.sources import find_sources
from pixel_tui.backups.stack_view import StackView
from pixel_tui.backups.volumes import VolumeKnowledge, volume_folders, volume_source
from pixel_tui.errors import FileError
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.actions import commands, container, running, warnings
from tests.builders.backup_actions import DIGEST, ID, facts, past, plan
from tests.builders.backup_volumes import CONTAINER, seen
from tests.builders.backups import database, policy


class Docker:
    """An engine with one folder and one volume."""

    def __init__(self, root: Path, **volume: object) -> None:
        self.root = root
        place = {"Mountpoint": str(root / "volumes/held/_data"), "Driver": "local", "Options": None}
        self.volume = {"Name": "held", **place, **volume}

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        if "info" in argv:
            return ProgramOutput(0, f"{self.root}\n".encode(), b"")
        assert argv == ("docker", "volume", "inspect", "held")
        return ProgramOutput(0, json.dumps([self.volume]).encode(), b"")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The data folder of an engine with the container."""
    folder = tmp_path / "docker"
    (folder / "containers" / CONTAINER).mkdir(parents=True)
    database(folder / "volumes/held/_data/deep/pixels.db")
    return folder


def folders(docker: Docker, *names: str) -> dict[str, Path]:
    view = StackView(docker, ComposeCommand(), "pixel")
    return dict(volume_folders(view, [seen()], names or ["held"]).folders)


def test_a_volume_of_this_machine_s_engine_is_opened(root: Path) -> None:
    assert folders(Docker(root)) == {"held": root / "volumes/held/_data"}


def test_a_volume_of_a_remote_engine_is_not_opened(root: Path) -> None:
    (root / "containers" / CONTAINER).rename(root / "containers/other")
    assert folders(Docker(root)) == {}


@pytest.mark.parametrize(
    "volume",
    [
        {"Driver": "nfs"},
        {"Options": {"type": "tmpfs", "device": "tmpfs"}},
        {"Mountpoint": "/srv"},
        {"Mountpoint": ""},
        {"Mountpoint": "/nowhere/_data"},
    ],
)
def test_a_volume_that_is_not_a_plain_folder_is_not_opened(root: Path, volume: Any) -> None:
    assert folders(Docker(root, **volume)) == {}


def test_only_volumes_of_the_project_are_inspected(root: Path) -> None:
    assert folders(Docker(root), "another", "--format=x") == {}


def sources(
    tmp_path: Path, place: Path | None, *, skip: tuple[str, ...] = (), **changes: Any
) -> Sources:
    opened = VolumeKnowledge({"held": place} if place else {}, why={"held": "it is elsewhere"})
    stack = Stack((seen(**changes),))
    return find_sources(policy(tmp_path, skip=skip), stack, lambda _names: opened)


def test_a_volume_that_was_added_to_the_compose_file_counts_beside_the_container_s(
    root: Path, tmp_path: Path
) -> None:
    opened = VolumeKnowledge({"added": root / "volumes/held/_data"})
    declared = Declared((seen(id="", made=False, volumes=(("added", "/new"),)),))
    for there in ((), ("added",)):
        stack = Stack((seen(volumes=()),), declared, volumes=there)
        found = find_sources(policy(tmp_path), stack, lambda _names: opened)
        assert [item.volume for item in found.in_volumes] == list(there)
    stack = Stack((seen(volumes=()),), declared, volumes=("added",))
    found = find_sources(policy(tmp_path), stack, lambda _names: VolumeKnowledge())
    assert missing(found) == ["volume added"]


def why(found: Sources) -> str:
    return next(gap.why for gap in found.left_out if gap.what == "volume held")


def test_its_databases_are_found_and_the_rest_is_reported(root: Path, tmp_path: Path) -> None:
    place = root / "volumes/held/_data"
    database(place / "pixels.db.before-20260301-120000")
    (place / "link.db").symlink_to(place / "deep/pixels.db")
    found = sources(tmp_path, place)
    assert [(item.volume, item.relative) for item in found.in_volumes] == [
        ("held", "deep/pixels.db")
    ]
    assert why(found) == "only 1 database in it copied, no other files; api mounts it at /data"
    (place / "deep/pixels.db").unlink()
    assert "no SQLite database in" in why(sources(tmp_path, place))


def test_a_volume_with_server_data_is_not_reported_as_empty(root: Path, tmp_path: Path) -> None:
    place = root / "volumes/held/_data"
    (place / "deep/pixels.db").unlink()
    (place / "ibdata1").touch()
    found = sources(tmp_path, place)
    assert missing(found) == ["volume held"]
    assert f"{place} has the data of a MySQL or MariaDB server, which is not copied" in why(found)
    (content,) = found.volumes
    assert content.cover is Cover.UNKNOWN


def missing(found: Sources) -> list[str]:
    return [gap.what for gap in found.left_out if gap.expected]


def test_an_unreadable_volume_makes_the_backup_incomplete(tmp_path: Path) -> None:
    found = sources(tmp_path, None)
    assert found.in_volumes == ()
    assert missing(found) == ["volume held"]
    assert why(found) == (
        "its content is unknown and not copied (it is elsewhere); api mounts it at /data"
    )
    (content,) = found.volumes
    assert content.cover is Cover.UNKNOWN


@pytest.mark.parametrize("name", ["volume held", "volume  api:/data"])
def test_a_skipped_volume_does_not(tmp_path: Path, root: Path, name: str) -> None:
    for place in (None, root / "volumes/held/_data"):
        found = sources(tmp_path, place, skip=(name, "data/cache"))
        assert (missing(found), found.in_volumes) == ([], ())
        assert why(found) == "skipped by the settings; api mounts it at /data"
        assert [content.cover for content in found.volumes] == [Cover.NOTHING]


def test_a_read_only_volume_does_not(tmp_path: Path) -> None:
    found = sources(tmp_path, None, read_only=("/data",))
    assert missing(found) == []
    assert [content.cover for content in found.volumes] == [Cover.UNKNOWN]


@pytest.mark.parametrize(
    ("options", "cover", "words"),
    [
        ({"type": "tmpfs", "device": "tmpfs"}, Cover.NOTHING, "it is in memory"),
        ({"type": "none", "o": "bind", "device": "{}/state"}, Cover.DATABASES, "only 1 database"),
        ({"type": "none", "o": "bind", "device": "/elsewhere"}, Cover.UNKNOWN, "not found"),
        ({"type": "nfs", "o": "addr=x"}, Cover.UNKNOWN, "driver options"),
    ],
)
def test_a_volume_with_options_is_recognized(
    tmp_path: Path, root: Path, options: dict[str, str], cover: Cover, words: str
) -> None:
    database(tmp_path / "state/pixels.db")
    docker = Docker(root, Options={key: text.format(tmp_path) for key, text in options.items()})
    view = StackView(docker, ComposeCommand(), "pixel")
    stack = Stack((seen(),))
    found = find_sources(
        policy(tmp_path), stack, lambda names: volume_folders(view, stack.seen, names)
    )
    assert words in why(found)
    (content,) = found.volumes
    assert content.cover is cover
    assert missing(found) == (["volume held"] if cover is Cover.UNKNOWN else [])
    assert found.databases == (("state/pixels.db",) if cover is Cover.DATABASES else ())
    assert content.by == found.databases


def test_system_folders_are_compared_by_complete_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_outside, "SYSTEM_FOLDERS", (str(tmp_path / "dev"),))
    for name in ("dev", "devops"):
        project = tmp_path / name
        database(project / "state/pixels.db")
        stack = Stack((seen(binds=(str(project / "state"),), volumes=()),))
        found = find_sources(policy(project), stack, lambda _names: VolumeKnowledge())
        assert found.databases == (("state/pixels.db",) if name == "devops" else ())


def test_mounted_system_folders_are_not_reported(tmp_path: Path) -> None:
    of_system = ("/run/docker.sock", "/var/run", "/dev", "/etc/localtime")
    stack = Stack((seen(binds=(*of_system, "/running/x", "/etc/localtimes"), volumes=()),))
    found = find_sources(policy(tmp_path), stack, lambda _names: VolumeKnowledge())
    told = [gap.what for gap in found.left_out]
    assert told == ["bind mount /etc/localtimes", "bind mount /running/x"]


def test_a_server_s_data_in_a_bound_volume_belongs_to_its_service(
    tmp_path: Path, root: Path
) -> None:
    (tmp_path / "data/pg").mkdir(parents=True)
    (tmp_path / "data/pg/PG_VERSION").write_text("16\n")
    bound = VolumeKnowledge(bound={"held": str(tmp_path / "data/pg")})
    place = (("held", "/var/lib/postgresql/data"),)
    stack = Stack((seen(image="postgres:16", volumes=place),))
    found = find_sources(policy(tmp_path), stack, lambda _names: bound)
    assert missing(found) == []


def test_a_volume_that_the_engine_does_not_have_is_no_gap(tmp_path: Path, root: Path) -> None:
    class Without(Docker):
        def run(self, argv: Sequence[str], **how: Any) -> ProgramOutput:
            if argv[-2:] == ("ls", "--quiet"):
                return ProgramOutput(0, b"other\n", b"")
            return super().run(argv, **how) if "info" in argv else ProgramOutput(1, b"[]", b"none")

    view = StackView(Without(root), ComposeCommand(), "pixel")
    opened = volume_folders(view, [seen()], ["held"])
    assert opened.gone == {"held"}
    found = find_sources(policy(tmp_path), Stack((seen(),)), lambda _names: opened)
    assert (found.left_out, found.volumes) == ((), ())


def test_a_postgres_volume_is_left_to_its_dump(root: Path, tmp_path: Path) -> None:
    place = (("held", "/var/lib/postgresql/data"),)
    found = sources(
        tmp_path, root / "volumes/held/_data", image="postgres:16", running=False, volumes=place
    )
    assert found.in_volumes == ()
    assert [content.cover for content in found.volumes] == [Cover.UNKNOWN]
    assert missing(found) == ["api"], "the server, and not its volume as well"


def test_a_server_of_a_profile_is_a_gap_once_it_has_data(tmp_path: Path) -> None:
    how = {"image": "postgres:16", "running": False, "made": False, "optional": True,
           "volumes": (("held", "/var/lib/postgresql/data"),)}  # fmt: skip
    for volumes in ((), ("held",)):
        stack = Stack((seen(**how),), volumes=volumes)
        found = find_sources(policy(tmp_path), stack, lambda _names: VolumeKnowledge())
        assert missing(found) == (["api"] if volumes else [])


def test_a_link_in_a_volume_is_not_followed(root: Path, tmp_path: Path) -> None:
    place, other = root / "volumes/held/_data", tmp_path / "other"
    database(other / "pixels.db", rows=3)
    (place / "deep/pixels.db").unlink()
    (place / "deep").rmdir()
    (place / "deep").symlink_to(other)
    item = Item(
        ItemKind.SQLITE, volume_source("held", "deep/pixels.db"), "x", 1, DIGEST, {"volume": "held"}
    )
    with pytest.raises(FileError, match="A link points elsewhere"):
        target_of(item, RestoreRoots(tmp_path, volumes={"held": place}))


class TestPlan:
    def restore(self, *volumes: str) -> Plan:
        held = Item(
            ItemKind.SQLITE, volume_source("held", "a.db"), "volumes/held/a.db", 1, DIGEST,
            {"volume": "held"},
        )  # fmt: skip
        holder = Holder(container("landing").id, "x", "pixel", "landing", volumes=("held",))
        there = tuple(map(Volume, volumes))
        known = facts(past(items=(held,)), volumes=there, holders=(holder,))
        return plan("restore", known, ID, stack=running())

    def test_containers_with_the_volume_are_stopped(self) -> None:
        made = self.restore("held")
        assert commands(made)[2][-2:] == ("stop", "landing")
        assert "volume held/a.db" in {item.service for item in made.affects}

    def test_a_missing_volume_is_skipped_and_named(self) -> None:
        made = self.restore("other")
        assert "volume held does not exist" in warnings(made)
        assert "--without=held" in commands(made)[-1]
        assert "volume held/a.db" not in {item.service for item in made.affects}
