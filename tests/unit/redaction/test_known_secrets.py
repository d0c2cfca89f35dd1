"""Values that are known to be secret, masked in lines of output."""

import json
import time
from base64 import b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.redaction.known import MASK, LineMasker, known, mask_known, masked_text
from pixel_tui.redaction.redactor import (
    forget_secrets,
    mask_value,
    redact,
    remember_secret,
    spare_names,
)
from pixel_tui.text import shown_line

SECRET = "Fake-S3cret,one"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"password {SECRET} is wrong", f"password {MASK} is wrong"),
        (f"{SECRET}{SECRET}", MASK),
        ("Fake-S3cret,onFake-S3cret,one", f"Fake-S3cret,on{MASK}"),
        (f"\x1b[31m{SECRET}\x1b[0m!", f"{MASK}!"),
        ("a Fake-\x1b[1;31mS3cr\x1b[0met,one b", f"a {MASK} b"),
        ("a \x1b[7mF\x1b[0make-S3cret,on\x1b[Ke", f"a {MASK}"),
        ("é Fake-S3\u200bcret,one", f"é {MASK}"),
        ("Fake-\x1b]8;;http://x\x07S3cret,one\x1b]8;;\x07", MASK),
        (f"50 %\r{SECRET}\r", MASK),
        ("Fake-S3cr..\rxxxxxxxxxet,one\rFake-S3cr", MASK),
        (f"\t{SECRET}\tend", f"        {MASK}        end"),
        ("Fake-S3cret,two", "Fake-S3cret,two"),
    ],
)  # fmt: skip
def test_a_value_is_masked_as_it_would_be_shown(line: str, shown: str) -> None:
    remember_secret(SECRET)
    assert shown_line(mask_known(line.encode())) == shown


def test_colours_stay_where_they_were() -> None:
    remember_secret(SECRET)
    line = b"\x1b[31mFake-\x1b[1mS3cret,one\x1b[0m \xff end"
    assert mask_known(line) == b"\x1b[31m********\x1b[1m\x1b[0m \xff end"


@pytest.mark.parametrize("value", [r'Fake"S3cret\one', "Fake<S3cret>&1", "Fäke/S3cret 1@x"])
def test_a_value_is_found_in_the_encoding_of_json_and_urls(value: str) -> None:
    remember_secret(value)
    in_go = json.dumps(value, ensure_ascii=False)
    for sign in "<>&":
        in_go = in_go.replace(sign, f"\\u{ord(sign):04x}")
    in_php = json.dumps(value, ensure_ascii=False).replace("/", "\\/")
    for written in (json.dumps(value), json.dumps(value, ensure_ascii=False), in_go, in_php):
        assert mask_known(f'{{"a":{written}}}'.encode()) == f'{{"a":"{MASK}"}}'.encode()
    assert mask_known(f"x://u:{quote(value, '')}@h".encode()) == f"x://u:{MASK}@h".encode()


def test_each_line_of_a_multi_line_value_is_masked_except_its_frame() -> None:
    remember_secret("-----BEGIN FAKE KEY-----\nFakeLine1Fake\nx\nFakeLine2Fake\n-----END-----\n")
    lines = [b"-----BEGIN FAKE KEY-----", b" FakeLine1Fake", b"x", b"FakeLine2Fake"]
    assert list(map(mask_known, lines)) == [lines[0], b" ********", b"x", b"********"]


def test_contained_and_overlapping_values_are_masked_completely() -> None:
    for value in (SECRET, f"{SECRET}-and-more", "one-and-more-Of-1t"):
        remember_secret(value)
    assert mask_known(f"x {SECRET}-and-more-Of-1t y".encode()) == b"x ******** y"


@pytest.mark.parametrize(
    "value", ["pixelsecret", "hunter22", "my old dog", "123456789012", "!hunters"]
)
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("with {} refused", f"with {MASK} refused"),
        ("{}", MASK),
        ('password="{}", user=x', f'password="{MASK}", user=x'),
        ("/srv/{}/data/{}.txt", f"/srv/{MASK}/data/{MASK}.txt"),
        ("pg://app:{}@db/app?p={}&q", f"pg://app:{MASK}@db/app?p={MASK}&q"),
        ("a{} {}b _{} {}_ 1{} {}2", "a{} {}b _{} {}_ 1{} {}2"),
        ("“{}” é{}é", f"“{MASK}” é{MASK}é"),
        (r"'a\n{}\t', '\u003c{}\u003e'", rf"'a\n{MASK}\t', '\u003c{MASK}\u003e'"),
        (r"INFO\u001b[31m{}\u001b[0m", rf"INFO\u001b[31m{MASK}\u001b[0m"),
        ("?p%3D{}%26q", f"?p%3D{MASK}%26q"),
    ],
)  # fmt: skip
def test_a_plain_value_is_masked_where_it_is_a_word(value: str, line: str, shown: str) -> None:
    mask_value("DB_PASSWORD", value)
    written, masked = line.replace("{}", value), shown.replace("{}", value)
    assert mask_known(written.encode()).decode() == masked
    assert known.mask(written) == masked


def test_a_plain_value_is_found_in_other_encodings() -> None:
    value = 'my "dog" rex'
    remember_secret(value)
    for written in (json.dumps(value)[1:-1], quote(value), quote_plus(value)):
        assert mask_known(f"a {written} b".encode()) == f"a {MASK} b".encode()
        assert MASK in redact(f"a {written} b")


@pytest.mark.parametrize("value", ["pixelsecret", "hunter22", "my old dog", SECRET])
@pytest.mark.parametrize("behind", ["", "\n", ":x"])
def test_a_value_is_found_in_base64(value: str, behind: str) -> None:
    remember_secret(value)
    written = b64encode(f"{value}{behind}".encode())
    masked = mask_known(b"auth=" + written)
    assert masked.startswith(b"auth=********")
    assert len(masked) - len(b"auth=********") < 8
    assert redact(f"auth {written.decode()}").startswith(f"auth {MASK}")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[36mhunter22\x1b[0m", MASK),
        ("a\x1b[36mhunter22\x1b[0mb", f"a{MASK}b"),
        ("a hunt\x1b[1mer22 b", f"a {MASK} b"),
        ("hunt\u200ber22", MASK),
        ("ahunt\x1b[1mer22 b", "ahunter22 b"),
        ("x\rhunter22", MASK),
        ("\thunter22", f"        {MASK}"),
    ],
)  # fmt: skip
def test_colours_end_a_word(line: str, shown: str) -> None:
    remember_secret("hunter22")
    assert shown_line(mask_known(line.encode())) == shown


def test_a_coloured_line_with_a_longer_word_stays_the_same_object() -> None:
    remember_secret("hunter22")
    line = b"\x1b[36mxhunt\x1b[1mer22 xhunter22 hunter222\x1b[0m"
    assert mask_known(line) is line


def test_a_word_is_spared_as_soon_as_it_is_a_name() -> None:
    line = b"open /srv/pixelsecret/data: hunter22"
    for value in ("pixelsecret", "hunter22"):
        mask_value("DB_PASSWORD", value)
    assert mask_known(line) == b"open /srv/********/data: ********"
    assert redact(line.decode()).startswith("open /srv/********")
    before = known.revision
    spare_names(["/home/ana/pixelsecret"])
    assert known.revision != before
    assert mask_known(line) == b"open /srv/pixelsecret/data: ********"
    assert redact(line.decode()).startswith("open /srv/pixelsecret/")
    before = known.revision
    spare_names(["pixelsecret-web-1", "other"])
    assert known.revision == before


def test_an_unmistakable_value_is_masked_even_as_a_name() -> None:
    remember_secret(SECRET)
    spare_names([SECRET])
    assert mask_known(SECRET.encode()) == MASK.encode()


def test_other_values_stay_masked_when_one_is_spared() -> None:
    spare_names(["pixelsecret"])
    remember_secret("pixelsecret")
    assert not known.any
    remember_secret("hunter22")
    assert mask_known(b"pixelsecret hunter22") == b"pixelsecret ********"


# Shorter values and numbers of few digits occur in sizes, times and ids, and ordinary words occur
# everywhere: masking them, even as complete words, would hide ordinary text.
@pytest.mark.parametrize("value", ["Sh0rt!", "postgres", "changeme", "/run/secrets/db", "12345678"])
def test_values_that_are_too_short_or_common_are_not_masked(value: str) -> None:
    mask_value("DB_PASSWORD", value)
    line = f"open {value} failed".encode()
    assert mask_known(line) is line


def test_a_line_without_a_secret_stays_the_same_object() -> None:
    lines = [b"plain", "größe \x1b[31mred\x1b[0m".encode(), b"\xff\r\n", b"", b'{"a":"\\u003c"}']
    assert all(mask_known(line) is line for line in lines)
    remember_secret(SECRET)
    assert all(mask_known(line) is line for line in lines)


def test_a_value_that_becomes_known_is_masked_from_then_on() -> None:
    remember_secret(SECRET)
    line, before = f"{SECRET} Fake-S3cret,two".encode(), known.revision
    assert mask_known(line) == b"******** Fake-S3cret,two"
    remember_secret("Fake-S3cret,two")
    assert known.revision != before
    assert mask_known(line) == b"******** ********"
    forget_secrets()
    assert mask_known(line) is line


def test_the_password_in_a_url_is_masked_from_then_on() -> None:
    mask_value("DATABASE_URL", "postgres://app:Fake%2FS3cret@db/app")
    assert mask_known(b"Fake%2FS3cret") == mask_known(b"Fake/S3cret") == b"********"


def test_typed_text_is_masked() -> None:
    remember_secret(SECRET)
    assert masked_text(f"a {SECRET}") == f"a {MASK}"
    assert masked_text("a \ud800") == "a \ud800"


def test_lines_with_secrets_are_counted_even_if_revealed() -> None:
    remember_secret(SECRET)
    for revealed in (False, True):
        mask = LineMasker(revealed=revealed)
        shown = [mask(line) for line in (b"a", SECRET.encode(), SECRET.encode())]
        assert mask.found == 2
        assert (SECRET.encode() in shown) is revealed


_VALUES = st.text('abcXY12-_,ä"\\&/% ', min_size=8, max_size=20).map(lambda text: f"Q7x{text}z")
_NOISE = st.lists(
    st.sampled_from(
        ["\x1b[31m", "\x1b[0m", "\u200b", "\u00ad", "\x1b]0;t\x07", "\r", "\t", "Q7x", "é"]
    ),
    max_size=3,
).map("".join)


@given(
    st.lists(_VALUES, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 24), _NOISE, _NOISE), max_size=4),
)
def test_no_known_value_is_ever_shown(
    values: list[str], said: list[tuple[int, int, str, str]]
) -> None:
    forget_secrets()
    for value in values:
        remember_secret(value)
    line = ""
    for which, at, within, behind in said:
        value = values[which % len(values)]
        line += f"{value[:at]}{within}{value[at:]}{behind}"
    masked = mask_known(line.encode())
    assert not any(value in shown_line(masked) for value in values)
    assert mask_known(masked) == masked


_PLAIN = st.one_of(
    st.from_regex(r"[a-z]{8,12}", fullmatch=True),
    st.from_regex(r"[a-z]{4,6}[0-9]{4}", fullmatch=True),
    st.from_regex(r"[0-9]{12,14}", fullmatch=True),
    st.from_regex(r"[a-z]{3,5}[ !.-][a-z]{4}", fullmatch=True),
)
_APART = st.sampled_from(
    [" ", '"', "=", "/", ".", "-", ":", "@", "é", "“", "\x1b[1m", "\\n", "%3D"]
)
_JOINED = st.sampled_from(["", "a", "_", "7"])


@given(
    st.lists(_PLAIN, min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 3), _APART, _JOINED, _JOINED), max_size=6),
    st.sets(st.integers(0, 3)),
)
def test_a_plain_value_is_masked_as_a_word_and_not_in_longer_ones(
    values: list[str], said: list[tuple[int, str, str, str]], spared: set[int]
) -> None:
    forget_secrets()
    for value in values:
        remember_secret(value)
    names = {values[at % len(values)] for at in spared}
    spare_names(names)
    line, expected = "", ""
    for which, apart, before, behind in said:
        value = values[which % len(values)]
        whole = not before and not behind and value not in names
        line += f"{apart}{before}{value}{behind};"
        expected += f"{apart}{before}{MASK if whole else value}{behind};"
    assert mask_known(line.encode()).decode() == expected
    assert known.mask(line) == expected


def test_many_values_and_many_lines_are_fast() -> None:
    for number in range(300):
        remember_secret(f"Fake-{number}-Secret!{number * 7919}")
    line = b"2026-03-01 12:00:00 INFO GET /api/v1/things 200 in 12 ms, from 10.0.0.1, cache=miss"
    mask_known(line)
    began = time.thread_time()
    for _ in range(10_000):
        mask_known(line)
    assert time.thread_time() - began < 1.5


def test_a_long_line_of_secrets_is_fast() -> None:
    remember_secret("aB1-" * 500)
    remember_secret(SECRET)
    remember_secret("hunter22")
    began = time.thread_time()
    for line in (
        *(SECRET * 3000, "aB1-" * 12_000, "\x1b[1m".join(SECRET * 500), "Fake-\r" * 8000),
        *("hunter22" * 5000, "hunter22 " * 5000, "\\e[0;hunter22" * 3000),
    ):
        mask_known(line.encode())
        known.mask(line)
    assert time.thread_time() - began < 2
