"""Standard input, output and error, also if they are closed, full or gone."""

import errno
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Final, TextIO

from pixel_tui.text import plain

_NUMBERS: Final = {"stdin": 0, "stdout": 1, "stderr": 2}


def prepare_streams() -> None:
    """Make the three streams usable: to be called before any file is opened.

    A stream that the caller closed is opened on /dev/null. Otherwise the next file would get
    its number, and what is printed would be written into it. A character that the locale's
    encoding lacks is printed as a question mark.
    """
    for name, number in _NUMBERS.items():
        if not _is_open(number):
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if isinstance(sys.stdout, TextIOWrapper):
        if isinstance(sys.stdout.buffer, FileIO):  # PYTHONUNBUFFERED
            # A line that could not be written is kept by a buffer, so that it is found out.
            buffer = BufferedWriter(FileIO(sys.stdout.fileno(), "w", closefd=False))
            sys.stdout = TextIOWrapper(buffer, sys.stdout.encoding, line_buffering=True)
        sys.stdout.reconfigure(errors="replace")


def complain(words: str) -> None:
    """Print a line on standard error, after the program's name. Never fails."""
    try:
        print(f"pixel-tui: {plain(words)}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _discard(sys.stderr)


def complain_of(what: str, remedy: str) -> None:
    """Print what failed on one line, and what to do on the next."""
    complain(what)
    if remedy:
        complain(remedy)


def discard_output() -> None:
    """Drop what standard output still holds, and all that is printed from now on."""
    _discard(sys.stdout)


def output_error() -> OSError | None:
    """Write out what standard output still holds; why it can't be, None if it can.

    Nothing more is printed after an error.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        discard_output()
        return error
    return None


def is_broken_pipe(error: OSError) -> bool:
    """Whether the reader of a pipe went away, as `head` does: that is no fault."""
    return error.errno == errno.EPIPE


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _discard(stream: TextIO) -> None:
    """Let a stream's number lead nowhere, so that closing it can't fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
