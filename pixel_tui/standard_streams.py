"""Standard input, output and error, even if they are closed, full or disconnected."""

import errno
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Final, TextIO

from pixel_tui.text import plain

_DESCRIPTORS: Final = {"stdin": 0, "stdout": 1, "stderr": 2}


def prepare_streams() -> None:
    """Make the three streams usable; call it before any file is opened.

    A closed stream is opened on /dev/null. Otherwise the next file would get its descriptor, and
    output would be written into it. A character that the locale's encoding lacks is printed as a
    question mark.
    """
    for name, descriptor in _DESCRIPTORS.items():
        if not _is_open(descriptor):
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if isinstance(sys.stdout, TextIOWrapper):
        if isinstance(sys.stdout.buffer, FileIO):  # PYTHONUNBUFFERED
            # A buffer keeps a line that can't be written, so that the error is noticed.
            buffer = BufferedWriter(FileIO(sys.stdout.fileno(), "w", closefd=False))
            sys.stdout = TextIOWrapper(buffer, sys.stdout.encoding, line_buffering=True)
        sys.stdout.reconfigure(errors="replace")


def print_error(words: str) -> None:
    """Print a line on standard error, with the program's name. Never raises."""
    try:
        print(f"pixel-tui: {plain(words)}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _discard(sys.stderr)


def print_error_and_hint(what: str, hint: str) -> None:
    """Print what failed on one line, and how to fix it on the next."""
    print_error(what)
    if hint:
        print_error(hint)


def discard_output() -> None:
    """Discard the buffered standard output, and all later output."""
    _discard(sys.stdout)


def output_error() -> OSError | None:
    """Flush standard output; return the error if it can't be written, None if it can.

    After an error, later output is discarded.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        discard_output()
        return error
    return None


def is_broken_pipe(error: OSError) -> bool:
    """Whether the reader of a pipe has exited, as `head` does: that is no failure."""
    return error.errno == errno.EPIPE


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _discard(stream: TextIO) -> None:
    """Redirect a stream to /dev/null, so that closing it can't fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
