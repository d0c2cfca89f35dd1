"""What happens to the terminal: it shrinks, it is taken, it is given back."""

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.engine.private_engine import eventually
from tests.terminal.every_key import ESCAPE
from tests.terminal.program import Program, program
from tests.terminal.shell import SHELL

pytestmark = pytest.mark.terminal

SWITCHED_ON = (b"\x1b[?1049h", b"\x1b[?1000h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?2004h")
SWITCHED_OFF = (
    b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l",
    b"\x1b[?25h", b"\x1b[?1004l", b"\x1b[?7h",
)  # fmt: skip


def assert_restored(it: Program) -> None:
    """The terminal is as it was found, by its own modes and by what it was told last."""
    assert it.modes == it.modes_before
    for off in SWITCHED_OFF:
        on = off[:-1] + (b"l" if off.endswith(b"h") else b"h")
        assert it.raw.rfind(off) > it.raw.rfind(on), off


@contextmanager
def in_shell(home: Path, *, size: tuple[int, int] = (100, 30)) -> Iterator[Program]:
    with program("-m", "pixel_tui", "demo", home=home, size=size, script=SHELL) as it:
        it.wait_for("healthy")
        yield it


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back_as_it_was(tmp_path: Path, number: signal.Signals) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        assert it.modes != it.modes_before
        assert all(sequence in it.raw for sequence in SWITCHED_ON)
        it.signal(number)
        assert it.wait_exit() == 0
        assert_restored(it)
        assert b"Traceback" not in it.raw


def keep_painting(it: Program) -> None:
    """Have it paint more than a terminal holds that nobody reads."""
    for _ in range(60):
        it.press("z")
        time.sleep(0.02)  # to be painted one by one, and nothing tells that they were


def test_a_terminal_that_takes_nothing_for_a_while_shows_all_of_it_then(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        keep_painting(it)
        it.press("?")
        it.wait_for("Keys of this view")
        it.press(ESCAPE)
        it.wait_for(lambda text: "Keys of this view" not in text and "1 Services" in text)


def test_a_console_whose_terminal_takes_nothing_can_be_ended(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        keep_painting(it)
        it.signal(signal.SIGTERM)
        eventually(lambda: it.exit_code() is not None)
        assert it.exit_code() == 0
        it.wait_exit()
        assert_restored(it)


def test_a_signal_in_the_first_moment_gives_the_terminal_back(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        while SWITCHED_ON[0] not in it.raw:
            it.wait_for_output()
        it.signal(signal.SIGTERM)
        assert it.wait_exit() == 0
        assert_restored(it)


def test_ctrl_z_and_fg_bring_the_whole_picture_back(tmp_path: Path) -> None:
    with in_shell(tmp_path) as it:
        it.press("\x1a")
        it.wait_for(f"[stopped by {signal.SIGTSTP.value}]")
        assert_restored(it)
        it.resize(120, 36)
        it.press("fg\r")
        it.wait_for("healthy")
        for words in ("DEMO", "1 Services", "Quit", "postgres"):
            it.wait_for(words)
        it.wait_for(lambda text: "Quit" in text.split("\n")[35])
        it.wait_for(lambda text: text.split("\n")[2].endswith("━" * 40))
        assert it.modes != it.modes_before
        it.press("?")
        it.wait_for("Keys of this view")
        it.press("\x1b")
        it.wait_for(lambda text: "Keys of this view" not in text)
        it.press("q")
        it.wait_for("[ended with 0]")
        assert_restored(it)


def test_a_command_line_is_stopped_as_a_whole(tmp_path: Path) -> None:
    wrapped = "import os, sys; sys.exit(os.waitstatus_to_exitcode(os.system(sys.argv[1])))"
    command = f"{sys.executable} -m pixel_tui demo"
    with program("-c", wrapped, command, home=tmp_path, size=(100, 30), script=SHELL) as it:
        it.wait_for("healthy")
        it.press("\x1a")
        it.wait_for("[stopped by")
        it.press("fg\r")
        it.wait_for("1 Services")
        it.press("q")
        it.wait_for("[ended with 0]")
        assert_restored(it)


def test_in_the_background_it_waits_and_leaves_the_terminal_alone(tmp_path: Path) -> None:
    with in_shell(tmp_path) as it:
        it.press("\x1a")
        it.wait_for("[stopped by")
        sent = len(it.raw)
        it.press("bg\r")
        it.wait_for(f"[stopped by {signal.SIGTTOU.value}]")
        assert b"\x1b" not in it.raw[sent:]
        it.wipe()
        it.press("fg\r")
        it.wait_for("1 Services")
        it.wait_for("Quit")


def test_a_stopped_console_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with in_shell(tmp_path) as it:
        it.press("\x1a")
        it.wait_for("[stopped by")
        it.press("kill SIGTERM\r")
        it.wait_for("[ended with 0]")
        assert_restored(it)


def test_a_stop_that_nobody_hears_of_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.signal(signal.SIGSTOP)
        eventually(lambda: psutil.Process(it.pid).status() == psutil.STATUS_STOPPED)
        it.read(0.2)  # what it painted before: nothing more comes, and it is no new picture
        it.wipe()
        it.signal(signal.SIGCONT)
        it.wait_for("healthy")
        it.press("?")
        it.wait_for("Keys of this view")
        it.press("\x1b")
        it.wait_for(lambda text: "Keys of this view" not in text)
        it.press("q")
        assert it.wait_exit() == 0
        assert_restored(it)


@pytest.mark.parametrize("how", ["key", "signal"])
def test_where_no_shell_is_it_stays_and_says_why(tmp_path: Path, how: str) -> None:
    with program("demo", home=tmp_path, size=(100, 30)) as it:
        it.wait_for("healthy")
        if how == "key":
            it.press("\x1a")
        else:
            it.signal(signal.SIGTSTP)
        it.wait_for("No shell could bring it back")
        it.wait_for("1 Services")
        it.press("?")
        it.wait_for("Keys of this view")


def test_a_real_shell_brings_it_back(tmp_path: Path) -> None:
    """With `bash`, which keeps the modes of a terminal itself."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    command = f"{sys.executable} -m pixel_tui demo"
    start = f"import os; os.execv({bash!r}, ['bash', '--norc', '--noprofile', '-i'])"
    with program(home=tmp_path, size=(100, 30), script=start, environment={"PS1": "ready> "}) as it:
        it.wait_for("ready>")
        it.press(f"{command}\r")
        it.wait_for("healthy")
        it.press("\x1a")
        it.wait_for("Stopped")
        it.press("fg\r")
        it.wait_for("1 Services")
        it.wait_for("Quit")
        it.press("\x1a")
        it.wait_for("Stopped")
        it.press("fg\r")
        it.wait_for("1 Services")
        it.press("q")
        it.wait_for(lambda text: text.rstrip().endswith("ready>"))
        it.press("exit\r")
        assert it.wait_exit() == 0


PLACES = {
    "the services": ("1", "━1 Services", ""),
    "the log": ("2", "━2 Logs", "1"),
    "the details": ("3", "━3 Details", "1"),
    "the events": ("4", "━4 Events", "1"),
    "the jobs": ("5", "━5 Jobs", "1"),
    "one pane alone": ("2z", "━2 Logs", "z1"),
    "the log's search": ("2/", "Search", f"{ESCAPE}1"),
    "whose logs": ("2f", "Logs of", f"{ESCAPE}1"),
    "a time of the log": ("2J", "─ Go to a time", f"{ESCAPE}1"),
    "a plan": ("r", "restart agent", ESCAPE),
    "the actions": ("a", "Actions on agent", ESCAPE),
    "the health log": ("p", "Health log of", ESCAPE),
    "the help": ("?", "Keys of this view", ESCAPE),
    "the palette": (":", "Search for commands", ESCAPE),
    "the columns": ("c", "Apply", ESCAPE),
    "the filter": ("/", "words in the row", ESCAPE),
    "recovery": ("A", "─ Recovery", ESCAPE),
    "a plan of recovery": ("A\r", "─ Plan", ESCAPE * 2),
    "the audit": ("U", "─ Audit", ESCAPE),
    "the tasks": ("W", "─ Tasks", ESCAPE),
    "the tasks' findings": ("Wf", "─ Findings", ESCAPE * 2),
    "figures of tasks": ("Wi", "─ Statistics", ESCAPE * 2),
    "a task": ("W\r", "─ Task 3f9c21ab", ESCAPE * 2),
    "a task's log": ("W\r4", "─ Task 3f9c21ab", ESCAPE * 2),
    "the environment": ("E", "17 keys", ESCAPE),
    "its filter": ("E/a", "· filter: a", ESCAPE * 2),
    "a value": ("E\r", "Compose reads", ESCAPE * 2),
    "a value of several lines": ("E\r\x0f", "^s accepts it", ESCAPE * 2),
    "a comparison": ("Ec\r", "Compared with", ESCAPE * 2),
    "saved versions": ("Eh", "Saved versions", ESCAPE * 2),
}
"""The keys that lead there, what is seen there, and the keys that lead back."""


def whole(text: str) -> bool:
    """Whether header, key bar and every line of a frame are painted from edge to edge."""
    lines = text.split("\n")
    frames = [line for line in lines[:-1] if line[:1] in set("━─╭│╰")]
    headed = "DEMO" in lines[0] or ("╭─" in lines[0] and "╰─" in lines[-2])
    return headed and bool(lines[-1]) and all(len(line) == 100 for line in frames)


def tried_at_every_size(it: Program, wanted: str) -> None:
    """Make it as small as can be, then as large as it was: it is there again, and whole."""
    for size in ((20, 5), (3, 3), (1, 1), (20, 5)):
        it.resize(*size)
        it.wait_for_output()
    it.wipe()
    it.resize(100, 30)
    it.wait_for(wanted)
    it.wait_for(whole)


def at_the_services(text: str) -> bool:
    return "━1 Services" in text and "Mark" in text.rsplit("\n", maxsplit=1)[-1]


def test_a_tiny_terminal_and_back_wherever_one_is(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, size=(100, 30)) as it:
        it.wait_for("healthy")
        for keys, wanted, back in PLACES.values():
            it.press(keys)
            it.wait_for(wanted)
            tried_at_every_size(it, wanted)
            it.press(back)
            it.wait_for(at_the_services)
        it.press("E")
        it.wait_for("17 keys")
        it.press("d")
        it.wait_for("16 keys")
        tried_at_every_size(it, "not saved")
        it.press("s")
        it.wait_for("Changes in the file")
        tried_at_every_size(it, "Changes in the file")
        it.press(f"{ESCAPE}u{ESCAPE}r")
        it.wait_for("restart agent")
        it.press("y\r")
        it.wait_for("─ Job")
        tried_at_every_size(it, "─ Job")


HALF_DONE = {
    "a value is typed": ("E\r", "Compose reads", "abc"),
    "a task is looked at": ("W\r", "─ Task 3f9c21ab", "2"),
    "a plan waits for its answer": ("A\r", "─ Plan", "y"),
    "a command is looked for": (":re", "Refresh", ""),
}
"""What one may be in the middle of: the keys to it, what is seen, and what is typed there."""


@pytest.mark.parametrize("what", HALF_DONE)
def test_it_is_stopped_goes_on_and_ends_in_the_middle_of_anything(
    tmp_path: Path, what: str
) -> None:
    keys, wanted, typed = HALF_DONE[what]
    with in_shell(tmp_path) as it:
        it.press(keys)
        it.wait_for(wanted)
        it.press(typed)
        it.press("\x1a")
        it.wait_for("[stopped by")
        assert_restored(it)
        it.wipe()
        it.press("fg\r")
        it.wait_for(wanted)
        it.wait_for(whole)
        it.press("\x1a")
        it.wait_for("[stopped by")
        it.press("kill SIGHUP\r")
        it.wait_for("[ended with 0]")
        assert_restored(it)
        assert b"Traceback" not in it.raw


def test_a_terminal_that_starts_tiny_becomes_whole(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, size=(20, 5)) as it:
        it.wait_for(lambda text: text.strip())
        it.resize(100, 30)
        it.wait_for("healthy")
        it.wait_for("1 Services")
        it.wait_for("Quit")
