"""Structured lines: the message, the fields, and the pretty-printed form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.logs.pretty import MAX_LINES, MAX_WIDTH, pretty
from pixel_tui.logs.structure import MAX_FIELDS, MAX_SIZE, LineFormat, Structured, parse_structured
from pixel_tui.text import is_harmless


def taken_apart(line: str | bytes) -> Structured:
    found = parse_structured(line)
    assert found is not None
    return found


def loud(found: Structured) -> dict[str, str]:
    return {field.name: field.value for field in found.fields if not field.quiet}


def quiet(found: Structured) -> set[str]:
    return {field.name for field in found.fields if field.quiet}


def test_a_pino_line_has_a_message_and_fields() -> None:
    found = taken_apart(
        b'{"level":30,"time":1772366400000,"pid":1,"hostname":"a1","msg":"stored","ms":12}'
    )
    assert (found.form, found.message) == (LineFormat.JSON, "stored")
    assert loud(found) == {"ms": "12"}
    assert quiet(found) == {"level", "time", "pid", "hostname"}


@pytest.mark.parametrize(
    "key", ["msg", "message", "Message", "@message", "@m", "event", "textPayload"]
)
def test_the_message_key_has_many_names(key: str) -> None:
    found = taken_apart(json.dumps({"a": 1, key: "stored"}))
    assert (found.message, loud(found)) == ("stored", {"a": "1"})


def test_msg_is_preferred_to_event() -> None:
    found = taken_apart('{"event":"tick","msg":"stored"}')
    assert (found.message, loud(found)) == ("stored", {"event": "tick"})


def test_nested_values_are_compact_json() -> None:
    found = taken_apart('{"message":{"a": [1, 2]},"req":{"id": 7, "ok": true}}')
    assert found.message == ""
    assert loud(found) == {"message": '{"a":[1,2]}', "req": '{"id":7,"ok":true}'}


def test_a_logfmt_line_has_a_message_and_fields() -> None:
    found = taken_apart(
        'ts=2026-03-01T12:00:00.000Z level=info msg="payment \\"settled\\"" sats=210 note='
    )
    assert (found.form, found.message) == (LineFormat.LOGFMT, 'payment "settled"')
    assert loud(found) == {"sats": "210", "note": ""}
    assert quiet(found) == {"ts", "level"}


def test_pairs_without_a_message_are_logfmt() -> None:
    found = taken_apart("method=GET path=/api/pixels?x=1 status=200 took=12ms")
    assert found.message == ""
    assert loud(found)["path"] == "/api/pixels?x=1"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "stored 12 fragments",
        "a=1",
        "error_count=0",
        "retrying with timeout=5 and backoff=2 as told",
        "SELECT * FROM a WHERE x=1 AND y=2",
        "==",
        "GET /?a=1&b=2 200",
        "export A=1 B=2 C=3",
        "{not json}",
        '{"cut":"off',
        "[1,2]",
        "{" * 5000,
        '{"a":' * 20_000,
        '{"n":' + "9" * 6000 + "}",
    ],
)
def test_other_lines_are_not_parsed(line: str) -> None:
    assert parse_structured(line) is None
    assert len(pretty(line)) == 1


def test_terminal_control_characters_are_removed() -> None:
    for line in (
        '{"msg":"a\\u001b[2Jb\\nc","x\\u001b[0m":"\\u202e"}',
        'a="\x1b[2J" b="\\n" c=\x07',
    ):
        found = taken_apart(line)
        shown = [found.message, *(part for f in found.fields for part in (f.name, f.value))]
        assert all(is_harmless(text) for text in [*shown, *pretty(line)])


def test_fields_are_bounded_and_the_rest_is_counted() -> None:
    found = taken_apart(json.dumps({f"k{at}": "v" * 2000 for at in range(MAX_FIELDS - 40)}))
    assert all(len(field.value) < 600 for field in found.fields)
    found = taken_apart(json.dumps({f"k{at}": at for at in range(MAX_FIELDS + 6)}))
    assert len(found.fields) == MAX_FIELDS + 1
    assert (found.fields[-1].name, found.fields[-1].value) == ("…", "6 more")


def test_a_line_that_is_too_long_is_not_parsed() -> None:
    line = json.dumps({"msg": "x" * MAX_SIZE})
    assert parse_structured(line) is None
    (shown,) = pretty(line)
    assert len(shown) < MAX_WIDTH + 100


def test_json_is_pretty_printed() -> None:
    line = '{"msg":"boom","ok":null,"n":1.5,"on":true,"req":{"id":7,"tags":["a",{"b":[]}]},"e":{}}'
    assert pretty(line) == (
        "msg: boom",
        "ok: null",
        "n: 1.5",
        "on: true",
        "req:",
        "  id: 7",
        "  tags:",
        "    - a",
        "    -",
        "      b: []",
        "e: {}",
    )


def test_a_stack_trace_in_a_value_is_on_lines_of_its_own() -> None:
    line = json.dumps({"err": {"stack": "Error: boom\n    at foo (/app/x.js:1:2)\n"}, "n": 1})
    assert pretty(line) == (
        "err:",
        "  stack:",
        "    Error: boom",
        "        at foo (/app/x.js:1:2)",
        "n: 1",
    )


def test_logfmt_is_printed_with_one_pair_per_line() -> None:
    assert pretty('level=warn msg="slow query" took=420ms') == (
        "level  warn",
        "msg    slow query",
        "took   420ms",
    )


def test_values_nested_too_deeply_are_counted() -> None:
    shown = pretty('{"a":' * 40 + "1" + "}" * 40)
    assert len(shown) == 12
    assert shown[-1].endswith("a: … 1 inside")


def test_pretty_printing_is_bounded() -> None:
    shown = pretty(json.dumps({"rows": [1] * 20_000}))
    assert len(shown) == MAX_LINES + 1
    assert shown[-1] == "… and more"
    assert all(len(line) < MAX_WIDTH + 100 for line in pretty('{"a":"' + "x" * 9000 + '"}'))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), values, max_size=8))
def test_any_object_is_parsed(record: dict[str, object]) -> None:
    line = json.dumps(record)
    found = taken_apart(line)
    assert len(found.fields) + bool(found.message) >= len(record) - 1
    assert all(is_harmless(shown) for shown in pretty(line))


PIECES = st.sampled_from(
    [b"a=", b"b=1 ", b'"', b"\\", b" ", b"=", b"msg=x ", b"{", b"}", b'{"msg":', b"\xff", b"\x1b["]
)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(b"".join))
def test_no_line_raises(line: bytes) -> None:
    parse_structured(line)
    assert all(is_harmless(shown) for shown in pretty(line))


@pytest.mark.parametrize("piece", ["a=1 ", 'a="', "a=", "=", "x ", "x", '{"a":', '\\"', 'a="\\'])
def test_parsing_takes_linear_time(piece: str) -> None:
    from time import process_time  # noqa: PLC0415

    start = process_time()
    line = piece * (MAX_SIZE // len(piece))
    parse_structured(line)
    pretty(line)
    assert process_time() - start < 2
