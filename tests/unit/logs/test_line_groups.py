"""Groups of lines: in the blocks below, a line of `=` separates groups."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.logs.continuation import MAX_GROUP, Grouper
from pixel_tui.logs.level import LogLevel
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, format_timestamp


def said(text: str | bytes, source: str = "api", at: int = 0, kind: int = 2) -> LogLine:
    raw = text if isinstance(text, bytes) else text.encode()
    return LogLine(format_timestamp(at), source, LineKind(kind), raw)


def grouped(lines: list[str]) -> list[list[str]]:
    grouper = Grouper()
    groups: dict[int, list[str]] = {}
    for index, line in enumerate(lines):
        groups.setdefault(grouper.feed(index, said(line)), []).append(line)
    return list(groups.values())


BLOCKS = {
    "plain lines": """\
one
=
two
=
2026-03-01 12:00:00 three
""",
    "python, uncaught": """\
INFO: listening
=
Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    main()
    ~~~~^^
  File "/app/main.py", line 2, in main
    raise ValueError("boom")
ValueError: boom
=
INFO: listening
""",
    "python, logged": """\
ERROR:root:tick failed
Traceback (most recent call last):
  File "/app/main.py", line 2, in tick
    log.info(level="error")
app.errors.Boom: at last
=
INFO:root:tick
""",
    "python, chained": """\
Traceback (most recent call last):
  File "/app/a.py", line 1, in a
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/b.py", line 1, in b
RuntimeError: boom

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/c.py", line 1, in c
SystemError: bad
=
next
""",
    "python, a group": """\
  + Exception Group Traceback (most recent call last):
  |   File "/app/a.py", line 1, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +------------------------------------
=
next
""",
    "python, cut off by the next line": """\
Traceback (most recent call last):
  File "/app/a.py", line 1, in a
=
2026-03-01 12:00:00,000 INFO app: started again
""",
    "java": """\
2026-03-01 12:00:00.123 ERROR 1 --- [main] c.e.App : request failed
java.lang.IllegalStateException: closed
\tat com.example.Pool.take(Pool.java:12)
\tat com.example.App.lambda$main$0(App.java:7) [app.jar:1.0]
\tSuppressed: java.io.IOException: also
\t\tat com.example.Pool.close(Pool.java:19)
Caused by: java.io.IOException: gone
\tat java.base/java.lang.Thread.run(Thread.java:1583)
\t... 12 more
=
2026-03-01 12:00:01.123  INFO 1 --- [main] c.e.App : on
""",
    "java, uncaught": """\
Exception in thread "main" java.lang.RuntimeException: boom
\tat com.example.App.main(App.java:7)
=
bye
""",
    "node, uncaught": """\
/app/index.js:12
    throw new TypeError("boom");
    ^

TypeError: boom
    at tick (/app/index.js:12:11)
    at node:internal/main/run_main_module:23:47 {
  code: 'E_BOOM',
  info: { level: 'error' },
  [cause]: Error: deep
}

Node.js v22.1.0
=
next
""",
    "node, logged": """\
[2026-03-01 12:00:00] ERROR: request failed
    err: {
      "type": "Error",
      "stack":
          Error: boom
              at tick (/app/index.js:12:11)
    }
=
[2026-03-01 12:00:01] INFO: next
""",
    "node, warned": """\
(node:1) Warning: slow
    at tick (/app/index.js:12:11)
    at async Promise.all (index 0)
=
next
""",
    "go": """\
panic: runtime error: index out of range [3] with length 3 [recovered]
\tpanic: again

goroutine 1 [running]:
main.(*Pool).Take(0xc000012345, {0x1, 0x2})
\t/app/main.go:12 +0x1d
panic({0x4a, 0x5b})
\t/usr/local/go/src/runtime/panic.go:770 +0x132
created by main.main in goroutine 7
\t/app/main.go:3 +0x2b

goroutine 18 [select]:
net/http.(*Server).Serve(...)
exit status 2
=
2026/03/01 12:00:01 started
""",
    "go, served": """\
2026/03/01 12:00:00 http: panic serving 172.20.0.1:4312: boom
goroutine 12 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1898 +0xbe
=
2026/03/01 12:00:01 GET /
""",
    "rust": """\
thread 'main' panicked at src/main.rs:2:5:
index out of bounds: the len is 3
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b4312/library/std/src/panicking.rs:645:5
   1: core::panicking::panic_fmt
note: run with `RUST_BACKTRACE=full` environment variable to display a backtrace
=
next
""",
    "postgres": """\
2026-03-01 12:00:00.123 UTC [27] ERROR:  duplicate key
2026-03-01 12:00:00.123 UTC [27] DETAIL:  Key (id)=(7) already exists.
2026-03-01 12:00:00.123 UTC [27] STATEMENT:  INSERT INTO pixels
\tVALUES (7)
\t  RETURNING id
=
2026-03-01 12:00:00.124 UTC [31] LOG:  checkpoint starting: time
=
2026-03-01 12:00:00.125 UTC [27] HINT:  of one before
""",
    "indented below a line": """\
config:
  port: 80
  tags:
    - a
=
next
""",
    "indented as all are": """\
   ▲ Next.js 15.1.0
=
   - Local: http://localhost:3000
=
 GET /canvas 200 in 12ms
=
 GET /canvas 200 in 13ms
""",
    "a level of its own": """\
 INFO  (agent): one
=
   WARN  (agent): two
""",
    "json laid out": """\
reply
{
  "ok": true,
  "rows": [
    1
  ]
}
=
next
""".replace("reply\n", "reply\n=\n"),
    "an error, then words": """\
ERROR: boom
=
carrying on
""",
    "calm, then an error": """\
INFO: listening
=
TypeError: boom
    at tick (/app/index.js:12:11)
""",
    "a blank line between": """\
one
=

=
two
""",
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=list(BLOCKS))
def test_continuation_lines_join_the_group_before(block: str) -> None:
    expected = [part.strip("\n").split("\n") for part in ("\n" + block).split("\n=")]
    lines = [line for part in expected for line in part]
    assert grouped(lines) == expected


def test_each_stream_of_each_container_has_its_own_groups() -> None:
    grouper = Grouper()
    assert [
        grouper.feed(100, said("Traceback (most recent call last):")),
        grouper.feed(101, said("GET / 200", kind=1)),
        grouper.feed(102, said("checkpoint", source="db")),
        grouper.feed(103, said('  File "/app/a.py", line 1, in a')),
        grouper.feed(104, said("  indented", kind=1)),
        grouper.feed(105, said("ValueError: boom")),
    ] == [100, 101, 102, 100, 101, 100]


def test_a_mark_ends_the_groups_of_its_container() -> None:
    grouper = Grouper()
    grouper.feed(0, said("Traceback (most recent call last):"))
    grouper.feed(1, said("one", source="db"))
    assert grouper.feed(2, said("restarted", kind=3)) == 2
    assert grouper.feed(3, said("    indented")) == 3
    assert grouper.feed(4, said("    indented", source="db")) == 1


def test_a_trace_long_after_an_error_is_a_group_of_its_own() -> None:
    for late, start in ((SECOND // 2, 0), (5 * SECOND, 1)):
        grouper = Grouper()
        grouper.feed(0, said("ERROR: boom"))
        assert grouper.feed(1, said("Traceback (most recent call last):", at=late)) == start


def test_groups_are_bounded() -> None:
    grouper = Grouper()
    grouper.feed(0, said("head"))
    starts = [grouper.feed(at, said("    more")) for at in range(1, 3 * MAX_GROUP)]
    assert starts[MAX_GROUP - 2] == 0
    assert starts[MAX_GROUP - 1] == MAX_GROUP


def test_a_group_has_the_level_of_its_first_line() -> None:
    grouper = Grouper()
    grouper.feed(0, said("ERROR: boom"))
    grouper.feed(1, said("    at tick (/app/index.js:12:11)"))
    assert grouper.level(said("")) is LogLevel.ERROR
    assert grouper.level(said("", source="db")) is LogLevel.UNKNOWN


def test_a_trace_has_the_first_level_in_it() -> None:
    grouper = Grouper()
    for at, text in enumerate(("/app/x.js:1", "  throw x", "  ^", "", "TypeError: boom", "  at x")):
        assert grouper.feed(at, said(text)) == 0
    assert grouper.level(said("")) is LogLevel.ERROR


def test_a_given_level_is_not_detected_again() -> None:
    grouper = Grouper()
    grouper.feed(0, said("head"), LogLevel.UNKNOWN)
    assert grouper.feed(1, said("    ERROR: more"), LogLevel.UNKNOWN) == 0


PIECES = st.sampled_from(
    [b"Traceback (most recent call last):", b"  File", b"\tat a.b(C.java:1)", b"Caused by: x", b"",
     b"ValueError: x", b"panic: x", b"goroutine 1 [running]:", b"main.main()", b"}", b"    ^", b"{",
     b"2026-03-01 12:00:00 x", b"ERROR: x", b"thread 'a' panicked at b", b"note: x", b" x", b"x"]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=40), max_size=30))
def test_any_lines_form_groups_without_gaps(lines: list[bytes]) -> None:
    grouper = Grouper()
    last = 0
    for index, text in enumerate(lines):
        start = grouper.feed(index, said(text))
        assert start in {last, index}
        last = start


BEGINNINGS = st.sampled_from(
    [
        *(b"panic: x", b"fatal error: x", b"goroutine 7 [running]:", b"created by main.x"),
        *(b"thread 'main' panicked at x", b"2026/03/01 10:00:00 http: panic serving x"),
        *(b"note: run with", b"stack backtrace:", b"Node.js v20", b"at main (a.js:1:2)"),
        *(b"Caused by: x", b"Suppressed: x", b"... 3 more", b"}", b"});", b"| x", b"+ x", b""),
        *(b"^^^", b"ValueError: x", b"KeyError", b"a.b.SomeException", b"Uncaught TypeError: x"),
        *(b"During handling of the above", b"The above exception was", b"exit status 2"),
        *(b"Exception Group Traceback (most recent call last)", b"main.run(0x1)", b"words"),
        *(b"x [7] DETAIL:  more", b"  indented", b"\tindented", b"ERROR it broke", b"runtime: x"),
    ]
)


@given(st.lists(st.builds(bytes.__add__, BEGINNINGS, st.just(b"") | PIECES), max_size=30))
def test_ordinary_lines_are_grouped_as_by_the_complete_checks(lines: list[bytes]) -> None:
    def starts() -> list[int]:
        grouper = Grouper()
        return [grouper.feed(number, said(line)) for number, line in enumerate(lines)]

    quick = starts()
    with patch("pixel_tui.logs.continuation.is_ordinary", return_value=False):
        assert starts() == quick


@pytest.mark.parametrize(
    "text", [b"a" * 600, b"a.b(" * 150, b"at " + b"a " * 300, b" " * 600, b"[" * 600, b":  " * 200]
)
def test_grouping_takes_linear_time(text: bytes) -> None:
    from time import process_time  # noqa: PLC0415

    start = process_time()
    for opening in (b"x", b"ERROR: x", b"panic: x", b"Traceback (most recent call last):"):
        grouper = Grouper()
        grouper.feed(0, said(opening))
        for index in range(1, 50):
            grouper.feed(index, said(text))
    assert process_time() - start < 1
