"""A number of things in words."""


def counted(count: int, noun: str) -> str:
    """A number with its noun in the right form: `1 task`, `2 tasks`, `1,204 lines`.

    Args:
        count: How many.
        noun: For one of them; its plural ends with `s`.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
