"""The log of a container of the embedded stack, as the engine's frames."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.stack.demo.voices import speak
from pixel_tui.stack.demo.world import HISTORY_SECONDS, Actor, DemoWorld, Fault, stamp
from pixel_tui.stack.source import LogRequest

WAIT_SECONDS: Final = 0.2
FLOOD_EVERY: Final = 0.0005


class DemoLog:
    """A `ByteStream`: the history first, then what is said from now on.

    Args:
        world: The stack.
        actor: The container.
        request: What is wanted of its log.
    """

    def __init__(self, world: DemoWorld, actor: Actor, request: LogRequest) -> None:
        self._world = world
        self._actor = actor
        self._request = request
        self._told = world.now
        self._began = False
        self._closed = False

    def read(self) -> bytes:
        """Wait for the next lines."""
        while not self._closed:
            with self._world.changed:
                self._world.require_engine()
            alive, now = self._actor.running, self._world.now
            if not self._began:
                self._began = True
                self._told = now
                frames = self._history(now)
            else:
                frames = self._between(self._told, now)
                self._told = now
            if frames:
                return b"".join(frames)
            if not (alive and self._request.follow):
                return b""
            with self._world.changed:
                if not self._closed:
                    self._world.changed.wait(WAIT_SECONDS)
        return b""

    def close(self) -> None:
        """End a `read` that waits."""
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()

    def _history(self, now: float) -> list[bytes]:
        begin = max(now - HISTORY_SECONDS, self._actor.created)
        if self._request.since:
            begin = max(begin, float(self._request.since))
        frames = self._between(begin - 1e-6, now)
        tail = self._request.tail
        return frames if tail is None else frames[len(frames) - min(tail, len(frames)) :]

    def _between(self, begin: float, end: float) -> list[bytes]:
        """The lines after one moment and up to another."""
        return [_frame(*line) for line in self._lines(begin, end)]

    def _lines(self, begin: float, end: float) -> Iterator[tuple[float, int, str]]:
        actor = self._actor
        every = actor.part.log_every
        lives = [*actor.lives, (actor.started, end if actor.running else actor.finished)]
        for start, stop in lives:
            number = max(int((begin - start) / every), 0)
            while (at := start + number * every) <= min(stop, end):
                if at > begin:
                    ill = actor.fault is Fault.UNHEALTHY and at >= actor.ill_since
                    yield at, *speak(actor.part.name, number, at, ill=ill)
                number += 1
        if actor.fault is Fault.FLOOD and actor.running:
            at = max(begin, actor.ill_since)
            while (at := at + FLOOD_EVERY) <= end:
                yield at, 1, "flood: one of very many lines, each like the one before"


def _frame(at: float, stream: int, text: str) -> bytes:
    payload = f"{stamp(at)} {text}\n".encode()
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload
