"""Which lines are shown: complete groups, with context, while lines are added and dropped."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.logs.annotations import REGROUPED_LINES, Annotations
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import FilterStack, Matcher, Query, compile_query
from pixel_tui.logs.shown import FilteredLines, View
from pixel_tui.stack.feed.ring import LineKind, LogLine


def said(text: str, source: str = "api", kind: LineKind = LineKind.STDOUT) -> LogLine:
    return LogLine(b"2026-03-01T12:00:00.000000000Z", source, kind, text.encode())


def query(text: str, *, inverted: bool = False) -> Matcher:
    matcher = compile_query(Query(text, inverted=inverted))
    assert isinstance(matcher, Matcher)
    return matcher


@dataclass
class Log:
    """Lines that are added and dropped, and which of them are shown."""

    lines: dict[int, LogLine] = field(default_factory=dict)
    known: Annotations = field(default_factory=Annotations)

    def __post_init__(self) -> None:
        self.shown = FilteredLines(
            self.known, lambda a, b: [self.lines[at] for at in range(a, b) if at in self.lines]
        )

    def say(self, *lines: LogLine) -> None:
        first = self.known.stop
        self.lines |= dict(enumerate(lines, first))
        self.known.append(lines)
        self.shown.add_from(first)

    def put_before(self, *lines: LogLine) -> None:
        first = self.known.first
        behind = [
            self.lines[at] for at in range(first, min(first + REGROUPED_LINES, self.known.stop))
        ]
        self.lines |= dict(enumerate(lines, first - len(lines)))
        self.known.prepend(lines, behind)
        self.shown.rebuild()

    def drop_before(self, first: int) -> None:
        self.known.drop_before(first)
        self.lines = {at: line for at, line in self.lines.items() if at >= first}
        self.shown.trim()

    def drop_from(self, stop: int) -> None:
        self.known.drop_from(stop)
        self.lines = {at: line for at, line in self.lines.items() if at < stop}
        self.shown.trim()

    @property
    def numbers(self) -> list[int]:
        return list(self.shown.numbers(0, len(self.shown)))

    @property
    def words(self) -> list[str]:
        return [self.lines[at].text.decode() for at in self.numbers]


TRACE = (
    said("2026-03-01 12:00:00 ERROR it broke"),
    said("Traceback (most recent call last):"),
    said('  File "app.py", line 3, in run'),
    said("KeyError: 'pixel'"),
)


def test_without_a_filter_every_line_is_shown() -> None:
    log = Log()
    log.say(said("one"), said("two"))
    log.say(said("three"))
    assert log.words == ["one", "two", "three"]
    assert [log.shown.place(at) for at in (-5, 0, 2, 99)] == [0, 0, 2, 3]


def test_only_lines_that_match_all_queries_are_shown() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("a"), query("b")))))
    log.say(said("ab"), said("a"), said("b"), said("ba"))
    assert log.words == ["ab", "ba"]


def test_a_trace_is_shown_completely_if_one_line_matches() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("pixel"),))))
    log.say(said("INFO quiet"), *TRACE, said("INFO quiet again"))
    assert log.words == [line.text.decode() for line in TRACE]


def test_a_trace_that_comes_in_parts_is_shown_completely() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("pixel"),))))
    for line in TRACE:
        log.say(line)
    assert log.words == [line.text.decode() for line in TRACE]


def test_a_trace_is_hidden_completely_if_one_line_is_excluded() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("pixel", inverted=True),))))
    log.say(said("INFO quiet"))
    for line in TRACE:
        log.say(line)
    assert log.words == ["INFO quiet"]


def test_the_lines_of_a_trace_have_its_level() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack(level=LogLevel.ERROR)))
    log.say(said("INFO quiet"), *TRACE, said("WARN well"))
    assert log.words == [line.text.decode() for line in TRACE]
    assert log.known.level(log.numbers[-1]) is LogLevel.ERROR


def test_marks_have_no_level_and_are_filtered_by_queries() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack(level=LogLevel.FATAL)))
    log.say(said("one"), said("api ended", kind=LineKind.MARK), said("two"))
    assert log.words == ["api ended"]
    log.shown.set_view(View(FilterStack((query("one"),))))
    assert log.words == ["one"]
    log.shown.set_view(View(FilterStack((query("api", inverted=True),))))
    assert log.words == ["one", "two"]
    log.shown.set_view(View(FilterStack((query("ended"),))))
    assert log.words == ["api ended"]


def test_a_hidden_container_hides_its_marks_and_none_of_the_others() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack(sources=frozenset({"web"}))))
    log.say(said("a"), said("b", "web"), said("api ended", kind=LineKind.MARK))
    log.say(said("all restarted", "", LineKind.MARK))
    assert log.words == ["b", "all restarted"]


def test_context_shows_neighbours_once_and_marks_them() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("x"),)), context=1))
    log.say(*map(said, ["a", "b", "x1", "c", "x2", "d", "e", "f"]))
    assert log.words == ["b", "x1", "c", "x2", "d"]
    around = [log.lines[at].text.decode() for at in log.numbers if log.shown.is_context(at)]
    assert around == ["b", "c", "d"]


def test_context_is_taken_from_the_chosen_containers() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack((query("x"),), sources=frozenset({"api"})), context=1))
    log.say(said("a"), said("no", "web"), said("x"), said("no", "web"), said("b"), said("c"))
    assert log.words == ["a", "x", "b"]


def test_older_lines_may_start_a_group_that_was_there() -> None:
    log = Log()
    log.say(*TRACE[2:], said("INFO quiet"))
    log.shown.set_view(View(FilterStack((query("it broke"),))))
    assert log.words == []
    log.put_before(said("INFO before"), *TRACE[:2])
    assert log.words == [line.text.decode() for line in TRACE]


def test_the_rest_of_a_group_keeps_its_level() -> None:
    log = Log()
    log.shown.set_view(View(FilterStack(level=LogLevel.ERROR)))
    log.say(*TRACE, said("INFO quiet"))
    log.drop_before(2)
    assert log.words == [line.text.decode() for line in TRACE[2:]]
    log.shown.rebuild()
    assert log.words == [line.text.decode() for line in TRACE[2:]]


def test_older_lines_may_reuse_the_numbers_of_dropped_ones() -> None:
    log = Log()
    log.say(*TRACE)
    log.drop_before(2)
    log.put_before(said("INFO a"), said("INFO b"), said("INFO c"))
    log.say(said("    at tick (/app/x.js:12:11)"), said("INFO d"))
    log.drop_from(4)
    log.put_before(*TRACE)
    log.say(said("INFO e"))
    log.shown.set_view(View(FilterStack(level=LogLevel.ERROR)))
    assert log.words[: len(TRACE)] == [line.text.decode() for line in TRACE]


TEXTS = st.sampled_from(
    [
        said("x"),
        said("y", "web"),
        said("INFO x one"),
        said("ERROR y two", "web"),
        said("WARN z"),
        said("mark", "web", LineKind.MARK),
        *TRACE,
        said("    at tick (/app/x.js:12:11)", "web"),
    ]
)
VIEWS = st.builds(
    View,
    st.builds(
        FilterStack,
        st.lists(st.builds(query, st.sampled_from("xyz"), inverted=st.booleans()), max_size=2).map(
            tuple
        ),
        st.sampled_from([LogLevel.UNKNOWN, LogLevel.WARN, LogLevel.ERROR]),
        st.sampled_from([None, frozenset({"api"}), frozenset({"web"})]),
    ),
    st.sampled_from([0, 1, 3]),
)


@given(VIEWS, st.lists(st.lists(TEXTS, max_size=12), max_size=8))
@settings(max_examples=400, deadline=None)
def test_lines_that_come_in_parts_are_shown_like_lines_that_come_at_once(
    view: View, parts: Sequence[Sequence[LogLine]]
) -> None:
    log, whole = Log(), Log()
    log.shown.set_view(view)
    for part in parts:
        log.say(*part)
    whole.say(*(line for part in parts for line in part))
    whole.shown.set_view(view)
    assert log.numbers == whole.numbers


@given(VIEWS, st.lists(st.lists(TEXTS, max_size=12), max_size=8), st.data())
@settings(max_examples=400, deadline=None)
def test_filtering_all_lines_again_shows_the_same_lines(
    view: View, parts: Sequence[Sequence[LogLine]], data: st.DataObject
) -> None:
    log = Log()
    log.shown.set_view(view)
    cut = False
    for part in parts:
        what = data.draw(st.sampled_from(["say", "say", "before", "drop", "cut"]))
        if what == "say":
            log.say(*part)
        elif what == "before":
            log.put_before(*part)
        elif what == "drop":
            cut = True
            log.drop_before(data.draw(st.integers(log.known.first, log.known.stop)))
        else:
            cut = True
            log.drop_from(data.draw(st.integers(log.known.first, log.known.stop)))
    seen = log.numbers
    assert seen == sorted(set(seen))
    assert all(log.known.first <= at < log.known.stop for at in seen)
    # Context and group members stay when the line they belong to is dropped.
    if not (view.context or (cut and view.filters.queries)):
        log.shown.rebuild()
        assert log.numbers == seen
