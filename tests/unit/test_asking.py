"""A program that is asked something is waited for within limits, and ended whole."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.stack import asking
from pixel_tui.stack.asking import Asked, NoAnswer, kill_all_asked

SOON = 5.0
BOUND = 2.0
"""Far below the time that the children here would take."""


def ask(script: str, *, stdin: str = "") -> Asked:
    environment = {"PATH": os.environ["PATH"]}
    return Asked(["sh", "-c", script], directory="/", environment=environment, stdin=stdin)


def gone(pid: int) -> bool:
    """Whether it is no more, or nobody has taken notice of its end yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def soon(check: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_what_it_says_and_how_it_ended_is_the_answer() -> None:
    reply = ask("cat; echo oh >&2; exit 3", stdin="a 🎉").answer(SOON)
    assert (reply.code, reply.output, reply.messages) == (3, "a 🎉", "oh\n")


def test_a_child_that_holds_its_output_is_not_waited_for_and_ended() -> None:
    begun = time.monotonic()
    reply = ask("sleep 60 & echo $!").answer(SOON)
    assert time.monotonic() - begun < BOUND
    assert soon(lambda: gone(int(reply.output)))


def test_one_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    asked = ask(f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(NoAnswer, match="within"):
        asked.answer(0.3)
    assert soon(lambda: gone(int((tmp_path / "pid").read_text())))


def test_a_child_that_left_the_group_delays_nobody() -> None:
    begun = time.monotonic()
    reply = ask("setsid sleep 3 & echo here").answer(SOON)
    assert reply.output == "here\n"
    assert time.monotonic() - begun < BOUND


def test_one_that_never_stops_talking_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_BYTES", 100_000)
    monkeypatch.setattr(asking, "LOOK_SECONDS", 0.01)
    with pytest.raises(NoAnswer, match="output"):
        ask("yes").answer(SOON)


def test_the_end_of_the_console_ends_what_still_runs(tmp_path: Path) -> None:
    asked = ask(
        f"sleep 60 & echo $! > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; wait"
    )
    codes: list[int] = []
    waiting = threading.Thread(target=lambda: codes.append(asked.answer(60).code))
    waiting.start()
    assert soon((tmp_path / "pid").exists)
    kill_all_asked()
    waiting.join(SOON)
    assert codes == [-9]
    assert soon(lambda: gone(int((tmp_path / "pid").read_text())))
