"""The shape of a message, and the count of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.logs.shape import MAX_MESSAGE, MAX_SAMPLE, Repeats, shape_of
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import format_timestamp


def said(text: str, at: int = 0, source: str = "api") -> LogLine:
    return LogLine(format_timestamp(at), source, LineKind.STDOUT, text.encode())


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        ("stored 12 fragments in 34ms", "stored <n> fragments in <n>ms"),
        ("took 1.25 s, 3,141 rows", "took <n> s, <n> rows"),
        ("worker3 is up", "worker3 is up"),
        ("note from 3f9c21ab scored 0.12", "note from <hex> scored <n>"),
        ("note from ab12cd34", "note from <hex>"),
        ("at 0xC000012345", "at <hex>"),
        ("order 12345678", "order <n>"),
        ("decade of facade", "decade of facade"),
        ("job 0b7ad0c3-92a5-4b3f-8b1e-2f6d0c5b7a11 done", "job <uuid> done"),
        ("from 203.0.113.4:51122 to 10.0.0.1", "from <ip> to <ip>"),
        ('::ffff:203.0.113.7 "GET /" 200', "<ip> <text> <n>"),
        ("from 2001:db8::7 to ::1", "from <ip> to <ip>"),
        ("2026-03-01T12:00:00.123Z tick", "<time> tick"),
        ("2026-03-01 12:00:00,123 tick", "<time> <time> tick"),
        ("user \"anna\" said 'no'", "user <text> said <text>"),
        ('user "an\\"na" can\'t', "user <text> can't"),
        ("GET /pixels/17/edit 200", "GET /pixels/<n>/edit <n>"),
        ("GET /jobs/3f9c21ab?page=2", "GET /jobs/<hex>?page=<n>"),
        ("\x1b[32mstored\x1b[0m  7 ", "stored <n>"),
        ("", ""),
    ],
)
def test_variable_parts_are_replaced(line: str, shape: str) -> None:
    assert shape_of(line.encode()).decode() == shape


@given(st.binary(max_size=600))
def test_no_message_raises(text: bytes) -> None:
    assert len(shape_of(text)) <= 4 * MAX_MESSAGE


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=2, max_size=2))
def test_messages_that_differ_in_numbers_have_the_same_shape(numbers: list[int]) -> None:
    first, second = (shape_of(b"stored %d fragments" % number) for number in numbers)
    assert first == second


@pytest.mark.parametrize("piece", [b"a:", b"1", b"f", b"'", b'"', b"1.", b"12:", b"0-", b"a1"])
def test_finding_a_shape_takes_linear_time(piece: bytes) -> None:
    from time import process_time  # noqa: PLC0415

    start = process_time()
    for _ in range(20):
        shape_of(piece * MAX_MESSAGE)
    assert process_time() - start < 0.5


def test_repeats_are_counted_with_their_first_and_last_time() -> None:
    repeats = Repeats()
    for at in (1, 2, 3):
        repeats.add(said(f"stored {at} fragments", at))
    repeats.add(said("listening", 4))
    most, once = repeats.most_frequent()
    assert (most.shape, most.count) == (b"stored <n> fragments", 3)
    assert (most.first, most.last, most.sample) == (
        format_timestamp(1),
        format_timestamp(3),
        b"stored 3 fragments",
    )
    assert (once.shape, once.count) == (b"listening", 1)


def test_containers_are_counted_separately() -> None:
    repeats = Repeats()
    assert repeats.add(said("tick 1")) == 1
    assert repeats.add(said("tick 2", source="db")) == 1
    assert repeats.add(said("tick 3")) == 2


def test_a_given_message_is_counted_instead_of_the_line() -> None:
    repeats = Repeats()
    repeats.add(said('{"id":"a","msg":"tick 1"}'), b"tick 1")
    repeats.add(said('{"id":"b","msg":"tick 2"}'), b"tick 2")
    (found,) = repeats.most_frequent()
    assert (found.count, found.shape, found.sample) == (2, b"tick <n>", b"tick 2")


def test_only_the_start_of_a_long_line_is_kept() -> None:
    repeats = Repeats()
    repeats.add(said("x" * 10_000))
    assert repeats.most_frequent()[0].sample == b"x" * MAX_SAMPLE


def test_the_least_recently_seen_shape_is_forgotten() -> None:
    repeats = Repeats(max_shapes=2)
    for text in ("one", "two", "one", "three"):
        repeats.add(said(text))
    assert {repeat.shape for repeat in repeats.most_frequent()} == {b"one", b"three"}
    assert repeats.forgotten == 1


def test_equally_frequent_messages_are_sorted_latest_first() -> None:
    repeats = Repeats()
    for text in ("one", "two", "three"):
        repeats.add(said(text))
    assert [repeat.shape for repeat in repeats.most_frequent(2)] == [b"three", b"two"]
