"""Dialogs: nothing covers what they ask, and they are told from what is below them."""

from dataclasses import replace

import pytest
from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Static

from pixel_tui.operations.jobs.job import Job, JobState
from pixel_tui.settings import Settings
from pixel_tui.text import SafeText
from screens.changes.countdown import ApplyCountdown
from screens.changes.job import JobScreen
from screens.changes.plan import PlanScreen
from tests.builders.audit import plan, status
from tests.ui.driving import Console, console

LONG = "Restart agent-of-the-first-region, web-of-the-second-region and database-7"


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_message_covers_nothing_of_a_plan(size: tuple[int, int]) -> None:
    async with console(size=size) as it:
        it.dashboard.select("agent")
        await it.press("r")
        it.app.notify("First message", timeout=600)
        it.app.notify("Second message", timeout=600)
        await it.until(lambda: "Second message" in it.text())
        box = it.app.screen.query_one(".dialog").region
        for toast in it.app.screen.query("Toast"):
            assert not toast.region.overlaps(box)
            assert not toast.region.overlaps(it.app.screen.query_one("KeyBar").region)
        assert "Run it" in it.text("#run")
        it.app.clear_notifications()
        await it.until(lambda: it.app.screen.query_one(".dialog").region.height > box.height
                       or size[1] > 24)  # fmt: skip


async def test_a_message_does_not_cover_that_an_apply_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ApplyCountdown, "tick", lambda _: "apply rolls back in 40s")
    async with console(size=(80, 24)) as it:
        it.dashboard.select("agent")
        await it.press("r")
        it.app.notify("A message", timeout=600)
        await it.until(lambda: "rolls back" in it.text("KeyBar") and "A message" in it.text())


async def test_losses_count_as_shown_once_a_message_no_longer_takes_their_lines() -> None:
    lost = tuple(SafeText(f"volume number-{number}") for number in range(30))
    made = replace(plan(), irreversible=lost, confirm=SafeText("pixel"))
    async with console(size=(80, 24)) as it:
        await it.app.push_screen(PlanScreen(made))
        await it.until(lambda: "First scroll down" in it.text("#plan-hint"))
        # As when a message goes: there is more room for them than before, and nothing scrolls.
        it.app.screen.query_one("#plan-costs .plan-body", Static).update("volume number-0")
        await it.until(lambda: "Type pixel" in it.text("#plan-hint"))


@pytest.mark.parametrize("columns", [80, 60])
async def test_a_long_title_is_cut_in_its_middle(columns: int) -> None:
    async with console(size=(columns, 24)) as it:
        made = replace(plan(), title=SafeText(LONG))
        running = replace(status(), plan=made, state=JobState.RUNNING)
        await it.app.push_screen(JobScreen(Job(running), it.clock))
        await it.until(lambda: "database-7 ─" in it.text())
        title = it.text().splitlines()[1]
        assert "Job: Restart agent" in title
        assert "…" in title


async def test_a_command_that_is_folded_stays_indented() -> None:
    async with console(size=(80, 24)) as it:
        it.dashboard.select("agent")
        await it.press("r")
        lines = it.text(".dialog").splitlines()
        at = next(number for number, line in enumerate(lines) if "$ docker compose" in line)
        assert lines[at + 1].index("--project-name") == lines[at].index("$")


def cells(it: Console, y: int) -> list[Segment]:
    """The painted line of a screen."""
    compositor = it.app.screen._compositor
    strips = compositor._render_chops(it.app.screen.region, lambda line: line == y)
    return list(Strip.join(strips[y].values()))


async def test_with_the_terminals_own_colours_what_is_below_a_dialog_is_dim() -> None:
    async with console(size=(80, 24), settings=Settings(theme="pixel-ansi")) as it:
        assert not any(part.style and part.style.dim for part in cells(it, 3))
        it.dashboard.select("agent")
        await it.press("a")
        parts = [part for part in cells(it, 3) if part.text.strip()]
        assert parts[0].style is not None
        assert parts[0].style.dim
        assert any(part.style is not None and not part.style.dim for part in parts)


async def test_without_colours_the_focused_button_is_reversed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(size=(80, 24)) as it:
        it.dashboard.select("agent")
        await it.press("r")
        cancel, run = (it.app.screen.query_one(name) for name in ("#cancel", "#run"))
        assert it.app.focused is cancel
        assert cancel.rich_style.reverse
        assert not run.rich_style.reverse
