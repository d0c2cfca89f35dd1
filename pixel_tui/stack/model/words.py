"""Numbers of the engine in the words of people."""

import signal
from typing import Final

from pixel_tui.text import SafeText

_MEANING: Final = {
    125: "engine could not run it",
    126: "command not executable",
    127: "command not found",
}


def exit_words(code: int, *, oom_killed: bool = False) -> SafeText:
    """An exit code as words: `0`, `1 error`, `137 OOM-killed`, `143 SIGTERM`.

    Codes above 128 name the signal that ended the process (shell convention);
    125 to 127 are those of `docker run`.
    """
    if oom_killed:
        return SafeText(f"{code} OOM-killed")
    if code == 0:
        return SafeText("0 ok")
    if code in _MEANING:
        return SafeText(f"{code} {_MEANING[code]}")
    if 128 < code <= 128 + 64:
        try:
            return SafeText(f"{code} {signal.Signals(code - 128).name}")
        except ValueError:
            return SafeText(f"{code} signal {code - 128}")
    return SafeText(f"{code} error")
