"""Contents that no hash covers: when they may be outdated."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui.health.finding import Severity
from pixel_tui.health.findings import finding_of
from pixel_tui.stack.compose.content_records import ContentRecords
from pixel_tui.stack.compose.deliveries import read_deliveries
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.deliveries import Arrival, ContentChange, Delivery, outdated
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import Service, SyncAction
from pixel_tui.text import plain
from tests.builders.job import NOW, agent, stack

LATER = timedelta(hours=1)
LONG = NOW + 1000 * LATER


def container(
    *, created: datetime = NOW, started: datetime | None = None, running: bool = True
) -> Container:
    return agent(
        config_hash=plain("h"),
        created_at=created,
        started_at=started or created,
        state=ContainerState.RUNNING if running else ContainerState.EXITED,
    )


def delivery(
    *changes: tuple[datetime, str],
    arrival: Arrival = Arrival.CREATION,
    name: str = "secret token (TOKEN)",
) -> Delivery:
    known = tuple(ContentChange(at, mark) for at, mark in changes)
    return Delivery(plain("secrets.token"), plain(name), arrival, known)


# When it may be old.


@pytest.mark.parametrize(
    ("changes", "old"),
    [
        ([(NOW - LATER, "a")], False),
        ([(NOW + LATER, "a")], True),
        ([(NOW, "a")], True),
        ([(NOW - LATER, "a"), (NOW + LATER, "b")], True),
        ([(NOW - LATER, "a"), (NOW + LATER, "b"), (NOW + 2 * LATER, "a")], False),
        ([(NOW - 2 * LATER, "a"), (NOW - LATER, "b")], False),
        ([], False),
    ],
    ids=["older", "younger", "the same moment", "another", "and back", "before", "not known"],
)
def test_a_container_has_the_content_of_its_creation(
    changes: list[tuple[datetime, str]], old: bool
) -> None:
    assert delivery(*changes).may_be_outdated(container()) is old


def test_a_mounted_file_is_updated_at_each_start() -> None:
    mounted = delivery((NOW + LATER, "a"), arrival=Arrival.START)
    assert mounted.may_be_outdated(container())
    assert not mounted.may_be_outdated(container(started=NOW + 2 * LATER))
    assert not mounted.may_be_outdated(container(running=False)), "its next start reads it"


def test_a_stopped_container_keeps_its_secret() -> None:
    assert delivery((NOW + LATER, "a")).may_be_outdated(container(running=False))


def test_an_outdated_content_is_named_with_the_reason() -> None:
    secret = delivery((NOW + LATER, "a"))
    mounted = delivery((NOW + LATER, "a"), arrival=Arrival.START, name=".env")
    both = outdated([secret, mounted], [container()])
    assert both is not None
    assert both.what == "may have an old secret token (TOKEN) and read an old .env"
    assert not both.restart_is_enough
    alone = outdated([mounted], [container()])
    assert alone is not None
    assert alone.restart_is_enough
    assert "started before" in alone.why
    assert outdated([secret], [container(created=NOW + 2 * LATER)]) is None


# Texts.


SPEC = ServiceSpec(
    plain("agent"), plain("agent:1"), config_hash=plain("h"), deliveries=(delivery((LONG, "a")),)
)


def joined(*containers: Container) -> Service:
    seen = stack(*containers)
    assert seen.project is not None
    project = replace(seen.project, services=(SPEC,))
    seen = join(
        engine=seen.engine,
        project=project,
        project_name=project.name,
        project_trouble=None,
        containers=containers,
        images={"agent:1": str(containers[0].image_id) or "sha256:1"},
        taken_at=NOW,
    )
    (service,) = seen.services
    return service


def test_a_service_with_an_old_secret_is_in_sync_with_a_question_mark() -> None:
    service = joined(container())
    assert service.sync.action is SyncAction.NOTHING
    assert service.sync.words == "in sync?"
    assert service.sync.reason.startswith("it may have an old secret token (TOKEN): its container")


def test_up_starts_a_stopped_container_with_its_old_secret() -> None:
    service = joined(container(running=False))
    assert service.sync.action is SyncAction.START
    assert "and it may have an old secret token (TOKEN)" in service.sync.reason


def test_a_recreated_container_gets_the_new_secret() -> None:
    service = joined(replace(container(), config_hash=plain("other")))
    assert service.sync.action is SyncAction.RECREATE
    assert "old secret" not in service.sync.reason


def test_an_old_secret_is_a_finding_with_the_command_to_run() -> None:
    found = finding_of(joined(container()), stack(), NOW)
    assert found is not None
    assert (found.severity, found.what) == (
        Severity.NOTE,
        "may have an old secret token (TOKEN)",
    )
    assert "pixel-tui run recreate agent" in found.hint


# Reading files.


COMPOSE: JsonObject = {
    "services": {
        "sec": {"secrets": [{"source": "tok", "target": "/run/secrets/tok"}]},
        "con": {"configs": [{"source": "page"}]},
        "mnt": {"volumes": [{"type": "bind", "source": "ENV", "target": "/app/.env"}]},
        "file": {"secrets": [{"source": "whole"}]},
        "other": {"image": "x", "environment": {"TOK": "old"}},
    },
    "secrets": {"tok": {"environment": "TOK"}, "whole": {"file": "ENV"}},
    "configs": {"page": {"content": "at here"}},
}


class Stage:
    """A project in a folder with its content records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = folder / ".env"
        self.compose = folder / "compose.yaml"
        self.records = ContentRecords(folder / "state" / "x.json")
        self.clock = NOW
        self.write("TOK=old\nPLACE=here\n")
        self.compose.write_text('configs: {page: {content: "at ${PLACE}"}}\n')

    def write(self, text: str) -> None:
        self.env.write_text(text)

    def read(
        self, environment: Mapping[str, str] | None = None, page: str = "at here"
    ) -> dict[str, Delivery]:
        config: JsonObject = {**COMPOSE, "configs": {"page": {"content": page}}}
        config = _with(config, str(self.env))
        files = ProjectFiles(compose=(self.compose,), environment=(self.env,))
        found = read_deliveries(config, self.folder, files, environment or {}, self.records)
        return {service: items[0] for service, items in found.items()}

    def marks(self, **words: str) -> dict[str, int]:
        return {name: len(item.changes) for name, item in self.read(**words).items()}  # type: ignore[arg-type]


def _with(value: JsonObject, env: str) -> JsonObject:
    found = json.loads(json.dumps(value).replace('"ENV"', json.dumps(env)))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_each_service_has_its_deliveries(stage: Stage) -> None:
    found = stage.read()
    assert {name: (item.name, item.arrival) for name, item in found.items()} == {
        "sec": ("secret tok (TOK)", Arrival.CREATION),
        "con": ("config page", Arrival.CREATION),
        "mnt": (".env", Arrival.START),
        "file": (".env", Arrival.START),
    }
    at = datetime.fromtimestamp(stage.env.stat().st_ctime, UTC)
    assert all(item.changes[0].at == at for item in found.values())


def test_only_another_content_is_a_change(stage: Stage) -> None:
    assert stage.marks() == {"sec": 1, "con": 1, "mnt": 1, "file": 1}
    os.utime(stage.env, (1, 1))
    stage.env.chmod(0o640)
    assert stage.marks() == {"sec": 1, "con": 1, "mnt": 1, "file": 1}
    stage.write("TOK=old\nPLACE=here\nMORE=1\n")
    assert stage.marks() == {"sec": 1, "con": 1, "mnt": 2, "file": 2}
    stage.write("TOK=new\nPLACE=here\nMORE=1\n")
    assert stage.marks() == {"sec": 2, "con": 1, "mnt": 3, "file": 3}
    assert stage.marks(page="at home")["con"] == 2


def test_a_change_has_the_time_of_its_file(stage: Stage) -> None:
    before = stage.read()["sec"].changes
    stage.write("TOK=new\n")
    os.utime(stage.env, (1, 1))  # a copy that keeps the time of its content
    after = stage.read()["sec"].changes
    assert after[:1] == before
    assert after[1].at == datetime.fromtimestamp(stage.env.stat().st_ctime, UTC)


def test_variables_of_this_shell_are_ignored(stage: Stage) -> None:
    assert "sec" not in stage.read({"TOK": "mine"})


def test_a_literal_config_is_not_in_doubt_at_first(stage: Stage) -> None:
    stage.compose.write_text("configs:\n  page:\n    content: |\n      at\n      here\n")
    assert stage.read(page="at\nhere\n")["con"].changes[0].at.year == 1970
    changed = stage.read(page="at\nhome\n")["con"].changes
    assert [change.at.year == 1970 for change in changed] == [True, False]


def test_no_value_is_recorded(stage: Stage) -> None:
    stage.write("TOK=Sup3r-S3cret-77\n")
    stage.read()
    path = stage.folder / "state" / "x.json"
    assert "Sup3r" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"[" * 5000, b'{"version": 9}', b'{"version": 1}'])
def test_invalid_records_are_replaced(stage: Stage, damage: bytes) -> None:
    stage.read()
    (stage.folder / "state" / "x.json").write_bytes(damage)
    assert stage.marks()["sec"] == 1
    assert stage.marks()["sec"] == 1


def test_without_deliveries_nothing_is_written(tmp_path: Path) -> None:
    records = ContentRecords(tmp_path / "state" / "x.json")
    config: JsonObject = {"services": {"a": {"image": "x"}}}
    assert read_deliveries(config, tmp_path, ProjectFiles(), {}, records) == {}
    assert not (tmp_path / "state").exists()


def test_only_the_newest_changes_are_kept(stage: Stage) -> None:
    for number in range(30):
        stage.write(f"TOK={number}\n")
        stage.read()
    assert len(stage.read()["sec"].changes) == 20
