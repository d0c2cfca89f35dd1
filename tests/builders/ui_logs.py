"""Driving the log pane."""

from datetime import timedelta

from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import timestamp_at
from tests.ui.driving import Console
from widgets.logs.chips import LogChips
from widgets.logs.pane import LogPane


def pane(it: Console) -> LogPane:
    return it.dashboard.query_one(LogPane)


def title(it: Console) -> str:
    return str(pane(it).border_title)


def chips(it: Console) -> list[str]:
    return [chip.words for chip in it.dashboard.query_one(LogChips).chips]


async def say(it: Console, *texts: str, source: str = "pixel-agent-1") -> None:
    """Replace the log by these lines."""
    feed = it.log.page.feed
    assert feed is not None
    at = it.clock.now() + timedelta(seconds=1)
    feed.ring.extend(
        [LogLine(timestamp_at(at), source, LineKind.STDOUT, text.encode()) for text in texts]
    )
    await it.until(it.all_lines_counted)
