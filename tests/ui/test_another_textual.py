"""A Textual without the private parts that pixel-tui uses: it works, and is painted plainly."""

import logging
from collections.abc import Iterator

import pytest

from pixel_tui.terminal import private_parts
from tests.ui.driving import console
from widgets.lines.scroll_bar import LineScrollBar

GROUPS = {
    name: value
    for name, value in vars(private_parts).items()
    if isinstance(value, tuple) and value != private_parts.ALL_PARTS
}


@pytest.fixture
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Remove the private parts of a group, or all."""
    gone = set(request.param)
    is_there = private_parts._exists
    monkeypatch.setattr(private_parts, "_exists", lambda part: part not in gone and is_there(part))
    private_parts.has_all.cache_clear()
    yield gone
    private_parts.has_all.cache_clear()


@pytest.mark.parametrize(
    "lacking", [*GROUPS.values(), private_parts.ALL_PARTS], ids=[*GROUPS, "all"], indirect=True
)
async def test_the_console_opens_and_takes_keys(
    lacking: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with console() as it:
            assert it.names()
            first = it.table.cursor_key
            await it.press("j")
            assert it.table.cursor_key != first
            await it.press("question_mark")
            await it.until(lambda: it.app.screen is not it.dashboard)
            await it.press("escape")
            await it.until(lambda: it.app.screen is it.dashboard)
            await it.press("ctrl+l", "colon")
            await it.until(lambda: it.app.screen is not it.dashboard)
            await it.press("escape")
            it.app.copy_to_clipboard("text")
            it.app.free_memory()
    assert not it.app.return_code
    said = [item.getMessage() for item in caplog.records if "lacks" in item.getMessage()]
    assert len(said) == len(set(said))
    named = {part for line in said for part in lacking if part in line}
    assert named == lacking - set(private_parts.CRASH)


@pytest.mark.parametrize("lacking", [private_parts.SCROLL_BAR], indirect=True)
async def test_a_view_has_the_scroll_bar_of_textual(lacking: set[str]) -> None:
    async with console() as it:
        assert lacking
        assert not isinstance(it.log.vertical_scrollbar, LineScrollBar)
