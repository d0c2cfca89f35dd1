"""`pixel-tui plan`, `run`, `actions` and `audit`: their output and exit codes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import jsonschema
import pytest

from pixel_tui import cli
from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.commands import run_plan
from pixel_tui.commands.audit_output import print_verdict, record_line
from pixel_tui.commands.plan_output import action_as_json, as_json, as_text, nothing_as_json
from pixel_tui.commands.run_plan import RunExit, RunRequest, execute
from pixel_tui.errors import OperationError, UsageError
from pixel_tui.operations.actions import all_actions, find_action
from pixel_tui.operations.audit.chain import AuditRecord
from pixel_tui.operations.audit.seal import seal_path
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.planning.facts import NO_FACTS, Facts
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.redaction.redactor import MASK, remember_secret
from pixel_tui.stack.model.container import ContainerState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Listener, Observer
from pixel_tui.text import plain
from tests.builders.audit import NOW, ORIGIN, status
from tests.builders.job import COMMAND, Desk, agent, desk, observer, runner

__all__ = ["desk", "observer", "runner"]

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "docs" / "plan.schema.json"


def read_no_facts(_snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
    del stored
    return NO_FACTS


def carried(desk: Desk, request: RunRequest) -> RunExit:
    return execute(request, desk.observer, COMMAND, desk.operator(), SystemClock(), read_no_facts)


class Awaiting:
    """An observer whose first snapshots lack the hashes of services."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._left = 3

    @property
    def snapshot(self) -> StackSnapshot:
        self._left -= 1
        known = self._observer.snapshot
        assert known.project is not None
        return replace(known, project=replace(known.project, awaits_hashes=self._left > 0))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._observer.subscribe(listener)


def test_a_plan_waits_for_the_hashes_of_services(desk: Desk) -> None:
    planned: list[StackSnapshot] = []

    def facts(snapshot: StackSnapshot, *, stored: bool = False) -> Facts:
        planned.append(snapshot)
        return read_no_facts(snapshot, stored=stored)

    awaiting = cast("Observer", Awaiting(desk.observer))
    with pytest.raises(OperationError, match="The plan is not confirmed"):
        execute(
            RunRequest("restart", ("agent",)),
            awaiting,
            COMMAND,
            desk.operator(),
            SystemClock(),
            facts,
        )
    assert planned[0].project is not None
    assert not planned[0].project.awaits_hashes


@pytest.mark.parametrize(
    "words",
    ["status", "logs", "plan restart", "run restart --yes", "backup now", "env unset A"],
)
def test_without_an_engine_the_error_has_a_hint(tmp_path: Path, words: str) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    (tmp_path / ".env").write_text("A=1\n")
    done = subprocess.run(
        [sys.executable, "-m", "pixel_tui", *words.split(), "--host", "unix:///nowhere.sock"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    what, hint, *beside = done.stderr.splitlines()
    assert what.endswith("The Docker socket does not exist: unix:///nowhere.sock.")
    assert hint.startswith("pixel-tui: Is Docker installed and started")
    # A command that changes nothing also reports why the project is not read.
    other = ("Compose", "docker-compose", "Nothing was changed.")
    assert all(any(word in line for word in other) for line in beside)
    assert (done.returncode, done.stdout) == (2, "")


class TestActions:
    def test_each_has_its_purpose_and_a_hint_for_failures(self) -> None:
        names = [action.name for action in all_actions()]
        assert {"start", "stop", "restart"} <= set(names)
        assert len(names) == len(set(names))
        for action in all_actions():
            assert action.when.endswith(".")
            assert action.failure_hint.endswith(".")
            assert action_as_json(action)["name"] == action.name

    def test_an_unknown_action_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(UsageError, match=r"Actions: .*restart"):
            find_action("reboot")


class TestPlan:
    def test_a_secret_is_masked_in_its_text(self, desk: Desk) -> None:
        remember_secret("tok en=ab;c")
        plan = replace(desk.plan(), reason=plain("image tok en=ab;c is missing"))
        assert f"image {MASK} is missing" in as_text(plan)

    def test_the_json_matches_its_schema(self, desk: Desk) -> None:
        schema = json.loads(SCHEMA.read_text())
        document = as_json(desk.plan())
        jsonschema.validate(document, schema)
        jsonschema.validate(nothing_as_json("stop", ["api", "web"], "why"), schema)
        assert document["target"] == "agent"
        assert document["steps"] == [
            {
                "title": "Restart agent",
                "command": ["docker", "compose", "--project-directory", "/srv/pixel", "restart",
                            "agent"],
            }
        ]  # fmt: skip

    def test_the_text_has_the_risk_the_command_and_what_is_verified(self, desk: Desk) -> None:
        text = as_text(desk.plan())
        assert text.startswith("Restart agent   disruptive\n")
        assert "  $ docker compose --project-directory /srv/pixel restart agent" in text
        assert "Verified afterwards\n  agent is running and healthy" in text


class TestRun:
    def test_without_yes_only_the_plan_is_shown(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(OperationError, match="Add --yes to run it"):
            carried(desk, RunRequest("restart", ("agent",)))
        assert "Restart agent   disruptive" in capsys.readouterr().out
        assert desk.runner.started == []

    def test_with_yes_the_plan_is_run_and_its_output_shown(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        desk.runner.text = "Container \x1b[31mpixel-agent-1\x1b[0m  Started\n"
        assert carried(desk, RunRequest("restart", ("agent",), agreed=True)) is RunExit.DONE
        out = capsys.readouterr().out
        assert "Container pixel-agent-1  Started" in out
        assert "\x1b" not in out
        assert "succeeded: agent is running and healthy again" in out
        assert [record["event"] for record in desk.records()] == ["begin", "end"]

    @pytest.mark.parametrize("secret", ["Sup3r-S3cret-Value-77", "tok en=ab;c"])
    def test_a_secret_in_the_output_is_masked(
        self, desk: Desk, capsys: pytest.CaptureFixture[str], secret: str
    ) -> None:
        remember_secret(secret)
        coloured = f"{secret[:4]}\x1b[31m{secret[4:]}"
        desk.runner.text = (
            f'exec: "/nonexist-{secret}": no such file\nPulling\r{secret}\n{coloured}\n'
            "DB_PASSWORD=hunter22xQ\n"
        )
        assert carried(desk, RunRequest("restart", ("agent",), agreed=True)) is RunExit.DONE
        out = capsys.readouterr().out
        assert f'exec: "/nonexist-{MASK}": no such file\nPulling\n{MASK}\n{MASK}\n' in out
        assert f"DB_PASSWORD={MASK}" in out

    def test_a_failure_exits_with_1(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        desk.runner.on_start = lambda: desk.observer.show(
            agent(state=ContainerState.EXITED, exit_code=3)
        )
        assert carried(desk, RunRequest("restart", ("agent",), agreed=True)) is RunExit.FAILED
        assert "\nfailed: agent is " in capsys.readouterr().out

    def test_an_effect_that_exists_already_is_nothing_to_do(
        self, desk: Desk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert carried(desk, RunRequest("start", ("agent",), agreed=True)) is RunExit.DONE
        assert "Nothing to start: agent is already running" in capsys.readouterr().out
        assert desk.runner.started == []

    def test_all_services_need_the_projects_name(self, desk: Desk) -> None:
        for confirmed in ("", "agent"):
            words = f"confirmed with pixel, not with {confirmed}. Add --confirm pixel"
            with pytest.raises(OperationError, match=re.escape(words)):
                carried(desk, RunRequest("restart", (), agreed=True, confirmed=(confirmed,)))
        assert desk.runner.started == []
        request = RunRequest("restart", (), agreed=True, confirmed=("pixel",))
        assert carried(desk, request) is RunExit.DONE

    def test_confirmations_can_be_in_any_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run_plan, "required_words", lambda _: ("pixel", "no-backup", "other"))
        request = RunRequest("restore", (), agreed=True, confirmed=("other", "pixel", "no-backup"))
        run_plan._require_confirmation(cast("Plan", None), request)

    def test_read_only_runs_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["--read-only", "run", "restart", "api", "--yes"]) == 2
        assert "read-only" in capsys.readouterr().err


class TestAudit:
    def test_a_record_is_one_line_with_user_origin_and_action(self, tmp_path: Path) -> None:
        audit = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(status())
        (record,) = audit.read().records
        assert record_line(record) == (
            "2026-03-01T12:00:00  begin  ana@vps  Restart agent  (/dev/pts/3 from 192.0.2.7)"
        )
        assert record_line(AuditRecord(1, {"event": "\x1b[2J\n", "plan": 7})).count("\n") == 0

    def test_the_verdict_has_the_problems(self, tmp_path: Path) -> None:
        said: list[str] = []
        audit = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(status())
        audit.end(status())
        assert print_verdict(audit.read(), audit.path, said.append)
        assert said == [f"2 records in {audit.path}, intact."]
        audit.path.write_bytes(audit.path.read_bytes().replace(b"ana", b"eve", 1))
        assert not print_verdict(audit.read(), audit.path, said.append)
        assert said[-1] == f"{audit.path} is not intact."

    def test_the_exit_code_depends_on_the_trail(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        audit = AuditTrail(tmp_path / "pixel-tui" / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(status())
        assert cli.main(["audit", "verify"]) == 0
        assert cli.main(["audit", "--json"]) == 0
        printed = capsys.readouterr().out.splitlines()
        assert json.loads(printed[-1])["plan"]["title"] == "Restart agent"
        audit.path.write_bytes(b"")
        assert cli.main(["audit", "verify"]) == 1

    @pytest.mark.parametrize("damage", [b"", b"[" * 2000, b"[" * 5000])
    def test_a_trail_without_its_seal_is_intact_once_accepted(
        self,
        damage: bytes,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        audit = AuditTrail(tmp_path / "pixel-tui" / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(status())
        seal_path(audit.path).write_bytes(damage)
        assert cli.main(["audit", "verify"]) == 1
        audit.end(status())
        assert cli.main(["audit", "verify"]) == 1
        assert "recreated with line 2" in capsys.readouterr().out
        assert cli.main(["--read-only", "audit", "accept"]) == 2
        assert cli.main(["audit", "accept"]) == 0
        assert "Accepted." in capsys.readouterr().out
        assert cli.main(["audit", "verify"]) == 0
        assert cli.main(["audit", "accept"]) == 0
        assert "Nothing to accept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("run restart --yes api", ["api"]),
        ("run restart api --yes web", ["api", "web"]),
        ("run restart --yes -- --help", ["--help"]),
        ("logs --tail 5 api", ["api"]),
        ("ledger show --json 1f5b", ["1f5b"]),
    ],
)
def test_names_can_come_after_options(words: str, names: list[str]) -> None:
    found = cli._parsed(words.split())
    assert getattr(found, "target", getattr(found, "service", None)) == names


@pytest.mark.parametrize(
    "words", ["status api", "run restart --nope api", "logs api --nope", "env get A B"]
)
def test_an_unknown_option_or_a_surplus_name_is_refused(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli._parsed(words.split())
    assert leaving.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err


def test_a_name_like_an_option_is_refused_with_how_to_write_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli._parsed(["run", "start", "-dash"])
    assert "-dash; -- comes before a name that begins with -" in capsys.readouterr().err
    assert cli._parsed(["run", "start", "--", "-dash"]).target == ["-dash"]


@pytest.mark.parametrize("words", ["logs --since -15m api", "logs --until -2h30m --since 15m -- a"])
def test_a_relative_time_is_not_an_option(words: str) -> None:
    found = cli._parsed(words.split())
    assert "-15m" in {found.since, f"-{found.since}"}
    assert found.until in {None, "-2h30m"}
    assert found.service in (["api"], ["a"])


def test_a_name_that_looks_like_a_relative_time_stays_a_name() -> None:
    assert cli._parsed(["run", "restart", "--", "--since", "-1"]).target == ["--since", "-1"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("statsu", "unknown command: 'statsu'. Did you mean status?"),
        ("zzz", "unknown command: 'zzz' (choose from actions, audit, backup,"),
        ("env chek", "pixel-tui env: unknown command: 'chek'. Did you mean check?"),
        ("--theme x", "unknown option: --theme\n"),
        ("--red-only x status", "unknown option: --red-only. Did you mean --read-only?"),
        ("backup lst", "pixel-tui backup: unknown command: 'lst'. Did you mean list?"),
        ("plan", "the following arguments are required: ACTION\n"),
        ("run --yes", "the following arguments are required: ACTION\n"),
    ],
)
def test_a_mistyped_word_is_reported_with_the_nearest(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli._parsed(words.split())
    assert leaving.value.code == 2
    assert told in capsys.readouterr().err


def test_a_mistyped_action_is_reported_with_the_nearest_or_all() -> None:
    with pytest.raises(UsageError, match="No such action: restrat") as wrong:
        find_action("restrat")
    assert wrong.value.hint == "Did you mean restart?"
    with pytest.raises(UsageError) as far:
        find_action("zzz")
    assert far.value.hint.startswith("Actions: recreate, restart,")


@pytest.mark.parametrize("words", ["run restart api", "backup now"])
def test_read_only_refuses_every_change_in_the_same_words(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    assert cli.main(["-C", str(tmp_path), "--read-only", *words.split()]) == 2
    assert "Nothing can be changed in read-only mode." in capsys.readouterr().err
