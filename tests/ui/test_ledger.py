"""The ledger's screen on the demo stack."""

import pytest

from pixel_tui.demo.ledger import ORPHAN, RUNNING
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.settings import Settings
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.watch.watcher import Watcher
from screens.ledger.screen import LedgerScreen
from screens.ledger.task import TaskScreen
from tests.ui.driving import Console, console
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView


async def opened(it: Console) -> LedgerScreen:
    """The ledger, with its tasks listed."""
    await it.press("W")
    screen = it.app.screen
    assert isinstance(screen, LedgerScreen)
    await it.until(lambda: len(screen.table.keys) > 5)
    return screen


async def test_tasks_are_listed_by_status_with_completed_ones_folded() -> None:
    async with console() as it:
        await opened(it)
        text = it.text()
        assert "▾ running" in text
        assert "▸ completed" in text
        assert "6 tasks" in text
        assert "Answer zaps with a thank-you note" in text
        assert "Log the cost of each completion" not in text


async def test_totals_and_the_lock_are_shown_above_the_list() -> None:
    async with console() as it:
        await opened(it)
        totals = it.text("#ledger-totals")
        assert "2 running · 2 pending · 1 failed · 6 completed" in totals
        assert "lock of 3f9c21ab for 7m" in totals
        await it.pilot.resize_terminal(70, 24)
        await it.until(lambda: it.text("#ledger-totals").endswith("6 completed"))


async def test_the_worst_finding_is_shown_above_the_list() -> None:
    async with console() as it:
        await opened(it)
        await it.until(lambda: "! " in it.text("#ledger-trouble"))
        assert "b81e4d07" in it.text("#ledger-trouble")


async def test_a_heading_unfolds_its_group() -> None:
    async with console() as it:
        screen = await opened(it)
        await it.press("G", "enter")
        await it.until(lambda: "▾ completed" in it.text())
        assert "Log the cost of each completion" in it.text()
        assert screen.table.current is not None
        assert screen.table.current.task is None


async def test_the_complete_text_of_a_task_is_searched() -> None:
    async with console() as it:
        screen = await opened(it)
        await it.press("slash", *"one note a", "enter")
        await it.until(lambda: [key for key in screen.table.keys if key == RUNNING])
        await it.until(lambda: len(screen.table.keys) == 2)
        await it.press("escape")
        await it.until(lambda: len(screen.table.keys) > 5)
        assert it.app.screen is screen


async def test_a_search_counts_the_findings_that_it_hides() -> None:
    async with console() as it:
        screen = await opened(it)
        await it.until(lambda: "! " in it.text("#ledger-trouble"))
        about = sum(bool(finding.task) for finding in screen._shown.findings)
        await it.press("slash", *"zzzz", "enter")
        await it.until(lambda: "No task matches" in it.text())
        assert f"with “zzzz” · {about} problem" in it.text()
        await it.press("escape")
        await it.until(lambda: "hidden" not in it.text())


async def test_only_tasks_with_findings_can_be_listed() -> None:
    async with console() as it:
        screen = await opened(it)
        await it.until(lambda: "! " in it.text("#ledger-trouble"))
        await it.press("v", "v")
        await it.until(lambda: "with findings" in it.text())
        await it.until(lambda: ORPHAN in screen.table.keys)
        assert RUNNING not in screen.table.keys


async def test_findings_lead_to_their_task() -> None:
    async with console() as it:
        screen = await opened(it)
        await it.until(lambda: "! " in it.text("#ledger-trouble"))
        await it.press("f")
        await it.until(lambda: "task-" in it.text())
        await it.press("enter")
        await it.until(lambda: it.app.screen is screen)
        await it.until(lambda: screen.current is not None and screen.current.id == ORPHAN)


async def test_the_preview_shows_the_findings_of_the_task_under_the_cursor() -> None:
    async with console() as it:
        screen = await opened(it)
        screen.table.cursor_key = RUNNING
        await it.until(lambda: "pixel-worker-3f9c21ab" in it.text("#ledger-preview"))
        assert "in sync with the stack" in it.text("#ledger-preview")


async def test_a_task_opens_with_its_texts_and_its_log() -> None:
    async with console() as it:
        screen = await opened(it)
        screen.table.cursor_key = RUNNING
        await it.press("enter")
        task = it.app.screen
        assert isinstance(task, TaskScreen)
        await it.until(lambda: "one note a zap" in it.text())
        await it.press("2")
        await it.until(lambda: "spawned, pixel-worker-3f9c21ab" in it.text())
        await it.press("4")
        view = task.query_one("#task-log LogView", LogView)
        await it.until(lambda: view.page.shown > 0)
        await it.until(lambda: "[opencode]" in it.text())
        await it.press("escape")
        await it.until(lambda: it.app.screen is screen)


@pytest.mark.parametrize("read_only", [False, True])
async def test_secrets_in_the_log_of_a_task_are_masked(read_only: bool) -> None:
    async with console(settings=Settings(read_only=read_only)) as it:
        screen = await opened(it)
        screen.table.cursor_key = RUNNING
        await it.press("enter", "4")
        view = it.app.screen.query_one("#task-log LogView", LogView)
        await it.until(lambda: view.page.feed is not None and view.page.shown > 0)
        assert view.page.feed is not None
        remember_secret("Fake-S3cret,one")
        view.page.feed.ring.extend([LogLine(b"", "x", LineKind.STDOUT, b"pw Fake-S3cret,one end")])
        await it.until(lambda: "pw ******** end" in it.text())
        view.focus()
        await it.press("V")
        assert view.secrets_shown is not read_only


async def test_a_task_without_a_log_shows_a_message() -> None:
    async with console() as it:
        screen = await opened(it)
        screen.table.cursor_key = next(key for key in screen.table.keys if key[:8] == "00c0de06")
        await it.press("enter", "4")
        pane = it.app.screen.query_one("#task-log", LogPane)
        await it.until(lambda: "not kept" in str(pane.border_title))


async def test_the_outcome_of_a_failed_task_is_shown() -> None:
    async with console() as it:
        screen = await opened(it)
        screen.table.cursor_key = next(key for key in screen.table.keys if key[:8] == "77aa10c3")
        await it.press("enter", "3")
        await it.until(lambda: "killed after 2700 seconds" in it.text())
        assert "bun test: 3 fail" in it.text()


async def test_a_ledger_that_is_not_shown_is_not_watched() -> None:
    async with console() as it:
        observer = it.app.parts.observer
        assert isinstance(observer, Watcher)
        before = len(observer._listeners)
        await opened(it)
        assert len(observer._listeners) == before + 1
        await it.press("escape")
        await it.until(lambda: len(observer._listeners) == before)
        await opened(it)
        assert len(observer._listeners) == before + 1


async def test_statistics_count_finished_tasks() -> None:
    async with console() as it:
        await opened(it)
        await it.press("i")
        await it.until(lambda: "tasks finished" in it.text())
        assert "opencode" in it.text()


async def test_tasks_are_not_marked_as_no_action_is_done_to_several() -> None:
    async with console() as it:
        screen = await opened(it)
        assert "space" not in screen.active_bindings
        before = it.text(".dialog")
        await it.press("space")
        assert it.text(".dialog") == before


@pytest.mark.parametrize("key", ["a", "n"])
async def test_a_read_only_console_has_no_key_that_changes_a_task(key: str) -> None:
    async with console(settings=Settings(read_only=True)) as it:
        screen = await opened(it)
        assert key not in screen.active_bindings
        await it.press(key)
        assert it.app.screen is screen
