"""Writes log lines to a file."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import PRIVATE_FILE
from pixel_tui.redaction.known import mask_known
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.text import plain, shown_line

BUFFER: Final = 256 * 1024


class ExportFormat(StrEnum):
    """The format of exported lines."""

    PLAIN = "plain"
    """Time, container and sanitized text."""
    RAW = "raw"
    """The container's bytes, without pixel-tui's marks."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export."""

    path: Path
    lines: int
    bytes: int


def export(
    path: Path,
    lines: Iterable[LogLine],
    form: ExportFormat,
    mask: Callable[[bytes], bytes] = mask_known,
) -> Exported:
    """Write lines to a new file that only its owner may read.

    The file is removed again if writing fails or is interrupted.

    Args:
        path: The file.
        lines: The lines.
        form: The format.
        mask: Masks the secrets of a line.

    Raises:
        FileError: The file exists, or can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, PRIVATE_FILE)
    except FileExistsError as error:
        raise FileError(
            "The file already exists.",
            on=str(path),
            hint="Choose another name.",
        ) from error
    except OSError as error:
        raise _write_error(path, error) from error
    count, complete = 0, False
    try:
        with os.fdopen(descriptor, "wb", buffering=BUFFER) as file:
            for line in lines:
                file.write(_line_bytes(line, form, mask))
                count += 1
            size = file.tell()
        complete = True
    except OSError as error:
        raise _write_error(path, error) from error
    finally:
        if not complete:
            with suppress(OSError):
                path.unlink()
    return Exported(path, count, size)


def _line_bytes(line: LogLine, form: ExportFormat, mask: Callable[[bytes], bytes]) -> bytes:
    if form is ExportFormat.RAW:
        return b"" if line.kind is LineKind.MARK else mask(line.text) + b"\n"
    stamp = line.stamp.decode("ascii", "replace")
    return f"{stamp} {plain(line.source)} {shown_line(mask(line.text))}\n".encode()


def _write_error(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The logs can't be written: {error.strerror or error}.",
        on=str(path),
        hint="Check the folder, its mode and the free space.",
    )
