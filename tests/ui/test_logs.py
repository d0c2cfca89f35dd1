"""The log pane: merged logs, filters, search and history."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.errors import OperationError
from pixel_tui.logs.export import ExportFormat, export
from pixel_tui.logs.level import LogLevel
from pixel_tui.stack.feed.feed import FeedState
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import timestamp_at
from screens.logs.dialogs import all_lines
from screens.logs.line import LogLineScreen
from screens.logs.services import LogServicesScreen
from screens.shared.ask import AskScreen
from screens.shared.pick import PickScreen
from tests.builders.ui_logs import chips, pane, say, title
from tests.ui.driving import NOON, Console, console


def _now(it: Console, text: str) -> LogLine:
    return LogLine(timestamp_at(it.clock.now()), "x", LineKind.STDOUT, text.encode())


async def say_unseen(it: Console, text: str) -> None:
    """Append a line to a log that is not shown."""
    feed = it.log.page.feed
    assert feed is not None
    feed.ring.extend([_now(it, text)])


def shown(it: Console) -> list[str]:
    return [line.text.decode() for line in it.log.shown_lines()]


async def test_the_logs_of_marked_services_are_merged() -> None:
    async with console(still=True) as it:
        names = it.names()
        await it.press("g", "space", "j", "space")
        await it.until(lambda: len({line.source for line in it.log.shown_lines()}) > 1)
        assert names[0] in title(it)
        stamps = [line.stamp for line in it.log.shown_lines()]
        assert stamps == sorted(stamps)
        assert "│" in it.text("LogView")


async def test_services_are_chosen_from_a_list_and_left_to_the_cursor_again() -> None:
    async with console(still=True) as it:
        await it.press("2", "f")
        assert isinstance(it.app.screen, LogServicesScreen)
        await it.press("a", "enter")
        await it.until(lambda: "all services" in title(it))
        await it.press("1", "j")
        assert "all services" in title(it)
        await it.press("2", "f", "n", "enter")
        await it.until(lambda: "all services" not in title(it))


async def test_a_service_is_hidden_and_comes_back() -> None:
    async with console(still=True) as it:
        await it.press("2", "f", "a", "enter")
        await it.until(lambda: len({line.source for line in it.log.shown_lines()}) > 2)
        await it.press("k")
        hidden = it.log.cursor_source
        await it.press("H")
        await it.until(lambda: hidden not in {line.source for line in it.log.shown_lines()})
        assert len(chips(it)) == 1
        assert chips(it)[0].startswith("without ")
        await it.press("backspace")
        await it.until(lambda: hidden in {line.source for line in it.log.shown_lines()})


async def test_filters_stack_and_go_one_by_one() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO crimson apple", "ERROR crimson brick", "INFO green apple")
        await it.press("ampersand", *"crimson", "enter")
        await it.until(lambda: shown(it) == ["INFO crimson apple", "ERROR crimson brick"])
        await it.press("ampersand", *"!apple", "enter")
        await it.until(lambda: shown(it) == ["ERROR crimson brick"])
        assert chips(it) == ["“crimson”", "not “apple”"]
        assert "1 of " in title(it)
        await it.press("backspace")
        await it.until(lambda: shown(it) == ["INFO crimson apple", "ERROR crimson brick"])
        await it.press("backspace")
        await it.until(lambda: len(shown(it)) > 3)
        assert chips(it) == []


async def test_a_key_steps_through_the_levels() -> None:
    async with console(still=True) as it:
        await it.press("2", "L", "L", "L")
        assert it.log.page.view.filters.level is LogLevel.ERROR
        await say(it, "ERROR bad", "  at once(x.js:1:2)", "INFO good")
        await it.until(lambda: shown(it)[-2:] == ["ERROR bad", "  at once(x.js:1:2)"])
        assert chips(it) == ["errors only"]
        await it.press("L")
        await it.until(lambda: shown(it)[-1] == "INFO good")


async def test_a_filter_that_no_line_matches_shows_how_to_remove_it() -> None:
    async with console(still=True) as it:
        await it.press("2", "slash", *"qwertz", "enter")
        await it.until(lambda: "“qwertz” is not in these lines" in title(it))
        await it.press("ampersand", *"zebra", "enter")
        await it.until(lambda: "No line matches." in it.text("#logs-pane"))
        assert "Backspace removes the last filter." in it.text("#logs-pane")
        assert "0 of " in title(it)
        assert "qwertz" not in title(it), "what was not found then is no news"
        await it.press("backspace")
        await it.until(lambda: "No line matches." not in it.text("#logs-pane"))


async def test_lines_around_matches_are_shown_on_demand() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO one", "INFO two", "INFO needle", "INFO four")
        await it.press("ampersand", *"needle", "enter", "C")
        await it.until(lambda: shown(it) == ["INFO two", "INFO needle", "INFO four"])


async def test_the_error_of_a_pattern_is_shown_while_it_is_typed() -> None:
    async with console(still=True) as it:
        await it.press("2", "slash", "ctrl+r", *"(a")
        assert "at 1" in title(it)
        await it.press("escape")
        assert "at 1" not in title(it)


async def test_a_long_search_gives_way_to_its_count() -> None:
    words = "a_needle_in_a_haystack_that_is_much_longer_than_the_title_of_the_pane"
    async with console(size=(80, 24), still=True) as it:
        await it.press("2")
        await say(it, *(f"INFO {words} {number}" for number in range(30)))
        it.logs_pane.show(it.logs_pane.logs.feed, "2 Logs  " + " + ".join(["a-long-name"] * 6))
        await it.press("slash", *words, "enter")
        await it.until(lambda: re.search(r"“a_needle.*…” \d+ of 30", it.text("#logs-pane")))


async def test_a_search_goes_from_match_to_match() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, *(f"INFO line {number}" for number in range(50)), "INFO needle", "INFO end")
        await it.press("slash", *"needle", "enter")
        await it.until(lambda: "1 of 1" in title(it))
        assert not it.log.following
        assert "• " in it.text("LogView")


async def test_the_complete_history_is_searched_and_a_match_opened() -> None:
    async with console(still=True) as it:
        await it.press("2")
        words = it.log.shown_lines()[0]
        await it.press("slash", *"embedding", "enter", "S")
        screen = it.app.screen
        assert isinstance(screen, PickScreen)
        await it.until(lambda: "found in" in it.text() and "Enter goes there" in it.text())
        await it.press("enter")
        await it.until(lambda: not isinstance(it.app.screen, PickScreen))
        assert not it.log.following
        assert words.source == "pixel-agent-1"


async def test_a_complete_line_is_opened_with_its_times() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, '{"level":50,"msg":"boom","user":{"id":7}}')
        await it.press("k", "j", "enter")
        assert isinstance(it.app.screen, LogLineScreen)
        await it.until(lambda: "user" in it.text())
        text = it.text()
        assert "UTC       2026-03-01 12:00:01" in text
        assert "service   agent" in text
        assert "level     error" in text


async def test_typing_a_time_goes_there() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await it.burst("J", "minus", *"5m")
        assert isinstance(it.app.screen, AskScreen)
        await it.until(lambda: "11:55:00" in it.text())
        await it.press("enter")
        await it.until(lambda: not it.log.following and not it.log.page.feed.reach.loading)  # type: ignore[union-attr]
        wanted = timestamp_at(NOON - timedelta(minutes=5))
        await it.until(lambda: it.log.cursor_line is not None)
        line = it.log.cursor_line
        assert line is not None
        assert line.stamp >= wanted


async def test_keys_go_to_the_first_and_the_last_line_of_the_history() -> None:
    async with console(still=True) as it:
        await it.press("2", "g")
        feed = it.log.page.feed
        assert feed is not None
        await it.until(lambda: feed.reach.first and not feed.reach.loading)
        await it.press("G")
        await it.until(lambda: feed.reach.last and not feed.reach.loading)
        await it.until(lambda: feed.status.state is FeedState.LIVE and it.log.following)


async def test_another_part_of_the_log_is_repainted() -> None:
    async with console(still=True) as it:
        await it.press("2")
        feed = it.log.page.feed
        assert feed is not None
        feed.ring.restart([_now(it, "INFO one place")])
        await it.until(lambda: "one place" in it.text("LogView"))
        feed.ring.restart([_now(it, "INFO another place")])
        await it.until(lambda: "another place" in it.text("LogView"))


async def test_a_selection_shows_its_duration_and_is_copied() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO a", "INFO b", "INFO c")
        await it.press("k", "v", "k")
        assert "2 lines selected" in title(it)
        await it.press("y")
        assert it.app.clipboard == "INFO a\nINFO b"
        assert "chosen" not in title(it)


async def test_a_stack_trace_is_copied_as_one() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "ERROR bad", "  at once(x.js:1:2)", "INFO good")
        await it.press("k", "y")
        assert it.app.clipboard == "ERROR bad\n  at once(x.js:1:2)"


async def test_bookmarks_are_gone_to() -> None:
    async with console(still=True) as it:
        await it.press("2", "k", "k", "k", "b")
        marked = it.log.cursor_line
        assert "◆" in it.text("LogView")
        await it.press("k", "k", "right_square_bracket")
        assert it.log.cursor_line == marked


async def test_lines_since_the_last_visit_are_counted() -> None:
    async with console(still=True) as it:
        await it.press("2", "1")
        await say(it, "INFO new", "INFO newer")
        await it.press("2")
        await it.until(lambda: "2 since your last visit" in title(it))


async def test_errors_that_repeat_are_listed_and_filtered_to() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, *(f"ERROR worker {number} died of hunger" for number in range(1500)))
        await it.press("exclamation_mark")
        assert isinstance(it.app.screen, PickScreen)
        await it.until(lambda: "1,500×" in it.text())
        await it.press("enter")
        await it.until(lambda: set(map(len, [chips(it)])) == {1})
        await it.until(lambda: len(shown(it)) == 1500)


async def test_the_log_is_exported_and_nothing_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO needle \x1b]0;title\x07 x")
        await it.press("ampersand", *"needle", "enter")
        await it.until(lambda: len(shown(it)) == 1)
        await it.press("e", "enter")
        await it.until(lambda: list(tmp_path.glob("*.log")))
        (written,) = tmp_path.glob("*.log")  # noqa: ASYNC240  nothing waits here
        await it.until(lambda: written.stat().st_size)
        assert written.stat().st_mode & 0o777 == 0o600
        assert written.read_text().endswith("pixel-agent-1 INFO needle  x\n")
        before = written.read_bytes()
        await it.press("e", "enter")
        assert isinstance(it.app.screen, AskScreen)
        assert "exists already" in it.text()
        assert written.read_bytes() == before


async def test_a_log_that_was_empty_is_shown_once_it_has_lines() -> None:
    async with console() as it:
        await it.until(lambda: "nginx" in it.names() or "pgadmin" in it.names())
        it.dashboard.select("pgadmin")
        await it.until(lambda: "pgadmin" in title(it) and pane(it).has_class("-empty"))
        await say_unseen(it, "INFO now it lives")
        await it.until(lambda: "now it lives" in it.text())
        await it.press("2")
        assert it.log.has_focus


async def test_long_lines_are_folded_on_demand() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO " + "word " * 60 + "end-of-line")
        assert "end-of-line" not in it.text("LogView")
        await it.press("w")
        assert "end-of-line" in it.text("LogView")
        assert it.log.following


async def test_structured_lines_are_shown_as_they_were_written_on_demand() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, '{"level":30,"msg":"hello","user":7}')
        assert "hello  user=7" in it.text("LogView")
        await it.press("u")
        assert '"msg":"hello"' in it.text("LogView")


async def test_lines_are_chosen_with_the_mouse() -> None:
    async with console(still=True) as it:
        await it.press("2")
        await say(it, "INFO a", "INFO b", "INFO c", "INFO d")
        bottom = it.log.size.height - 1
        await it.pilot.mouse_down(it.log, offset=(10, bottom - 2))
        await it.pilot.hover(it.log, offset=(10, bottom - 1))
        await it.pilot.mouse_up(it.log, offset=(10, bottom - 1))
        assert "2 lines selected" in title(it)
        await it.press("y")
        assert it.app.clipboard == "INFO b\nINFO c"


async def test_escape_lets_the_chosen_lines_go_before_it_leaves_the_pane() -> None:
    async with console(still=True) as it:
        await it.press("2", "v", "k", "k")
        assert "3 lines selected" in title(it)
        await it.press("escape")
        assert "chosen" not in title(it)
        assert it.log.has_focus
        await it.press("escape")
        assert it.table.has_focus


async def test_an_export_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    async with console(still=True) as it:
        history = it.logs_pane.logs.history()
        history.close()
        with pytest.raises(OperationError, match="not read completely"):
            export(tmp_path / "half.log", all_lines(history), ExportFormat.PLAIN)
        assert not list(tmp_path.glob("*.log"))  # noqa: ASYNC240  nothing waits here


async def test_without_a_filter_the_complete_log_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(still=True) as it:
        await it.press("2", "e", "enter")
        await it.until(lambda: "Exported" in it.text())
        (written,) = tmp_path.glob("*.log")  # noqa: ASYNC240  nothing waits here
        count = len(written.read_text().splitlines())
        page = it.logs_pane.logs.history().reader().read(1_000_000)
        assert count == len(page.lines)
        assert count > 100
