"""What the services of the embedded stack say: line k of a service, always the same."""

import json
import random
from typing import Final

_PATHS: Final = ("/api/pixels", "/api/stats", "/api/invoices", "/api/activity", "/health")
_SAID: Final = {
    "landing": ("GET / 200 in 4ms", "GET /favicon.ico 200 in 1ms", "GET /canvas 307 in 2ms"),
    "web": ("GET /canvas 200 in 18ms", "GET /_next/data 200 in 6ms", "websocket client joined"),
    "worker": (
        "opencode: reading pixel-agent/src/index.ts",
        "opencode: running npm test",
        "opencode: 14 passed, 0 failed",
        "ledger: task 3f9c21ab heartbeat",
    ),
    "narrative-correlator": ("correlations: window of 120 events, 3 kept",),
}


def speak(service: str, number: int, seconds: float, *, ill: bool) -> tuple[int, str]:
    """A line of a service's log.

    Args:
        service: Who speaks.
        number: Which line of its life.
        seconds: The Unix time of the line.
        ill: It is unhealthy, and says so now and then.

    Returns:
        The stream (1 or 2) and the text.
    """
    dice = random.Random(f"{service} {number}")  # noqa: S311  it is theatre, not cryptography
    match service:
        case "api":
            return _api(dice, ill=ill)
        case "agent" | "syntropy":
            return _pino(service, dice, seconds, ill=ill)
        case "postgres":
            return 2, _postgres(dice)
        case _:
            if ill and dice.random() < 0.3:
                return 2, "ERROR upstream did not answer within 5000ms"
            return 1, dice.choice(_SAID.get(service, ("tick",)))


def _api(dice: random.Random, *, ill: bool) -> tuple[int, str]:
    path, took = dice.choice(_PATHS), dice.randint(1, 40)
    if ill and dice.random() < 0.4:
        return 2, f'level=error msg="database is locked" path={path} took=5003ms'
    if dice.random() < 0.02:
        return 2, f'level=warn msg="slow query" path={path} took={took * 40}ms'
    return 1, f"level=info method=GET path={path} status=200 took={took}ms"


def _pino(service: str, dice: random.Random, seconds: float, *, ill: bool) -> tuple[int, str]:
    level, said = (
        30,
        dice.choice(
            ("memory recalled", "nostr: reply posted", "embedding stored", "plan reviewed", "tick")
        ),
    )
    if ill and dice.random() < 0.5:
        level, said = 50, "database pool exhausted: 20 of 20 in use"
    elif dice.random() < 0.04:
        level, said = 40, "rate limited by the model provider, waiting 2s"
    line = {"level": level, "time": int(seconds * 1000), "name": service, "msg": said}
    return 1, json.dumps(line, separators=(",", ":"))


def _postgres(dice: random.Random) -> str:
    said = dice.choice(
        (
            "checkpoint starting: time",
            "checkpoint complete: wrote 42 buffers (0.3%)",
            'automatic vacuum of table "pixel_agent.public.memories": index scans: 1',
        )
    )
    return f"LOG:  {said}"
