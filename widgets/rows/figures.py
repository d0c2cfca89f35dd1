"""Figures as short, aligned words: sizes, rates, shares, spans of time. Pure."""

from datetime import datetime
from typing import Final

from pixel_tui.text import SafeText

NOTHING: Final = SafeText("–")
_UNITS: Final = ("B", "K", "M", "G", "T", "P")


def size(count: float) -> SafeText:
    """Bytes with a binary unit and at most four characters of number: `512B`, `1.5M`, `210M`."""
    value = float(count)
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            digits = 1 if unit != "B" and value < 9.95 else 0
            return SafeText(f"{value:.{digits}f}{unit}")
        value /= 1024
    return NOTHING


def share(part: float, whole: float) -> SafeText:
    """A part of a whole in percent: `41%`."""
    return SafeText(f"{part / whole:.0%}") if whole > 0 else NOTHING


def cpu_share(cores: float | None) -> SafeText:
    """CPU in percent of one core: `0.3%`, `12%`, `187%`."""
    if cores is None:
        return NOTHING
    percent = cores * 100
    return SafeText(f"{percent:.1f}%" if percent < 9.95 else f"{percent:.0f}%")


def rate_pair(first: float | None, second: float | None) -> SafeText:
    """Two rates, in and out, in bytes a second: `1.2K 300B`; a dash for none at all."""
    if first is None or second is None:
        return NOTHING
    if first < 1 and second < 1:
        return SafeText("0")
    return SafeText(f"{size(first)} {size(second)}")


def span(seconds: float) -> SafeText:
    """A span of time in its two largest units at most: `42s`, `5m`, `3h 12m`, `12d 4h`."""
    total = max(int(seconds), 0)
    if total < 60:
        return SafeText(f"{total}s")
    minutes, _ = divmod(total, 60)
    if minutes < 60:
        return SafeText(f"{minutes}m")
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return SafeText(f"{hours}h {minutes}m" if minutes else f"{hours}h")
    days, hours = divmod(hours, 24)
    return SafeText(f"{days}d {hours}h" if hours else f"{days}d")


def since(start: datetime | None, now: datetime) -> SafeText:
    """How long ago something was; a dash when it never was."""
    return span((now - start).total_seconds()) if start else NOTHING


def moment(at: datetime | None) -> SafeText:
    """A time on the operator's own clock: `2026-03-01 14:05:09 +01:00`."""
    if at is None:
        return NOTHING
    local = at.astimezone()
    offset = local.strftime("%z")
    return SafeText(f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}")
