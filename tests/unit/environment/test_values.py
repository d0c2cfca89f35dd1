"""Values are read as compose does; `tests/engine/test_env_compose.py` compares with compose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import (
    MAX_CHARACTERS,
    Reading,
    read_values,
)


def readings(text: str | bytes, **environment: str) -> dict[str, Reading]:
    data = text if isinstance(text, bytes) else text.encode()
    return dict(read_values(DotenvDocument.parse(data), environment))


def value(text: str | bytes, **environment: str) -> str | None:
    return readings(text, **environment)["A"].value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=x # note", "x"),
        ("A=x#y", "x#y"),
        ("A=x\t# y", "x\t# y"),
        ("A= # x", "# x"),
        ("A=", ""),
        ("A = x \t\r\n", "x"),
        ("A: x", "x"),
        ("A:x=y", "x=y"),
        ("export A=x", "x"),
        ("export\tA=x", "x"),
        ("\ufeffA=x", "x"),
        ('A="q"tail\n', "q"),
        ('A="q" # note', "q"),
        ('A="l1\nl2"', "l1\nl2"),
        ("A='l1\r\nl2'", "l1\r\nl2"),
        (r'A="a\nb\tc\\d\"e\rf"', 'a\nb\tc\\d"e\rf'),
        (r'A="\x \c \0101 \0400 \09 \$B"', "\\x \\c A \\400 \\9 $B"),
        (r"A='a\nb\\c\'d'", "a\\nb\\\\c'd"),
        (r"A=a\nb", r"a\nb"),
        ("A=x\u3000\n", "x"),
        ("A=\u3000x", "\u3000x"),
        ("A='x $B'", "x $B"),
        ("A=1\nA=2", "2"),
        ("A=\x1cx\x1f", "\x1cx\x1f"),
    ],
)
def test_a_value_without_variables(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$B", "b"),
        ("x${B}y", "xby"),
        ('"$B\\n"', "b\n"),
        ("$$B", "$B"),
        ("$$$B", "$b"),
        ("$ $1 $. $", "$ $1 $. $"),
        ("$B_ $Bé", " bé"),
        ("${N:-d}", "d"),
        ("${N-d}", "d"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${B:-d}", "b"),
        ("${B:+r}", "r"),
        ("${E:+r}", ""),
        ("${E+r}", "r"),
        ("${N+r}", ""),
        ("${B:?m}", "b"),
        ("${E?m}", ""),
        ("${N:-}", ""),
        ("${N:-a}-${N:-c}}", "a-c}"),
        ("${N:-${N:-x}}y", "xy"),
        ("${N:-$B ${B} $$}", "b b $"),
        ("${N:-{x}y}z}", "{x}yz}"),
        ("${N:-{}}z", "{}z"),
        ("${N:-{x}", "{x"),
        ("${N-a:-b}", "a:-b"),
        ("${N:-x", None),
        ("${}", None),
        ("${1}", None),
        ("${B", None),
        ("${B.c}", None),
        ("${B:-${}}", None),
        ("${N:?m}", None),
        ("${E:?m}", None),
        ("${B:-${N?m}}", None),
    ],
)
def test_variables_are_expanded(text: str, expected: str | None) -> None:
    found = readings(f"B=b\nE=\nA={text}\n")["A"]
    assert found.value == expected
    assert bool(found.refusal) == (expected is None)


def test_expanded_and_unset_variables_are_reported() -> None:
    found = readings("B=1\nA=$B ${C} ${D:-x} $C $P", P="p")["A"]
    assert found.expanded == ("B", "C", "D", "P")
    assert found.unset == ("C",)


def test_a_secret_that_is_cut_at_a_dollar_is_reported() -> None:
    assert readings("A=pa$word") == {"A": Reading("pa", ("word",), ("word",))}


def test_the_message_of_a_required_variable_has_no_values() -> None:
    found = readings("S=hunter2\nA=${N:?set $S}")["A"]
    assert "N: set $S" in found.refusal
    assert "hunter2" not in found.refusal


def test_the_environment_precedes_the_file_in_references_only() -> None:
    found = readings("B=file\nA=$B", B="process")
    assert (found["A"].value, found["B"].value) == ("process", "file")


def test_only_keys_further_up_are_expanded() -> None:
    assert readings("A=$B\nB=1\nA2=$B")["A"] == Reading("", ("B",), ("B",))
    assert readings("B=1\nA=$B\nB=2")["A"].value == "1"


def test_composes_own_variables_count_from_the_start() -> None:
    assert value("A=$COMPOSE_X\nCOMPOSE_X=1\nCOMPOSE_X=2\n") == "2"


def test_a_bare_key_is_taken_from_the_environment() -> None:
    assert value("A\n", A="x") == "x"
    assert value("A\n") is None
    assert value("A=1\nA\n") == "1"


def test_a_bare_key_at_the_very_end_is_a_value_without_a_name() -> None:
    assert readings("B=1\nA", A="x") == {"B": Reading("1"), "": Reading("A")}


def test_broken_entries_have_a_refusal_and_no_value() -> None:
    found = readings("A='open\nB=1\n")
    assert found["A"].value is None
    assert found["A"].refusal
    assert found["B"].value == "1"


def test_commented_entries_are_not_read() -> None:
    assert readings("#A=1\n") == {}


def test_invalid_utf8_is_replaced_as_in_the_engines_json() -> None:
    assert value(b"A=\xff\xe2\x82z") == "\ufffd\ufffd\ufffdz"
    assert value(b"B=\xe2\x82\nC=\xac\nA=$B$C") == "\N{EURO SIGN}"


def test_a_repr_contains_no_value() -> None:
    assert "hunter2" not in repr(readings("A=hunter2"))


def test_values_that_double_each_other_do_not_fill_the_memory() -> None:
    lines = ["A0=xxxxxxxx", *(f"A{n}=$A{n - 1}$A{n - 1}" for n in range(1, 200))]
    found = readings("\n".join(lines))
    assert found["A10"].value == "x" * 8 * 1024
    assert any("too long" in item.refusal for item in found.values())
    assert sum(len(item.value or "") for item in found.values()) <= 2 * MAX_CHARACTERS


def test_variables_may_be_nested_to_any_depth() -> None:
    assert value("A=" + "${N:-" * 2000 + "x" + "}" * 2000) == "x"


@given(st.text("${}:-?+AB{}1 \n\\\"'", max_size=30))
def test_no_value_raises(raw: str) -> None:
    readings(f"A={raw}")
    readings(f'A="{raw}"', A="x")
