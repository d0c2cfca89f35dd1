"""The words of the time that there is to confirm an apply. Pure."""

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.humanize import span


def countdown_words(seconds: float, keys: ConfirmKeys) -> str:
    """When it is rolled back, and the keys that keep it."""
    left = span(round(seconds))
    return f"apply rolls back in {left}: {keys.open}, then {keys.keep} keeps it"
