"""From a log line to painted pieces, folded to any width."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from pixel_tui.logs.activity import ActivitySummary, SourceActivity
from pixel_tui.logs.index import ShownLine
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import FilterStack, Matcher, Query, compile_query
from pixel_tui.logs.shown import View
from pixel_tui.redaction.known import LineMasker, mask_known
from pixel_tui.redaction.redactor import forget_secrets, remember_secret
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.text import SafeText, is_harmless, plain
from widgets.logs.activity_strip import sparkline, strip_of
from widgets.logs.chips import chips_of
from widgets.logs.painter import Appearance, LogPainter
from widgets.rows.log_line import (
    MAX_CHARACTERS,
    Piece,
    Stamps,
    colour_of,
    line_pieces,
    text_of,
    wrapped,
)

NOW = b"2026-03-01T12:00:00.000000000Z"


def pieces(text: bytes, stamps: Stamps = Stamps.NONE, *, raw: bool = False) -> list[str]:
    line = LogLine(b"2026-03-01T11:58:30.123456789Z", "api-1", LineKind.STDOUT, text)
    return [
        piece.text
        for piece in line_pieces(
            line,
            stamps=stamps,
            now=NOW,
            level=LogLevel.INFO,
            label=SafeText("api"),
            label_width=0,
            label_role="source-0",
            raw=raw,
        )
    ]


@given(st.binary(max_size=400), st.sampled_from(list(Stamps)), st.booleans())
def test_whatever_a_container_says_what_is_painted_is_harmless(
    text: bytes,
    stamps: Stamps,
    raw: bool,
) -> None:
    assert all(is_harmless(part) for part in pieces(text, stamps, raw=raw))


@given(
    st.lists(st.text(max_size=30).map(lambda text: Piece(plain(text), "text")), max_size=5),
    st.integers(2, 40),
    st.integers(0, 30),
)
@example([Piece(plain("0000000000"), "text"), Piece(plain("\u00a0"), "text")], 10, 0)
@example([Piece(plain("0🐀"), "text")], 2, 1)
def test_a_folded_line_loses_nothing_and_no_row_is_too_wide(
    line: list[Piece], width: int, indent: int
) -> None:
    rows = wrapped(line, width, indent)
    assert all(sum(cell_len(piece.text) for piece in row) <= width for row in rows)
    words = "".join(piece.text for row in rows for piece in row)
    assert words.replace(" ", "") == "".join(piece.text for piece in line).replace(" ", "")


def test_rows_below_the_first_begin_below_the_words() -> None:
    rows = wrapped([Piece(SafeText("12:00 "), "stamp"), Piece(SafeText("a" * 30), "text")], 20, 6)
    assert ["".join(piece.text for piece in row) for row in rows] == [
        "12:00 " + "a" * 14,
        "      " + "a" * 14,
        "      aa",
    ]


def test_a_row_ends_between_words_unless_one_is_very_long() -> None:
    def folded(*texts: str, width: int = 20) -> list[str]:
        rows = wrapped([Piece(SafeText(text), "text") for text in texts], width, 0)
        return ["".join(piece.text for piece in row) for row in rows]

    assert folded("docker compose up --detach --no-deps agent") == [
        "docker compose up ",
        "--detach --no-deps ",
        "agent",
    ]
    assert folded("docker compose ", "restart", " web") == ["docker compose ", "restart web"]
    assert folded(f"see {'a' * 30} now") == [f"see {'a' * 16}", f"{'a' * 14} now"]


def test_times_are_shown_as_they_are_asked_for() -> None:
    assert pieces(b"x", Stamps.AGO)[0] == "     1m "
    assert pieces(b"x", Stamps.DATE)[0].endswith(".123 ")
    assert pieces(b"x", Stamps.NONE) == ["x"]


def test_a_structured_line_is_its_message_and_its_fields() -> None:
    text = b'{"level":30,"msg":"hello","user":7}'
    assert pieces(text) == ["hello", "  user=7"]
    assert pieces(text, raw=True) == [text.decode()]


def test_the_last_state_of_a_progress_line_is_shown_however_long_it_is() -> None:
    states = b"\r".join(b"layer %d of 99999" % at for at in range(5000))
    assert pieces(states)[0].startswith("layer 4999 of 99999")
    assert pieces(b"x" * 20_000)[0].startswith("xxxx")


def test_a_service_has_the_same_colour_every_time() -> None:
    assert [colour_of(name, 6) for name in ("api", "web", "db")] == [
        colour_of(name, 6) for name in ("api", "web", "db")
    ]
    assert {colour_of(f"service-{number}", 6) for number in range(50)} == set(range(6))


def test_bars_tell_silence_from_little() -> None:
    assert sparkline([0, 1, 50, 100]) == " ▁▄█"
    assert sparkline([0, 0]) == "  "


def test_where_not_all_fit_the_rest_is_counted() -> None:
    summary = ActivitySummary(
        tuple(SourceActivity(f"c{number}", (1,) * 15, (0,) * 15) for number in range(5))
    )
    for width in (30, 60, 90, 200):
        line = strip_of(summary, plain, width, mask_known).plain
        assert cell_len(line.rstrip()) <= width
        named = sum(f"c{number} " in line for number in range(5))
        assert named == 5 or f"+{5 - named}" in line


def test_each_restriction_is_a_chip_whose_end_lifts_it_alone() -> None:
    matcher = compile_query(Query("pool"))
    assert isinstance(matcher, Matcher)
    view = View(FilterStack((matcher,), LogLevel.WARN, frozenset({"api-1"})), context=3)
    chips = chips_of(view, ("web",))
    assert [chip.words for chip in chips] == [
        "without web",
        "warnings and errors",
        "“pool”",
        "±3 lines",
    ]
    assert chips[0].without.filters.sources is None
    assert chips[1].without.filters.level is LogLevel.UNKNOWN
    assert chips[2].without.filters.queries == ()
    assert chips[3].without.context == 0


_SECRETS = ("Fake-S3cret,one", 'Fake"S3cret\\two', "fäke-S3cret/three")
_SAID = [*_SECRETS, "INFO ", "pw=", "\x1b[31m", "\u200b", "é", "\r", '"']


@given(
    st.lists(st.sampled_from(_SAID), max_size=8),
    st.sampled_from(["text", "json", "json in json", "logfmt"]),
    st.booleans(),
    st.integers(8, 40),
)
def test_no_known_secret_is_painted_however_it_is_written_and_folded(
    parts: list[str], form: str, raw: bool, width: int
) -> None:
    forget_secrets()
    for value in _SECRETS:
        remember_secret(value)
    said = "".join(parts)
    line = {
        "text": said,
        "json": json.dumps({"msg": said, "more": [said]}),
        "json in json": json.dumps({"msg": "x", "log": json.dumps(said, ensure_ascii=False)}),
        "logfmt": f"level=info msg={json.dumps(said, ensure_ascii=False)} user=7",
    }[form]
    words = [Piece(SafeText(part), "text") for part in pieces(line.encode(), raw=raw)]
    rows = wrapped(words, width, 0)
    painted = "".join(piece.text for row in rows for piece in row)
    assert not any(value in painted for value in _SECRETS)


def test_no_half_of_a_secret_is_left_where_a_long_line_is_cut() -> None:
    secret = "Fake-S3cret,one" * 20
    remember_secret(secret)
    for before in range(MAX_CHARACTERS - 60, MAX_CHARACTERS, 7):
        for filling in ("x", "x\x1b[m\x1b[m", "\U0001f642"):
            (shown,) = pieces((filling * before + secret).encode() + b" end" * 20_000)
            assert "Fake" not in shown
    line = json.dumps({"msg": "m", "a": "x" * 490 + secret})
    assert "Fake" not in "".join(pieces(line.encode()))


def test_a_secret_is_shown_on_demand() -> None:
    secret = _SECRETS[0]
    remember_secret(secret)
    mask = LineMasker(revealed=True)
    line = LogLine(b"", "api-1", LineKind.STDOUT, f"pw {secret}".encode())
    assert (text_of(line), text_of(line, mask), mask.found) == ("pw ********", f"pw {secret}", 1)


@pytest.mark.parametrize(
    ("words", "marked"),
    [("refused", ["refused"]), ("S3cret", ["********"]), (f"pw={_SECRETS[0]}", ["********"]),
     ("nothing", []), ("!nothing", [])],
)  # fmt: skip
def test_what_is_searched_in_a_secret_marks_its_mask(words: str, marked: list[str]) -> None:
    remember_secret(_SECRETS[0])
    matcher = compile_query(Query(words.removeprefix("!"), inverted=words[0] == "!"))
    assert isinstance(matcher, Matcher)
    mark = Style(reverse=True)
    painter = LogPainter(lambda role: mark if role == "match" else Style())
    line = LogLine(b"", "api-1", LineKind.STDOUT, f"pw={_SECRETS[0]} refused".encode())
    for wrap in (False, True):
        painter.reset(Appearance(stamps=Stamps.NONE, wrap=wrap), matcher)
        painted = painter.paint(ShownLine(1, line, LogLevel.INFO), width=40)
        assert painted.secret
        segments = [segment for row in painted.rows for segment in row]
        assert [text for text, style, _ in segments if style and style.reverse] == marked


def test_a_line_is_painted_anew_when_more_is_known() -> None:
    painter = LogPainter(lambda _: Style())
    painter.reset(Appearance(stamps=Stamps.NONE), None)
    line = LogLine(b"", "api-1", LineKind.STDOUT, _SECRETS[0].encode())
    shown = ShownLine(1, line, LogLevel.INFO)
    assert not painter.paint(shown, width=40).secret
    before = painter.outdated
    remember_secret(_SECRETS[0])
    assert (before, painter.outdated) == (False, True)
    painter.reset(Appearance(stamps=Stamps.NONE), None)
    assert painter.paint(shown, width=40).secret


def test_a_line_is_painted_once_and_one_that_was_dropped_not_at_all() -> None:
    painter = LogPainter(lambda _: Style())
    line = LogLine(b"", "api-1", LineKind.STDOUT, b"hello")
    painted = painter.paint(ShownLine(1, line, LogLevel.INFO), width=40)
    assert painter.paint(ShownLine(1, line, LogLevel.INFO), width=40) is painted
    assert painter.paint(ShownLine(1, None, LogLevel.INFO), width=40) is painted
    assert painter.paint(ShownLine(2, None, LogLevel.INFO), width=40).rows == ()


def test_a_chip_masks_the_secret_that_is_filtered_by() -> None:
    remember_secret(_SECRETS[0])
    matcher = compile_query(Query(_SECRETS[0]))
    assert isinstance(matcher, Matcher)
    assert [chip.words for chip in chips_of(View(FilterStack((matcher,))))] == ["“********”"]
