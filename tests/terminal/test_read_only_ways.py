"""Every way to ask for read-only leads to a process without anything that could change."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.terminal.witnessed import Settled, witnessed

pytestmark = pytest.mark.terminal

NOWHERE = "unix:///nonexistent.sock"
LIVE = ("--host", NOWHERE)
"""A real console: it is put together before it finds out that there is no engine."""
NO_ENGINE = {"DOCKER_HOST": NOWHERE}
FLAG = "--read-only"
VARIABLE = {"PIXEL_TUI_READ_ONLY": "1"}
VARIABLE_NO = {"PIXEL_TUI_READ_ONLY": "0"}


def opened(
    *arguments: str, home: Path, environment: Mapping[str, str], file: str = ""
) -> tuple[str, Settled]:
    """What a console shows, and what is in its process, after the keys of operations."""
    settings = home / "config" / "pixel-tui" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(file)
    with witnessed(*arguments, home=home, environment=environment) as (it, console):
        it.wait_for(lambda text: any(mode in text for mode in ("READ-ONLY", "LIVE", "DEMO")))
        console.settle("rsxy")
        return it.text, console.settle(count=True)


@pytest.mark.parametrize(
    ("arguments", "environment", "file"),
    [
        pytest.param((*LIVE, FLAG), {}, "", id="flag"),
        pytest.param(LIVE, VARIABLE, "", id="variable"),
        pytest.param(LIVE, {}, "read_only = true", id="file"),
        pytest.param((*LIVE, FLAG), VARIABLE_NO, "read_only = false", id="flag-alone"),
        pytest.param(LIVE, VARIABLE, "read_only = false", id="variable-alone"),
        pytest.param(LIVE, VARIABLE_NO, "read_only = true", id="file-alone"),
        pytest.param(("demo", FLAG), {}, "", id="demo-flag"),
        pytest.param((FLAG, "demo"), {}, "", id="flag-demo"),
        pytest.param(("demo",), VARIABLE, "", id="demo-variable"),
        pytest.param(("demo",), {}, "read_only = true", id="demo-file"),
        pytest.param(("--or-demo", FLAG), NO_ENGINE, "", id="or-demo-flag"),
    ],
)
def test_every_way_to_ask_for_it_leaves_nothing_that_could_change(
    tmp_path: Path, arguments: tuple[str, ...], environment: Mapping[str, str], file: str
) -> None:
    text, at = opened(*arguments, home=tmp_path, environment=environment, file=file)
    assert "READ-ONLY" in text
    assert at.changing == ()
    assert "Quit" in at.commands
    assert not [name for name in at.commands if name.startswith(("Start ", "Stop ", "Restart "))]


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (LIVE, {"Operations"}),  # what it makes, and when, shows in the control of every key
        (("demo",), {"Operations", "Drill"}),
    ],
)
def test_without_being_asked_for_it_the_same_count_finds_them(
    tmp_path: Path, arguments: tuple[str, ...], kinds: set[str]
) -> None:
    _, at = opened(*arguments, home=tmp_path, environment=VARIABLE_NO)
    assert kinds <= set(at.changing)
