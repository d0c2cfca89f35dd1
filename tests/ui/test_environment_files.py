"""Several environment files: which one is shown, the others to pick from, and unsaved edits."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from pixel_tui.errors import FileError
from pixel_tui.settings import Settings
from screens.environment.editor import EnvironmentEditor
from screens.environment.screen import EnvironmentScreen
from screens.shared.pick import PickScreen
from tests.builders.ui_environment_screen import (
    bar,
    editor_of,
    line_of,
    opened,
    screen_of,
    session_of,
)
from tests.ui.driving import Console, console
from tests.ui.picturing import quiet, settle, still_app, until
from tests.ui.several_files import BASE, OWN, PROD, Files, several
from widgets.lines.options import Options

__all__ = ["several"]
SMALL = (80, 24)


async def picked(it: Console, path: Path) -> None:
    """Show another file."""
    await it.press("o")
    await it.until(lambda: isinstance(it.app.screen, PickScreen))
    it.app.screen.query_one(Options).highlighted = (BASE, OWN, PROD).index(path)
    await it.press("enter")
    await shown(it, path)


async def shown(it: Console, path: Path) -> None:
    """The screen of a file, once it is read."""
    await it.until(
        lambda: (
            isinstance(it.app.screen, EnvironmentScreen)
            and it.app.screen.source.path == path
            and it.app.screen.overview is not None
        )
    )


async def at_key(it: Console, key: str, words: str) -> None:
    """Move the cursor to a key, and wait for a text in its details."""
    screen_of(it).table.cursor_key = key
    await it.until(lambda: words in it.text("#environment-details"))


async def test_the_title_shows_which_of_the_files_is_open(several: list[Files]) -> None:
    async with console(size=SMALL) as it:
        await opened(it)
        assert "3 of 3" in it.text()
        assert str(PROD) in it.text()
        assert "o Files" in " ".join(bar(it).split())


async def test_the_list_shows_existence_keys_and_problems_of_each_file(
    several: list[Files],
) -> None:
    async with console(size=SMALL) as it:
        await opened(it)
        several[0].files[BASE].data = None
        await it.press("o")
        await it.until(lambda: "prod.env  2 keys" in it.text())
        lines = it.text().splitlines()
        (base,) = [line for line in lines if "base.env" in line]
        (own,) = [line for line in lines if "2  .env" in line]
        (prod,) = [line for line in lines if "prod.env  2" in line]
        assert "no such file" in base
        assert "errors" in own
        assert "(shown)" in prod
        assert "later files override earlier ones" in it.text()
        await it.press("escape")
        assert screen_of(it).source.path == PROD


async def test_another_file_is_shown_with_overridden_keys_marked(
    several: list[Files],
) -> None:
    async with console(size=SMALL) as it:
        await opened(it)
        await picked(it, BASE)
        assert "1 of 3" in it.text()
        await at_key(it, "POSTGRES_DB", "overridden by .env")
        assert "↓ overridden" in line_of(it, "POSTGRES_DB")
        await picked(it, OWN)
        await at_key(it, "POSTGRES_DB", "overrides base.env")
        assert "↑ overrides" in line_of(it, "POSTGRES_DB")
        await at_key(it, "LOG_LEVEL", "overridden by prod.env")
        assert "↓ overridden" in line_of(it, "LOG_LEVEL")
        await picked(it, PROD)
        await at_key(it, "POSTGRES_DB", "set in .env")
        assert "→ other file" in line_of(it, "POSTGRES_DB")
        await it.press("escape")
        assert it.app.screen is it.dashboard


async def test_edits_stay_with_their_file_and_are_there_when_it_is_shown_again(
    several: list[Files],
) -> None:
    async with console(size=SMALL) as it:
        await opened(it, "SITE")
        await it.press("d")
        await it.until(lambda: editor_of(it).workspace.has_draft)
        await picked(it, OWN)
        assert not session_of(editor_of(it)).unsaved
        await it.press("o")
        await it.until(lambda: "unsaved edits" in it.text())
        await it.press("j", "enter")
        await shown(it, PROD)
        await it.until(lambda: "not saved" in it.text("#environment-totals"))
        assert session_of(editor_of(it)).document.data == b"LOG_LEVEL=warning\n"
        assert several[0].files[PROD].data == b"LOG_LEVEL=warning\nSITE=prod\n"


async def test_edits_that_can_not_be_kept_are_not_left(
    several: list[Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(size=SMALL) as it:
        await opened(it, "SITE")
        await it.press("d")
        await it.until(lambda: editor_of(it).workspace.has_draft)

        def full(_base: bytes, _data: bytes) -> None:
            raise FileError("The file can't be written: No space left on device.")

        monkeypatch.setattr(editor_of(it).workspace, "save_draft", full)
        await it.press("o", "k", "enter")
        await it.until(lambda: "edits can" in it.text())
        assert editor_of(it).source.path == PROD


async def test_a_save_is_of_the_file_that_is_shown(several: list[Files]) -> None:
    asked: list[str] = []
    async with console(size=SMALL) as it:
        await opened(it)
        await picked(it, OWN)
        editor_of(it).show_plan = lambda action, target: asked.append(f"{action} {target}")
        screen_of(it).table.cursor_key = "LOG_LEVEL"
        await it.press("d")
        await it.until(lambda: editor_of(it).workspace.has_draft)
        await it.press("s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        await it.press("s")
        await it.until(lambda: asked)
        (candidate,) = asked
        workspace = several[0].open(OWN).workspace
        assert workspace is not None
        staged = workspace.staged(candidate.split()[1])  # type: ignore[attr-defined]
        assert b"LOG_LEVEL" not in staged
        assert b"NOSTR_RELAYS" in staged


async def test_a_read_only_console_shows_each_file_too(several: list[Files]) -> None:
    async with console(size=SMALL, settings=Settings(read_only=True)) as it:
        await opened(it)
        await picked(it, BASE)
        assert not isinstance(it.app.screen, EnvironmentEditor)
        assert "1 of 3" in it.text()


async def test_with_one_file_there_is_no_such_key() -> None:
    async with console(size=SMALL) as it:
        await opened(it)
        assert " of " not in it.text().splitlines()[0]
        assert "Files" not in bar(it)
        await it.press("o")
        assert isinstance(it.app.screen, EnvironmentScreen)


def seen(*keys: str, words: str, done: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Open the environment, press keys, and wait for texts to appear and disappear."""

    def is_said(app: App[None]) -> bool:
        picture = app.export_screenshot().replace("&#160;", " ")
        return words in picture and done not in picture

    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("E")
        app = pilot.app

        def is_read() -> bool:
            screen = app.screen
            return isinstance(screen, EnvironmentScreen) and screen.overview is not None

        await until(pilot, is_read)
        for key in keys:
            await pilot.press(key)
            if key == "enter":
                await until(pilot, is_read)
        await until(pilot, lambda: is_said(app))
        await quiet(pilot)

    return run


Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [SMALL, (160, 45)])
def test_the_list_of_files(
    snap_compare: Compare, several: list[Files], size: tuple[int, int]
) -> None:
    run = seen("o", words="no problems", done="reading…")
    assert snap_compare(still_app(), terminal_size=size, run_before=run)


def test_a_file_below_another_one(snap_compare: Compare, several: list[Files]) -> None:
    run = seen("o", "k", "k", "enter", "j", words="overridden by .env", done="Reading…")
    assert snap_compare(still_app(), terminal_size=SMALL, run_before=run)
