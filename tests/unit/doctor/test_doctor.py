"""The doctor's report, and complete runs with fakes and from the command line."""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from pixel_tui import cli
from pixel_tui.clock import FixedClock
from pixel_tui.commands import doctor
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.doctor import examine as examining
from pixel_tui.doctor.examine import Readers, examine
from pixel_tui.doctor.report import (
    CheckResult,
    Report,
    as_json,
    as_text,
    failed,
    ok,
    skipped,
    warning,
)
from pixel_tui.doctor.terminal_checks import (
    TerminalFacts,
)
from pixel_tui.doctor.timeouts import call_with_timeout, run_program
from pixel_tui.errors import ConsoleError, EngineUnreachable, UsageError
from pixel_tui.settings import load_settings, state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.program_output import ProgramOutput

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "doctor.schema.json").read_text())
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWN = EngineUnreachable("Nobody listens.", on="unix:///s", hint="Start it.")
TERMINAL = TerminalFacts(has_input=True, has_output=True, columns=120, lines=40)


# The report.


def test_the_text_is_aligned_with_hints_below_checks() -> None:
    report = Report((ok("engine", "There."), failed("utf-8", "None.", "Set one.")))
    assert as_text(report).splitlines() == [
        "ok      engine  There.",
        "failed  utf-8   None.",
        "                -> Set one.",
        "",
        "1 failed.",
    ]


def test_the_summary_counts_problems() -> None:
    checks = (failed("a", "x", "y"), warning("b", "x", "y"), warning("c", "x", "y"))
    assert as_text(Report(checks)).endswith("\n1 failed, 2 warnings.")
    assert as_text(Report((ok("a", "x"), skipped("b", "x")))).endswith("\nNo problems found.")


def test_warnings_pass_and_failures_do_not() -> None:
    assert Report((warning("a", "x", "y"), skipped("b", "x"))).passed
    assert not Report((ok("a", "x"), failed("b", "x", "y"))).passed


def test_results_are_plain_text() -> None:
    report = Report((failed("a", "\x1b]0;title\x07red\x1b[31m", "do\nthis"),))
    assert "\x1b" not in as_text(report)
    assert len(as_text(report).splitlines()) == 4


# Asking.


def test_a_call_that_never_returns_is_abandoned() -> None:
    never = threading.Event()
    said = call_with_timeout(never.wait, seconds=0.05)
    never.set()
    assert isinstance(said, EngineUnreachable)
    assert "No answer" in said.what


def test_an_error_is_returned() -> None:
    def refuse() -> int:
        raise DOWN

    assert call_with_timeout(refuse) is DOWN
    assert call_with_timeout(lambda: 3) == 3


def test_a_bug_is_returned_as_an_error() -> None:
    def stumble() -> int:
        raise RecursionError("too deep")

    said = call_with_timeout(stumble, seconds=30)
    assert isinstance(said, ConsoleError)
    assert "because of a bug (RecursionError: too deep)" in said.what


def output_of(argv: Sequence[str], environment: Mapping[str, str]) -> ProgramOutput:
    found = run_program(argv, environment)
    assert isinstance(found, ProgramOutput)
    return found


def test_a_missing_failing_or_hanging_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_tui.doctor.timeouts.PROGRAM_SECONDS", 0.2)
    environment = dict(os.environ)
    missing, slow = (run_program(argv, environment) for argv in (["/nowhere/x"], ["sleep", "9"]))
    assert isinstance(missing, ConsoleError)
    assert missing.what == "No such file or directory"
    assert isinstance(slow, ConsoleError)
    assert "no answer within" in slow.what
    said = output_of(["sh", "-c", "echo no >&2; exit 3"], environment)
    assert (said.code, said.one_line) == (3, "no")
    said = output_of(["sh", "-c", "echo a; echo b"], environment)
    assert (said.code, said.one_line) == (0, "a b")


# The whole, with fakes.

NAMES = [
    "socket", "engine", "clock", "compose", "project", "containers", "hashes", "logging",
    "images", "environment", "backups", "terminal", "size", "colours", "utf-8", "clipboard",
    "settings", "state",
]  # fmt: skip


class OnDisk(DemoProject):
    """The demo project with a fake compose program."""

    def __init__(self, world: DemoWorld, program: Path) -> None:
        super().__init__(world)
        self.command = ComposeCommand(compose=(str(program),), directory=DIRECTORY, project=PROJECT)


class Frozen(DemoEngine):
    """An engine that does not answer."""

    def version(self) -> JsonObject:
        raise DOWN


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    program = tmp_path / "docker-compose"
    program.write_text("#!/bin/sh\necho 2.40.3\n")
    program.chmod(0o755)
    world = DemoWorld(FixedClock(NOW))
    return Readers(DemoEngine(world), OnDisk(world, program))


def verdicts(report: Report) -> dict[str, str]:
    return {check.name: check.verdict.value for check in report.checks}


def examined(readers: Readers | UsageError, **environment: str) -> Report:
    variables = {**os.environ, **environment}
    settings = call_with_timeout(lambda: load_settings(variables))
    report = examine(readers, variables, FixedClock(NOW), settings, state_folder())
    jsonschema.validate(as_json(report), SCHEMA)
    assert [check.name for check in report.checks] == NAMES
    return report


def test_a_stack_without_problems(readers: Readers) -> None:
    found = verdicts(examined(readers))
    assert {found[name] for name in ("engine", "compose", "project", "containers")} == {"ok"}


def test_the_project_is_checked_without_an_engine(readers: Readers) -> None:
    world = DemoWorld(FixedClock(NOW))
    found = verdicts(examined(replace(readers, engine=Frozen(world))))
    assert found["engine"] == "failed"
    assert found["clock"] == found["containers"] == "skipped"
    assert {found[name] for name in ("compose", "project", "settings")} == {"ok"}


def test_the_engine_is_checked_without_compose(readers: Readers) -> None:
    readers.project.command = ComposeCommand(compose=("/nowhere/docker-compose",))
    found = verdicts(examined(readers))
    assert found["compose"] == "failed"
    assert {found[name] for name in ("project", "hashes")} == {"skipped"}
    assert {found[name] for name in ("engine", "containers")} == {"ok"}, "labels tell which"


class Empty(DemoEngine):
    """An engine without any container."""

    def containers(self, _project: str) -> list[JsonObject]:
        return []


def test_an_unknown_project_has_no_containers(
    readers: Readers,
) -> None:
    readers.project.command = ComposeCommand(compose=("/nowhere/docker-compose",))
    report = examined(replace(readers, engine=Empty(DemoWorld(FixedClock(NOW)))))
    (found,) = [check for check in report.checks if check.name == "containers"]
    assert found.verdict is CheckResult.SKIPPED
    assert "no container belongs to this folder" in found.found


def test_without_a_valid_context_the_rest_is_checked(readers: Readers) -> None:
    found = verdicts(examined(UsageError("No such Docker context.", hint="-")))
    assert found["engine"] == "failed"
    assert found["project"] == "skipped"
    assert found["state"] == "ok"


def test_tmux_is_queried_if_it_is_running(
    readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text('#!/bin/sh\n[ "$3" = set-clipboard ] || exit 1\necho external\n')
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(examining, "read_terminal", lambda: TERMINAL)
    report = examined(readers, TMUX="/tmp/t,1,0")
    check = next(check for check in report.checks if check.name == "clipboard")
    assert check.verdict is CheckResult.OK
    assert "set-clipboard external" in check.found


# The command line.

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.chdir(tmp_path)

    def go(*words: str) -> tuple[int, str]:
        code = cli.main(["doctor", *words])
        return code, capsys.readouterr().out

    return go


def test_exit_code_1_when_something_failed(run: Run) -> None:
    code, said = run("--json")
    report = json.loads(said)
    jsonschema.validate(report, SCHEMA)
    assert (code, report["well"]) == (1, False)


def test_exit_code_2_with_a_report_for_wrong_settings(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config" / "pixel-tui" / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("them = 1\n")
    code, said = run()
    assert code == 2
    assert "unknown setting them" in said
    assert "state" in said


def test_exit_code_2_for_a_context_that_does_not_exist(run: Run) -> None:
    code, said = run("--context", "nope")
    assert code == 2
    assert "No such Docker context: nope" in said


def test_exit_code_2_for_a_wrong_argument(run: Run) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("--wrong")
    assert stopped.value.code == 2


def test_exit_code_0_without_problems(
    run: Run, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "project_readers", lambda *_: (readers.engine, readers.project))
    assert run()[0] == 0


def test_a_limited_locale_does_not_crash(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(ROOT),
        "DOCKER_HOST": f"unix://{tmp_path}/stöckchen.sock",
    }
    said = output_of([sys.executable, "-m", "pixel_tui", "doctor"], environment)
    assert said.code == 1
    assert "Traceback" not in said.one_line


def test_no_part_of_the_toolkit_is_imported() -> None:
    code = (
        "import sys; from pixel_tui.doctor import examine, report; import pixel_tui.cli; "
        "print([name for name in sys.modules if name.split('.')[0] in {'textual', 'rich'}])"
    )
    said = output_of([sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(ROOT)})
    assert (said.code, said.one_line) == (0, "[]")
