"""Numbers and times as the text of a cell; a dash if there is none. Pure."""

from datetime import datetime
from typing import Final

from pixel_tui.humanize import age, size
from pixel_tui.text import SafeText

NOTHING: Final = SafeText("–")


def share(part: float, total: float) -> SafeText:
    """A share in percent: `41%`."""
    return SafeText(f"{part / total:.0%}") if total > 0 else NOTHING


def cpu_share(cores: float | None) -> SafeText:
    """CPU in percent of one core: `0.3%`, `12%`, `187%`."""
    if cores is None:
        return NOTHING
    percent = cores * 100
    return SafeText(f"{percent:.1f}%" if percent < 9.95 else f"{percent:.0f}%")


def rate_pair(first: float | None, second: float | None) -> SafeText:
    """Two rates, in and out, in bytes a second: `1.2kB 300B`; a dash for none at all."""
    if first is None or second is None:
        return NOTHING
    if first < 1 and second < 1:
        return SafeText("0")
    return SafeText(f"{size(first)} {size(second)}")


def since(start: datetime | None, now: datetime) -> SafeText:
    """The age of something: `42s`, `3h 12m`; a dash if it never was."""
    return age((now - start).total_seconds()) if start else NOTHING


def moment(at: datetime | None) -> SafeText:
    """A time in the local time zone: `2026-03-01 14:05:09 +01:00`."""
    if at is None:
        return NOTHING
    local = at.astimezone()
    offset = local.strftime("%z")
    return SafeText(f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}")
