"""The program as it is started, in a terminal, on the embedded stack."""

import base64
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.private_engine import eventually
from tests.patience import PATIENCE
from tests.terminal.program import program

pytestmark = pytest.mark.terminal

SERVICES = ("agent", "api", "nginx", "pgadmin", "postgres")


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (200, 50)])
def test_the_first_screen_shows_the_stack(tmp_path: Path, size: tuple[int, int]) -> None:
    with program("demo", home=tmp_path, size=size) as it:
        rows = SERVICES if size[1] > 24 else SERVICES[:3]
        wanted = (*(f" {name} " for name in rows), "DEMO", "Quit", "✗ unhealthy", "● running")
        it.wait_for(lambda text: all(words in text for words in wanted))


NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere.sock"}


def test_it_is_opened_where_there_is_nothing_else_and_nothing_was_named(tmp_path: Path) -> None:
    with program("--or-demo", home=tmp_path, environment=NO_ENGINE) as it:
        it.wait_for("DEMO")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-C", "nope"], "No such folder"),
        (["-f", "nope.yml"], "No such compose file"),
        (["-p", "nope"], "The Docker socket does not exist: unix:///nowhere.sock."),
        (["--host", "unix:///gone.sock"], "unix:///gone.sock."),
    ],
)
def test_it_is_not_opened_in_the_place_of_what_was_named(
    tmp_path: Path, words: list[str], said: str
) -> None:
    with program("--or-demo", *words, home=tmp_path, size=(200, 24), environment=NO_ENGINE) as it:
        assert it.wait_exit() == 2
        assert said in it.text
        assert b"\x1b[?1049h" not in it.raw


def test_keys_lead_everywhere_and_back(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, size=(100, 40)) as it:
        it.wait_for("healthy")
        it.press("?")
        it.wait_for("Keys of this view")
        it.press("\x1b")
        it.wait_for(lambda text: "Keys of this view" not in text)
        it.press("3")
        it.wait_for("3 Details")
        it.press("4")
        it.wait_for("4 Events")
        it.press("1/")
        it.wait_for("words in the row")
        it.press("unhealthy\r")
        it.wait_for("filter: unhealthy")
        it.press("\x1b")
        it.wait_for(lambda text: "filter: unhealthy" not in text)
        it.press(":")
        it.wait_for("Search for commands")
        it.press("Select web")
        it.wait_for("Put the cursor on this service")
        it.press("\r")
        it.wait_for("▌ web")


def test_leaving_restores_the_terminal(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.press("q")
        assert it.wait_exit() == 0
        assert it.raw.rstrip().endswith((b"\x1b[?25h", b"\x1b[?1049l")) or (
            b"\x1b[?1049l" in it.raw[-400:]
        )
        assert b"\x1b[?25h" in it.raw[-400:]
        assert b"\x1b[?1000l" in it.raw[-600:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.signal(number)
        it.wait_exit()
        assert b"\x1b[?1049l" in it.raw[-600:]
        assert b"\x1b[?25h" in it.raw[-600:]


def test_ctrl_c_does_not_end_it(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.press("\x03")
        it.press("?")
        it.wait_for("Keys of this view")


def test_a_tiny_terminal_and_back(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.resize(20, 5)
        it.read(0.5)
        it.resize(80, 24)
        it.wait_for("healthy")


def test_a_restart_through_keys(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, size=(100, 40)) as it:
        it.wait_for("healthy")
        it.press("r")
        it.wait_for("restart agent")
        it.wait_for("Cancel")
        it.press("y\r")
        it.wait_for("succeeded")
        it.press("\x1b")
        it.wait_for("1 Services")
    records = (tmp_path / "state" / "pixel-tui" / "demo" / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in records] == ["begin", "end"]


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_read_only_has_no_key_that_changes_anything(tmp_path: Path, how: str) -> None:
    flags = ("--read-only",) if how == "flag" else ()
    environment = {"PIXEL_TUI_READ_ONLY": "1"} if how == "variable" else {}
    with program("demo", *flags, home=tmp_path, environment=environment) as it:
        it.wait_for("READ-ONLY")
        it.wait_for("healthy")
        it.press("rsxy")
        it.press("?")
        it.wait_for("Keys of this view")
        assert "Restart" not in it.text
    assert not (tmp_path / "state" / "pixel-tui" / "demo" / "audit.jsonl").exists()


def test_without_colour_the_words_remain(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, environment={"NO_COLOR": "1"}) as it:
        it.wait_for("healthy")
        assert "unhealthy" in it.text
        it.press("A")
        it.wait_for("Yes. Enter shows the plan")
        it.wait_for("✓ Restart")
        it.wait_for("– Start")  # what can't be done is marked, not only dimmed
        it.press("\x1b")
        it.wait_for("1 Services")
        it.press("r")
        it.wait_for("disruptive")
        it.wait_for("y, and then Enter")
        assert not re.search(rb"\x1b\[[0-9;]*(?<![0-9])(?:3[0-8]|4[0-8]|9[0-7])[;m]", it.raw)


def test_copying_goes_through_the_terminal(tmp_path: Path) -> None:
    wanted = base64.b64encode(b"pixel-agent-1")
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.press("y")
        it.wait_for("clipboard")
        assert b"\x1b]52;c;" + wanted + b"\x07" in it.raw
    with program("demo", home=tmp_path, environment={"TMUX": "/x,1,0"}) as it:
        it.wait_for("healthy")
        it.press("y")
        it.wait_for("to tmux")
        assert b"\x1bPtmux;\x1b\x1b]52;c;" + wanted + b"\x07\x1b\\" in it.raw
    with program("demo", home=tmp_path, environment={"STY": "1.pts"}) as it:
        it.wait_for("healthy")
        it.press("y")
        it.wait_for("clipboard")
        assert b"\x1bP\x1b]52;c;" + wanted + b"\x07\x1b\\" in it.raw


CRASHING = """
from pixel_tui.console.running import run_console
from pixel_tui.demo.parts import demo_parts
from pixel_tui.session import start_session
from widgets.dashboard.advice import Advice
import sys

def fail(self, *arguments):
    password = "hunter2-fake-secret"
    raise ValueError("PASSWORD=hunter2-fake-secret is wrong")

assert callable(Advice.render)
Advice.render = fail
sys.exit(run_console(demo_parts(start_session({}))))
"""


def test_a_crash_says_one_sentence_and_keeps_secrets(tmp_path: Path) -> None:
    with program(home=tmp_path, size=(120, 40), script=CRASHING) as it:
        assert it.wait_exit() == 1
        assert b"pixel-tui crashed because of a bug" in it.raw
        assert b"Traceback" not in it.raw
        assert b"hunter2" not in it.raw
    kept = (tmp_path / "state" / "pixel-tui" / "pixel-tui.log").read_text()
    assert "ValueError" in kept
    assert "Traceback" in kept
    assert "PASSWORD=hunter2" not in kept


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_asking_for_the_version_loads_neither_docker_nor_textual(flag: str) -> None:
    code = (
        "import sys\n"
        "from pixel_tui.cli import main\n"
        f"try: main([{flag!r}])\n"
        "except SystemExit: pass\n"
        "assert not {'docker', 'textual', 'rich'} & set(sys.modules), 'loaded too much'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pixel-tui" in done.stdout


def test_a_mistake_in_the_settings_is_told_before_anything_opens(tmp_path: Path) -> None:
    (tmp_path / "config" / "pixel-tui").mkdir(parents=True)
    (tmp_path / "config" / "pixel-tui" / "settings.toml").write_text('theme = "pink"\n')
    with program("demo", home=tmp_path) as it:
        assert it.wait_exit() == 2
        assert b"unknown theme pink" in it.raw
        assert b"Traceback" not in it.raw


def test_without_a_terminal_it_says_so_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pixel_tui", "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('TERM=dumb exec "$0" "$@"', "TERM=dumb: the terminal can't move its cursor"),
        ('exec "$0" "$@" 2>errors', "needs a terminal for input, output and errors"),
        ('exec "$0" "$@" <&-', "needs a terminal for input, output and errors"),
    ],
)
def test_a_terminal_that_nothing_can_be_drawn_on_is_refused(
    tmp_path: Path, line: str, words: str
) -> None:
    with program("demo", home=tmp_path, prefix=("/bin/sh", "-c", line)) as it:
        assert it.wait_exit() == 2
        errors = tmp_path / "errors"
        said = errors.read_text() if errors.exists() else it.text
        assert words in " ".join(said.split())
        assert b"\x1b" not in it.raw


def test_it_ends_when_its_terminal_is_gone(tmp_path: Path) -> None:
    with program("demo", home=tmp_path) as it:
        it.wait_for("healthy")
        it.signal(signal.SIGSTOP)
        it.hang_up()
        it.signal(signal.SIGCONT)
        eventually(lambda: it.exit_code() is not None)


def test_letters_typed_ahead_into_the_filter_are_no_commands(tmp_path: Path) -> None:
    with program("demo", home=tmp_path, size=(100, 30)) as it:
        it.wait_for("unhealthy")
        it.press("/xyrysy")
        it.wait_for("Apply")
        it.press("web")
        it.wait_for(lambda text: "web" in text and "postgres" not in text)
        it.press("\x1b")
        it.wait_for("postgres")
    assert not (tmp_path / "state" / "pixel-tui" / "demo" / "audit.jsonl").exists()
