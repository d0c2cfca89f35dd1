"""Known secrets in the log pane: masked on the screen, in copies and exports, until revealed."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pixel_tui.console import app
from pixel_tui.console.app import PixelTui
from pixel_tui.demo.parts import demo_parts
from pixel_tui.redaction.known import MASK
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.settings import Settings
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import timestamp_at
from screens.logs.line import LogLineScreen
from screens.shared.pick import PickScreen
from tests.builders.sessions import session
from tests.builders.ui_logs import chips, say, title
from tests.ui.driving import Console, console
from tests.ui.picturing import log, quiet, settle, still_app, until
from widgets.logs.pane import LogPane
from widgets.rows.log_line import text_of

SECRET = "Fake-S3cret,one"
LINE = "INFO connecting with Fake-\x1b[1mS3cret\x1b[0m,one to db"


@pytest.fixture(autouse=True)
def _known() -> None:
    remember_secret(SECRET)


def painted(it: Console) -> str:
    return it.text("LogView")


def notices(it: Console) -> list[str]:
    return [notice.message for notice in it.app._notifications]


async def test_a_secret_is_masked_and_a_key_shows_and_masks_it() -> None:
    async with console(still=True) as it:
        await it.press("2")
        assert "secrets" not in title(it)
        await say(it, LINE)
        await it.until(lambda: "secrets masked (V shows)" in title(it))
        assert f"connecting with {MASK} to db" in painted(it)
        await it.press("V")
        assert f"connecting with {SECRET} to db" in painted(it)
        assert "secrets shown (V masks)" in title(it)
        await it.press("V")
        assert SECRET not in painted(it)
        assert "secrets masked" in title(it)


async def test_only_secrets_on_the_screen_are_reported() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, LINE, *(f"INFO line {number}" for number in range(100)))
        await it.until(lambda: "line 99" in painted(it))
        assert "secrets" not in title(it)
        await it.press("slash", *"connecting", "enter")
        await it.until(lambda: "secrets masked" in title(it))


async def test_a_newly_known_secret_is_masked_in_lines_already_shown() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO here is Fake-S3cret,two")
        await it.until(lambda: "Fake-S3cret,two" in painted(it))
        remember_secret("Fake-S3cret,two")
        await it.until(lambda: f"here is {MASK}" in painted(it))
        await it.until(lambda: "secrets masked" in title(it))


async def test_a_folded_secret_is_masked_before_it_is_folded() -> None:
    async with console(still=True, size=(80, 24)) as it:
        await it.press("2", "z", "w")
        await say(it, *(f"INFO {'x' * before}{SECRET} end" for before in range(50, 72)))
        for masked in (True, False):
            await it.until(lambda: it.log.following and "end" in painted(it))
            rows = "".join(row[12:] for row in painted(it).splitlines())
            assert (SECRET in rows) is not masked
            assert (MASK in rows) is masked
            await it.press("V")


async def test_a_search_finds_a_secret_and_highlights_its_mask() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, LINE, "INFO nothing")
        await it.press("slash", *"S3cret,one", "enter")
        await it.until(lambda: "“S3cret,one” 1 of 1" in title(it))
        assert it.log.cursor_line is not None
        assert it.log.cursor_line.text == LINE.encode()
        assert SECRET not in painted(it)
        await it.press("escape", "2", "slash", *SECRET, "enter")
        await it.until(lambda: f"“{MASK}” 1" in title(it))
        await it.press("ampersand", *SECRET, "enter")
        await it.until(lambda: it.log.page.shown == 1)
        assert chips(it) == [f"“{MASK}”"]


async def test_a_copy_is_masked_as_on_the_screen() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO before", LINE)
        await it.press("k", "j", "k", "v", "j", "y")
        assert it.app.clipboard == f"INFO before\nINFO connecting with {MASK} to db"
        await it.press("Y")
        assert SECRET not in it.app.clipboard
        await it.press("V", "Y")
        assert it.app.clipboard.endswith(f"INFO connecting with {SECRET} to db")


async def test_a_line_that_is_opened_is_shown_as_in_the_pane() -> None:
    line = '{"level":30,"msg":"hello","pw":"Fake\\u002dS3cret,one"}'
    async with console(still=True) as it:
        await it.press("2")
        await say(it, line)
        await it.press("k", "j", "enter")
        assert isinstance(it.app.screen, LogLineScreen)
        await it.until(lambda: f"pw: {MASK}" in it.text())
        assert "secrets   masked" in it.text()
        await it.press("y", "escape")
        assert SECRET not in it.app.clipboard
        await it.press("V", "enter")
        await it.until(lambda: f"pw: {SECRET}" in it.text())
        assert "secrets   shown" in it.text()


async def test_lists_of_lines_are_masked() -> None:
    async with console(still=True) as it:
        await it.press("2")
        line = next(
            line for line in reversed(it.log.shown_lines()) if line.kind is not LineKind.MARK
        )
        words = text_of(line)[-20:]
        remember_secret(words)
        await it.press("slash", *words, "enter", "S")
        assert isinstance(it.app.screen, PickScreen)
        await it.until(lambda: "Enter goes there" in it.text())
        await it.until(lambda: MASK in it.text())
        assert words not in it.text()
        await it.press("escape")
        await say(it, f"ERROR refused {SECRET} by 7 hosts")
        await it.press("exclamation_mark")
        await it.until(lambda: f"refused {MASK} by <n> hosts" in it.text())


ERRORS = (
    f"ERROR timeout, password={SECRET}",
    '{"level":50,"msg":"timeout, password=Fake\\u002dS3cret,one"}',
)


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_above_the_log_is_masked_as_the_lines_are(error: str) -> None:
    async with console(still=True, size=(200, 50)) as it:
        await it.press("2")
        await say(it, *([error] * 1000))
        await it.until(lambda: f"timeout, password={MASK}" in it.text("ActivityStrip"))
        await it.press("V")
        await it.until(lambda: f"password={SECRET}" in it.text("ActivityStrip"))
        await it.press("exclamation_mark")
        await it.until(lambda: f"password={SECRET}" in it.text())
        await it.press("escape", "V")
        await it.until(lambda: f"password={MASK}" in it.text("ActivityStrip"))
        await it.press("exclamation_mark")
        await it.until(lambda: "Errors that differ" in it.text())
        assert SECRET not in it.text()


async def test_the_filter_of_an_error_has_no_part_of_a_secret() -> None:
    secret = "Fake-walrus-and-oyster-77-S3cret"  # its shape has `<n>` in it
    remember_secret(secret)
    async with console(still=True) as it:
        await it.press("2")
        await say(it, *([f"ERROR refused pw={secret} by db"] * 1000))
        await it.press("exclamation_mark")
        await it.until(lambda: f"pw={MASK}" in it.text())
        await it.press("enter")
        await it.until(lambda: bool(chips(it)))
        assert chips(it) == ["“ERROR refused pw=”"]
        assert "walrus" not in it.text()


@pytest.mark.parametrize("name", ["out.log", "out.raw"])
async def test_an_export_is_masked_and_reports_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(still=True, size=(160, 45)) as it:
        await it.press("2")
        await say(it, LINE, "INFO connecting again")
        await it.press("ampersand", *"connecting", "enter")
        await it.until(lambda: it.log.page.shown >= 2)
        for masked in (True, False):
            await it.press("e", "ctrl+u", *f"{masked}{name}")
            words = "masked" if masked else "shown"
            assert f"secrets {words}, to" in it.text()
            await it.press("enter")
            notice = "masked as ********" if masked else "not masked"
            await it.until(lambda: any(f"{notice} in 1 of" in words for words in notices(it)))  # noqa: B023
            written = (tmp_path / f"{masked}{name}").read_bytes().replace(b"\x1b[1m", b"")
            assert (SECRET.encode() in written.replace(b"\x1b[0m", b"")) is not masked
            await it.press("V")


async def test_secrets_are_masked_again_when_the_focus_leaves() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, LINE)
        await it.press("V")
        assert SECRET in painted(it)
        await it.press("question_mark", "escape")
        assert SECRET in painted(it)
        await it.press("1")
        await it.until(lambda: SECRET not in it.text())
        await it.press("2", "V", "f", "a", "enter")
        await it.until(lambda: "all services" in title(it))
        assert not it.log.secrets_shown


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_read_only_console_shows_secrets_only_if_it_is_allowed(allowed: bool) -> None:
    settings = Settings(read_only=True, reveal_allowed=allowed)
    async with console(still=True, settings=settings) as it:
        await it.press("2")
        await say(it, LINE)
        await it.until(lambda: "secrets masked" in title(it))
        await it.press("V")
        assert (SECRET in painted(it)) is allowed
        assert ("(V masks)" in title(it)) is allowed
        assert ("V" in it.app.screen.active_bindings) is allowed


@pytest.mark.parametrize("pressed", [("2",), ("2", "V")], ids=["masked", "shown"])
def test_picture(snap_compare: Callable[..., bool], pressed: tuple[str, ...]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press(*pressed)
        view = log(pilot)
        assert view.page.feed is not None
        logs = pilot.app.screen_stack[0].query_one("#logs-pane", LogPane)
        lines = [LINE, 'INFO {"pw":1}', f'{{"level":50,"msg":"{SECRET} was refused","user":7}}']
        assert isinstance(pilot.app, PixelTui)
        at = timestamp_at(pilot.app.parts.clock.now())
        view.page.feed.ring.extend(
            [LogLine(at, "pixel-agent-1", LineKind.STDOUT, text.encode()) for text in lines]
        )
        await until(pilot, lambda: "secrets" in str(logs.border_title))
        await quiet(pilot)

    assert snap_compare(still_app(), terminal_size=(80, 24), run_before=run)


async def test_the_secrets_of_the_environment_files_are_learnt_without_opening_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "WATCH_SECONDS", 0.01)
    learnt = threading.Event()
    parts = replace(demo_parts(session()), learn_secrets=learnt.set)
    async with PixelTui(parts).run_test():
        assert await asyncio.to_thread(learnt.wait, 15)
