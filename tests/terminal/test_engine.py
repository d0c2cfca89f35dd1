"""The program in a terminal, on a real engine."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.builders.terminal_engine import ROOT, env_of, job_succeeded, opened, run_status
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, eventually
from tests.terminal.program import program
from tests.terminal.raw_bytes import foreign

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

PAIR = """
services:
  front:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; echo front is up; while :; do sleep 1 & wait $$!; done']
    depends_on: [store]
    stop_grace_period: 2s
  store:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; echo store is up; while :; do sleep 1 & wait $$!; done']
    stop_grace_period: 2s
"""
HOSTILE = r"""
services:
  evil:
    image: pixel-tui-test:latest
    command:
      - sh
      - -c
      - |
        printf '\033]0;owned\007title-tried\n'
        printf '\033]52;c;ZXZpbA==\007clipboard-tried\n'
        printf '\033[2J\033[Hcleared-tried\n'
        printf '\033P1;1|\033\\dcs-tried\n'
        printf '\2332Jc1-tried\n'
        printf '[/foo] [bold]markup-tried\n'
        printf '\342\200\256bidi-tried\n'
        printf '\377\376bytes-tried\n'
        trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done
    labels:
      nasty: "\e]0;owned\a[/red]label-tried"
      "[/bold]\e]0;owned\akey-tried": "x"
    environment:
      NASTY: "\e]0;owned\a\e[2J[/red][link=x]env-tried"
    healthcheck:
      test: [CMD-SHELL, "printf '\\033]0;owned\\007[/x]probe-tried'; exit 1"]
      interval: 1s
      retries: 1
    stop_grace_period: 1s
"""


def test_a_stack_is_opened_with_the_files_that_its_containers_were_made_with(
    base_image: str, make_project: MakeProject, tmp_path: Path
) -> None:
    more = "services: {extra: {image: pixel-tui-test:latest, command: [sleep, '600'], init: true}}"
    project = make_project(PAIR, files={"more.yml": more})
    project.compose("-f", "docker-compose.yml", "-f", "more.yml", "up", "--detach")
    with opened(project, tmp_path, (160, 45)) as it:
        it.wait_for("3 of 3 running")
        it.wait_for(lambda text: text.count("in sync") >= 3)
        assert "orphan" not in it.text


def test_hostile_containers_only_ever_show_text(
    base_image: str, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(HOSTILE)
    project.compose("up", "--detach")
    eventually(lambda: project.health("evil") == "unhealthy")
    with opened(project, tmp_path, (160, 45)) as it:
        it.wait_for("unhealthy")
        tried = ("title", "clipboard", "cleared", "dcs", "c1", "bidi", "bytes")
        it.wait_for(lambda text: all(f" {word}-tried" in text for word in tried[:4]))
        it.wait_for(lambda text: all(f"{word}-tried" in text for word in tried))
        assert "[/foo] [bold]markup-tried" in it.text
        it.press("3")
        it.press("z")
        it.wait_for(lambda text: "1 Services" not in text)
        seen = ""
        for _ in range(8):  # the details are longer than the screen
            seen += it.text
            it.press("\x1b[6~")
            it.wait_for_output()
        it.press("G")
        it.wait_for("label-tried")
        seen += it.text
        assert "[/red]label-tried" in seen
        assert "[/bold]" in seen
        assert "[/red][link=x]env-tried" in seen
        it.press("z")
        it.wait_for("1 Services")
        it.press("1")
        it.press("p")
        it.wait_for("Health log of")
        it.press("\x1b")
        it.wait_for(lambda text: "Health log of" not in text)
        it.press("4")
        it.wait_for("4 Events")
        assert "1 Services" in it.text
        assert foreign(it.raw) == set()


def test_the_main_job_stop_start_and_restart(
    base_image: str, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PAIR, up=True)
    with opened(project, tmp_path, (100, 36)) as it:
        it.wait_for("2 of 2 running")
        it.wait_for("front is up")
        before = project.inspect("front")["State"]["StartedAt"]
        it.press("r")
        it.wait_for("restart front")
        it.press("y\r")
        it.wait_for(job_succeeded)
        assert project.inspect("front")["State"]["StartedAt"] != before
        it.press("\x1b")
        it.wait_for("started again")
        it.press("jx")
        it.wait_for("front loses store")
        it.press("y\r")
        it.wait_for(job_succeeded)
        assert not project.inspect("store")["State"]["Running"]
        it.press("\x1b")
        it.wait_for("1 Services")
        it.press("s")
        it.wait_for("Start store")
        it.press("y")
        it.wait_for(job_succeeded)
        assert project.inspect("store")["State"]["Running"]
        it.press("\x1b")
        it.wait_for("2 of 2 running")
    records = (tmp_path / "state" / "pixel-tui" / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in records] == ["begin", "end"] * 3


def test_what_happens_behind_its_back_is_seen_and_the_cursor_stays(
    base_image: str, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PAIR, up=True)
    with opened(project, tmp_path, (100, 36)) as it:
        it.wait_for("2 of 2 running")
        it.press("j")
        it.wait_for("▌ store")
        it.wait_for("store is up")
        project.compose("restart", "--timeout", "1", "store")
        it.wait_for("started again")
        assert "▌ store" in it.text
        project.compose("rm", "--stop", "--force", "front")
        it.wait_for("absent")
        assert "▌ store" in it.text


def test_a_file_that_is_broken_and_mended_while_it_runs(
    base_image: str, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PAIR)
    path = project.directory / "docker-compose.yml"
    good = path.read_text()
    path.write_text(good.replace("command:", "comand:"))
    with opened(project, tmp_path) as it:
        it.wait_for("comand")
        assert "Compose refuses the project" in it.text
        path.write_text(good)
        it.wait_for("front")
        it.wait_for("absent")


@pytest.mark.parametrize(
    ("arguments", "reason", "hint"),
    [
        (("--host", "unix:///nonexistent.sock"), "socket does not exist", "systemctl start docker"),
        ((), "No compose file", "pixel-tui -C DIR"),
    ],
)
def test_a_missing_requirement_is_shown_with_a_hint(
    engine: Engine, tmp_path: Path, arguments: tuple[str, ...], reason: str, hint: str
) -> None:
    with program(*arguments, home=tmp_path, size=(100, 30), environment=env_of(engine)) as it:
        it.wait_for(reason)
        it.wait_for(hint)
        assert "Traceback" not in it.text
        it.press("q")
        assert it.wait_exit() == 0


def test_status_tells_by_its_exit_code_how_the_stack_is(
    engine: Engine, base_image: str, make_project: MakeProject
) -> None:
    project = make_project(PAIR, up=True)
    named = ("-p", project.name)
    well = run_status(engine, project.directory, *named)
    assert well.returncode == 0, well.stderr
    assert "running" in well.stdout
    project.compose("stop", "--timeout", "1", "store")
    ill = run_status(engine, project.directory, *named, "--json")
    assert ill.returncode == 1, ill.stderr
    told = json.loads(ill.stdout)
    jsonschema.validate(told, json.loads((ROOT / "docs" / "status.schema.json").read_text()))
    assert not told["well"]
    lost = run_status(engine, project.directory, *named, "--host", "unix:///nonexistent.sock")
    assert lost.returncode == 2
    assert "socket does not exist" in lost.stderr
    assert not lost.stdout
