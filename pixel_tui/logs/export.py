"""Lines of a log to a file."""

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
    """How lines are written."""

    PLAIN = "plain"
    """Time, container and harmless words."""
    RAW = "raw"
    """The container's own bytes, and nothing else."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

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

    What was written is removed again when it fails or is broken off.

    Args:
        path: The file.
        lines: What is written.
        form: How.
        mask: Makes of a line what may be written of it.

    Raises:
        FileError: The file exists, or can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, PRIVATE_FILE)
    except FileExistsError as error:
        raise FileError(
            "The file exists already, and nothing is overwritten.",
            on=str(path),
            remedy="Choose another name.",
        ) from error
    except OSError as error:
        raise _failed(path, error) from error
    count, whole = 0, False
    try:
        with os.fdopen(descriptor, "wb", buffering=BUFFER) as file:
            for line in lines:
                file.write(_written(line, form, mask))
                count += 1
            size = file.tell()
        whole = True
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        if not whole:
            with suppress(OSError):
                path.unlink()
    return Exported(path, count, size)


def _written(line: LogLine, form: ExportFormat, mask: Callable[[bytes], bytes]) -> bytes:
    if form is ExportFormat.RAW:
        return b"" if line.kind is LineKind.MARK else mask(line.text) + b"\n"
    stamp = line.stamp.decode("ascii", "replace")
    return f"{stamp} {plain(line.source)} {shown_line(mask(line.text))}\n".encode()


def _failed(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The log can't be written: {error.strerror or error}.",
        on=str(path),
        remedy="Check the folder, its mode and the free space.",
    )
