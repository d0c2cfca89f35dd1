"""Snapshots of the screens. After a wanted change: `--snapshot-update`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from pixel_tui.console.app import PixelTui
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.settings import Settings
from pixel_tui.text import SafeText
from tests.builders.audit import ORIGIN, status
from tests.ui.driving import still_clock
from tests.ui.picturing import log, quiet, readme_picture, settle, still_app, until

Compare = Callable[..., bool]
SIZES = [(80, 24), (160, 45)]


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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["pixel-dark", "pixel-ansi"])
def test_recovery(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await keys("A", "down")(pilot)
        screen = pilot.app.screen
        await until(pilot, lambda: screen.query_one("#recovery-words").region.height > 5)
        await until(pilot, lambda: "_reasons" in vars(screen) and bool(vars(screen)["_reasons"]))
        await pilot.pause()

    app = still_app(Settings(theme=theme))
    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("broken", [False, True], ids=["whole", "edited"])
def test_audit(snap_compare: Compare, size: tuple[int, int], broken: bool) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        app = pilot.app
        assert isinstance(app, PixelTui)
        write_trail(app.parts.state_folder / "audit.jsonl", broken=broken)
        await pilot.press("U")
        options = app.screen.query_one("#audit-list", OptionList)
        await until(pilot, lambda: options.option_count > 0)
        await pilot.pause()

    assert snap_compare(still_app(), terminal_size=size, run_before=run)


def write_trail(path: Path, *, broken: bool) -> None:
    """An audit trail with some changes."""
    clock = still_clock()
    audit = AuditTrail(path, clock, ORIGIN)
    for number, (title, state) in enumerate(
        (
            ("Restart agent", JobState.SUCCEEDED),
            ("Rebuild web", JobState.FAILED),
            ("Stop syntropy", JobState.CANCELLED),
            ("Restart nginx", None),
        )
    ):
        made = status()
        plan = replace(made.plan, title=SafeText(title))
        began = replace(made, id=f"job-{number}", plan=plan, started_at=clock.now())
        audit.begin(began)
        clock.advance(12.0)
        if state is not None:
            audit.end(replace(began, state=state, finished_at=clock.now()))
        clock.advance(600.0)
    if broken:
        path.write_bytes(path.read_bytes().replace(b'"ana"', b'"eve"', 1))
