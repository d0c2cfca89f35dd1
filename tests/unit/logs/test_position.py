"""The position in a log while lines are added and dropped, and after each move."""

from dataclasses import dataclass, field, replace

import pytest

from pixel_tui.logs.position import Goal, LineRange, LogPosition
from pixel_tui.stack.feed.feed import HistoryExtent

HEIGHT = 10
NOW = HistoryExtent()


@dataclass(frozen=True)
class Lines:
    """Shown lines, on a screen of ten rows."""

    numbers: range = range(100)
    """The numbers of the kept lines; all are shown unless `every` is more than 1."""
    every: int = 1
    """One of this many lines is shown."""
    reach: HistoryExtent = NOW
    folded: dict[int, int] = field(default_factory=dict)
    """Rows of lines by place; one if missing."""
    height: int = HEIGHT

    @property
    def first(self) -> int:
        return self.numbers.start

    @property
    def stop(self) -> int:
        return self.numbers.stop

    @property
    def _shown(self) -> range:
        return self.numbers[:: self.every]

    @property
    def shown(self) -> int:
        return len(self._shown)

    def number(self, place: int) -> int:
        shown = self._shown
        return shown[place] if 0 <= place < len(shown) else max(self.stop - 1, self.first)

    def place(self, number: int) -> int:
        return sum(item < number for item in self._shown)

    def number_at(self, stamp: bytes) -> int:
        """A line's number is its stamp."""
        return next((item for item in self._shown if item >= int(stamp)), self.stop)

    def row_count(self, place: int) -> int:
        return self.folded.get(place, 1)


def at_end(lines: Lines) -> LogPosition:
    """A position that follows."""
    return LogPosition().updated(lines)


def paused(lines: Lines, place: int) -> LogPosition:
    """A position that moved from the end to a line."""
    return at_end(lines).moved(lines, place)


# Following.


def test_a_new_position_follows_at_the_end() -> None:
    position = at_end(Lines())
    assert position.following
    assert (position.top, position.skip) == (90, 0)
    assert position.cursor == 99


def test_fewer_lines_than_rows_start_at_the_top() -> None:
    assert at_end(Lines(range(3))).top == 0


def test_following_moves_with_new_lines() -> None:
    position = at_end(Lines()).updated(Lines(range(120)))
    assert position.following
    assert position.top == 110
    assert position.new_lines(Lines(range(120))) == 0


def test_following_stops_if_the_feed_is_in_the_past() -> None:
    past = Lines(reach=HistoryExtent(last=False))
    assert not at_end(Lines()).updated(past).following


# Staying on a line.


def test_a_move_up_stops_following_and_counts_new_lines() -> None:
    position = at_end(Lines()).moved(Lines(), 98)
    assert not position.following
    assert position.new_lines(Lines()) == 0
    assert position.new_lines(Lines(range(107))) == 7


def test_the_text_does_not_move_when_lines_are_added() -> None:
    position = paused(Lines(), 50)
    assert position.top == 50
    assert position.updated(Lines(range(120))) == position


@pytest.mark.parametrize(
    ("numbers", "top"), [(range(-20, 100), 70), (range(30, 100), 20), (range(60, 100), 0)]
)
def test_the_text_does_not_move_when_older_lines_are_added_or_dropped(
    numbers: range, top: int
) -> None:
    position = paused(Lines(), 50).updated(Lines(numbers))
    assert position.top == top
    assert position.anchor == max(50, numbers.start)
    assert position.cursor == max(50, numbers.start)


def test_a_filter_keeps_the_top_line_or_the_next_shown_one() -> None:
    position = paused(Lines(), 51).updated(Lines(every=2))
    assert position.top == 26
    assert position.anchor == 52


def test_rows_at_the_bottom_never_stay_empty() -> None:
    lines = Lines(range(55))
    assert paused(Lines(), 50).updated(lines).top == 45


# Moves.


def test_a_move_scrolls_as_little_as_necessary() -> None:
    lines = Lines()
    position = paused(lines, 50)
    assert position.moved(lines, 55).top == 50
    assert position.moved(lines, 60).top == 51
    assert position.moved(lines, 40).top == 40


def test_a_move_beyond_an_end_stops_there() -> None:
    lines = Lines()
    assert paused(lines, -5).cursor == 0
    assert paused(lines, 50).moved(lines, 500).cursor == 99


def test_moving_to_the_last_line_starts_following() -> None:
    lines = Lines()
    assert paused(lines, 50).moved(lines, 99).following


@pytest.mark.parametrize("lines", [Lines(reach=HistoryExtent(last=False)), Lines()])
def test_the_last_line_is_not_followed_in_the_past_or_during_a_selection(lines: Lines) -> None:
    position = paused(Lines(), 50).choosing(lines)
    if not lines.reach.last:
        position = position.choosing_none()
    assert not position.moved(lines, 99).following


def test_without_lines_nothing_moves() -> None:
    assert LogPosition().moved(Lines(range(0)), 3) == LogPosition()


def test_a_page_moves_the_screen_and_the_cursor_and_keeps_one_line() -> None:
    lines = Lines()
    position = paused(lines, 50).paged(lines, -1, folded=False)
    assert (position.top, position.cursor) == (41, 41)
    assert position.paged(lines, 1, folded=False).top == 50


def test_the_wheel_scrolls_and_the_cursor_stays_on_the_screen() -> None:
    lines = Lines()
    position = at_end(lines).scrolled(lines, 40)
    assert not position.following
    assert (position.top, position.anchor) == (40, 40)
    assert position.within(40, 49).cursor == 49
    assert position.scrolled(lines, 95).following


def test_a_match_is_scrolled_to_the_middle_unless_in_view() -> None:
    lines = Lines()
    position = paused(lines, 50)
    assert position.at_match(lines, 55).top == 50
    assert position.at_match(lines, 20).top == 15
    assert position.at_match(lines, 20).cursor == 20


def test_a_stamp_is_scrolled_to_the_upper_third() -> None:
    lines = Lines()
    position = at_end(lines).at_moment(lines, b"30")
    assert (position.cursor, position.top) == (30, 27)
    assert not position.following


def test_a_stamp_after_the_last_line_is_the_last_line() -> None:
    lines = Lines()
    assert at_end(lines).at_moment(lines, b"500").cursor == 99


# Positions that must be read first.


def loading(lines: Lines) -> Lines:
    return replace(lines, reach=HistoryExtent(last=False, loading=True))


def test_it_goes_to_the_first_line_once_it_is_read() -> None:
    position = at_end(Lines()).to_first(Lines())
    assert not position.following
    waiting = position.updated(loading(Lines()))
    assert waiting.goal is Goal.FIRST
    read = Lines(range(500, 600), reach=HistoryExtent(first=True, last=False))
    arrived = waiting.updated(read, elsewhere=True)
    assert (arrived.top, arrived.cursor, arrived.goal) == (0, 500, None)


def test_it_goes_to_a_stamp_once_it_is_read() -> None:
    position = at_end(Lines()).to_moment(Lines(), b"530")
    read = Lines(range(500, 600), reach=HistoryExtent(last=False))
    arrived = position.updated(read, elsewhere=True)
    assert (arrived.top, arrived.cursor, arrived.goal) == (27, 530, None)


def test_the_end_is_followed_once_it_is_read() -> None:
    past = Lines(reach=HistoryExtent(last=False))
    position = paused(past, 20).to_last()
    arrived = position.updated(Lines(range(500, 600)), elsewhere=True)
    assert arrived.following
    assert arrived.top == 90


def test_a_feed_that_moves_by_itself_is_shown_from_its_end() -> None:
    arrived = paused(Lines(), 20).updated(Lines(range(500, 600)), elsewhere=True)
    assert arrived.following
    assert arrived.cursor == 599


# Selecting lines.


def test_a_selection_is_from_its_start_to_the_cursor_in_either_direction() -> None:
    lines = Lines()
    position = paused(lines, 50).choosing(lines)
    assert position.moved(lines, 53).chosen == LineRange(50, 53)
    assert position.moved(lines, 47).chosen == LineRange(47, 50)
    assert position.choosing_none().chosen is None


def test_selecting_stops_following() -> None:
    assert not at_end(Lines()).choosing(Lines()).following


def test_the_mouse_moves_the_cursor_and_selects_by_dragging() -> None:
    lines = Lines()
    position = paused(lines, 50).choosing(lines).pointed(lines, 52)
    assert (position.cursor, position.chosen) == (52, None)
    assert position.dragged(52, 55).chosen == LineRange(52, 55)


# Wrapped lines.


def test_a_wrapped_last_line_has_its_last_row_at_the_bottom() -> None:
    position = at_end(Lines(folded={99: 4, 93: 3}))
    assert (position.top, position.skip) == (93, 2)


def test_a_line_taller_than_the_screen_shows_its_end() -> None:
    position = at_end(Lines(folded={99: 25}))
    assert (position.top, position.skip) == (99, 15)


def test_a_partly_hidden_line_is_scrolled_into_view() -> None:
    lines = Lines(folded={99: 4, 93: 3})
    position = at_end(lines).moved(lines, 93)
    assert (position.top, position.skip) == (93, 0)


def test_the_bottom_is_the_last_row_that_fits() -> None:
    lines = Lines(folded={52: 20})
    position = replace(paused(lines, 50), top=50)
    assert position.bottom(lines) == (52, 7)
    assert paused(Lines(), 50).bottom(Lines()) == (59, 0)
    assert at_end(Lines(range(3))).bottom(Lines(range(3))) == (2, 0)


def test_a_page_of_wrapped_lines_starts_with_the_former_last_row() -> None:
    lines = Lines(folded={52: 20})
    position = paused(lines, 50).paged(lines, 1, folded=True)
    assert (position.top, position.skip, position.cursor) == (52, 7, 52)


def test_a_page_up_of_wrapped_lines_ends_with_the_former_first_row() -> None:
    lines = Lines(folded={45: 3})
    position = paused(lines, 50).paged(lines, -1, folded=True)
    assert (position.top, position.skip) == (43, 0)


def test_paging_passes_a_line_taller_than_the_screen_in_both_directions() -> None:
    lines = Lines(folded={52: 35})
    there = paused(lines, 52)
    seen = []
    for _ in range(4):
        there = there.paged(lines, 1, folded=True)
        seen.append((there.top, there.skip))
    assert seen == [(52, 9), (52, 18), (52, 27), (54, 0)]
    back = there.paged(lines, -1, folded=True)
    assert (back.top, back.skip) == (52, 27)


def test_wrapping_keeps_the_cursor_on_the_screen() -> None:
    folded = Lines(folded=dict.fromkeys(range(100), 5))
    position = paused(Lines(), 50).moved(Lines(), 58).refitted(folded)
    assert (position.top, position.skip) == (57, 0)
    assert at_end(Lines()).refitted(folded).top == 98
