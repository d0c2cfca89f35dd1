"""Folders outside of the project that services write to are searched before they are left out."""

from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import outside
from pixel_tui.backups.manifest import Cover, Gap, LeftOut
from pixel_tui.backups.source_model import Sources, Stack
from pixel_tui.backups.sources import find_sources
from pixel_tui.backups.volumes import VolumeKnowledge
from tests.builders.backup_gaps import ordinary
from tests.builders.backup_volumes import seen
from tests.builders.backups import database, policy

__all__ = ["ordinary"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "appdata").mkdir()
    (tmp_path / "appdata/notes.txt").write_text("no database")
    return tmp_path / "appdata"


def sources(project: Path, source: Path, *skip: str, here: bool = True, **changes: Any) -> Sources:
    mount = {"binds": (str(source),), "bind_targets": ((str(source), "/data"),), "volumes": ()}
    stack = Stack((seen(**{**mount, **changes}),), here=here)
    return find_sources(policy(project, skip=skip), stack, lambda _names: VolumeKnowledge())


def only_gap(found: Sources) -> LeftOut:
    (gap,) = found.left_out
    return gap


def test_a_database_outside_makes_the_backup_incomplete(project: Path, elsewhere: Path) -> None:
    database(elsewhere / "deep/app.db")
    found = sources(project, elsewhere)
    gap = only_gap(found)
    assert (gap.what, gap.gap, gap.expected) == (f"bind mount {elsewhere}", Gap.NOT_COPIED, True)
    assert f"it has a SQLite database: {elsewhere}/deep/app.db" in gap.why
    assert found.databases == ()


def test_a_mounted_database_file_makes_the_backup_incomplete(
    project: Path, elsewhere: Path
) -> None:
    database(elsewhere / "app.db")
    assert only_gap(sources(project, elsewhere / "app.db")).expected


def test_a_folder_without_a_database_does_not(project: Path, elsewhere: Path) -> None:
    gap = only_gap(sources(project, elsewhere))
    assert (gap.gap, gap.expected) == (Gap.NOT_COPIED, False)
    assert "it has no SQLite database" in gap.why


def test_a_read_only_mount_does_not(project: Path, elsewhere: Path) -> None:
    database(elsewhere / "app.db")
    gap = only_gap(sources(project, elsewhere, read_only=("/data",)))
    assert (gap.gap, gap.expected) == (Gap.NOT_COPIED, False)
    assert "read-only for every service" in gap.why


@pytest.mark.parametrize("name", ["bind mount {}/", "bind mount api:/data"])
def test_a_skipped_mount_does_not(project: Path, elsewhere: Path, name: str) -> None:
    database(elsewhere / "app.db")
    gap = only_gap(sources(project, elsewhere, name.format(elsewhere)))
    assert (gap.why, gap.expected) == ("skipped by the settings", False)


@pytest.mark.usefixtures("ordinary")
def test_an_inaccessible_folder_is_unknown(project: Path, elsewhere: Path) -> None:
    (elsewhere / "closed").mkdir(mode=0)
    gap = only_gap(sources(project, elsewhere))
    assert (gap.gap, gap.expected) == (Gap.UNKNOWN, True)
    assert f"{elsewhere}/closed could not be read" in gap.why


def test_a_folder_with_too_many_files_is_unknown(
    project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "MAX_SEARCHED", 3)
    for number in range(3):
        (elsewhere / f"{number}.txt").touch()
    gap = only_gap(sources(project, elsewhere))
    assert (gap.gap, gap.expected) == (Gap.UNKNOWN, True)
    assert "more than 3 files and folders" in gap.why


def test_data_of_a_server_that_no_service_runs_is_unknown(project: Path, elsewhere: Path) -> None:
    (elsewhere / "pg").mkdir()
    (elsewhere / "pg/PG_VERSION").write_text("16\n")
    gap = only_gap(sources(project, elsewhere))
    assert (gap.gap, gap.expected) == (Gap.UNKNOWN, True)


def test_a_path_of_a_remote_engine_is_unknown(project: Path, elsewhere: Path) -> None:
    gap = only_gap(sources(project, elsewhere, here=False))
    assert (gap.gap, gap.expected) == (Gap.UNKNOWN, True)


def test_a_missing_folder_is_a_gap_if_a_container_has_it(project: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert only_gap(sources(project, gone)).gap is Gap.UNKNOWN
    assert not only_gap(sources(project, gone, made=False)).expected


def test_the_project_and_its_backups_are_no_gaps(project: Path, tmp_path: Path) -> None:
    database(project / "data/app.db")
    rules = policy(project)
    database(rules.root / "20260301-120000/sqlite/app.db")
    found = sources(project, tmp_path)
    assert found.databases == ("data/app.db",)
    assert not [gap.what for gap in found.left_out if gap.expected]


@pytest.mark.parametrize("read_only", [(), ("/data",)])
def test_a_volume_bound_to_such_a_folder_is_searched(
    project: Path, elsewhere: Path, read_only: tuple[str, ...]
) -> None:
    opened = VolumeKnowledge(bound={"held": str(elsewhere)})
    stack = Stack((seen(read_only=read_only),))

    def found() -> tuple[Cover, bool, str]:
        made = find_sources(policy(project), stack, lambda _names: opened)
        (content,), gap = made.volumes, only_gap(made)
        return content.cover, gap.expected, gap.why

    cover, expected, why = found()
    assert (cover, expected) == (Cover.NOTHING, False)
    assert "it has no SQLite database" in why
    database(elsewhere / "app.db")
    cover, expected, why = found()
    assert (cover, expected) == (Cover.NOTHING, not read_only)
    assert "it has a SQLite database" in why
    (elsewhere / "app.db").unlink()
    (elsewhere / "notes.txt").unlink()
    elsewhere.rmdir()
    cover, expected, _ = found()
    assert (cover, expected) == (Cover.UNKNOWN, not read_only)


@pytest.mark.parametrize("folder", ["/dev", "/dev/shm"])
def test_a_volume_bound_to_a_system_folder_is_unknown_and_no_gap(
    project: Path, folder: str
) -> None:
    opened = VolumeKnowledge(bound={"held": folder})
    made = find_sources(policy(project), Stack((seen(),)), lambda _names: opened)
    assert [item.cover for item in made.volumes] == [Cover.UNKNOWN]
    assert not only_gap(made).expected


def test_a_volume_bound_to_the_project_is_copied_as_the_project(project: Path) -> None:
    database(project / "state/app.db")
    opened = VolumeKnowledge(bound={"held": str(project)})
    made = find_sources(policy(project), Stack((seen(),)), lambda _names: opened)
    assert made.databases == ("state/app.db",)
    assert [item.cover for item in made.volumes] == [Cover.DATABASES]
