"""Our reading of a `.env` is that of the real compose program. No engine is asked."""

from collections.abc import Iterator

import pytest

from tests.engine.compose_reading import ComposeReading, Refusal, compose_reading
from tests.engine.env_agreement import (
    Agreement,
    compare_documents,
    compare_project_files,
    compare_values,
    our_answer,
)
from tests.engine.env_documents import PROCESS, Documents

SEED = 6
DOCUMENTS = 1200
VALUES = 2000
ALONE = 20
"""How many are asked for one by one: each is a run of compose."""

REFUSED = [
    b"A B=c\n", b"A='it''s'\n", b'A="x"y"z"\n', b'A="open\n', b"A=${\n", b"A=${B\n", b"A=${1}\n",
    b"A=${PROC:-${}}\n", b"A=${UNSET:?m}\n", b"A=${PROC:-${UNSET?m}}\n", b"A=${UNSET?m}\nA=1\n",
    b"$A=1\n", b"A\\=1\n", b"export ", b'A="${B:-a\nb}"\n', b"A=${B.c}\n", b"\xff=1\n",
    b"A=1\n\xef\xbb\xbfB=2\n",
]  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> Iterator[ComposeReading]:
    with compose_reading(PROCESS) as reading:
        if reading is None:
            pytest.skip("there is no compose program: scripts/setup dev brings one")
        yield reading


def in_full_agreement(agreement: Agreement) -> bool:
    assert agreement.missed == []
    assert agreement.invented == []
    assert agreement.different == []
    return True


def test_generated_documents_are_read_as_compose_reads_them(compose: ComposeReading) -> None:
    documents = Documents(SEED)
    agreement = compare_documents(
        compose, [documents.document() for _ in range(DOCUMENTS)], PROCESS, refused=ALONE
    )
    assert in_full_agreement(agreement)
    assert agreement.agreed > DOCUMENTS / 2
    assert agreement.refused == ALONE


def test_generated_documents_are_read_so_as_the_projects_own_file(compose: ComposeReading) -> None:
    made = Documents(SEED + 1)
    documents = [made.document() for _ in range(ALONE)]
    assert in_full_agreement(compare_project_files(compose, documents, PROCESS))


def test_generated_values_are_read_as_they_were_typed(compose: ComposeReading) -> None:
    documents = Documents(SEED)
    agreement = compare_values(compose, [documents.value() for _ in range(VALUES)])
    assert in_full_agreement(agreement)
    assert agreement.agreed == VALUES


@pytest.mark.parametrize("data", REFUSED, ids=repr)
def test_what_compose_refuses_we_refuse(compose: ComposeReading, data: bytes) -> None:
    assert isinstance(compose.as_env_file(data), Refusal)
    assert isinstance(our_answer(data, PROCESS), Refusal)


def test_the_guides_examples_are_read_as_compose_reads_them(compose: ComposeReading) -> None:
    data = (
        b"A1=x # note\nA2=x#y\nB=b\nA3=\"x $B\"\nA4=$B-${C:-d}\nA5='x $B'\nA6=pa$word\n"
        b'A7=$$x\nA8="l1\nl2"\nA9="a\\nb\\t\\\\"\nA10: x\nA11 = x\nexport A12=x\nA13="q"tail\n'
        b"A14=x\r\nA15= # x\nA16=x\t# y\nA17\nPROC\n"
    )
    answer = compose.as_env_file(data)
    assert answer == our_answer(data, PROCESS)
    assert answer == {
        "A1": "x", "A2": "x#y", "B": "b", "A3": "x b", "A4": "b-d", "A5": "x $B", "A6": "pa",
        "A7": "$x", "A8": "l1\nl2", "A9": "a\nb\t\\", "A10": "x", "A11": "x", "A12": "x",
        "A13": "q", "A14": "x", "A15": "# x", "A16": "x\t# y", "PROC": "of the process",
    }  # fmt: skip


def test_a_dollar_that_config_doubles_is_one(compose: ComposeReading) -> None:
    """`config` prints `$$` for each dollar; `${A}` in a compose file shows what it is."""
    assert compose.as_project_file(b"A=$$x\nB='$x'\n", ["A", "B"]) == {"A": "$x", "B": "$x"}


def test_composes_own_variables_count_from_the_beginning(compose: ComposeReading) -> None:
    data = b"A=$COMPOSE_X $X\nCOMPOSE_X=1\nX=1\nB=$COMPOSE_X $X\nCOMPOSE_X=2\nX=2\n"
    expected = {"A": "2 ", "B": "2 1", "COMPOSE_X": "2", "X": "2"}
    assert compose.as_project_file(data, sorted(expected)) == expected
    assert our_answer(data, PROCESS) == expected
    required = b"A=${COMPOSE_X:?m}\nCOMPOSE_X=1\n"
    assert isinstance(compose.as_project_file(required, ["A"]), Refusal)
    assert isinstance(our_answer(required, PROCESS), Refusal)
