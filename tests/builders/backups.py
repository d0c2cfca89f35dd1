"""Projects with databases, and backups of them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups.holders import Holder
from pixel_tui.backups.make import Maker
from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.ownership import Owners
from pixel_tui.backups.policy import Policy, policy_for
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.stack_view import StackView
from pixel_tui.backups.store import BackupStore
from pixel_tui.clock import FixedClock
from pixel_tui.settings import BackupSettings, state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


DIGEST = "0" * 64


class NoContainers:
    """Programs on a host without containers, with a compose that refuses the project."""

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        if "config" in argv:
            return ProgramOutput(1, b"", b"yaml: line 3: did not find expected key")
        return ProgramOutput(0, b"", b"")


def manifest(backup_id: str = "20260301-120000", **changes: object) -> Manifest:
    made = Manifest(backup_id, "pixel", "docker", "host", NOW, 1.5)
    return replace(made, **changes)  # type: ignore[arg-type]


def database(path: Path, rows: int = 10, *, wal: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        connection.execute("CREATE TABLE pixels (id INTEGER PRIMARY KEY, colour TEXT)")
        connection.executemany("INSERT INTO pixels (colour) VALUES (?)", [("red",)] * rows)
    return path


def rows_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM pixels").fetchone()[0])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "pixel"
    folder.mkdir()
    (folder / "docker-compose.yml").write_text("services: {}\n")
    (folder / ".env").write_text("SECRET=old\n")
    (folder / ".env").chmod(0o640)
    database(folder / "data/pixels.db")
    return folder


def policy(project: Path, **settings: object) -> Policy:
    chosen = {"folder": "backups/pixel-tui", **settings}
    wanted = BackupSettings(**chosen)  # type: ignore[arg-type]
    return policy_for(project, wanted, state_folder())


def make(project: Path, at: datetime = NOW, **settings: object) -> Manifest:
    command = ComposeCommand(directory=str(project))
    view = StackView(NoContainers(), command, "pixel")
    rules = policy(project, **settings)
    return Maker(view, rules, FixedClock(at), host="host", say=lambda _: None).make()


def store_of(project: Path) -> BackupStore:
    return BackupStore(policy(project).root)


def restore(
    project: Path,
    backup_id: str,
    *,
    mark: str = "before-x",
    binds: Sequence[str] = (),
    running: Sequence[Holder] = (),
    owners: Owners | None = None,
) -> list[str]:
    result: list[str] = []
    backup = store_of(project).find(backup_id)
    assert backup.manifest is not None
    roots = RestoreRoots(project, policy(project).root, binds=binds)
    restorer = Restorer(
        backup.folder, roots, {}, mark=mark, say=result.append, running=lambda: running,
        owners=owners, state_folder=state_folder(),
    )  # fmt: skip
    restorer.restore(backup.manifest, wanted_for_restore)
    return restorer.kept_files
