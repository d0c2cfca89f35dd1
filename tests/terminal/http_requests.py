"""Which requests a client sends, read from the bytes of its connection.

It is meant to prove that something was not sent. So whatever it does not understand is a
request too, of a method that no reader uses: never nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

READING: Final = frozenset({"GET", "HEAD"})
UNREADABLE: Final = "?"
"""The method of what is no request that can be read."""
LONGEST_HEAD: Final = 256 * 1024

_LINE = re.compile(rb"([A-Za-z][A-Za-z-]*) (\S+) HTTP/1\.[01]")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent."""

    method: str
    target: str

    @property
    def reads(self) -> bool:
        """Whether it can change nothing."""
        return self.method in READING


class _NoRequest(Exception):
    """These bytes are not what HTTP/1 sends."""


class RequestParser:
    """The requests of one connection: kept alive, sent ahead, with bodies of either kind."""

    def __init__(self) -> None:
        self._rest = b""
        self._body = 0
        """Bytes of the body, or of its current chunk, that are still to come."""
        self._chunked = False
        self._trailing = False
        self._upgraded = False
        """From here on it is no HTTP, if the engine agrees; nothing more is expected."""
        self._lost = False

    def feed(self, data: bytes) -> list[Request]:
        """The requests whose head ends in these bytes."""
        if self._lost:
            return []
        self._rest += data
        found: list[Request] = []
        try:
            while (request := self._next()) is not None:
                found.append(request)
        except _NoRequest as reason:
            self._lost = True
            found.append(Request(UNREADABLE, f"{reason}: {self._rest[:60]!r}"))
            self._rest = b""
        return found

    def _next(self) -> Request | None:
        """The next request; None while there is none."""
        while self._rest:
            if self._upgraded:
                raise _NoRequest("after an upgrade")
            if self._body:
                taken = min(self._body, len(self._rest))
                self._rest, self._body = self._rest[taken:], self._body - taken
            elif self._chunked:
                if not self._take_chunk_line():
                    return None
            else:
                # Servers pass over an empty line before a request.
                self._rest = self._rest.lstrip(b"\r\n")
                return self._take_head()
        return None

    def _take_chunk_line(self) -> bool:
        """Read the line before, between or after chunks; False when it is not there yet."""
        end = _LINE_END.search(self._rest)
        if end is None:
            if len(self._rest) > LONGEST_HEAD:
                raise _NoRequest("a chunk without a size")
            return False
        line = self._rest[: end.start()]
        if self._trailing:
            self._trailing = self._chunked = bool(line)
        elif line:
            size = _CHUNK.fullmatch(line)
            if size is None:
                raise _NoRequest("a chunk without a size")
            self._body = int(size[1], 16)
            self._trailing = self._body == 0
        self._rest = self._rest[end.end() :]
        return True

    def _take_head(self) -> Request | None:
        end = _HEAD_END.search(self._rest)
        if end is None:
            start = self._rest[:8].split(b" ")[0]
            if len(self._rest) > LONGEST_HEAD or not re.fullmatch(rb"[A-Za-z-]*", start):
                raise _NoRequest("no request")
            return None
        line, *fields = _LINE_END.split(self._rest[: end.start()])
        match = _LINE.fullmatch(line)
        if match is None:
            raise _NoRequest("no request")
        self._take_fields(fields)
        self._rest = self._rest[end.end() :]
        return Request(match[1].decode(), match[2].decode("latin-1"))

    def _take_fields(self, fields: list[bytes]) -> None:
        lengths, codings = set(), set()
        for field in fields:
            name, colon, value = field.partition(b":")
            if not colon or name.strip() != name:
                raise _NoRequest("a field without a name")
            match name.lower():
                case b"content-length":
                    lengths.add(value.strip())
                case b"transfer-encoding":
                    codings.add(value.strip().lower())
                case b"upgrade":
                    self._upgraded = True
        if len(lengths) + len(codings) > 1 or codings - {b"chunked"}:
            raise _NoRequest("a body of no clear length")
        length = lengths.pop() if lengths else b"0"
        if not length.isdigit():
            raise _NoRequest("a body of no clear length")
        self._body, self._chunked = int(length), bool(codings)
