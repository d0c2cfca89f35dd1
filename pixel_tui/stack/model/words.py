"""Numbers of the engine in the words of people."""

import signal
from typing import Final

from pixel_tui.text import SafeText

_MEANING: Final = {
    125: "Docker could not run it",
    126: "command not executable",
    127: "command not found",
}


def exit_words(code: int, *, oom_killed: bool = False) -> SafeText:
    """An exit code in a sentence: `exit code 0`, `exit code 137 (SIGKILL)`."""
    return SafeText(f"exit code {code_words(code, oom_killed=oom_killed)}")


def code_words(code: int, *, oom_killed: bool = False) -> SafeText:
    """An exit code below a heading that says what it is: `0`, `1`, `137 (out of memory)`.

    Codes above 128 name the signal that ended the process (shell convention), as those below 0
    do (Python's); 125 to 127 are those of `docker run`.
    """
    number = -code if code < 0 else code - 128
    meaning = "out of memory" if oom_killed else _MEANING.get(code, "")
    if not meaning and 0 < number <= 64:
        try:
            meaning = signal.Signals(number).name
        except ValueError:
            meaning = f"signal {number}"
    return SafeText(f"{code} ({meaning})" if meaning else str(code))
