"""Parsing a `.env`, and editing it without touching anything else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import (
    MAX_BYTES,
    MAX_LINES,
    DotenvDocument,
    DotenvEntry,
    Quoting,
)
from pixel_tui.environment.dotenv.quoting import Unwritable
from pixel_tui.environment.dotenv.values import read_values

EXAMPLE = b"""\
# ====================
# Database
# ====================
POSTGRES_URL=postgresql://postgres@postgres:5432/pixel   # inside the network
export POSTGRES_PASSWORD='s3cret $ here'

# ---- Models ----
OPENAI_API_KEY="sk-x"
#OPENAI_BASE_URL=https://example.org/v1
# An address such as A is not an entry.
INHERITED
PEM="one
two" # of two lines
LAST: yaml
"""

LINES = st.sampled_from([
    "A=1", "B='two'", 'C="three"', "D", "export E=5", "F: 6", "  G = 7 # note", "# H=8", "#I='9'",
    "# ======", "# Title", "# == T ==", "# ---- T ----", "", "   ", "#", 'J="open', "K='it''s'",
    "L M=1", 'N="a', 'b"', '# O="a', '# b"', "P=${", "=q", "R=", "S= # t", "é=1", "T='a\\'b'",
    'U="q"tail', 'V="q"W=1', "export", "\ufeffX=1", "Y=x\ty", "Z=$A",
])  # fmt: skip
TEXTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n"])), max_size=12).map(
    lambda pairs: "".join(f"{line}{end}" for line, end in pairs)
)
BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda bom, text, cut: (bom + text.encode())[: -cut or None],
        st.sampled_from([b"", b"\xef\xbb\xbf"]),
        TEXTS,
        st.integers(0, 3),
    ),
)
VALUES = st.text(
    st.one_of(
        st.sampled_from("abAB09 \t\n\r'\"\\$#{}=:_-+?`!%&;"),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=20,
)


def only(text: str) -> DotenvEntry:
    (entry,) = DotenvDocument.parse(text.encode()).entries
    return entry


@given(BYTES)
@example(b"\xef\xbb\xbf")
@example(b"A=\xff\r\nB=\xc3")
@example(b"A=1\0\n")
def test_any_bytes_parse_losslessly(data: bytes) -> None:
    document = DotenvDocument.parse(data)
    assert document.data == data
    assert "".join(document.lines).encode("utf-8", "surrogateescape") == data


def test_entries_are_in_file_order_as_written() -> None:
    document = DotenvDocument.parse(EXAMPLE)
    assert not document.faults
    found = [
        (item.key, item.line, item.lines, item.written, item.quoting) for item in document.entries
    ]
    assert found == [
        ("POSTGRES_URL", 4, 1, "postgresql://postgres@postgres:5432/pixel", Quoting.NONE),
        ("POSTGRES_PASSWORD", 5, 1, "s3cret $ here", Quoting.SINGLE),
        ("OPENAI_API_KEY", 8, 1, "sk-x", Quoting.DOUBLE),
        ("OPENAI_BASE_URL", 9, 1, "https://example.org/v1", Quoting.NONE),
        ("INHERITED", 11, 1, "", Quoting.NONE),
        ("PEM", 12, 2, "one\ntwo", Quoting.DOUBLE),
        ("LAST", 14, 1, "yaml", Quoting.NONE),
    ]
    flags = {item.key: (item.exported, item.has_value, item.commented) for item in document.entries}
    assert flags["POSTGRES_PASSWORD"] == (True, True, False)
    assert flags["OPENAI_BASE_URL"] == (False, True, True)
    assert flags["INHERITED"] == (False, False, False)


def test_banners_become_sections() -> None:
    document = DotenvDocument.parse(EXAMPLE)
    assert document.sections == ("Database", "Models")
    assert [item.section for item in document.entries] == ["Database"] * 2 + ["Models"] * 5


@pytest.mark.parametrize(
    ("banner", "title"),
    [
        ("# ======\n# Title\n# ======\n", "Title"),
        ("#######\n## Title ##\n#######\n", "Title"),
        ("# ==== Title ====\n", "Title"),
        ("# --- Title\n", "Title"),
        ("# ====\n# Title\n# and what it is for\n# ====\n", "Title"),
        ("# ────────\n# Títle\n# ────────\n", "Títle"),
        ("# ====\r\n# Title\r\n# ====\r\n", "Title"),
    ],
)
def test_a_banner_is_recognized_in_many_forms(banner: str, title: str) -> None:
    document = DotenvDocument.parse(f"{banner}\nA=1\n".encode())
    assert document.sections == (title,)
    assert document.entries[0].section == title


@pytest.mark.parametrize("text", ["# Title\nA=1\n", "# ====\nA=1\n# ====\n", "# ==== ====\nA=1\n"])
def test_a_lone_comment_or_rule_is_not_a_banner(text: str) -> None:
    assert DotenvDocument.parse(text.encode()).sections == ()


def test_a_banners_title_is_plain_text() -> None:
    assert DotenvDocument.parse(b"# ==== a\x1b[31mb ====\n").sections == ("ab",)


@pytest.mark.parametrize("text", ["#A=1", "# A=1", "## A=1", "  # export A=1", "#\tA = 1 # note"])
def test_a_commented_assignment_is_an_entry(text: str) -> None:
    entry = only(text)
    assert (entry.key, entry.written, entry.commented) == ("A", "1", True)


@pytest.mark.parametrize(
    "text", ["# see A=1", "# A: 1", "# A", '# A="1', '# A="1" is wrong', "# =1", 'B="1" # A=1']
)
def test_other_comments_are_not_entries(text: str) -> None:
    assert [
        item.key for item in DotenvDocument.parse(text.encode()).entries if item.commented
    ] == []


def test_a_commented_value_may_span_lines() -> None:
    entry = only('# A="one\n#\n# three" # note\n')
    assert (entry.lines, entry.written) == (3, "one\n\nthree")


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("A=1\nB C=2\n", 2, ""),
        ("A-1$=2\n", 1, ""),
        ("just words\n", 1, ""),
        ("A=1\nexport ", 2, ""),
        ('A="open\nB=1\n', 1, "A"),
        ("A='it''s'\n", 1, "A"),
        ('A="x"y"z"\n', 1, "A"),
        ("A=${\n", 1, "A"),
        ('B=1\nA="${1}"\n', 2, "A"),
        ("A=${B:-${}}\n", 1, "A"),
    ],
)
def test_what_compose_refuses_is_a_fault(text: str, line: int, key: str) -> None:
    (fault,) = DotenvDocument.parse(text.encode()).faults
    assert (fault.line, fault.key) == (line, key)
    assert fault.message
    assert fault.hint


def test_a_fault_does_not_contain_the_value() -> None:
    document = DotenvDocument.parse(b"A='hunter2''s'\nB=\"hunter2\nhunter2 hunter2\nC=${hunter2\n")
    assert len(document.faults) == 3
    assert "hunter2" not in repr(document.faults)
    assert "hunter2" not in repr(document)


def test_lines_after_a_fault_are_still_read() -> None:
    document = DotenvDocument.parse(b"A='open\nB C=1\nD=2\nE F=1\nG=2\n")
    assert [item.key for item in document.entries] == ["A", "D", "G"]
    assert [fault.line for fault in document.faults] == [1, 4]
    assert document.entries[0].broken


@pytest.mark.parametrize("close", ["", 'end""\n'])
def test_lines_of_an_unclosed_value_are_not_keys(close: str) -> None:
    lines = ["MIIabc+/x", "abcdefgh", "abcd==", "hunter2: x", "export hunter2", "xyz="]
    text = "\n".join(['A="-----BEGIN', *lines, "export B=1", "c=2", "D=", ""])
    document = DotenvDocument.parse(f"{text}{close}".encode())
    assert [item.key for item in document.entries][:4] == ["A", "B", "c", "D"]
    assert document.faults[0].line == 1


def test_the_last_entry_of_a_key_counts_unless_it_is_commented_out() -> None:
    document = DotenvDocument.parse(b"A=1\nA=2\n#A=3\n")
    entry = document.entry("A")
    assert entry is not None
    assert entry.written == "2"
    assert document.entry("B") is None


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("A=1 # note\r\nB=2", "x", "A=x # note\r\nB=2"),
        ("  export A = '1'\t\n", "x", "  export A = 'x'\t\n"),
        ('A="1"#note\n', 'x"', 'A="x\\""#note\n'),
        ("A=1\n", "$x", "A='$x'\n"),
        ("A=1\n", "it's", "A=it's\n"),
        ("A='1'\n", "it's", 'A="it\'s"\n'),
        ("A=1 # note\n", "", 'A="" # note\n'),
        ("A=1\n", "", "A=\n"),
        ("A\n", "x", "A=x\n"),
        ("A: 1\n", "x", "A: x\n"),
        ("A='one\ntwo' # note\n", "x", "A='x' # note\n"),
        ("A='open\n", "x", "A='x'\n"),
        ("A='it''s'\n", "it's", 'A="it\'s"\n'),
        ("# A=1\n", "x", "# A=x\n"),
        ("# A='1'\n", "x\ny", "# A='x\n# y'\n"),
        ("\ufeffA=1\n", "x", "\ufeffA=x\n"),
        ("\ufeff# A=1\n", "x", "\ufeff# A=x\n"),
        ("A", "x", "=x"),
    ],
)
def test_a_value_is_replaced_in_place(before: str, value: str, after: str) -> None:
    document = DotenvDocument.parse(before.encode())
    assert document.with_value(document.entries[0], value).data == after.encode()


def test_a_raw_value_may_have_a_fault() -> None:
    document = DotenvDocument.parse(b"A=1\nB=2\n")
    changed = document.with_raw(document.entries[0], '"x')
    assert changed.data == b'A="x\nB=2\n'
    assert changed.faults


def test_closing_a_quote_frees_the_lines_after_it() -> None:
    document = DotenvDocument.parse(b"A='x\nB='y'\nC=z\n")
    changed = document.with_raw(document.entries[0], "'x'")
    assert [item.key for item in changed.entries] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "N=x\n"),
        ("A=1\r\n", "A=1\r\nN=x\r\n"),
        ("A=1", "A=1\nN=x\n"),
        ("A=1\r\nB=2", "A=1\r\nB=2\r\nN=x\r\n"),
        ("\ufeff", "\ufeffN=x\n"),
    ],
)
def test_an_entry_is_added_at_the_end_with_the_files_line_end(before: str, after: str) -> None:
    assert DotenvDocument.parse(before.encode()).with_added("N", "x").data == after.encode()


def test_an_entry_is_added_after_another() -> None:
    document = DotenvDocument.parse(b"A='1\n2' # x\nB=2\n")
    assert document.with_added("N", "x y", after=document.entries[0]).data == (
        b"A='1\n2' # x\nN=x y\nB=2\n"
    )


@pytest.mark.parametrize("key", ["1A", "é", "A-B", "A.b", "A[0]"])
def test_a_name_that_compose_accepts_is_added(key: str) -> None:
    assert DotenvDocument.parse(b"").with_added(key, "x").data == f"{key}=x\n".encode()


@pytest.mark.parametrize("key", ["", "A B", "A=B", "#A", "A\n"])
def test_an_invalid_name_is_not_added(key: str) -> None:
    with pytest.raises(Unwritable):
        DotenvDocument.parse(b"").with_added(key, "x")


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        ("A=1\nB='x\ny' # n\nC=3", 1, "A=1\nC=3"),
        ("A=1\nB=2", 1, "A=1\n"),
        ("# A=1\nB=2\n", 0, "B=2\n"),
        ("\ufeffA=1\nB=2\n", 0, "\ufeffB=2\n"),
        ('A="1"B=2\n', 0, "B=2\n"),
        ('A="1"B=2\n', 1, 'A="1"\n'),
    ],
)
def test_an_entry_is_removed(before: str, index: int, after: str) -> None:
    document = DotenvDocument.parse(before.encode())
    assert document.without(document.entries[index]).data == after.encode()


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        ("A=1\r\nB=2", 1, "A=1\r\n# B=2"),
        ("A='x\n\ny'\n", 0, "# A='x\n# \n# y'\n"),
        ("\ufeffA=1\n", 0, "\ufeff# A=1\n"),
        ('A="1"B=2\n', 0, '# A="1"\nB=2\n'),
        ('A="1"B=2\n', 1, 'A="1"\n# B=2\n'),
    ],
)
def test_an_entry_is_commented_out(before: str, index: int, after: str) -> None:
    document = DotenvDocument.parse(before.encode())
    assert document.commented_out(document.entries[index]).data == after.encode()


@pytest.mark.parametrize(
    "text", ["A=1 # x\n", "  export A='1\n\n 2'\r\nB=1", "\ufeffA=1", 'A="#" # A="'], ids=repr
)
def test_uncommenting_restores_the_entry(text: str) -> None:
    document = DotenvDocument.parse(text.encode())
    out = document.commented_out(document.entries[0])
    assert out.entries[0].commented
    assert out.restored(out.entries[0]).data == document.data


@given(BYTES, st.data())
def test_uncommenting_restores_any_entry(data: bytes, draw: st.DataObject) -> None:
    document = DotenvDocument.parse(data)
    plain = [
        item
        for item in document.entries
        if not item.commented
        and re.fullmatch(r"[ \t]*(export[ \t]+)?[A-Z][ \t]*=[ \t]*", _before(document, item))
        and re.fullmatch(r"\s*(#.*)?\s*", document._suffix(item), re.DOTALL)
    ]
    if document.faults or not plain:
        return
    entry = draw.draw(st.sampled_from(plain))
    out = document.commented_out(entry)
    (same,) = (item for item in out.entries if item.line == entry.line)
    assert (same.commented, same.raw, same.lines) == (True, entry.raw, entry.lines)
    assert out.restored(same).data == data


def test_an_entry_of_another_document_is_not_edited() -> None:
    document = DotenvDocument.parse(b"A=1\nB=2\n")
    other = DotenvDocument.parse(b"A=1\nB=3\n").entries[1]
    with pytest.raises(ValueError, match="not of this document"):
        document.with_value(other, "x")


@given(BYTES, st.data())
def test_an_edit_touches_one_entry_and_parses_to_the_same_document(
    data: bytes, draw: st.DataObject
) -> None:
    document = DotenvDocument.parse(data)
    if not document.entries:
        return
    entry = draw.draw(st.sampled_from(document.entries))
    value = draw.draw(VALUES)
    changed = document.with_value(entry, value)
    assert changed == DotenvDocument.parse(changed.data)
    before = "".join(document.lines[: entry.line - 1]).encode("utf-8", "surrogateescape")
    after = "".join(document.lines[entry.last_line :]).encode("utf-8", "surrogateescape")
    assert changed.data.startswith(before)
    assert changed.data.endswith(after)
    if not document.faults and not entry.commented:
        assert read_values(changed, {})[entry.key].value is not None
        position = document.entries.index(entry)
        same = DotenvDocument.parse(changed.data).entries[position]
        assert (
            read_values(DotenvDocument.parse(_alone(changed, same)), {})[entry.key].value == value
        )


def _before(document: DotenvDocument, entry: DotenvEntry) -> str:
    return document.lines[entry.line - 1][: entry.value_start].removeprefix("\ufeff")


def _alone(document: DotenvDocument, entry: DotenvEntry) -> bytes:
    text = "".join(document.lines[entry.line - 1 : entry.last_line])
    return text[entry.start :].encode("utf-8", "surrogateescape")


@given(BYTES, st.data())
def test_commenting_out_or_removing_leaves_the_others(data: bytes, draw: st.DataObject) -> None:
    document = DotenvDocument.parse(data)
    counting = [item for item in document.entries if not item.commented]
    if document.faults or not counting:
        return
    entry = draw.draw(st.sampled_from(counting))
    others = [item.raw for item in counting if item != entry]
    for changed in (document.commented_out(entry), document.without(entry)):
        assert [item.raw for item in changed.entries if not item.commented] == others


@pytest.mark.parametrize(
    "data",
    [b"x" * (MAX_BYTES + 1), b"\n" * (MAX_LINES + 1), b"A=''" * (MAX_LINES + 1)],
    ids=["bytes", "lines", "entries"],
)
def test_a_file_that_is_too_large_is_not_parsed(data: bytes) -> None:
    document = DotenvDocument.parse(data)
    assert document.data == data
    assert not document.entries
    assert len(document.faults) == 1
    with pytest.raises(Unwritable):
        document.with_added("A", "x")
