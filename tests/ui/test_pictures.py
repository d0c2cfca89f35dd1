"""What the screens look like, to the letter. After a wanted change: `--snapshot-update`."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pixel_tui.settings import Settings
from tests.ui.picturing import log, quiet, readme_picture, settle, still_app, until

Compare = Callable[..., bool]
SIZES = [(80, 24), (160, 45)]

pytestmark = pytest.mark.usefixtures("in_utc")


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def keys(*pressed: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press(*pressed)
        await quiet(pilot)

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["pixel-dark", "pixel-light", "pixel-ansi"])
def test_dashboard(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(still_app(Settings(theme=theme)), terminal_size=size, run_before=keys())


@pytest.mark.parametrize("size", SIZES)
def test_read_only(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(still_app(Settings(read_only=True)), terminal_size=size, run_before=keys())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "pressed",
    [
        ("3",),
        ("2", "slash", *"pool", "enter"),
        ("r",),
        ("question_mark",),
        ("p",),
        ("c",),
        ("slash", *"zzz"),
        ("5",),
        ("down", "down", "space", "x"),
        ("2", "z", "ampersand", *"pool", "enter", "L", "L"),
        ("2", "k", "enter"),
        ("2", "f"),
        ("2", "J", *"11:30"),
        ("2", "exclamation_mark"),
    ],
    ids=[
        "details",
        "search",
        "plan",
        "help",
        "probe",
        "columns",
        "no-hit",
        "jobs",
        "stop-marked",
        "logs-filtered",
        "log-line",
        "log-services",
        "log-time",
        "log-errors",
    ],
)
def test_places(snap_compare: Compare, size: tuple[int, int], pressed: tuple[str, ...]) -> None:
    assert snap_compare(still_app(), terminal_size=size, run_before=keys(*pressed))


@pytest.mark.parametrize("size", SIZES)
def test_the_logs_of_two_services(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await keys("space", "down", "space")(pilot)
        await until(pilot, lambda: len({line.source for line in log(pilot).shown_lines()}) == 3)
        await quiet(pilot)
        await pilot.press("2", "z", "k", "k", "v", "k")
        await quiet(pilot)

    assert snap_compare(still_app(), terminal_size=size, run_before=run)


def test_the_picture_of_the_readme_is_what_the_program_draws() -> None:
    kept = (Path(__file__).parents[2] / "docs" / "dashboard.svg").read_text()
    assert readme_picture() == kept, "run scripts/picture"
