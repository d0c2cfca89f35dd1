"""The level of a line, in the formats of many programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.logs.level import LogLevel, level_of, parse_level

SAID = {
    LogLevel.TRACE: [
        "TRACE entering the loop",
        "trce: Microsoft.AspNetCore.Hosting[0]",
        '{"level":10,"msg":"tick"}',
    ],
    LogLevel.DEBUG: [
        "DEBUG cache miss key=pixel:12:40 shard=3",
        "2026-03-01 12:00:00.123 UTC [27] DEBUG1:  forked new backend",
        "1:M 01 Mar 2026 12:00:00.000 - Accepted 172.20.0.7:43120",
        '{"level":"debug","msg":"tick"}',
        "<15>app: tick",
    ],
    LogLevel.INFO: [
        "INFO:     Uvicorn running on http://0.0.0.0:8000",
        "[2026-03-01 12:00:00 +0000] [7] [INFO] Listening at: http://[::]:80 (1)",
        "2026-03-01 12:00:00.123 UTC [27] LOG:  checkpoint starting: time",
        "2026-03-01 12:00:00.123 UTC [27] NOTICE:  relation exists, skipping",
        "[01-Mar-2026 12:00:00] NOTICE: fpm is running, pid 1",
        "1:M 01 Mar 2026 12:00:00.000 * Ready to accept connections tcp",
        "2026-03-01T12:00:00.000000Z 0 [System] [MY-010931] [Server] ready for connections",
        "I0301 12:00:00.123456       1 server.go:12] serving",
        '2026-03-01T12:00:00.000Z\tinfo\tpkg/x.go:12\tserving\t{"port":80}'.replace("info", "INFO"),
        '{"level":30,"time":1772366400000,"pid":1,"msg":"nothing failed"}',
        '{"s":"I","c":"NETWORK","msg":"Connection accepted"}',
        '203.0.113.4 - - [01/Mar/2026:12:00:00 +0000] "GET /ERROR HTTP/1.1" 200 612 "-" "curl"',
        '::ffff:203.0.113.7 "GET /misc/ping HTTP/1.1" 200 12',
        "[12:00:00] [Server thread/INFO]: Done (3.1s)!",
        "notice: rotated",
    ],
    LogLevel.WARN: [
        "WARN  slow render: /canvas took 420ms",
        "warning: the option is deprecated",
        'time="2026-03-01T12:00:00Z" level=warning msg="no config found"',
        "2026-03-01T12:00:00.123456Z  WARN relay::pool: closed",
        "2026-03-01T12:00:00.000000Z 0 [Warning] [MY-010068] [Server] CA is self-signed",
        "[2026-03-01T12:00:00,000][WARN ][o.e.c.r.a] [node-1] high disk watermark",
        "1:M 01 Mar 2026 12:00:00.000 # WARNING overcommit_memory is set to 0",
        "W0301 12:00:00.123456       1 reflector.go:401] watch ended",
        "(node:1) DeprecationWarning: Buffer() is deprecated",
        "(node:1) [DEP0040] DeprecationWarning: punycode",
        "npm WARN deprecated har-validator@5.1.5",
        "npm warn exec will install",
        "WARN[0003] no value given  key=HOME",
        "<4>low on disk",
        "<12>low on disk",
        '{"severity":"WARNING","message":"slow"}',
        '{"@level":"warn","@message":"slow"}',
        '{"level":{"value":1},"severity":"warn"}',
    ],
    LogLevel.ERROR: [
        "[ERROR] cannot bind",
        "ERROR: cannot bind",
        "error: cannot bind",
        "Error: Cannot find module 'x'",
        "❌ ERROR: cannot bind",
        "ERROR:root:boom",
        "2026-03-01 12:00:00,123 - app.db - ERROR - boom",
        "2026-03-01 12:00:00,123 ERROR correlator: boom",
        "2026-03-01 12:00:00,123 uvicorn.error ERROR boom",
        "2026-03-01 12:00:00.000 | ERROR    | app.db:read:12 - boom",
        "[2026-03-01 12:00:00,000: ERROR/MainProcess] Task app.tick raised",
        '2026/03/01 12:00:00 [error] 31#31: *7 open() "/srv/x" failed (2: No such file)',
        "[Sun Mar 01 12:00:00.123456 2026] [core:error] [pid 31:tid 1] AH00124: limit",
        "2026-03-01 12:00:00.123 UTC [27] app@pixel ERROR:  relation does not exist",
        "2026-03-01 12:00:00.123 CET [27] ERROR:  relation does not exist",
        "ERROR:  relation does not exist at character 15",
        "E0301 12:00:00.123456       1 reflector.go:138] failed to list",
        '2026-03-01T12:00:00.000Z\tERROR\tpkg/x.go:12\tfailed\t{"port":80}',
        "[2026-03-01 12:00:00] ERROR: database pool exhausted",
        " ERROR  (agent): database pool exhausted",
        "\x1b[32m[12:00:00.000]\x1b[39m \x1b[31mERROR\x1b[39m (1): \x1b[36mboom\x1b[39m",
        "E, [2026-03-01T12:00:00.000000 #1] ERROR -- : boom",
        "[Nest] 1  - 03/01/2026, 12:00:00 PM   ERROR [ExceptionsHandler] boom",
        "[12:00:00 ERR] boom",
        "12:00PM ERR boom error=timeout",
        "[2026-03-01T12:00:00Z ERROR relay] boom",
        "12:00:00.123 [main] ERROR com.example.App - boom",
        "2026.03.01 12:00:00.000000 [ 1 ] {} <Error> Application: boom",
        "fail: Microsoft.AspNetCore.Server.Kestrel[13]",
        "npm ERR! code ELIFECYCLE",
        "ERRO[0003] boom",
        "Mar  1 12:00:00 host app[12]: ERROR boom",
        "Traceback (most recent call last):",
        "TypeError: Cannot read properties of undefined (reading 'x')",
        "TypeError [ERR_INVALID_ARG_TYPE]: The path must be a string",
        "java.lang.IllegalStateException: closed",
        'Exception in thread "main" java.lang.RuntimeException',
        "<3>disk failure",
        'ts=2026-03-01T12:00:00.000Z caller=main.go:7 level=error err="no such host"',
        'msg="said level=info" level=error',
        '{"msg":"boom","ctx":{"level":"info"},"level":"error"}',
        '{"time":1,"level":"ERROR","msg":"boom"}',
        '{"@t":"2026-03-01T12:00:00Z","@m":"boom","@l":"Error"}',
        '{"log.level":"error","message":"boom"}',
        '{"level":3,"short_message":"boom"}',
        '{"level":"error","msg":"cut off in the mid',
        '203.0.113.4 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/2.0" 502 157 "-" "curl"',
        '203.0.113.4 - INFO [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 500 157 "-" "-"',
    ],
    LogLevel.FATAL: [
        "FATAL: cannot go on",
        "2026-03-01 12:00:00.123 UTC [27] FATAL:  sorry, too many clients already",
        "2026-03-01 12:00:00.123 UTC [1] PANIC:  could not write to file",
        "2026/03/01 12:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed",
        "CRITICAL:root:giving up",
        "F0301 12:00:00.123456       1 main.go:12] cannot listen",
        "panic: runtime error: index out of range [3] with length 3",
        "fatal error: all goroutines are asleep - deadlock!",
        "PHP Fatal error:  Uncaught Error: Call to undefined function",
        "thread 'main' panicked at src/main.rs:2:5:",
        '{"severity":"EMERGENCY","message":"gone"}',
        '{"level":60,"msg":"giving up"}',
        "<0>gone",
    ],
    LogLevel.UNKNOWN: [
        "",
        "   ",
        "no errors found",
        "0 errors, 3 warnings",
        "3 ERROR lines were skipped",
        "An ERROR occurred twice",
        "2026-03-01 12:00:00 An ERROR occurred twice",
        "the job ended with ERROR: 5",
        "error_count=0",
        "error_count=0 warn=2",
        "GET /ERROR 200 in 12ms",
        "TRACE /x 405",
        "errors: 0",
        "error::Kind is not Copy",
        "memory recalled: 3 fragments in 12 ms",
        "set level=error to hide these",
        "information about the system",
        "Debugging is on",
        "{not json: ERROR",
        '{"msg":"ERROR: boom"}',
        '{"msg":"said \\"level\\":\\"error\\" twice"}',
        '{"ctx":{"level":"error"},"msg":"boom"}',
        '{"tags":["level","error"]}',
        '{"s":3,"msg":"seconds"}',
        '{"a":{},"level":-100}',
        '{"level":true,"msg":"x"}',
        "2026-03-01 12:00:00.123 UTC [27] STATEMENT:  SELECT 1",
        "    at foo (/app/index.js:12:7)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("level", "line"), [(level, line) for level, lines in SAID.items() for line in lines]
)
def test_the_level_is_read_from_where_programs_put_it(level: LogLevel, line: str) -> None:
    assert level_of(line) is level
    assert level_of(line.encode()) is level


def test_the_level_of_client_errors_is_configurable() -> None:
    line = '203.0.113.4 - - [01/Mar/2026:12:00:00 +0000] "GET /.env HTTP/1.1" 404 153 "-" "-"'
    assert level_of(line) is LogLevel.INFO
    assert level_of(line, client_errors=LogLevel.WARN) is LogLevel.WARN


def test_levels_are_in_order() -> None:
    assert sorted(LogLevel) == [
        LogLevel.UNKNOWN, LogLevel.TRACE, LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARN,
        LogLevel.ERROR, LogLevel.FATAL,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "level"),
    [("eror", LogLevel.ERROR), ("Information", LogLevel.INFO), ("40", LogLevel.WARN),
     ("4", LogLevel.WARN), ("60", LogLevel.FATAL), ("99", LogLevel.FATAL),
     ("8", LogLevel.UNKNOWN), ("blue", LogLevel.UNKNOWN)],
)  # fmt: skip
def test_words_and_numbers_name_levels(word: str, level: LogLevel) -> None:
    assert parse_level(word) is level


PIECES = st.sampled_from(
    [b"[", b"]", b"ERROR", b"error", b":", b" ", b"level=", b'"', b"\\", b"{", b"}", b"2026-03-01 ",
     b"12:00:00", b" - ", b"|", b"a.b", b"x" * 40, b"\x1b[31m", b"\xe2\x9c\x96", b"1", b'"level":',
     b"=", b"(", b"<3>", b" HTTP/1.1", b"Error", b"node:"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join)))
def test_no_line_raises(line: bytes) -> None:
    assert level_of(line) in LogLevel


@given(st.text(max_size=200))
def test_no_text_raises(line: str) -> None:
    assert level_of(line) in LogLevel


@pytest.mark.parametrize(
    "piece",
    [b"a" * 70, b"a.", b"[", b"((", b"[a]", b"a=b ", b'a="', b" ", b"-", b"1", b"\\", b'"', b"<",
     b"a|", b"a - ", b"[a", b"{a} ", b"12:00:00 ", b'{"level":', b'"level":{', b"{", b"Error"],
)  # fmt: skip
def test_detecting_a_level_takes_linear_time(piece: bytes) -> None:
    from time import process_time  # noqa: PLC0415

    start = process_time()
    level_of(piece * (60_000 // len(piece)))
    level_of(b"{" + piece * (60_000 // len(piece)))
    assert process_time() - start < 0.5
