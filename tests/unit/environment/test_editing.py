"""Edits of single keys, and previews of typed values."""

import pytest

from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.overview import KeyRow, KeyState, Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.edits import current_entry, fix_of, needs_single_quotes
from pixel_tui.environment.editing.value_preview import (
    InputKind,
    ValuePreviewer,
    entry_above,
    with_typed_value,
)
from pixel_tui.errors import ConsoleError
from pixel_tui.text import SafeText
from widgets.rows.environment_row import (
    DOTS,
    Heading,
    KeyLine,
    cells,
    named_rows,
    shown_effective,
    table_lines,
)

SECRET = "hunter2"
NOTHING = DotenvDocument.parse(b"")


def row(
    key: str = "A",
    value: str = "1",
    *,
    secret: bool = False,
    effective: str | None = None,
    section: str = "",
    findings: tuple[EnvironmentFinding, ...] = (),
) -> KeyRow:
    entry = DotenvDocument.parse(f"{key}={value}\n".encode()).entries[0]
    return KeyRow(
        key=SafeText(key), section=SafeText(section), state=KeyState.SET, entry=entry,
        secret=secret, required=False, purpose=SafeText(""), uses=(), written=entry.written,
        effective=effective if effective is not None else entry.written, findings=findings,
    )  # fmt: skip


def examine_key(document: DotenvDocument, key: str) -> KeyRow | None:
    entry = document.entry(key)
    return row(key, entry.written) if entry is not None else None


def finding(
    rule: str, fix: str | None = None, level: EnvironmentLevel = EnvironmentLevel.ERROR
) -> EnvironmentFinding:
    return EnvironmentFinding(
        rule, level, "A", 1, SafeText("It is wrong."), SafeText("Mend it."), fix
    )


def test_reprs_have_no_values() -> None:
    document = DotenvDocument.parse(f"A={SECRET}\n".encode())
    judged = ValuePreviewer(document, "A", NOTHING, examine_key)(SECRET, InputKind.EXACT)
    assert SECRET not in repr([document, KeyLine("A", row("A", SECRET)), judged])


def test_an_exact_value_is_quoted_if_necessary() -> None:
    document = DotenvDocument.parse(b"# kept\nA=1 # said\r\nB=2\n")
    made = with_typed_value(document, "A", "x $y", InputKind.EXACT, NOTHING)
    assert made.data == b"# kept\nA='x $y' # said\r\nB=2\n"


def test_a_written_value_is_kept_and_a_fault_is_refused() -> None:
    document = DotenvDocument.parse(b"A=1\nB=2\n")
    assert (
        with_typed_value(document, "A", '"${B}"', InputKind.WRITTEN, NOTHING).data
        == b'A="${B}"\nB=2\n'
    )
    with pytest.raises(ConsoleError):
        with_typed_value(document, "A", '"open', InputKind.WRITTEN, NOTHING)
    with pytest.raises(ConsoleError):
        with_typed_value(document, "A", "1\nC=3", InputKind.WRITTEN, NOTHING)


def test_editing_a_commented_key_uncomments_it() -> None:
    document = DotenvDocument.parse(b"# A=1\nB=2\n")
    assert with_typed_value(document, "A", "3", InputKind.EXACT, NOTHING).data == b"A=3\nB=2\n"


def test_a_new_key_goes_where_the_example_has_it() -> None:
    example = DotenvDocument.parse(b"A=\nB=\nC=\n")
    document = DotenvDocument.parse(b"A=1\nC=3\n")
    place = entry_above(document, "B", example)
    assert place is not None
    assert place.key == "A"
    assert with_typed_value(document, "B", "2", InputKind.EXACT, example).data == b"A=1\nB=2\nC=3\n"
    assert entry_above(document, "Z", example) is None


def test_an_unwritable_value_is_refused_with_the_reason() -> None:
    judged = ValuePreviewer(DotenvDocument.parse(b"A=1\n"), "A", NOTHING, examine_key)(
        "a\0b", InputKind.EXACT
    )
    assert judged.refusal


def test_a_row_finds_its_entry_in_a_document_that_was_edited_above_it() -> None:
    document = DotenvDocument.parse(b"NEW=1\n\nA=1\n")
    assert current_entry(document, row("A")).line == 3
    with pytest.raises(ConsoleError):
        current_entry(NOTHING, row("A"))


def test_only_a_secret_that_is_cut_at_a_dollar_gets_single_quotes() -> None:
    cut = row("A", "a$b", secret=True, effective="a", findings=(finding("dollar"),))
    assert needs_single_quotes(cut)
    assert fix_of(cut) == "a$b"
    assert fix_of(row("A", "x", secret=True, findings=(finding("token"),))) is None
    assert fix_of(row("A", "yes", findings=(finding("boolean", "true"),))) == "true"


def test_every_secret_is_shown_as_the_same_dots() -> None:
    for value in ("x", "a" * 60):
        said = " ".join(cell.text for cell in cells(row("A", value, secret=True)))
        assert DOTS in said
        assert value not in said.replace("A", "")
    assert shown_effective(row("A", "x", secret=True, effective=SECRET)) == "different value"
    revealed = [cell.text for cell in cells(row("A", SECRET, secret=True), revealed=True)]
    assert SECRET in revealed


def test_a_password_in_a_value_that_is_not_secret_is_masked() -> None:
    said = " ".join(cell.text for cell in cells(row("A", f"postgres://me:{SECRET}@db/x")))
    assert SECRET not in said


def test_lines_are_below_their_sections_and_missing_ones_last() -> None:
    missing = KeyRow(
        key=SafeText("Z"), section=SafeText(""), state=KeyState.MISSING, entry=None, secret=False,
        required=False, purpose=SafeText(""), uses=(), written="", effective=None,
    )  # fmt: skip
    rows = (missing, row("A"), row("B", section="One"), row("B", section="One"))
    lines = table_lines(named_rows(Overview(rows, (), {})))
    said = [line.words if isinstance(line, Heading) else line.name for line in lines]
    assert said == ["Above every section", "A", "One", "B", "B#2", "Not in the file", "Z"]


def test_rows_are_filtered_by_problems_and_text() -> None:
    rows = (row("A", findings=(finding("token"),)), row("B"), row("C", "secretly", secret=True))
    named = named_rows(Overview(rows, (), {}))

    def names(words: str = "", *, problems: bool = False) -> list[str]:
        lines = table_lines(named, words, problems=problems)
        return [line.name for line in lines if isinstance(line, KeyLine)]

    assert names(problems=True) == ["A"]
    assert names("b set") == ["B"]
    assert names("secretly") == []
