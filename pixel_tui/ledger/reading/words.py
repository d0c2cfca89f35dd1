"""Spans of time as people say them."""


def span(seconds: float) -> str:
    """`12 s`, `2 min 5 s`, `1 h 10 min`, `3 d 4 h`."""
    whole = max(round(seconds), 0)
    for size, unit, small, smaller in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            first, rest = divmod(whole, size)
            second = rest // small
            return f"{first} {unit} {second} {smaller}" if second else f"{first} {unit}"
    return f"{whole} s"


def minutes(seconds: float) -> str:
    """The same, in whole minutes: what is said of something that goes on need not tick."""
    return span(seconds // 60 * 60) if seconds >= 60 else span(seconds)
