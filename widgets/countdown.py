"""The words of the time that there is to confirm an apply. Pure."""

from pixel_tui.humanize import span


def countdown_words(seconds: float) -> str:
    """When it is rolled back, and the keys that keep it."""
    return f"apply rolls back in {span(round(seconds))}: F8, then c keeps it"
