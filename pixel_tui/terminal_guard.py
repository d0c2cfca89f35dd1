"""The second net below `text.plain`: nothing painted may command the terminal."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from pixel_tui.text import defuse, is_harmless


class TerminalGuard(LineFilter):
    """Replaces control and invisible characters in every segment that is painted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Pass harmless segments on as they are."""
        if all(segment.control or is_harmless(segment.text) for segment in segments):
            return segments
        return [
            segment
            if segment.control or is_harmless(segment.text)
            else Segment(defuse(segment.text), segment.style)
            for segment in segments
        ]
