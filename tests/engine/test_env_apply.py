"""A new environment stays where it works and somebody says so in time; else all is as before."""

import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.apply.apply_request import ApplyOutcome
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.command import ComposeCommand
from tests.builders.engine_env_apply import BEFORE, Bench, eventually, project
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project
from tests.patience import PATIENCE

__all__ = ["project"]

pytestmark = pytest.mark.engine

GOOD = BEFORE.replace(b"first", b"second").replace(b"//a", b"//b")
BAD = BEFORE.replace(b"good", b"bad")


@pytest.fixture
def bench(engine: Engine, project: Project, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(engine, project, tmp_path / "state")
    if not bench.file.exists() or bench.file.read_bytes() != BEFORE:
        bench.file.write_bytes(BEFORE)
        project.compose("up", "--detach", "--wait", "--build")
    yield bench
    for process in bench.started:
        process.kill()
        process.wait()
        if process.stdout is not None:  # nobody wanted to know what it said
            process.stdout.close()


BOTH = ("--recreate", "api", "--rebuild", "web")


def test_what_is_confirmed_from_another_process_stays(bench: Bench) -> None:
    other = bench.project.container("other")
    process = bench.start(GOOD, *BOTH)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    waiting = bench.confirmation.waiting()
    assert waiting is not None
    assert 0 < waiting.seconds <= 60
    assert bench.confirmation.confirm()
    assert bench.outcome(process, "Confirm within 1m", "Confirmed") is ApplyOutcome.SUCCESS
    assert bench.file.read_bytes() == GOOD
    assert bench.variable("api", "SECRET_KEY") == "second-value"
    assert bench.image_file() == "http://b"
    command = ComposeCommand(directory=str(bench.project.directory))
    record = build_records(command, bench.state / "pixel-tui").read()
    built = record[bench.project.inspect("web")["Image"]]
    assert built.differing({"NEXT_PUBLIC_API_URL": "http://b"}) == set()
    assert built.differing({"NEXT_PUBLIC_API_URL": "http://a"}) == {"NEXT_PUBLIC_API_URL"}
    assert bench.project.container("other") == other
    assert not bench.confirmation.confirm()


def test_what_is_not_well_is_taken_back(bench: Bench) -> None:
    process = bench.start(BAD, "--recreate", "api")
    assert (
        bench.outcome(process, "api is unhealthy", "environment is restored")
        is ApplyOutcome.UNHEALTHY
    )
    assert bench.variable("api", "MODE") == "good"
    bench.require_as_before()


def test_what_nobody_confirms_is_taken_back_with_its_images(bench: Bench) -> None:
    image = bench.project.inspect("web")["Image"]
    process = bench.start(GOOD, *BOTH, within=1)
    said = ("Not confirmed within 1s. Rolled back", "is the previous image again")
    assert bench.outcome(process, *said) is ApplyOutcome.UNCONFIRMED
    assert bench.project.inspect("web")["Image"] == image
    assert bench.image_file() == "http://a"
    bench.require_as_before()


def test_what_is_cancelled_while_it_waits_is_taken_back(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    os.killpg(process.pid, signal.SIGINT)
    assert bench.outcome(process, "Cancelled. Rolled back") is ApplyOutcome.CANCELLED
    bench.require_as_before()


def test_a_manual_scale_is_kept_by_an_apply_and_by_its_roll_back(bench: Bench) -> None:
    def values() -> list[str]:
        ids = bench.project.compose("ps", "--quiet", "api").stdout.split()
        each = [bench.engine.inspect(item)["Config"]["Env"] for item in ids]
        return [word for words in each for word in words if word.startswith("SECRET_KEY=")]

    bench.project.compose("up", "--detach", "--wait", "--no-recreate", "--scale=api=2", "api")
    try:
        words = ("--recreate", "api", "--scale", "api=2")
        process = bench.start(GOOD, *words, within=2)
        eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
        assert values() == ["SECRET_KEY=second-value"] * 2
        assert bench.outcome(process, "Rolled back") is ApplyOutcome.UNCONFIRMED
        assert values() == ["SECRET_KEY=first-value"] * 2
    finally:
        bench.project.compose("up", "--detach", "--wait", "--scale=api=1", "api")


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api", within=2)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    bench.file.write_bytes(b"MODE=good\n")
    assert bench.outcome(process, "was changed on disk") is ApplyOutcome.INCOMPLETE
    assert bench.file.read_bytes() == b"MODE=good\n"


def test_what_compose_refuses_or_what_has_moved_is_never_saved(bench: Bench) -> None:
    refused = bench.start(b'MODE="never ended\n', "--recreate", "api")
    assert (
        bench.outcome(refused, "unterminated", "Nothing was saved") is ApplyOutcome.NOTHING_CHANGED
    )
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    moved = bench.run("apply", staged, "--was", "0" * 64, "--recreate", "api")
    assert bench.outcome(moved, "has changed since") is ApplyOutcome.NOTHING_CHANGED
    saved = bench.run("save", staged, "--was", hashlib.sha256(BEFORE).hexdigest())
    assert bench.outcome(saved, "Saved and verified") is ApplyOutcome.SUCCESS
    assert bench.file.read_bytes() == GOOD


def test_a_console_that_dies_takes_nothing_with_it(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes", confirm_seconds=5)
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    os.killpg(console.pid, signal.SIGKILL)
    eventually(lambda: bench.files.read() is None, "it is taken back")
    eventually(lambda: [*bench.state.rglob("*.exit")], "its exit code is written")
    bench.require_as_before()
    later = bench.console("environment-apply", "f" * 16)
    output, _ = later.communicate(timeout=PATIENCE)
    assert "Save and apply .env abandoned" in output
    assert "Rolled back: the previous environment is restored." in output


def test_what_died_with_its_console_is_offered_to_be_taken_back(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes")
    bench.kill_waiting(console)
    refused = bench.start(BAD, "--recreate", "api")
    assert bench.outcome(refused, "was not finished") is ApplyOutcome.NOTHING_CHANGED
    later = bench.console("environment-roll-back", "--yes")
    output, _ = later.communicate(timeout=PATIENCE)
    assert "but is not confirmed. `pixel-tui" in output
    assert later.returncode == 0, output
    bench.require_as_before()


def test_what_was_left_half_done_is_confirmed_once_it_is_done(bench: Bench) -> None:
    process = bench.start(GOOD, "--recreate", "api")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", process)
    os.killpg(process.pid, signal.SIGKILL)
    eventually(bench.confirmation.interrupted, "it is left half done")
    bench.project.compose("stop", "api")
    code, said = bench.shell("env", "confirm")
    assert code == 2, said
    assert ".env is saved, but was not applied to api (exited)." in said
    assert "environment-roll-back" in said
    _, said = bench.shell("status")
    assert "An apply was interrupted." in said
    assert "environment-roll-back" in said
    bench.project.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", "api")
    assert bench.shell("env", "confirm") == (0, "The new environment is kept.\n")
    assert bench.files.read() is None


def test_a_job_that_is_confirmed_succeeds(bench: Bench) -> None:
    staged = Staging(bench.state / "pixel-tui", bench.project.directory).stage(
        GOOD, base=digest(BEFORE)
    )
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert bench.confirmation.confirm()
    output, _ = console.communicate(timeout=PATIENCE)
    assert console.returncode == 0, output
    assert "its environment changes (NEXT_PUBLIC_API_URL and SECRET_KEY)" in output
    assert "succeeded" in output
    for text in (output, *(path.read_text() for path in bench.state.rglob("*.jsonl"))):
        assert "second-value" not in text


def test_what_shares_a_network_with_what_mounts_the_file_has_it_afterwards(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    part = "{image: pixel-tui-test:latest, command: [sleep, '600'], stop_grace_period: 0s"
    project = make_project(
        f"services:\n  vpn: {part}, volumes: ['./.env:/e']}}\n"
        f"  app: {part}, network_mode: 'service:vpn', depends_on: [vpn]}}\n"
    )
    bench = Bench(engine, project, tmp_path / "state")
    bench.file.write_bytes(BEFORE)
    project.compose("up", "--detach", "--wait")

    def has_network() -> bool:
        return "eth0" in project.compose("exec", "-T", "app", "cat", "/proc/net/dev").stdout

    def is_mounted() -> bytes:
        return project.compose("exec", "-T", "vpn", "cat", "/e").stdout.encode()

    assert has_network()
    staged = Staging(bench.state / "pixel-tui", project.directory).stage(GOOD, base=digest(BEFORE))
    console = bench.console("environment-apply", staged, "--yes")
    eventually(bench.confirmation.waiting, "it waits to be confirmed", console)
    assert (is_mounted(), has_network()) == (GOOD, True)
    assert bench.confirmation.confirm()
    output, _ = console.communicate(timeout=PATIENCE)
    assert console.returncode == 0, output
    assert "it shares a namespace of vpn, which is restarted" in output
    staged = Staging(bench.state / "pixel-tui", project.directory).stage(BEFORE, base=digest(GOOD))
    console = bench.console("environment-apply", staged, "--yes", confirm_seconds=5)
    output, _ = console.communicate(timeout=PATIENCE)
    assert "Not confirmed within" in output
    assert (is_mounted(), has_network()) == (GOOD, True)
