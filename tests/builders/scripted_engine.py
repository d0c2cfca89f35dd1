"""An engine with scripted logs only."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pixel_tui.errors import EngineError, EngineRefused, EngineUnreachable
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.source import ByteStream, EventStream, LogRequest
from pixel_tui.stack.model.times import unix_time
from pixel_tui.text import plain
from tests.patience import PATIENCE

BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stamp(seconds: float) -> str:
    at = BEGIN + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"


@dataclass
class Kept:
    """A container's log as the engine keeps it."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """The length of the log at the end of each run."""
    broken: int = 0
    """How often its streams have broken."""


@dataclass
class ScriptedEngine:
    """An `EngineReader` with logs only."""

    address = plain("scripted")
    context = plain("test")

    changed: threading.Condition = field(default_factory=threading.Condition)
    kept: dict[str, Kept] = field(default_factory=dict)
    refusal: EngineError | None = None
    surprise: Exception | None = None
    requests: list[LogRequest] = field(default_factory=list)
    streams: list["ScriptedStream"] = field(default_factory=list)

    def ping(self) -> None:
        pass

    def write(self, container_id: str, at: float, *texts: str) -> None:
        with self.changed:
            kept = self.kept.setdefault(container_id, Kept())
            kept.lines += [(stamp(at), text) for text in texts]
            self.changed.notify_all()

    def end_life(self, container_id: str) -> None:
        with self.changed:
            kept = self.kept[container_id]
            kept.ends.append(len(kept.lines))
            self.changed.notify_all()

    def break_off(self, container_id: str) -> None:
        with self.changed:
            self.kept[container_id].broken += 1
            self.changed.notify_all()

    def logs(self, request: LogRequest) -> ByteStream:
        with self.changed:
            self.requests.append(request)
            if self.surprise is not None:
                raise self.surprise
            if self.refusal is not None:
                raise self.refusal
            if request.container_id not in self.kept:
                raise EngineRefused(404, "No such container")
            stream = ScriptedStream(self, request)
            self.streams.append(stream)
            return stream

    def version(self) -> JsonObject:
        raise NotImplementedError

    def info(self) -> JsonObject:
        raise NotImplementedError

    def containers(self, project: str) -> list[JsonObject]:
        raise NotImplementedError

    def inspect(self, container_id: str) -> JsonObject:
        raise NotImplementedError

    def image_history(self, reference: str) -> list[JsonObject]:
        return []

    def networks(self) -> list[JsonObject]:
        return []

    def labelled_volumes(self) -> list[JsonObject]:
        return []

    def image(self, reference: str) -> JsonObject | None:
        raise NotImplementedError

    def network(self, name: str) -> JsonObject | None:
        raise NotImplementedError

    def containers_on(self, network: str) -> list[JsonObject]:
        return []

    def volume(self, name: str) -> JsonObject | None:
        raise NotImplementedError

    def stats(self, container_id: str) -> JsonObject:
        raise NotImplementedError

    def events(self, project: str) -> EventStream:
        raise NotImplementedError

    def past_events(self, container_id: str, since: datetime, until: datetime) -> list[JsonObject]:
        raise NotImplementedError

    def close(self) -> None:
        pass


class ScriptedStream:
    """A log in the engine's frames, with a few lines per chunk."""

    def __init__(self, engine: ScriptedEngine, request: LogRequest) -> None:
        self._engine = engine
        self._kept = engine.kept[request.container_id]
        self._request = request
        self._life = len(self._kept.ends)
        self._broken = self._kept.broken
        total = len(self._kept.lines)
        self._next = 0 if request.tail is None else max(total - request.tail, 0)
        self._stop = None if request.follow else total
        self.closed = False

    def read(self) -> bytes:
        with self._engine.changed:
            while not self.closed:
                if self._kept.broken > self._broken:
                    raise EngineUnreachable("The Docker daemon closed the connection.")
                if self._stop is None and len(self._kept.ends) > self._life:
                    self._stop = self._kept.ends[self._life]
                lines = self._kept.lines[self._next : self._stop][:3]
                self._next += len(lines)
                wanted = [line for line in lines if unix_time(line[0].encode()) >= self._since]
                if wanted:
                    return b"".join(frame(*line) for line in wanted)
                if lines:
                    continue
                if self._stop is not None:
                    return b""
                self._engine.changed.wait(PATIENCE)
            return b""

    @property
    def _since(self) -> str:
        return self._request.since

    def close(self) -> None:
        with self._engine.changed:
            self.closed = True
            self._engine.changed.notify_all()


def frame(stamp: str, text: str) -> bytes:
    """Return a line in the engine's format."""
    payload = f"{stamp} {text}\n".encode()
    return b"\x01\0\0\0" + len(payload).to_bytes(4, "big") + payload
