"""The output of a program that has exited."""

from dataclasses import dataclass

from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """A program's exit code, stdout and stderr."""

    code: int
    output: bytes
    errors: bytes

    @property
    def reason(self) -> SafeText:
        """The last three lines of stderr, secrets masked; the exit code if there are none."""
        lines = [line for line in self.errors.decode(errors="replace").splitlines() if line.strip()]
        return plain(redact(" ".join(lines[-3:]))) or plain(
            f"it ended with {exit_words(self.code)}"
        )
