"""The terminal: is there one, how large, which colours, which characters, its clipboard."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from pixel_tui.doctor.report import DoctorCheck, failed, ok, skipped, warning
from pixel_tui.terminal.few_colours import has_few_colours

COLUMNS: Final = 80
LINES: Final = 24
NOT_HERE: Final = "There is no terminal here."
DUMB: Final = "TERM=dumb: the terminal can't move its cursor, so nothing can be drawn."
USE_ANOTHER: Final = "Use another one, or set TERM to what it really is."
TMUX_OPTIONS: Final = ("set-clipboard", "allow-passthrough")


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What the console would read from and draw on."""

    reads: bool
    """Whether standard input is a terminal."""
    draws: bool
    """Whether standard error is: that is where the console draws."""
    columns: int = 0
    lines: int = 0

    @property
    def there(self) -> bool:
        """Whether a console could run here."""
        return self.reads and self.draws


def look_at_terminal() -> TerminalFacts:
    """The terminal of this process."""
    reads, draws = _is_terminal(sys.__stdin__), _is_terminal(sys.__stderr__)
    if not draws or sys.__stderr__ is None:
        return TerminalFacts(reads, draws)
    size = os.get_terminal_size(sys.__stderr__.fileno())
    return TerminalFacts(reads, draws, size.columns, size.lines)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def check_terminal(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """Is there a terminal that could show the console?"""
    name = "terminal"
    term = environment.get("TERM", "")
    if not facts.there:
        part = "Standard error" if facts.reads else "Standard input"
        return warning(
            name,
            f"{part} is no terminal: the console can't be drawn here.",
            "With ssh, ask for one: `ssh -t`; with docker: `-it`. "
            "`pixel-tui status` needs no terminal.",
        )
    if term == "dumb":
        return failed(name, DUMB, USE_ANOTHER)
    if not term:
        return warning(name, "TERM is not set.", "Set it, as in `export TERM=xterm-256color`.")
    return ok(name, f"{term}.")


def check_size(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """Is there room for the whole console?"""
    name = "size"
    if not facts.there:
        return skipped(name, NOT_HERE)
    found = f"{facts.columns} columns, {facts.lines} lines."
    # The toolkit believes these variables more than the terminal.
    for variable, real in (("COLUMNS", facts.columns), ("LINES", facts.lines)):
        said = environment.get(variable, "")
        if said.isdecimal() and int(said) not in {0, real}:
            return warning(
                name,
                f"{found} But {variable}={said} is exported, and wins over that.",
                "`unset COLUMNS LINES` where they are exported.",
            )
    if facts.columns < COLUMNS or facts.lines < LINES:
        return warning(
            name, found, f"Make it {COLUMNS} by {LINES} or larger; below that, parts are left out."
        )
    return ok(name, found)


def check_colours(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """How many colours will be used?"""
    name = "colours"
    if not facts.there:
        return skipped(name, NOT_HERE)
    if "NO_COLOR" in environment:
        return ok(name, "None, as NO_COLOR asks; words and marks say it all.")
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return ok(name, "16 million (COLORTERM).")
    term = environment.get("TERM", "")
    if term.endswith(("-256color", "-kitty")):
        return ok(name, f"256 (TERM={term}).")
    if has_few_colours(term):
        return ok(name, f"The terminal's own 16 (TERM={term}), theme pixel-ansi.")
    return warning(
        name,
        f"16, since neither COLORTERM nor TERM={term} tells of more.",
        "Where the terminal knows more: `export COLORTERM=truecolor`. "
        "Else press T until the theme is pixel-ansi.",
    )


def check_characters(environment: Mapping[str, str]) -> DoctorCheck:
    """Is the locale one of UTF-8?"""
    name = "utf-8"
    for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environment.get(variable, ""):
            if value.lower().replace("-", "").endswith("utf8"):
                return ok(name, f"{variable}={value}.")
            return _no_utf8(f"{variable}={value} is no UTF-8 locale")
    return _no_utf8("No locale is set")


def _no_utf8(why: str) -> DoctorCheck:
    return warning(
        "utf-8",
        f"{why}: lines and marks may come out as other characters.",
        "`export LC_ALL=C.UTF-8`, and a terminal that is set to UTF-8.",
    )


def check_clipboard(
    facts: TerminalFacts, environment: Mapping[str, str], tmux: Mapping[str, str] | None
) -> DoctorCheck:
    """Will what is copied (OSC 52) reach the clipboard?

    Args:
        facts: The terminal.
        environment: The variables of this process.
        tmux: Its options, without those that it does not know; None where it can't be
            asked.
    """
    name = "clipboard"
    if not facts.there:
        return skipped(name, NOT_HERE)
    term = environment.get("TERM", "")
    if environment.get("TMUX") or term.startswith("tmux"):
        return _clipboard_in_tmux(tmux)
    if environment.get("STY") or term.startswith("screen"):
        return ok(name, "screen passes it on; the terminal outside must allow OSC 52 too.")
    if term == "linux" or environment.get("TERM_PROGRAM") == "Apple_Terminal":
        what = "The Linux console" if term == "linux" else "Apple's Terminal"
        return warning(
            name,
            f"{what} does not know OSC 52: what is copied goes nowhere.",
            "Use another terminal, or select with the mouse while Shift is held.",
        )
    return skipped(
        name,
        "It depends on the terminal, which can't be asked.",
        "Try `y` in the console. If nothing arrives, allow OSC 52 in the terminal's settings.",
    )


def _clipboard_in_tmux(options: Mapping[str, str] | None) -> DoctorCheck:
    name = "clipboard"
    if options is None:
        return skipped(
            name,
            "tmux can't be asked.",
            "See `tmux show -gv set-clipboard`: it should say on.",
        )
    clipboard = options.get("set-clipboard", "off")
    # A tmux before 3.3 does not know this option and always passes sequences through.
    through = options.get("allow-passthrough", "on")
    found = f"tmux has set-clipboard {clipboard}, allow-passthrough {through}"
    if clipboard == "on" or through in {"on", "all"}:
        return ok(name, f"{found}; the terminal outside must allow OSC 52 too.")
    return warning(
        name,
        f"{found}: what is copied goes nowhere.",
        "`tmux set -s set-clipboard on`; write it into ~/.tmux.conf to keep it.",
    )
