"""The request to copy text, which any widget or screen may post."""

from dataclasses import dataclass

from textual.message import Message


@dataclass
class CopyRequested(Message):
    """Text to send to the terminal's clipboard. The app does it and shows a notification."""

    text: str
    what: str = ""
    """What the notification calls it, such as `3 lines`."""
