"""Small turns of phrase that plans and results share."""

from collections.abc import Sequence


def listed(names: Sequence[str], limit: int = 4) -> str:
    """Names as an enumeration: `api, web and agent`; `a, b, c and 5 more`."""
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def duration(seconds: float) -> str:
    """A span of time as people say it: `0.4 s`, `12 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
