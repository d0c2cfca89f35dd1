"""What a program that was asked has printed."""

from dataclasses import dataclass

from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """What a program said, and how it ended."""

    code: int
    output: bytes
    errors: bytes

    @property
    def reason(self) -> SafeText:
        """The last of what it complained about, without secrets."""
        lines = [line for line in self.errors.decode(errors="replace").splitlines() if line.strip()]
        return plain(redact(" ".join(lines[-3:]))) or plain(
            f"it ended with {exit_words(self.code)}"
        )
