"""The ledger's screen on real files: changes of the files, and actions."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Markdown, Static

from pixel_tui.clock import SystemClock
from pixel_tui.console.app import PixelTui
from pixel_tui.demo.parts import demo_parts
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.services import PROJECT
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.view.access import LedgerAccess
from pixel_tui.ledger.view.watch import LedgerWatch
from pixel_tui.ledger.writing.drafts import drafts_of
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.facts import Facts, LedgerFacts
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import plain
from screens.changes.flow import Operations
from screens.changes.plan import PlanScreen
from screens.ledger.screen import LedgerScreen
from screens.ledger.task import TaskScreen
from screens.ledger.task_writing import TaskWritingScreen
from screens.shared.pick import PickScreen
from tests.builders.sessions import session
from tests.ui.driving import Console
from widgets.dashboard.details import Details
from widgets.rows.task_words import TaskWords

PENDING = "0f5b3c1e-8a2d-4e6f-9b7a-1c2d3e4f5a6b"


def task(task_id: str = PENDING, **fields: object) -> dict[str, object]:
    return {
        "id": task_id,
        "status": "pending",
        "createdAt": "2026-02-28T10:00:00.000Z",
        "type": "opencode",
        "payload": {"task": "Water the flowers"},
        "attempts": 0,
        "maxAttempts": 3,
        **fields,
    }


def write(project: Path, *tasks: dict[str, object]) -> None:
    """As the ecosystem does it."""
    path = project / "data/task-ledger.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".json.tmp")
    new.write_text(json.dumps({"version": 1, "tasks": tasks}, indent=2))
    new.replace(path)


@asynccontextmanager
async def console(project: Path) -> AsyncIterator[tuple[Console, LedgerScreen]]:
    """A console on the demo stack with its ledger in this folder, and the ledger open."""
    clock = SystemClock()
    world = DemoWorld(clock)
    parts = demo_parts(session(), clock=clock, world=world)
    place = LedgerPlace(project)
    reader = LedgerReader(place, clock)
    watch = LedgerWatch(reader, parts.observer, clock)
    drafts = drafts_of(parts.state_folder, project)
    command = ComposeCommand(directory=str(project), project=PROJECT)

    def facts(_snapshot: Any, *, stored: bool = False) -> Facts:
        del stored
        ledger = LedgerFacts(reading=reader.read(), drafts=drafts.list())
        return Facts(read_at=clock.now(), ledger=ledger)

    operations = Operations(
        partial(
            Operator,
            DemoRunner(world),
            parts.observer,
            command,
            parts.state_folder,
            clock,
            locks=parts.state_folder / "locks",
        ),
        parts.observer,
        command,
        clock,
        facts,
        parts.state_folder,
    )
    access = LedgerAccess(watch, place)
    app = PixelTui(replace(parts, operations=operations, open_ledger=lambda: access))
    try:
        async with app.run_test(size=(100, 36), notifications=True) as pilot:
            it = Console(app, pilot, world, clock)
            await it.until(lambda: parts.observer.snapshot.complete and it.names())
            await it.press("W")
            screen = app.screen
            assert isinstance(screen, LedgerScreen)
            await it.until(lambda: watch.view.loaded and screen._shown.loaded)
            yield it, screen
    finally:
        watch.close()


async def test_a_project_without_a_ledger_shows_a_message(tmp_path: Path) -> None:
    async with console(tmp_path) as (it, _):
        await it.until(lambda: "There is no ledger:" in it.text())


async def test_a_change_on_disk_shows(tmp_path: Path) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        other = PENDING.replace("0f5b", "9d9d")
        write(tmp_path, task(), task(other, payload={"task": "Feed the cat"}))
        await it.until(lambda: other in screen.table.keys)
        await it.until(lambda: "Feed the cat" in it.text())


async def test_a_torn_file_keeps_the_last_good_state_and_is_reported(tmp_path: Path) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        path = tmp_path / "data/task-ledger.json"
        path.write_text(path.read_text()[:40])
        await it.until(lambda: "invalid at the moment" in it.text())
        await it.until(lambda: "The last good" in it.text())
        assert PENDING in screen.table.keys
        assert screen.table.stale
        write(tmp_path, task())
        await it.until(lambda: "invalid at the moment" not in it.text())
        assert not screen.table.stale


async def test_hostile_text_in_a_task_is_text(tmp_path: Path) -> None:
    words = "[bold red]x[/] \x1b]52;c;aGk=\x07 [@click=app.quit]go[/]"
    write(tmp_path, task(payload={"task": words}))
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        await it.until(lambda: "[bold red]x[/]" in it.text(), 3)
        assert "\x1b" not in it.text()
        await it.press("enter")
        await it.until(lambda: "1 Task" in it.text())
        await it.until(lambda: "go" in it.text("#task-words"))
        assert "[bold red]x[/]" in it.text("#task-words")
        assert "[@click=app.quit]go[/]" in it.text("#task-words")


async def opened(it: Console) -> TaskWords:
    """The text of the task under the cursor."""
    await it.press("enter")
    await it.until(lambda: isinstance(it.app.screen, TaskScreen))
    return it.app.screen.query_one(TaskWords)


def text_of(words: TaskWords) -> str:
    """The complete text of the task; empty if it is shown as Markdown."""
    return str(words.query_one("#task-plain", Static).content)


async def test_a_text_that_would_be_many_widgets_is_plain(tmp_path: Path) -> None:
    write(tmp_path, task(payload={"task": "- a\n" * 500}))
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        words = await opened(it)
        await it.until(lambda: "- a" in it.text("#task-words"))
        assert len(words.query("*")) < 10
        assert "more characters" not in text_of(words)


async def test_a_long_text_is_cut_and_names_the_command_for_all_of_it(tmp_path: Path) -> None:
    long = "- a\n" * 100_000
    write(tmp_path, task(payload={"task": long}, output=long + "the last", summary="x" * 100_000))
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        words = await opened(it)
        await it.until(lambda: "- a" in it.text("#task-words"))
        assert len(words.query("*")) < 10
        assert f"396,000 more characters. Complete: pixel-tui ledger show {PENDING}" in text_of(
            words
        )
        outcome = it.app.screen.query_one("#task-output", Details).sections
        assert sum(len(section.lines) for section in outcome) < 1100
        assert max(len(line.value) for section in outcome for line in section.lines) <= 30_000
        assert outcome[-1].lines[-1].value == "the last"


async def test_a_change_that_comes_while_a_text_is_set_takes_nothing_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        await opened(it)
        await it.until(lambda: "Water the flowers" in it.text("#task-words"))
        update, begun, go_on = Markdown.update, asyncio.Event(), asyncio.Event()

        async def slow(markdown: Markdown, words: str) -> None:
            begun.set()
            await go_on.wait()
            await update(markdown, words)

        monkeypatch.setattr(Markdown, "update", slow)
        changed = task(payload={"task": "Water the trees"})
        write(tmp_path, changed)
        await it.until(begun.is_set)
        heard = threading.Event()
        screen._source.subscribe(lambda _view: heard.set())
        write(tmp_path, changed, task(PENDING.replace("0f5b", "9d9d")))
        await it.until(heard.is_set)
        await it.pilot.pause()
        go_on.set()
        await it.until(lambda: "Water the trees" in it.text("#task-words"))


async def test_a_finding_leads_to_its_task_also_out_of_a_search(tmp_path: Path) -> None:
    ended = PENDING.replace("0f5b", "9d9d")
    times = {"startedAt": "2026-02-28T12:00:00Z", "completedAt": "2026-02-28T11:00:00Z"}
    write(tmp_path, task(), task(ended, status="completed", **times))
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys and screen._shown.findings)
        await it.press("slash", *"flowers", "enter")
        await it.until(lambda: screen._arrangement.words == "flowers")
        await it.until(lambda: ended in screen.table.keys)
        await it.press("f")
        await it.until(lambda: "before it was started" in it.text())
        at = [finding.task for finding in screen._shown.findings].index(plain(ended))
        await it.press(*["j"] * at, "enter")
        await it.until(lambda: it.app.screen is screen and screen._arrangement.words == "")
        await it.until(lambda: not screen._arranging.busy)
        assert screen.current is not None
        assert screen.current.id == ended


async def test_of_very_many_findings_the_worst_are_listed(tmp_path: Path) -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(600)]
    write(tmp_path, *(task(name, status="lost") for name in ids))
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: len(screen._shown.findings) >= 600)
        await it.press("f")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        said = str(it.app.screen.query_one("#pick-caption", Static).content)
        assert "the worst 500 of 60" in said


async def test_actions_say_why_they_can_not_be_done_to_a_task(tmp_path: Path) -> None:
    write(tmp_path, task(status="completed"), task(PENDING.replace("0f5b", "9d9d")))
    async with console(tmp_path) as (it, screen):
        await it.press("w")  # one list
        await it.until(lambda: PENDING in screen.table.keys)
        screen.table.cursor_key = PENDING
        await it.press("a")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        text = it.text()
        assert "Abort" in text
        assert "The task 0f5b3c1e is completed." in text


async def test_an_action_leads_to_its_plan(tmp_path: Path) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        await it.press("a")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        assert "0f5b3c1e" in it.text()


async def test_keys_typed_ahead_are_meant_for_the_list_of_actions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Operations.check_actions

    async def slow(
        self: Operations, targets: Mapping[str, Sequence[TargetRef]]
    ) -> Mapping[str, str]:
        for _ in range(50):
            await asyncio.sleep(0)  # the next key could be handled meanwhile
        return await tried(self, targets)

    monkeypatch.setattr(Operations, "check_actions", slow)
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.until(lambda: PENDING in screen.table.keys)
        await it.burst("a", "enter")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        assert "0f5b3c1e" in it.text()
        assert it.app.screen_stack[-2] is screen


async def test_a_new_task_is_written_down_and_its_plan_shown(tmp_path: Path) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, _):
        await it.press("n")
        assert isinstance(it.app.screen, TaskWritingScreen)
        await it.press("ctrl+s")
        assert "has no text yet" in it.text()
        await it.press("ctrl+e", *"Paint it", "ctrl+t", "ctrl+s")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        assert "Paint it" in it.text()
        (draft,) = drafts_of(it.app.parts.state_folder, tmp_path).list()
        assert draft.value["payload"] == {"task": "Paint it"}
        assert draft.value["type"] == "docker-op"


async def test_leaving_a_written_task_is_asked_for_twice(tmp_path: Path) -> None:
    write(tmp_path, task())
    async with console(tmp_path) as (it, screen):
        await it.press("n", *"Paint", "escape")
        assert isinstance(it.app.screen, TaskWritingScreen)
        assert "Esc again to discard" in it.text()
        await it.press("escape")
        await it.until(lambda: it.app.screen is screen)
