"""Reads the files of compose's `secrets: file:`, so that their contents are masked everywhere.

A container gets such a secret as a file, so its value is in no environment; but a program may log
it, and compose may quote it.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final

from pixel_tui.files import read_regular
from pixel_tui.json_reading import JsonValue, parse_json
from pixel_tui.redaction.known import known
from pixel_tui.redaction.redactor import is_secret_value, remember_secret
from pixel_tui.stack.model.json_value import JsonObject, Node

log = logging.getLogger(__name__)

MAX_BYTES: Final = 64 * 1024
"""A larger file is neither a password nor a key."""
MAX_FILES: Final = 100
MAX_LINES: Final = 100
"""The limit per file: a private key has about fifty."""
WAIT_SECONDS: Final = 0.2
"""How long to wait for them. Local files take a millisecond."""
_SEPARATORS: Final = "=:"


class SecretFiles:
    """Reads the files of a project's secrets, and again if they change.

    It uses its own thread, so that an unresponsive file system blocks nothing else.
    """

    def __init__(self) -> None:
        self._paths: tuple[Path, ...] = ()
        self._stamps: dict[Path, tuple[int, int, int]] = {}
        self._reading: Thread | None = None

    def start_reading(self, config: JsonObject) -> None:
        """Start to read the files of a project.

        Args:
            config: The output of `docker compose config --format json`.
        """
        found = (node["file"].raw for _, node in Node(config)["secrets"].members())
        paths = [Path(file) for file in dict.fromkeys(found) if file.startswith("/")]
        self._paths = tuple(paths[:MAX_FILES])
        self.refresh()

    def refresh(self) -> None:
        """Start to read the files that have changed."""
        if self._paths and not (self._reading and self._reading.is_alive()):
            self._reading = Thread(target=self._read, name="secret-files", daemon=True)
            self._reading.start()

    def wait(self, seconds: float) -> None:
        """Wait until they are read, at most this long."""
        if self._reading is not None:
            self._reading.join(seconds)

    def _read(self) -> None:
        for path in self._paths:
            try:
                about = path.stat()
                stamp = (about.st_ino, about.st_mtime_ns, about.st_size)
                if self._stamps.get(path) != stamp:
                    self._stamps[path] = stamp
                    _remember(read_regular(path, MAX_BYTES))
            except (OSError, ValueError) as error:  # ValueError: a NUL in the path
                reason = error.strerror if isinstance(error, OSError) else error
                log.info("a secret's file can't be read, and is not masked: %s: %s", path, reason)


def _remember(content: bytes) -> None:
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:  # binary data can't appear in a text
        return
    for value in secrets_in(text):
        remember_secret(value)


def secrets_in(text: str) -> Iterator[str]:
    """Yield the parts of a secret's file to mask: the complete text, lines, values of secret keys.

    A line with blanks is a sentence, heading or setting, and `[client]` is a heading: masking
    them would hide texts that are not secret.
    """
    if not text:
        return
    yield text
    with suppress(ValueError):
        yield from _named_values(parse_json(text))
        return
    lines: Sequence[str] = text.splitlines()
    for line in map(str.strip, lines[:MAX_LINES]):
        is_value = line.isalnum() or known.is_unmistakable(line)
        if len(lines) > 1 and is_value and not any(map(str.isspace, line)):
            yield line
        name, value = _split_assignment(line)
        if is_secret_value(name, value):
            yield value


def _split_assignment(line: str) -> tuple[str, str]:
    """Split a line of an environment or settings file into key and value."""
    at = min((place for mark in _SEPARATORS if (place := line.find(mark)) > 0), default=0)
    return line[:at].strip(), line[at + 1 :].strip().strip("\"'")


def _named_values(value: JsonValue, name: str = "") -> Iterator[str]:
    if isinstance(value, str) and is_secret_value(name, value):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named_values(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _named_values(item, name)
