"""A count with its noun."""


def counted(count: int, noun: str) -> str:
    """Return a number with the singular or plural of its noun: `1 task`, `2 tasks`, `1,204 lines`.

    Args:
        count: The number.
        noun: The singular; its plural must end with `s`.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
