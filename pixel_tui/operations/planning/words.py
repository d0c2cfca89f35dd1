"""Enumerations of names."""

from collections.abc import Sequence


def listed(names: Sequence[str], limit: int = 4) -> str:
    """Return names as an enumeration: `api, web and agent`; `a, b, c and 5 more`."""
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])} and {len(names) - limit + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
