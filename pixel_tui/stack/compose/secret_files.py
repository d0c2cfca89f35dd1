"""The files that compose's `secrets: file:` name: what is in them is masked wherever it turns up.

A container gets such a secret as a file, so its value is in no environment that is read; a program
that logs it all the same, or compose quoting it, would show it.
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

LONGEST_BYTES: Final = 64 * 1024
"""A larger file is no password, and no key."""
MOST_FILES: Final = 100
MOST_LINES: Final = 100
"""Of one file: a private key has some fifty."""
WAIT_SECONDS: Final = 0.2
"""How long an answer waits for them. Local files take a millisecond."""
_SEPARATORS: Final = "=:"


class SecretFiles:
    """Reads the files of a project's secrets, each again when it is another one.

    On a thread of its own: a file system that does not answer holds up nothing else.
    """

    def __init__(self) -> None:
        self._paths: tuple[Path, ...] = ()
        self._stamps: dict[Path, tuple[int, int, int]] = {}
        self._reading: Thread | None = None

    def take(self, config: JsonObject) -> None:
        """Begin to read those of a project.

        Args:
            config: What `docker compose config --format json` printed.
        """
        found = (node["file"].raw for _, node in Node(config)["secrets"].members())
        paths = [Path(file) for file in dict.fromkeys(found) if file.startswith("/")]
        self._paths = tuple(paths[:MOST_FILES])
        self.look()

    def look(self) -> None:
        """Begin to read those that have changed."""
        if self._paths and not (self._reading and self._reading.is_alive()):
            self._reading = Thread(target=self._read, name="secret-files", daemon=True)
            self._reading.start()

    def wait(self, seconds: float) -> None:
        """Wait until they are read, but no longer than this."""
        if self._reading is not None:
            self._reading.join(seconds)

    def _read(self) -> None:
        for path in self._paths:
            try:
                about = path.stat()
                stamp = (about.st_ino, about.st_mtime_ns, about.st_size)
                if self._stamps.get(path) != stamp:
                    self._stamps[path] = stamp
                    _remember(read_regular(path, LONGEST_BYTES))
            except (OSError, ValueError) as error:  # a name may have bytes that no path has
                reason = error.strerror if isinstance(error, OSError) else error
                log.info("a secret's file can't be read, and is not masked: %s: %s", path, reason)


def _remember(content: bytes) -> None:
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:  # bytes are in no text that is shown
        return
    for value in secrets_in(text):
        remember_secret(value)


def secrets_in(text: str) -> Iterator[str]:
    """What in a secret's file may turn up alone: all of it, a line, the value of a secret key.

    A line with blanks in it is a sentence, a heading or a setting, and `[client]` is a heading:
    masked wherever they turn up they would hide what is none.
    """
    if not text:
        return
    yield text
    with suppress(ValueError):
        yield from _named_values(parse_json(text))
        return
    lines: Sequence[str] = text.splitlines()
    for line in map(str.strip, lines[:MOST_LINES]):
        is_value = line.isalnum() or known.is_unmistakable(line)
        if len(lines) > 1 and is_value and not any(map(str.isspace, line)):
            yield line
        name, value = _assignment(line)
        if is_secret_value(name, value):
            yield value


def _assignment(line: str) -> tuple[str, str]:
    """A key and its value, as an environment or a settings file has it."""
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
