"""`pixel-tui ledger` without an engine: its output and exit codes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pixel_tui import cli
from pixel_tui.commands.ledger_output import as_json, as_table, as_text, findings_text
from pixel_tui.ledger.view.view import view_of
from tests.builders.ledger_files import NOW, ONE, TWO, project, task
from tests.builders.ledger_truth import exited, stack, view, worker

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "ledger.schema.json").read_text())


def run(folder: Path, *words: str) -> int:
    nowhere = ["-C", str(folder), "--host", f"unix://{folder}/none.sock"]
    return cli.main(["ledger", *words, *nowhere])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docker-compose.yml").write_text("services: {}\n")
    return tmp_path


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def test_tasks_are_listed_in_file_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [task(extra={"a": [1e3]}), task(TWO, "running"), "odd"]
    project(folder, *tasks)
    assert run(folder, "list", "--json") == 0
    found = document(capsys)
    assert found["tasks"][0] == {**task(extra={"a": [1e3]}), "container": None, "truth": "agrees"}
    assert found["tasks"][1]["truth"] == "unknown"
    assert found["tasks"][2] == {"odd": "odd", "container": None, "truth": "agrees"}
    assert run(folder, "list", "--status", "running") == 0
    said = capsys.readouterr()
    assert "1 of 3 tasks" in said.out
    assert "the workers are unknown" in said.err


def test_show_needs_one_task(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(folder, task())
    assert run(folder, "list") == 0
    assert "1 of 1 task; 1 " in capsys.readouterr().out
    assert findings_text(view(task())) == "1 task, all in sync with the stack."


@pytest.mark.parametrize("verb", ["list", "verify", "show"])
def test_without_a_ledger_the_hint_depends_on_the_project(
    folder: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    words = [verb, *([ONE] if verb == "show" else [])]
    assert run(folder, *words) == 2
    said = capsys.readouterr().err
    assert f" -C {folder} ledger add` creates one" in said
    (folder / "docker-compose.yml").unlink()
    assert run(folder, *words) == 2
    said = capsys.readouterr().err
    assert "Choose a folder with -C." in said
    assert "ledger add" not in said


def test_a_task_is_shown_by_the_start_of_its_id(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(folder, task(status="failed", output="last\x1b[2J words", error="It broke"))
    assert run(folder, "show", ONE[:8]) == 0
    said = capsys.readouterr().out
    for words in (ONE, "failed", "and test it", "It is torn", "last words", "It broke"):
        assert words in said
    assert run(folder, "show", TWO) == 2
    assert f" -C {folder} ledger list`." in capsys.readouterr().err
    assert run(folder, "show") == 2


@pytest.mark.parametrize(
    ("tasks", "code"), [((task(),), 0), ((task(), task()), 1), (({},), 1), (None, 2)]
)
def test_the_exit_code_of_verify(folder: Path, tasks: tuple[Any, ...] | None, code: int) -> None:
    if tasks is not None:
        project(folder, *tasks)
    assert run(folder, "verify") == code
    assert run(folder, "verify", "--json") == code


def test_a_truncated_ledger_is_unreadable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(folder).ledger.write_text('{"tasks": [')
    for words in (["list"], ["verify", "--json"]):
        assert run(folder, *words) == 2
    assert "invalid at the moment" in capsys.readouterr().err


def test_read_only_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = project(folder, task())
    before = place.ledger.read_bytes()
    for words in (["add", "--task", "x"], ["retry", ONE], ["abort", ONE, "--yes"], ["reap"]):
        assert run(folder, *words, "--read-only") == 2
    assert place.ledger.read_bytes() == before
    assert not (folder / "state").exists()


def test_findings_have_a_command(folder: Path) -> None:
    found = view(task(status="running"), containers=(worker(**exited(137)),))
    written = as_json(found, found.tasks)
    jsonschema.validate(written, SCHEMA)
    assert written["findings"] == [
        {
            "rule": "ended",
            "task": ONE,
            "message": f"{ONE[:8]} is marked running, but pixel-worker-{ONE[:8]} has exited"
            " with exit code 137 (SIGKILL)",
            "remedy": f"task-requeue {ONE}",
        }
    ]
    assert f"task-requeue {ONE}" in findings_text(found)
    assert "exited, exit code 137 (SIGKILL)" in as_table(found, found.tasks)
    assert "ended" in as_text(found, found.tasks[0])
    assert "all in sync" in findings_text(view_of(view(task()).reading, stack(), NOW))
