"""Queries, and the filters of a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import (
    MAX_PATTERN,
    MAX_SPANS,
    BadPattern,
    CaseSensitivity,
    FilterStack,
    Matcher,
    Query,
    compile_query,
)
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.text import SafeText, plain


def made(query: Query) -> Matcher:
    found = compile_query(query)
    assert isinstance(found, Matcher)
    return found


def refused(query: Query) -> BadPattern:
    found = compile_query(query)
    assert isinstance(found, BadPattern)
    return found


def said(text: str, source: str = "api", kind: LineKind = LineKind.STDOUT) -> LogLine:
    return LogLine(b"", source, kind, text.encode())


@pytest.mark.parametrize(
    ("query", "line", "found"),
    [
        (Query("pool"), "The Pool is full", True),
        (Query("Pool"), "The pool is full", False),
        (Query("Pool"), "The Pool is full", True),
        (Query("Pool", case=CaseSensitivity.SAME), "the pool", True),
        (Query("pool", case=CaseSensitivity.EXACT), "the Pool", False),
        (Query("größe"), "GRÖSSE, GRÖßE", True),
        (Query("Größe"), "größe", False),
        (Query("a.c"), "abc", False),
        (Query("[x"), "y[x", True),
        (Query(""), "anything", True),
        (Query("pool", inverted=True), "The Pool", False),
        (Query("pool", inverted=True), "The river", True),
        (Query("a.c", regex=True), "xABCx", True),
        (Query("A.c", regex=True), "xabcx", False),
        (Query(r"\Sb\W", regex=True), "AB ", True),
        (Query(r"^took \d+ms$", regex=True), "took 12ms", True),
        (Query(r"gr[öü]n", regex=True), "GRÜN", True),
        (Query(r"\bx\b", regex=True, inverted=True), "a x b", False),
        (Query("[[a]", regex=True), "[", True),
        (Query(r"wait\u2026", regex=True), "wait…", True),
        (Query("error: full"), "\x1b[31merror\x1b[0m: \x1b[1mfull\x1b[0m", True),
        (Query("^error:", regex=True), "\x1b[31merror\x1b[0m: full", True),
        (Query("31m"), "\x1b[31merror\x1b[0m", False),
    ],
)
def test_a_query_matches_lines(query: Query, line: str, *, found: bool) -> None:
    assert made(query).matches(line.encode()) is found


@pytest.mark.parametrize(
    ("pattern", "position"),
    [("a(b", 1), ("a[", 1), ("*", 0), ("ab)", 2), ("(?P<n", 4), ("a{2,1}", 2)],
)
def test_an_invalid_pattern_is_a_result_with_a_position(pattern: str, position: int) -> None:
    bad = refused(Query(pattern, regex=True))
    assert bad.position == position
    assert bad.what.endswith(".")
    assert bad.what[0].isupper()


def test_a_query_that_is_too_long_is_refused() -> None:
    assert refused(Query("x" * (MAX_PATTERN + 1))).position == MAX_PATTERN


def test_matches_in_a_shown_line_have_spans() -> None:
    text = SafeText("pool: the Pool is full")
    assert made(Query("pool")).spans(text) == ((0, 4), (10, 14))
    assert made(Query(r"\bf\w+", regex=True)).spans(text) == ((18, 22),)
    assert made(Query("pool", inverted=True)).spans(text) == ()
    assert made(Query("x*", regex=True)).spans(text) == ()
    assert len(made(Query("a")).spans(SafeText("a" * 5000))) == MAX_SPANS


def test_a_line_must_match_all_queries() -> None:
    stack = FilterStack((made(Query("pool")), made(Query("full", inverted=True))))
    assert stack.passes(said("the pool is empty"))
    assert not stack.passes(said("the pool is full"))
    assert not stack.passes(said("the river"))


def test_the_level_filter_is_a_minimum() -> None:
    stack = FilterStack(level=LogLevel.WARN)
    assert [stack.passes(said("x"), level) for level in LogLevel] == [
        False, False, False, False, True, True, True,
    ]  # fmt: skip
    assert FilterStack().passes(said("x"))


def test_only_the_chosen_sources_pass() -> None:
    stack = FilterStack(sources=frozenset({"api"}))
    assert stack.passes(said("x"))
    assert not stack.passes(said("x", source="db"))
    assert not FilterStack(sources=frozenset()).passes(said("x"))


def test_a_mark_passes_with_its_container() -> None:
    mark = said("restarted", kind=LineKind.MARK)
    stack = FilterStack((made(Query("pool")),), LogLevel.ERROR, frozenset({"api"}))
    assert stack.passes(mark)
    assert not FilterStack(sources=frozenset({"db"})).passes(mark)


def test_a_stack_without_filters_is_empty() -> None:
    assert FilterStack().empty
    assert not FilterStack(level=LogLevel.DEBUG).empty
    assert not FilterStack(sources=frozenset()).empty


@given(
    st.text(max_size=30), st.booleans(), st.sampled_from(CaseSensitivity), st.binary(max_size=60)
)
def test_no_query_and_no_line_raises(
    text: str, regex: bool, case: CaseSensitivity, line: bytes
) -> None:
    found = compile_query(Query(text, regex=regex, case=case))
    if isinstance(found, BadPattern):
        assert 0 <= found.position <= len(text)
        return
    opposite = made(Query(text, regex=regex, case=case, inverted=True))
    assert found.matches(line) is not opposite.matches(line)
    found.spans(plain(line))


@given(st.text(min_size=1, max_size=5), st.text(max_size=20), st.text(max_size=20))
def test_text_is_found_anywhere_in_a_line(word: str, before: str, after: str) -> None:
    if "\x1b" not in before + word + after:
        line = f"{before}{word}{after}".encode()
        assert made(Query(word, case=CaseSensitivity.EXACT)).matches(line)
