"""Copies through the terminal (OSC 52), which works over SSH, tmux and screen."""

import base64
from collections.abc import Mapping
from typing import Final

SCREEN_CHUNK: Final = 240
"""GNU screen drops sequences that are longer than its buffer; they are sent in parts."""


def is_tmux(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is tmux, which may be set not to pass copies on."""
    return bool(environment.get("TMUX")) or environment.get("TERM", "").startswith("tmux")


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """Return the control sequence that copies text to the clipboard of the user's terminal.

    Inside tmux it is sent twice: plain, for `set-clipboard on`, and wrapped, for
    `allow-passthrough on`. Inside screen it is wrapped, in parts.
    """
    payload = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    sequence = f"\x1b]52;c;{payload}\x07"
    term = environment.get("TERM", "")
    if is_tmux(environment):
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"{sequence}\x1bPtmux;{doubled}\x1b\\"
    if environment.get("STY") or term.startswith("screen"):
        parts = [
            sequence[start : start + SCREEN_CHUNK]
            for start in range(0, len(sequence), SCREEN_CHUNK)
        ]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return sequence
