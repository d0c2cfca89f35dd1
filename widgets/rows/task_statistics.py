"""Statistics of finished tasks, as lines with bars. Pure."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.ledger.view.statistics import Statistics, TaskTally
from pixel_tui.plurals import counted
from pixel_tui.text import SafeText, plain
from widgets.lines.text_lines import TextLine
from widgets.rows.numbers import NOTHING

_NAME: Final = 18
_COLUMNS: Final = 46
"""Cells of the columns between the name and the bar."""


def statistics_lines(statistics: Statistics, width: int) -> list[TextLine]:
    """The lines of the text.

    Args:
        statistics: The statistics.
        width: The cells of a line; the bars get what the columns leave.
    """
    total = statistics.total
    days = len(statistics.by_day)
    lines: list[TextLine] = [((f"The last {days} days", "title"),)]
    if not total.ended:
        return [*lines, (("  No task finished in that time.", "muted"),)]
    a_day = total.ended / days
    rate = f"  {counted(total.ended, 'task')} finished, {a_day:.1f} a day"
    lines += [((rate, "plain"),), (), *_block("TYPE", ((str(name), tally) for name, tally
              in statistics.by_type), width), ()]  # fmt: skip
    by_day = ((f"{day:%a %b %d}", tally) for day, tally in reversed(statistics.by_day))
    return [*lines, *_block("DAY", by_day, width)]


def _block(title: str, rows: Iterator[tuple[str, TaskTally]], width: int) -> Iterator[TextLine]:
    found = list(rows)
    most = max((tally.ended for _, tally in found), default=0)
    room = max(width - _NAME - _COLUMNS - 2, 0)
    heading = f"{title:<{_NAME}}{'DONE':>7}{'FAILED':>8}{'ABORTED':>9}{'MEDIAN':>8}{'P95':>8}"
    yield ((heading, "label"),)
    for name, tally in found:
        yield (
            (f"{plain(name)[: _NAME - 1]:<{_NAME}}", "plain"),
            (f"{tally.completed:>7,}", "good" if tally.completed else "muted"),
            (f"{tally.failed:>8,}", "bad" if tally.failed else "muted"),
            (f"{tally.aborted:>9,}", "warn" if tally.aborted else "muted"),
            (f"{_time(tally.median):>8}{_time(tally.p95):>8}", "plain"),
            ("      ", "plain"),
            *_bar(tally, most, room),
        )


def _bar(tally: TaskTally, most: int, room: int) -> Iterator[tuple[str, str]]:
    """Full blocks for completed tasks, shaded ones for others: readable without colour."""
    if not most or room < 4:
        return
    good = round(tally.completed * room / most)
    bad = round((tally.failed + tally.aborted) * room / most)
    if tally.completed and not good:
        good = 1
    if tally.failed + tally.aborted and not bad:
        bad = 1
    yield "█" * good, "good"
    yield "░" * bad, "bad"


def _time(seconds: float | None) -> SafeText:
    return NOTHING if seconds is None else span(seconds)
