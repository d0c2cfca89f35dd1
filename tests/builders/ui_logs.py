"""Driving the log pane."""

from tests.ui.driving import Console
from widgets.logs.chips import LogChips
from widgets.logs.pane import LogPane


def pane(it: Console) -> LogPane:
    return it.dashboard.query_one(LogPane)


def title(it: Console) -> str:
    return str(pane(it).border_title)


def chips(it: Console) -> list[str]:
    return [chip.words for chip in it.dashboard.query_one(LogChips).chips]
