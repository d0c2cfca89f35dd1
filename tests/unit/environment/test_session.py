"""The edits of one environment file: saving, undo, merging and filling in."""

import pytest

from pixel_tui.environment.checks.overview import KeyRow, KeyState, Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.merge import Side, resolve
from pixel_tui.environment.editing.session import (
    MAX_UNDO,
    EditSession,
    ParsedFile,
    ReloadResult,
    parse_file,
)
from pixel_tui.environment.editing.typed_value import TypedValue
from pixel_tui.environment.editing.value_preview import InputKind
from pixel_tui.environment.editing.workspace import LoadedFile
from pixel_tui.errors import UsageError
from pixel_tui.text import SafeText
from tests.builders.environment_cases import check_text as overview_of

SECRET = "hunter2"


def read(data: bytes | None = b"A=1\nB=2\n", example: bytes | None = None) -> ParsedFile:
    """A file as it was read."""

    def examine(document: DotenvDocument) -> Overview:
        return overview_of(document.data, example=example.decode() if example else None)

    def check_text(document: DotenvDocument, key: str) -> KeyRow | None:
        return next((row for row in examine(document).rows if row.key == key), None)

    return parse_file(LoadedFile(data, example, stamp=(), examine=examine, examine_key=check_text))


def session(data: bytes | None = b"A=1\nB=2\n", example: bytes | None = None) -> EditSession:
    """A session of a file that was examined."""
    it = EditSession(read(data, example))
    it.overview = it.loaded.examine(it.document)
    return it


def edited(data: bytes, base: bytes = b"A=1\nB=2\n") -> EditSession:
    """A session with one edit."""
    it = session(base)
    assert it.take(DotenvDocument.parse(data))
    return it


def row(
    key: str,
    state: KeyState,
    *,
    required: bool = False,
    secret: bool = False,
    line: str = "",
    effective: str | None = None,
) -> KeyRow:
    entry = DotenvDocument.parse(line.encode()).entry(key) if line else None
    return KeyRow(
        key=SafeText(key), section=SafeText(""), state=state, entry=entry, secret=secret,
        required=required, purpose=SafeText(""), uses=(),
        written=entry.written if entry is not None else "", effective=effective,
    )  # fmt: skip


# Reading.


def test_a_new_session_has_nothing_to_save_undo_or_merge() -> None:
    it = session()
    assert not it.unsaved
    assert not it.can_undo
    assert not it.can_redo
    assert not it.changed_elsewhere
    assert it.pending_merge is None


def test_reading_the_same_content_again_keeps_the_edits() -> None:
    it = edited(b"A=3\nB=2\n")
    again = read()
    assert it.reload(again) is ReloadResult.SAME
    assert it.document.data == b"A=3\nB=2\n"
    assert it.can_undo
    assert it.loaded is again.loaded


def test_without_edits_another_content_is_loaded() -> None:
    it = session()
    assert it.reload(read(b"A=9\n")) is ReloadResult.OTHER
    assert it.document.data == b"A=9\n"
    assert not it.can_undo


def test_edits_that_the_file_has_are_saved() -> None:
    it = edited(b"A=3\nB=2\n")
    assert it.reload(read(b"A=3\nB=2\n")) is ReloadResult.SAVED
    assert not it.unsaved
    assert it.replaces == b"A=3\nB=2\n"


def test_an_edit_that_was_saved_can_be_undone_and_saved_again() -> None:
    it = edited(b"A=3\nB=2\n")
    it.reload(read(b"A=3\nB=2\n"))
    assert it.undo()
    assert it.document.data == b"A=1\nB=2\n"
    assert it.unsaved
    assert not it.changed_elsewhere
    assert it.redo()
    assert not it.unsaved


def test_another_content_is_a_conflict_with_edits() -> None:
    it = edited(b"A=3\nB=2\n")
    assert it.reload(read(b"A=1\nB=9\n")) is ReloadResult.CONFLICT
    assert it.changed_elsewhere
    assert it.unsaved
    assert it.document.data == b"A=3\nB=2\n"
    assert it.base.data == b"A=1\nB=2\n"


def test_a_conflict_ends_if_the_file_is_restored() -> None:
    it = edited(b"A=3\nB=2\n")
    it.reload(read(b"A=1\nB=9\n"))
    assert it.reload(read()) is ReloadResult.SAME
    assert not it.changed_elsewhere


def test_a_conflict_ends_with_the_next_read_if_the_edits_were_undone() -> None:
    it = edited(b"A=3\nB=2\n")
    it.reload(read(b"A=1\nB=9\n"))
    it.undo()
    assert it.reload(read(b"A=1\nB=9\n")) is ReloadResult.OTHER
    assert not it.changed_elsewhere
    assert it.document.data == b"A=1\nB=9\n"


def test_a_save_replaces_the_base_of_the_edits() -> None:
    it = edited(b"A=3\nB=2\n")
    assert it.replaces == b"A=1\nB=2\n"
    assert session(b"").replaces == b""
    assert session(None).replaces is None


# Edits.


def test_edits_are_undone_and_redone_one_by_one_and_a_new_one_ends_the_redo() -> None:
    it = session(b"A=1\n")
    for data in (b"A=2\n", b"A=3\n"):
        assert it.take(DotenvDocument.parse(data))
    assert it.undo()
    assert it.document.data == b"A=2\n"
    assert it.redo()
    assert it.document.data == b"A=3\n"
    assert it.undo()
    assert it.take(DotenvDocument.parse(b"A=4\n"))
    assert not it.redo()
    assert it.undo()
    assert it.undo()
    assert not it.undo()
    assert not it.unsaved


def test_an_edit_without_a_change_is_not_a_step() -> None:
    it = session()
    assert not it.take(DotenvDocument.parse(b"A=1\nB=2\n"))
    assert not it.can_undo


def test_only_the_newest_edits_can_be_undone() -> None:
    it = session(b"A=0\n")
    for number in range(1, MAX_UNDO + 3):
        it.take(DotenvDocument.parse(b"A=%d\n" % number))
    while it.undo():
        pass
    assert it.document.data == b"A=2\n"
    assert it.unsaved


def test_the_repr_has_no_values() -> None:
    it = edited(f"A={SECRET}\n".encode())
    it.reload(read(f"B={SECRET}\n".encode()))
    form = it.value_form(row("A", KeyState.SET, line=f"A={SECRET}", effective=SECRET))
    assert SECRET not in repr([it, it.pending_merge, read(f"A={SECRET}\n".encode()), form])
    assert SECRET not in repr(TypedValue(SECRET))


# Drafts.


def test_a_draft_is_resumed_and_can_be_undone() -> None:
    it = session()
    assert it.resume(it.base, DotenvDocument.parse(b"A=3\nB=2\n"))
    assert it.document.data == b"A=3\nB=2\n"
    assert it.unsaved
    assert not it.changed_elsewhere
    assert it.undo()
    assert it.document.data == b"A=1\nB=2\n"


def test_a_draft_of_an_older_file_is_merged_before_it_is_saved() -> None:
    it = session(b"A=1\nB=9\n")
    assert it.resume(DotenvDocument.parse(b"A=1\nB=2\n"), DotenvDocument.parse(b"A=3\nB=2\n"))
    assert it.changed_elsewhere
    assert it.base.data == b"A=1\nB=2\n"


def test_a_draft_that_the_file_already_has_is_not_resumed() -> None:
    it = session(b"A=3\nB=2\n")
    assert not it.resume(DotenvDocument.parse(b"A=1\nB=2\n"), DotenvDocument.parse(b"A=3\nB=2\n"))
    assert not it.unsaved


# Merging.


def test_a_merge_takes_both_changes_and_leaves_mine_unsaved() -> None:
    it = edited(b"A=3\nB=2\n")
    it.reload(read(b"A=1\nB=9\n"))
    pending = it.pending_merge
    assert pending is not None
    merged = pending.run()
    assert not merged.conflicts
    assert it.take_merged(pending.theirs, merged.document)
    assert it.document.data == b"A=3\nB=9\n"
    assert it.base.data == b"A=1\nB=9\n"
    assert it.unsaved
    assert not it.changed_elsewhere


def test_a_conflict_is_resolved_as_chosen() -> None:
    it = edited(b"A=3\n", base=b"A=1\n")
    it.reload(read(b"A=9\n"))
    pending = it.pending_merge
    assert pending is not None
    merged = pending.run()
    (conflict,) = merged.conflicts
    assert it.take_merged(pending.theirs, resolve(merged, {conflict: Side.THEIRS}))
    assert it.document.data == b"A=9\n"
    assert not it.unsaved


def test_an_outdated_merge_is_not_taken() -> None:
    it = edited(b"A=3\nB=2\n")
    it.reload(read(b"A=1\nB=9\n"))
    pending = it.pending_merge
    assert pending is not None
    it.reload(read(b"A=1\nB=10\n"))
    assert not it.take_merged(pending.theirs, pending.run().document)
    assert it.document.data == b"A=3\nB=2\n"
    assert it.changed_elsewhere


# Keys and their values.


def test_every_value_is_secret_until_the_checks_have_run() -> None:
    it = EditSession(read(b"LOG_LEVEL=info\nAPI_TOKEN=x\n"))
    level, token = it.document.entries
    assert it.is_secret(level)
    it.overview = it.loaded.examine(it.document)
    assert not it.is_secret(level)
    assert it.is_secret(token)


def test_values_of_another_file_are_secret_by_the_same_rule() -> None:
    it = session()
    plain_one, token = DotenvDocument.parse(b"SITE=pixel\nOTHER_TOKEN=x\n").entries
    assert not it.is_secret(plain_one)
    assert it.is_secret(token)


def test_a_secret_key_of_this_file_is_secret_in_every_other() -> None:
    it = session(b"NOTE=1\n")
    it.overview = Overview((row("NOTE", KeyState.SET, secret=True, line="NOTE=1"),), (), {})
    (other,) = DotenvDocument.parse(b"NOTE=2\n").entries
    assert it.is_secret(other)


def test_the_form_of_a_key_starts_with_composes_value() -> None:
    form = session().value_form(row("A", KeyState.SET, line="A='1 2'", effective="1 2"))
    assert (form.exact, form.written, form.kind) == ("1 2", "'1 2'", InputKind.EXACT)


def test_the_form_of_a_value_with_variables_starts_as_it_is_written() -> None:
    set_row = row("A", KeyState.SET, line='A="${B}/x"', effective="2/x")
    assert session().value_form(set_row).kind is InputKind.WRITTEN


def test_the_form_of_a_missing_key_starts_with_the_example_unless_it_is_a_secret() -> None:
    it = session(example=b"C=proposed\nTOKEN=example\n")
    assert it.value_form(row("C", KeyState.MISSING)).exact == "proposed"
    assert it.value_form(row("D", KeyState.MISSING)).exact == ""
    assert it.value_form(row("TOKEN", KeyState.MISSING, secret=True)).exact == ""


def test_the_form_of_a_placeholder_starts_empty() -> None:
    held = row("A", KeyState.PLACEHOLDER, line="A=changeme", effective="changeme")
    assert session().value_form(held).exact == ""


def test_a_typed_value_is_an_edit_and_a_skipped_one_is_not() -> None:
    it = session()
    edit = it.typed("A", TypedValue("x $y"))
    assert edit is not None
    assert edit(it.document).data == b"A='x $y'\nB=2\n"
    assert it.typed("A", TypedValue(None)) is None


def test_a_typed_value_is_previewed_in_the_current_document() -> None:
    it = session(b"A=${B}\nB=2\n")
    it.take(DotenvDocument.parse(b"A=${B}\nB=7\n"))
    assert it.value_previewer("B")("8", InputKind.EXACT).effective == "8"
    assert it.value_previewer("C")("${B}", InputKind.WRITTEN).effective == "7"


def test_an_existing_or_invalid_new_key_is_refused() -> None:
    it = session(example=b"C=\n")
    assert it.check_new_key("C")
    assert not it.check_new_key("D")
    with pytest.raises(UsageError, match="already exists"):
        it.check_new_key("A")
    with pytest.raises(UsageError):
        it.check_new_key("no key")


def test_a_new_key_is_checked_before_it_is_in_the_document() -> None:
    it = session()
    found = it.new_row("API_TOKEN")
    assert found is not None
    assert found.secret
    assert it.document.entry("API_TOKEN") is None


# Filling in.


def test_filling_in_has_missing_and_placeholder_keys_required_first() -> None:
    it = session()
    it.overview = Overview(
        (
            row("SET", KeyState.SET, line="SET=1"),
            row("OPTIONAL", KeyState.MISSING),
            row("HELD", KeyState.PLACEHOLDER, required=True, line="HELD=changeme"),
            row("EMPTY", KeyState.EMPTY, line="EMPTY="),
            row("NEEDED", KeyState.EMPTY, required=True, line="NEEDED="),
        ),
        (),
        {},
    )
    steps = it.fill_in()
    assert [step.row.key for step in steps] == ["HELD", "NEEDED", "OPTIONAL"]
    assert [step.words for step in steps] == [
        "required, 1 of 3",
        "required, 2 of 3",
        "optional, 3 of 3",
    ]


def test_before_the_checks_have_run_there_is_nothing_to_fill_in() -> None:
    assert EditSession(read(example=b"C=\n")).fill_in() == ()


def test_an_empty_file_starts_from_the_example_and_no_other_does() -> None:
    example = b"C=\n"
    copied = session(None, example).example_to_copy
    assert copied is not None
    assert copied.data == example
    assert session(b"A=1\n", example).example_to_copy is None
    assert session(None).example_to_copy is None


def test_a_changed_example_is_used() -> None:
    it = session(example=b"C=old\n")
    it.reload(read(example=b"C=new\n"))
    assert it.value_form(row("C", KeyState.MISSING)).exact == "new"
