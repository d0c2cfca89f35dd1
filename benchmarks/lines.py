"""How many lines a second the parts of the log view take: `python -m benchmarks.lines`.

Processor time of one core, the best of some rounds, over lines of about 120 bytes.
"""

import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Final

from pixel_tui.logs.continuation import Grouper
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.logs.search import FilterStack, Matcher, Query, compile_query
from pixel_tui.logs.shape import Repeats
from pixel_tui.logs.structure import parse_structured
from pixel_tui.redaction.known import mask_known
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.stack.feed.merge import LineMerger
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import format_timestamp, timestamp_nanoseconds

LINES: Final = 100_000
ROUNDS: Final = 3
_WORDS: Final = (
    b" lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor magna"
)
_BODIES: Final = {
    "plain": b"memory recalled: 3 fragments in 12 ms" + _WORDS,
    "stamped": b"2026-03-01 12:00:00,123 memory recalled: 3 fragments" + _WORDS,
    "python": b"2026-03-01 12:00:00,123 - app.db - ERROR - boom" + _WORDS,
    "postgres": b"2026-03-01 12:00:00.123 UTC [27] LOG:  checkpoint" + _WORDS,
    "logfmt": b"ts=2026-03-01T12:00:00.000Z level=info method=GET path=/api/pixels status=200 "
    b"took=12ms ip=203.0.113.7 request=7",
    "pino": b'{"level":30,"time":1772366400000,"pid":1,"name":"agent","msg":"memory recalled: 12 '
    b'fragments in 12 ms, and some words"}',
    "frame": b"    at tick (/app/index.js:12:11)" + _WORDS,
}


def _lines(bodies: list[bytes]) -> list[LogLine]:
    start = 1_772_366_400_000_000_000
    return [
        LogLine(
            format_timestamp(start + at * 1_000_003),
            f"c{at % 4}",
            LineKind.STDOUT,
            b"%b %d" % (bodies[at % len(bodies)], at),
        )
        for at in range(LINES)
    ]


def _measure(name: str, work: Callable[[], object]) -> None:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    print(f"{name:34} {best * 1000:6.0f} ms for {LINES:,} lines {LINES / best / 1000:6.0f} k/s")


def _levels(texts: list[bytes]) -> list[LogLevel]:
    return [level_of(text) for text in texts]


def _filter(stack: FilterStack, lines: list[LogLine]) -> list[LogLine]:
    return [line for line in lines if stack.passes(line)]


def _group(lines: list[LogLine], levels: list[LogLevel]) -> None:
    grouper = Grouper()
    for index, line in enumerate(lines):
        grouper.feed(index, line, levels[index])


def _count(lines: list[LogLine]) -> None:
    repeats = Repeats()
    for line in lines:
        repeats.add(line)


def _merge(lines: list[LogLine]) -> None:
    merge = LineMerger()
    for at in range(0, LINES, 50):
        merge.feed(lines[at : at + 50], at * 0.0001)
    merge.flush()


def main() -> None:
    """Measure all parts and print a line for each."""
    for name, body in _BODIES.items():
        texts = [line.text for line in _lines([body])]
        _measure(f"level_of, {name}", partial(_levels, texts))
    lines = _lines(list(_BODIES.values()))
    levels = [level_of(line.text) for line in lines]
    _measure("structured", lambda: [parse_structured(line.text) for line in lines])
    _measure("Grouper.feed, levels known", lambda: _group(lines, levels))
    _measure("mask_known, nothing known", lambda: [mask_known(line.text) for line in lines])
    # Values that all begin alike would be found by one letter, as no real ones are.
    for number in range(50):
        remember_secret(b64encode(sha256(b"%d" % number).digest()).decode()[: 16 + number % 16])
    _measure("mask_known, 50 known", lambda: [mask_known(line.text) for line in lines])
    for word in ("hunter22", "dragonfly", "letmeinnow", "sunshine", "swordfish"):
        remember_secret(word)
    _measure("mask_known, 5 words more", lambda: [mask_known(line.text) for line in lines])
    _measure("Repeats.note", lambda: _count(lines))
    _measure("timestamp_nanoseconds", lambda: [timestamp_nanoseconds(line.stamp) for line in lines])
    _measure("Merge.feed, 50 at a time", lambda: _merge(lines))
    for query in (
        Query("fragments"),
        Query("Fragments"),
        Query("nowhere", inverted=True),
        Query("größe"),
        Query(r"frag\w+ in", regex=True),
    ):
        matcher = compile_query(query)
        if isinstance(matcher, Matcher):
            stack = FilterStack((matcher,))
            kind = " ".join(["regex"] * query.regex + ["inverted"] * query.inverted)
            _measure(
                f"passes, {query.text!r} {kind}",
                partial(_filter, stack, lines),
            )


if __name__ == "__main__":
    main()
