"""A change is painted completely, and little else with it."""

from collections.abc import Sequence

import pytest
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.widget import Widget

from pixel_tui.console.app import PixelTui
from pixel_tui.terminal.cells import ChangedCells
from tests.ui.driving import Console, console
from widgets.dashboard.details import Details
from widgets.lines.scroll_bar import LineScrollBar
from widgets.lines.text_lines import TextLine

WIDE = (200, 50)


def whole(it: Console) -> list[str]:
    """The complete screen, rendered again."""
    return [strip.text for strip in it.app.screen._compositor.render_strips()]


def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Widget, Region]]:
    """Record which lines are requested of widgets."""
    found: list[tuple[Widget, Region]] = []
    render = Widget.render_lines

    def note(self: Widget, crop: Region) -> object:
        found.append((self, crop))
        return render(self, crop)

    monkeypatch.setattr(Widget, "render_lines", note)
    return found


async def test_all_that_changes_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ChangedCells()
    partial: list[ChopsUpdate] = []

    def display(self: PixelTui, _screen: object, update: object) -> None:
        if isinstance(update, ChopsUpdate):
            partial.append(update)
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            cells.changes(update, self.console)

    monkeypatch.setattr(PixelTui, "_display", display)
    async with console(size=WIDE, still=True) as it:
        for key in ("j", "j", "space", "k", "G", "2", "k", "g", "3", "j", "1", "o", "z", "z", "c"):
            await it.press(key)
            await it.until(lambda: ["".join(row) for row in cells._texts] == whole(it))
        await it.press("escape", "j", "slash", "a", "escape")
        await it.until(lambda: ["".join(row) for row in cells._texts] == whole(it))
    assert partial


async def test_widgets_are_asked_for_the_lines_that_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(size=WIDE, still=True) as it:
        compositor = it.dashboard._compositor
        await it.until(lambda: not compositor._dirty_regions)
        top, bottom = it.table.region, it.log.region
        lines = asked(monkeypatch)
        compositor._dirty_regions |= {
            Region(top.x, top.y + 1, 20, 1),
            Region(bottom.x, bottom.bottom - 1, 20, 1),
        }
        assert compositor.render_partial_update() is not None
        assert {type(widget).__name__ for widget, _ in lines} == {"ServiceTable", "LogView"}
        assert {crop.height for _, crop in lines} == {1}


async def test_details_paint_the_lines_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines(word: str) -> Sequence[TextLine]:
        return [((text, "plain"),) for text in (*(f"line {at}" for at in range(5)), word)]

    async with console(size=WIDE, still=True) as it:
        details = it.dashboard.query_one(Details)
        details.show_lines(lines("before"))
        await it.pilot.pause(0.1)
        regions: list[Region] = []
        monkeypatch.setattr(details, "refresh", lambda *parts, **_: regions.extend(parts))
        details.show_lines(lines("after"))
        assert [(region.y, region.height) for region in regions] == [(5, 1)]


async def test_a_scroll_bar_repaints_only_the_lines_in_which_its_thumb_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(size=WIDE, still=True) as it:
        bar = it.log.vertical_scrollbar
        assert isinstance(bar, LineScrollBar)
        bar.window_virtual_size, bar.position = 90_000, 45_000
        regions: list[Region] = []
        monkeypatch.setattr(bar, "refresh", lambda *parts, **_: regions.extend(parts))
        bar.window_virtual_size = 90_010
        assert not regions
        bar.position = 0
        assert regions
        assert all(item.y >= 0 and item.bottom <= bar.size.height for item in regions)
