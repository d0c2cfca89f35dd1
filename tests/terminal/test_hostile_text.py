"""Files, labels, output and records that try to command the terminal, seen on its raw bytes."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders.terminal_engine import env_of, job_succeeded
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project
from tests.terminal.every_key import ESCAPE
from tests.terminal.program import Program, program, without
from tests.terminal.raw_bytes import foreign

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

EVIL = (
    "\x1b]0;owned\x07\x1b]52;c;aGk=\x07\x1bP1;1|\x1b\\\x1b[2J\x1b[H\x1b[31m"
    "\x9b2J\x08\u202e\u200b[/red][link=x]tried"
)
"""Each way to command a terminal that is known, and text that must stand there as it is."""
SEEN = "[/red][link=x]tried"
HUGE = 300_000
STACK = f"""
services:
  api:
    image: {BASE_IMAGE}
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
    environment: {{GREETING: "${{GREETING}}"}}
    stop_grace_period: 1s
"""
ENV = f"# {EVIL}\nGREETING={EVIL}\nHUGE={'x' * HUGE}\n".encode() + b"BYTES=\xff\xfe\x80x\n"
EXAMPLE = f"# {EVIL}\nGREETING={EVIL}\nOTHER={EVIL}\n"


def task(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"{number}f5b3c1e-8a2d-4e6f-9b7a-1c2d3e4f5a6b",
        "status": "pending",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "type": EVIL,
        "payload": {"task": EVIL},
        "attempts": 0,
        "maxAttempts": 3,
        **fields,
    }


LEDGER = {
    "version": 1,
    "tasks": [
        task(1),
        task(2, status="failed", error=EVIL, output=EVIL, summary=EVIL, attempts=3),
        task(3, status=EVIL, createdAt=EVIL, workerId=EVIL),
        task(4, payload={"task": "y" * HUGE}),
    ],
}
OUTPUT = """#!/bin/sh
case "$*" in *restart*) cat {folder}/evil; cat {folder}/evil >&2;; esac
exec {docker} "$@"
"""
"""A docker program whose output, as that of a build might, tries the same."""


def poisoned(value: Any, *, kept: tuple[str, ...] = ()) -> Any:
    """A record whose texts are hostile, where they are no times, names of kinds or paths."""
    match value:
        case dict():
            return {
                key: item if key in kept else poisoned(item, kept=kept)
                for key, item in value.items()
            }
        case list():
            return [poisoned(item, kept=kept) for item in value]
        case str():
            return value + EVIL
        case _:
            return value


@dataclass(frozen=True)
class Poisoned:
    """A stack of which everything that is text is hostile, and the console's home."""

    project: Project
    home: Path
    environment: Mapping[str, str]

    @contextmanager
    def console(self) -> Iterator[Program]:
        """A console on it; what it has sent is looked at in the end."""
        with program(
            "-p", self.project.name, home=self.home, size=(140, 40),
            cwd=self.project.directory, environment=self.environment,
        ) as it:  # fmt: skip
            it.wait_for(lambda text: SEEN in text and " api " in text)
            yield it
            it.press("q")
            assert it.wait_exit() == 0
            assert foreign(it.raw) == set()
            assert b"Traceback" not in it.raw
        assert "Traceback" not in (self.state / "pixel-tui.log").read_text()

    @property
    def state(self) -> Path:
        return self.home / "state" / "pixel-tui"


@pytest.fixture
def stack(engine: Engine, make_project: MakeProject, tmp_path: Path) -> Iterator[Poisoned]:
    ledger = json.dumps(LEDGER, ensure_ascii=False)
    files = {".env.example": EXAMPLE, "data/task-ledger.json": ledger}
    project = make_project(STACK, files=files, up=False)
    (project.directory / ".env").write_bytes(ENV)
    project.compose("up", "--detach")
    names = ("service", "container-number", "config-hash", "oneoff", "project.working_dir")
    labels = {"project": project.name} | dict.fromkeys(names, EVIL)
    words = [f"--label=com.docker.compose.{name}={value}" for name, value in labels.items()]
    stranger = engine.docker("run", "--detach", *words, BASE_IMAGE, "sleep", "1000").stdout.strip()
    programs, home = tmp_path / "programs", tmp_path / "home"
    programs.mkdir()
    home.mkdir()
    (programs / "evil").write_bytes(EVIL.encode() + b"\x9b2J\xff\n" + b"z" * HUGE + b"\n")
    docker = shutil.which("docker", path=engine.env["PATH"])
    (programs / "docker").write_text(OUTPUT.format(folder=programs, docker=docker))
    (programs / "docker").chmod(0o755)
    path = f"{programs}{os.pathsep}{engine.env['PATH']}"
    try:
        yield Poisoned(project, home, {**env_of(engine), "PATH": path})
    finally:
        engine.docker("rm", "--force", stranger)


def both(*words: str) -> Callable[[str], bool]:
    """Whether all of this is on the screen: one word may stand on the screen before, too."""
    return lambda text: all(word in text for word in words)


def look(it: Program, *steps: tuple[str, str | Callable[[str], object]]) -> None:
    """Press keys, and wait for what they lead to."""
    for keys, wanted in steps:
        it.press(keys)
        it.wait_for(wanted)


def test_an_environment_that_is_hostile_is_text(stack: Poisoned) -> None:
    with stack.console() as it:
        look(
            it,
            ("E", lambda text: "HUGE" in text and SEEN in text),
            ("v", SEEN),
            ("/HUGE\r", without("GREETING")),
            ("v", f"… ({HUGE:,}"),
            ("\r", "Compose reads"),
            (ESCAPE, without("Compose reads")),
            (ESCAPE, "BYTES"),
            ("g\r", "Compose reads"),
            ("\x0f", "^s accepts it"),
            (ESCAPE, without("Compose reads")),
            ("c\r", "Compared with"),
            (ESCAPE, without("Compared with")),
            ("d", "not saved"),
            ("s", "Changes in the file"),
            (f"{ESCAPE}u", lambda text: "not saved" not in text and "READ BY" in text),
            (ESCAPE, "1 Services"),
        )


def test_a_ledger_that_is_hostile_is_text(stack: Poisoned) -> None:
    with stack.console() as it:
        look(it, ("W", both("─ Tasks", SEEN)), ("/1f5b\r", "with “1f5b”"))
        for part in "1234":
            look(it, ("\r", "1 Task"), (part, "1 Task"), (ESCAPE, "─ Tasks"))
        look(
            it,
            (ESCAPE, "4f5b3c1e"),
            ("f", "─ Findings"),
            (ESCAPE, "─ Tasks"),
            ("i", "─ Statistics"),
            (ESCAPE, "─ Tasks"),
            ("a", "─ Actions"),
            (ESCAPE * 2, "1 Services"),
        )


def test_output_records_and_labels_that_are_hostile_are_text(stack: Poisoned) -> None:
    with stack.console() as it:
        look(it, ("3", "━ 3 Details"), ("G", SEEN), ("1", "━1 Services"), ("/api\r", "filter: api"))
        look(it, ("r", "restart api"), ("y\r", job_succeeded), ("g", SEEN), (ESCAPE, "1 Services"))
        look(it, (ESCAPE, SEEN))
    audit = stack.state / "audit.jsonl"
    (record,) = (stack.state / "jobs").glob("2*.json")
    kept = ("event", "time", "state", "begun", "version", "id", "scope", "risk")
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    with audit.open("a") as trail:
        trail.writelines(json.dumps(poisoned(line, kept=kept)) + "\n" for line in lines)
    record.write_text(json.dumps(poisoned(json.loads(record.read_text()), kept=kept)))
    with stack.console() as it:
        look(it, ("U", both("─ Audit", SEEN)), ("\r", both("Started: ", SEEN)))
        look(it, (ESCAPE, without("Started: ")), (ESCAPE, "1 Services"))
        look(it, ("5", "5 Jobs"), ("1", "━1 Services"), (":", "Search for commands"))
        look(it, ("Select", SEEN), (ESCAPE, "Open"))
