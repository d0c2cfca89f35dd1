"""How sizes and ages are said."""

from datetime import timedelta


def size_words(size: int) -> str:
    """`512 B`, `1.5 MB`, `12 GB`: in powers of 1000, as disks are sold."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def age_words(age: timedelta) -> str:
    """`3 min`, `5 h`, `12 d`."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
