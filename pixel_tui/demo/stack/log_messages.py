"""The log messages of the simulated services, in each service's own format."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from pixel_tui.demo.stack.faults import DemoFault


class DemoLogLevel(Enum):
    """Log levels, with pino's numbers."""

    DEBUG = 20
    INFO = 30
    WARN = 40
    ERROR = 50


LineFormat = Callable[[float, DemoLogLevel, str, str], tuple[int, str]]
"""Formats a line from time, level, message and service; returns the stream (1 or 2) and text."""


def _logfmt(at: float, level: DemoLogLevel, message: str, _service: str) -> tuple[int, str]:
    stream = 2 if level is DemoLogLevel.ERROR else 1
    return stream, f"ts={_iso(at)} level={level.name.lower()} {message}"


def _pino(at: float, level: DemoLogLevel, message: str, service: str) -> tuple[int, str]:
    line = {
        "level": level.value,
        "time": int(at * 1000),
        "pid": 1,
        "name": service,
        "msg": message,
    }
    return 1, json.dumps(line, separators=(",", ":"))


def _postgres(at: float, level: DemoLogLevel, message: str, _service: str) -> tuple[int, str]:
    name = {DemoLogLevel.WARN: "WARNING", DemoLogLevel.ERROR: "ERROR"}.get(level, "LOG")
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return 2, f"{day} UTC [27] {name}:  {message}"


def _python(at: float, level: DemoLogLevel, message: str, _service: str) -> tuple[int, str]:
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    name = "WARNING" if level is DemoLogLevel.WARN else level.name
    return 2, f"{day} {name} correlator: {message}"


def _plain(_at: float, level: DemoLogLevel, message: str, _service: str) -> tuple[int, str]:
    return (
        (2, f"{level.name}: {message}") if level.value >= DemoLogLevel.WARN.value else (1, message)
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class LogScript:
    """The messages of a service. They may have fields in braces, see `_fields`."""

    format_line: LineFormat
    messages: tuple[tuple[int, DemoLogLevel, str], ...]
    """Weight, level and message."""
    startup: tuple[str, ...] = ()
    """Messages at start."""
    shutdown: tuple[str, ...] = ("received SIGTERM, closing",)
    """Messages after SIGTERM."""
    unhealthy: str = "upstream did not answer within 5000 ms"
    """The error message while it is unhealthy."""
    crash: str = "fatal: connect ECONNREFUSED 172.20.0.7:5432, giving up"
    """The last message in a crash loop."""


_FALLBACK: Final = LogScript(_plain, ((1, DemoLogLevel.INFO, "tick {n}"),))

LOG_SCRIPTS: Final[Mapping[str, LogScript]] = {
    "agent": LogScript(
        _pino,
        (
            (6, DemoLogLevel.INFO, "memory recalled: {n} fragments in {ms} ms"),
            (4, DemoLogLevel.INFO, "nostr: note from {hex} scored 0.{ms}"),
            (3, DemoLogLevel.INFO, "embedding stored in {ms} ms"),
            (2, DemoLogLevel.INFO, "nostr: reply posted to {relay}"),
            (1, DemoLogLevel.WARN, "model provider is slow: first token after {ms}00 ms"),
            (1, DemoLogLevel.WARN, "relay {relay} closed the connection, reconnecting"),
        ),
        startup=("starting agent runtime", "plugins loaded: 7", "listening on :3003"),
        unhealthy="database pool exhausted: 20 of 20 connections in use, {n} waiting",
        crash="uncaught exception: Cannot find module '@ai-sdk/openai/dist/index.mjs'",
    ),
    "api": LogScript(
        _logfmt,
        (
            (9, DemoLogLevel.INFO, "method=GET path=/api/pixels status=200 took={ms}ms ip={ip}"),
            (5, DemoLogLevel.INFO, "method=GET path=/api/stats status=200 took={ms}ms ip={ip}"),
            (
                2,
                DemoLogLevel.INFO,
                "method=POST path=/api/invoices status=201 took={ms}ms sats={sats}",
            ),
            (1, DemoLogLevel.INFO, 'msg="payment settled" invoice={hex} sats={sats} pixels={n}'),
            (1, DemoLogLevel.INFO, 'msg="websocket joined" room=canvas clients={n}'),
            (1, DemoLogLevel.WARN, 'msg="slow query" table=pixels took={ms}0ms'),
        ),
        startup=(
            'msg="opening database" path=/app/data/pixels.db journal=wal',
            'msg="listening" port=3000',
        ),
        shutdown=('msg="SIGTERM: draining" open=3',),
        unhealthy='msg="database is locked" path=/api/pixels status=500 took=5003ms waiting={n}',
        crash='msg="fatal" error="SQLITE_CANTOPEN: unable to open database file"',
    ),
    "landing": LogScript(
        _plain,
        (
            (6, DemoLogLevel.INFO, "GET / 200 {ms} ms - 14211"),
            (2, DemoLogLevel.INFO, "GET /favicon.ico 304 1 ms - 0"),
            (2, DemoLogLevel.INFO, "GET /_next/static/chunks/{hex}.js 200 {ms} ms - 48102"),
        ),
        startup=("> pixel-landing@1.4.0 start", "ready on http://0.0.0.0:3001"),
    ),
    "narrative-correlator": LogScript(
        _python,
        (
            (5, DemoLogLevel.INFO, "window of {sats} events, {n} kept"),
            (1, DemoLogLevel.WARN, "relay {relay} is slow: {ms}0 ms"),
        ),
    ),
    "pgadmin": LogScript(
        _plain,
        ((1, DemoLogLevel.INFO, '::ffff:{ip} "GET /misc/ping HTTP/1.1" 200 {ms}'),),
        startup=("Starting gunicorn 22.0.0", "Listening at: http://[::]:80 (1)"),
    ),
    "postgres": LogScript(
        _postgres,
        (
            (3, DemoLogLevel.INFO, "checkpoint starting: time"),
            (3, DemoLogLevel.INFO, "checkpoint complete: wrote {n} buffers (0.{n}%); sync={ms} ms"),
            (2, DemoLogLevel.INFO, "duration: {ms}0.412 ms  statement: SELECT * FROM memories"),
            (1, DemoLogLevel.INFO, 'automatic vacuum of table "pixel_agent.public.memories"'),
            (1, DemoLogLevel.WARN, "there is no transaction in progress"),
        ),
        startup=(
            "database system was shut down cleanly",
            "database system is ready to accept connections",
        ),
        shutdown=("received smart shutdown request", "database system is shut down"),
        unhealthy="sorry, too many clients already",
        crash="could not write lock file: No space left on device",
    ),
    "syntropy": LogScript(
        _pino,
        (
            (5, DemoLogLevel.INFO, "cycle {count}: ecosystem audited in {ms} s"),
            (3, DemoLogLevel.INFO, "ledger: 1 task running, {n} pending"),
            (2, DemoLogLevel.INFO, "worker 3f9c21ab: heartbeat"),
            (1, DemoLogLevel.WARN, "agent /health answered 503"),
        ),
        startup=("syntropy core awake", "ledger loaded: 41 tasks", "health server on :3000"),
    ),
    "web": LogScript(
        _plain,
        (
            (6, DemoLogLevel.INFO, " GET /canvas 200 in {ms}ms"),
            (3, DemoLogLevel.INFO, " GET /_next/data/{hex}/canvas.json 200 in {ms}ms"),
            (1, DemoLogLevel.WARN, "slow render: /canvas took {ms}0ms"),
        ),
        startup=("   Next.js 15.1.0", " - Local: http://localhost:3000", " Ready in 812ms"),
    ),
    "worker": LogScript(
        _plain,
        (
            (3, DemoLogLevel.INFO, "[opencode] read pixel-agent/src/plugins/nostr/{hex}.ts"),
            (
                2,
                DemoLogLevel.INFO,
                "[opencode] edit pixel-agent/src/plugins/nostr/{hex}.ts (+{n} -2)",
            ),
            (2, DemoLogLevel.INFO, "[opencode] bun test: {n} pass, 0 fail"),
            (1, DemoLogLevel.INFO, "[ledger] task 3f9c21ab: heartbeat"),
        ),
        startup=("[worker] task 3f9c21ab claimed (attempt 1 of 3)", "[opencode] session started"),
        shutdown=("[worker] told to stop: task 3f9c21ab is marked aborted",),
    ),
}


def log_line(
    service: str, number: int, at: float, *, seed: str, fault: DemoFault | None
) -> tuple[int, str]:
    """Return a line of a service's log, the same for the same arguments.

    Args:
        service: The service's name.
        number: The line's number.
        at: The line's Unix time.
        seed: Selects the messages.
        fault: The container's fault, if any.

    Returns:
        The stream (1 or 2) and the text.
    """
    if fault is DemoFault.FLOOD:
        return 1, f"DEBUG cache miss key=pixel:{number % 1000}:{number // 1000 % 1000} shard=3"
    script = LOG_SCRIPTS.get(service, _FALLBACK)
    rng = random.Random(f"{seed} {number}")  # noqa: S311  theatre, not cryptography
    if fault is DemoFault.UNHEALTHY and rng.random() < 0.4:
        level, message = DemoLogLevel.ERROR, script.unhealthy
    elif fault is DemoFault.OUT_OF_MEMORY and rng.random() < 0.5:
        level, message = (
            DemoLogLevel.WARN,
            "heap is almost full: {ms}% free after a long collection",
        )
    else:
        weights = [weight for weight, _, _ in script.messages]
        ((_, level, message),) = rng.choices(script.messages, weights)
    return script.format_line(at, level, message.format_map(_fields(rng, number)), service)


def startup_lines(service: str, at: float) -> list[tuple[int, str]]:
    """Return the messages of a service at start."""
    script = LOG_SCRIPTS.get(service, _FALLBACK)
    return [
        script.format_line(at, DemoLogLevel.INFO, message, service) for message in script.startup
    ]


def shutdown_lines(service: str, at: float, *, crashed: bool) -> list[tuple[int, str]]:
    """Return the messages of a service at exit. A killed one logs none: don't call this."""
    script = LOG_SCRIPTS.get(service, _FALLBACK)
    if crashed:
        return [script.format_line(at, DemoLogLevel.ERROR, script.crash, service)]
    return [
        script.format_line(at, DemoLogLevel.INFO, message, service) for message in script.shutdown
    ]


def _fields(rng: random.Random, number: int) -> dict[str, str]:
    return {
        "count": str(number % 10_000),
        "n": str(rng.randint(2, 24)),
        "ms": str(rng.randint(3, 94)),
        "sats": str(rng.randint(10, 2100)),
        "hex": f"{rng.getrandbits(32):08x}",
        "ip": f"203.0.113.{rng.randint(2, 250)}",
        "relay": rng.choice(("wss://relay.damus.io", "wss://nos.lol", "wss://relay.primal.net")),
    }
