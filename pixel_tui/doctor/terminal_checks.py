"""Checks the terminal: its size, colours, character set and clipboard."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from pixel_tui.doctor.report import DoctorCheck, failed, ok, skipped, warning
from pixel_tui.terminal.few_colours import has_few_colours

MIN_COLUMNS: Final = 80
MIN_LINES: Final = 24
NO_TERMINAL: Final = "No terminal."
DUMB: Final = "TERM=dumb: the terminal can't move its cursor."
USE_ANOTHER: Final = "Use another terminal, or set TERM correctly."
TMUX_OPTIONS: Final = ("set-clipboard", "allow-passthrough")


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """The terminal of a process."""

    has_input: bool
    """Whether standard input is a terminal."""
    has_output: bool
    """Whether standard error, on which the console draws, is a terminal."""
    columns: int = 0
    lines: int = 0

    @property
    def usable(self) -> bool:
        """Whether the console can run here."""
        return self.has_input and self.has_output


def read_terminal() -> TerminalFacts:
    """Return the facts of this process's terminal."""
    has_input, has_output = _is_terminal(sys.__stdin__), _is_terminal(sys.__stderr__)
    if not has_output or sys.__stderr__ is None:
        return TerminalFacts(has_input, has_output)
    size = os.get_terminal_size(sys.__stderr__.fileno())
    return TerminalFacts(has_input, has_output, size.columns, size.lines)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def check_terminal(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """Check whether there is a terminal that can show the console."""
    name = "terminal"
    term = environment.get("TERM", "")
    if not facts.usable:
        part = "Standard error" if facts.has_input else "Standard input"
        return warning(
            name,
            f"{part} is not a terminal: pixel-tui can't be shown here.",
            "Use `ssh -t`, or `-it` with docker. `pixel-tui status` needs no terminal.",
        )
    if term == "dumb":
        return failed(name, DUMB, USE_ANOTHER)
    if not term:
        return warning(name, "TERM is not set.", "Set it: `export TERM=xterm-256color`.")
    return ok(name, f"{term}.")


def check_size(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """Check whether the terminal is large enough."""
    name = "size"
    if not facts.usable:
        return skipped(name, NO_TERMINAL)
    found = f"{facts.columns} columns, {facts.lines} lines."
    # Textual prefers these variables to the terminal's size.
    for variable, real in (("COLUMNS", facts.columns), ("LINES", facts.lines)):
        value = environment.get(variable, "")
        if value.isdecimal() and int(value) not in {0, real}:
            return warning(
                name,
                f"{found} But {variable}={value} is exported, which overrides it.",
                "Run `unset COLUMNS LINES`.",
            )
    if facts.columns < MIN_COLUMNS or facts.lines < MIN_LINES:
        return warning(
            name, found, f"Make it {MIN_COLUMNS} by {MIN_LINES} or larger; smaller ones hide parts."
        )
    return ok(name, found)


def check_colours(facts: TerminalFacts, environment: Mapping[str, str]) -> DoctorCheck:
    """Check how many colours will be used."""
    name = "colours"
    if not facts.usable:
        return skipped(name, NO_TERMINAL)
    if "NO_COLOR" in environment:
        return ok(name, "None, because NO_COLOR is set; words and marks replace them.")
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return ok(name, "16 million (COLORTERM).")
    term = environment.get("TERM", "")
    if term.endswith(("-256color", "-kitty")):
        return ok(name, f"256 (TERM={term}).")
    if has_few_colours(term):
        return ok(name, f"The terminal's 16 (TERM={term}), theme pixel-ansi.")
    return warning(
        name,
        f"16: neither COLORTERM nor TERM={term} reports more.",
        "If the terminal has more: `export COLORTERM=truecolor`. Otherwise set "
        '`theme = "pixel-ansi"` in the settings.',
    )


def check_characters(environment: Mapping[str, str]) -> DoctorCheck:
    """Check whether the locale is UTF-8."""
    name = "utf-8"
    for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environment.get(variable, ""):
            if value.lower().replace("-", "").endswith("utf8"):
                return ok(name, f"{variable}={value}.")
            return _no_utf8(f"{variable}={value} is not a UTF-8 locale")
    return _no_utf8("No locale is set")


def _no_utf8(why: str) -> DoctorCheck:
    return warning(
        "utf-8",
        f"{why}: lines and marks may look wrong.",
        "Run `export LC_ALL=C.UTF-8`, and set the terminal to UTF-8.",
    )


def check_clipboard(
    facts: TerminalFacts, environment: Mapping[str, str], tmux: Mapping[str, str] | None
) -> DoctorCheck:
    """Check whether copied text (OSC 52) can reach the clipboard.

    Args:
        facts: The terminal.
        environment: The environment variables of this process.
        tmux: The options of tmux, without those that it does not have; None if it can't be
            queried.
    """
    name = "clipboard"
    if not facts.usable:
        return skipped(name, NO_TERMINAL)
    term = environment.get("TERM", "")
    if environment.get("TMUX") or term.startswith("tmux"):
        return _clipboard_in_tmux(tmux)
    if environment.get("STY") or term.startswith("screen"):
        return ok(name, "screen passes OSC 52 on; the outer terminal must allow it too.")
    if term == "linux" or environment.get("TERM_PROGRAM") == "Apple_Terminal":
        what = "The Linux virtual terminal" if term == "linux" else "Apple's Terminal"
        return warning(
            name,
            f"{what} does not support OSC 52: copying does not work.",
            "Use another terminal, or hold Shift and select with the mouse.",
        )
    return skipped(
        name,
        "It depends on the terminal, which can't be queried.",
        "Try `y` in pixel-tui. If that does not work, allow OSC 52 in the terminal's settings.",
    )


def _clipboard_in_tmux(options: Mapping[str, str] | None) -> DoctorCheck:
    name = "clipboard"
    if options is None:
        return skipped(
            name,
            "tmux can't be queried.",
            "Check that `tmux show -gv set-clipboard` prints on.",
        )
    clipboard = options.get("set-clipboard", "off")
    # A tmux before 3.3 does not know this option and always passes sequences through.
    through = options.get("allow-passthrough", "on")
    found = f"tmux has set-clipboard {clipboard}, allow-passthrough {through}"
    if clipboard == "on" or through in {"on", "all"}:
        return ok(name, f"{found}; the outer terminal must allow OSC 52 too.")
    return warning(
        name,
        f"{found}: copying does not work.",
        "Run `tmux set -s set-clipboard on`; add it to ~/.tmux.conf to keep it.",
    )
