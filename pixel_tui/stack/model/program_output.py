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
    def output_text(self) -> str:
        """Its stdout."""
        return self.output.decode("utf-8", "replace")

    @property
    def error_text(self) -> str:
        """Its stderr."""
        return self.errors.decode("utf-8", "replace")

    @property
    def one_line(self) -> SafeText:
        """Its output on one line: stdout if it succeeded, otherwise stderr."""
        failed = self.error_text or self.output_text
        return plain(" ".join((failed if self.code else self.output_text).split()))

    @property
    def reason(self) -> SafeText:
        """The last three lines of stderr, secrets masked; the exit code if there are none."""
        lines = [line for line in self.error_text.splitlines() if line.strip()]
        return plain(redact(" ".join(lines[-3:]))) or plain(
            f"it exited with {exit_words(self.code)}"
        )
