"""The environment screen: keys, values in compose, and edits."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.content import Content

from pixel_tui.demo.environment import DemoFile, DemoSource, DemoWorkspace
from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.editing.workspace import EnvironmentAccess
from pixel_tui.errors import FileError, OperationError
from pixel_tui.settings import Settings
from pixel_tui.text import SafeText
from screens.changes.job import JobScreen
from screens.changes.plan import PlanScreen
from screens.dashboard.palette import DashboardCommands
from screens.environment import save as environment_save
from screens.environment import screen as environment_screen
from screens.environment.difference import DifferenceScreen
from screens.environment.editor import EnvironmentEditor
from screens.environment.history import HistoryScreen
from screens.environment.merge import MergeScreen
from screens.environment.save import SaveScreen
from screens.environment.screen import EnvironmentScreen
from screens.environment.value import ValueScreen
from screens.shared.help import HelpScreen
from screens.shared.pick import PickScreen
from tests.builders.ui_environment_screen import (
    SIZE,
    bar,
    editor_of,
    line_of,
    opened,
    screen_of,
    session_of,
)
from tests.ui.driving import Console, console
from widgets.rows.environment_row import DOTS, KeyLine

SIZES = [(80, 24), SIZE, (200, 50)]
SECRET = "demonstration-only"
PASSWORD = "demonstration$only"


def access(it: Console) -> EnvironmentAccess:
    return it.app.parts.open_environment()


def workspace_of(it: Console) -> DemoWorkspace:
    workspace = access(it).workspace
    assert isinstance(workspace, DemoWorkspace)
    return workspace


def file_of(it: Console) -> DemoFile:
    return workspace_of(it).file


def now(it: Console) -> str:
    """The file as it would be saved."""
    return session_of(editor_of(it)).document.data.decode()


async def typed(it: Console, text: str) -> None:
    """Replace the text in the dialog."""
    await it.press("end", "ctrl+u", *text)


# Keys and details.


@pytest.mark.parametrize("size", SIZES)
async def test_keys_are_listed_by_section_with_state_value_and_readers(
    size: tuple[int, int],
) -> None:
    async with console(size=size) as it:
        await opened(it, "POSTGRES_DB")
        line = line_of(it, "POSTGRES_DB")
        for words in ("● set", "pixel_agent", "postgres"):
            assert words in line
        said = it.text("#environment-keys")
        assert said.index("Database") < said.index("POSTGRES_DB")
        assert "/home/pixel/pixel/.env" in it.text()
        assert "required missing" in it.text("#environment-totals")


async def test_the_details_say_purpose_readers_line_findings_and_hint() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "GH_TOKEN")
        said = " ".join(it.text("#environment-details").split())
        for words in ("placeholder", "required", "repo scope", "→", "line 36", "syntropy"):
            assert words in said


async def test_a_secret_is_dots_in_the_table_the_details_and_the_picture() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "OPENROUTER_API_KEY")
        assert DOTS in line_of(it, "OPENROUTER_API_KEY")
        assert SECRET not in it.text()
        assert SECRET not in it.app.export_screenshot()


async def test_v_shows_a_secret_for_a_few_seconds_and_never_after_the_cursor_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment_screen, "REVEAL_SECONDS", 60.0)
    async with console(size=SIZE) as it:
        await opened(it, "OPENROUTER_API_KEY")
        await it.press("v")
        assert it.text().count(SECRET) == 2
        await it.press("down")
        assert SECRET not in it.text()
        await it.press("up")
        monkeypatch.setattr(environment_screen, "REVEAL_SECONDS", 0.1)
        await it.press("v")
        await it.until(lambda: SECRET not in it.text())


async def test_a_dialog_masks_a_secret_below_it() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "OPENROUTER_API_KEY")
        await it.press("v", "question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        await it.press("escape")
        assert SECRET not in it.text()


async def test_no_repr_and_no_message_holds_a_secret() -> None:
    async with console(size=SIZE) as it:
        screen = await opened(it, "OPENROUTER_API_KEY")
        await it.press("enter")
        things = [
            screen,
            screen.table,
            screen.table.current,
            session_of(screen).loaded,
            session_of(screen),
            it.app.screen,
            *it.app.screen.query("*"),
        ]
        assert SECRET not in repr(things)


async def test_compose_reading_something_else_is_shown_beside_the_value() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = b"HOST=pixel.example.org\nNEXT_PUBLIC_API_URL=https://${HOST}/api\n"
        await opened(it, "NEXT_PUBLIC_API_URL")
        assert "→ https://" in line_of(it, "NEXT_PUBLIC_API_URL")
        assert "compose reads https://pixel.example.org/api" in " ".join(
            it.text("#environment-details").split()
        )


async def test_of_a_secret_only_the_difference_to_composes_value_is_shown() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "POSTGRES_PASSWORD")
        assert f"{DOTS} → different value" in line_of(it, "POSTGRES_PASSWORD")


async def test_the_filter_keeps_keys_whose_line_has_its_words() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        screen = it.app.screen
        assert isinstance(screen, EnvironmentScreen)
        await it.press("slash", *"nostr", "enter")
        said = it.text("#environment-keys")
        assert "NOSTR_RELAYS" in said
        assert "POSTGRES_DB" not in said
        assert "filter: nostr" in it.text()
        wrong = sum(line.problem for line in screen._rows)
        left = sum(isinstance(line, KeyLine) and line.problem for line in screen.table.lines)
        assert wrong > left
        assert f"filter: nostr · {wrong - left} problem" in it.text()
        await it.press("escape")
        assert "POSTGRES_DB" in it.text("#environment-keys")


async def test_n_selects_the_next_problem_and_p_shows_only_problems() -> None:
    async with console(size=SIZE) as it:
        screen = await opened(it, "POSTGRES_DB")
        await it.press("n")
        assert screen.table.cursor_key == "POSTGRES_PASSWORD"
        await it.press("n")
        assert screen.table.cursor_key == "POSTGRES_URL"
        await it.press("p")
        assert "POSTGRES_DB " not in it.text("#environment-keys")
        assert "POSTGRES_URL" in it.text("#environment-keys")
        await it.press("p")
        assert "POSTGRES_DB " in it.text("#environment-keys")


async def test_a_file_that_changes_on_disk_is_read_again_by_itself() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "LOG_LEVEL")
        file_of(it).write((file_of(it).data or b"").replace(b"LOG_LEVEL=info", b"LOG_LEVEL=debug"))
        await it.until(lambda: "debug" in line_of(it, "LOG_LEVEL"))


async def test_a_file_that_cannot_be_read_shows_the_reason_and_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_source: DemoSource) -> None:
        raise FileError("The file can't be read.", on="/srv/.env", hint="Run: docker run chown")

    async with console(size=SIZE) as it:
        monkeypatch.setattr(DemoSource, "read", refused)
        await it.press("E")
        await it.until(lambda: "docker run chown" in it.text())
        assert "The file can't be read." in it.text("#environment-totals")


async def test_only_keys_that_need_no_file_are_offered_while_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_source: DemoSource) -> None:
        raise FileError("The file can't be read.", on="/srv/.env")

    async with console(size=SIZE) as it:
        with monkeypatch.context() as patched:
            patched.setattr(DemoSource, "read", refused)
            await it.press("E")
            await it.until(lambda: "F5 reads it again." in it.text())
            assert bar(it).split() == ["esc", "Close", "?", "Help"]
            await it.press("a", "n", "h", "c")
            assert isinstance(it.app.screen, EnvironmentEditor)
        await it.press("f5")
        await it.until(lambda: "a Add" in bar(it))
        assert "F5 reads it again." not in it.text()


async def test_an_error_for_which_compose_refuses_the_file_is_shown_above_the_keys() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = b"A=1\nno name=2\n"
        await opened(it)
        assert "line 2: " in it.text("#environment-file")


async def test_the_palette_leads_there_too() -> None:
    async with console(size=SIZE) as it:
        names = [name for name, _, _ in DashboardCommands(it.app.screen).commands()]
        assert "Environment" in names


# Read-only.


async def test_a_read_only_console_shows_all_and_has_no_key_that_changes_anything() -> None:
    async with console(size=SIZE, settings=Settings(read_only=True)) as it:
        screen = await opened(it, "OPENROUTER_API_KEY")
        assert not isinstance(screen, EnvironmentEditor)
        assert access(it).workspace is None
        shown = bar(it)
        for words in ("Edit", "Save", "Remove", "Show value"):
            assert words not in shown
        before = it.text()
        await it.press("enter", "a", "d", "number_sign", "m", "u", "f", "e", "s", "v")
        assert it.app.screen is screen
        assert it.text() == before


async def test_with_reveal_allowed_a_read_only_console_shows_a_secret_on_a_key() -> None:
    settings = Settings(read_only=True, reveal_allowed=True)
    async with console(size=SIZE, settings=settings) as it:
        await opened(it, "OPENROUTER_API_KEY")
        assert SECRET not in it.text()
        await it.press("v")
        assert SECRET in it.text()


# Editing.


async def test_enter_edits_a_value_with_a_preview_of_composes_reading() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "POSTGRES_DB")
        await it.press("enter")
        assert isinstance(it.app.screen, ValueScreen)
        await typed(it, "a b$c")
        said = it.text("#value-preview")
        assert "Compose reads  a b$c" in said
        assert "Written as     POSTGRES_DB='a b$c'" in said
        await it.press("enter")
        await it.until(lambda: "POSTGRES_DB='a b$c'\n" in now(it))
        assert "not saved: s saves" in it.text("#environment-totals")
        await it.pilot.resize_terminal(80, 24)
        await it.until(lambda: it.text("#environment-totals").endswith("not saved: s saves"))


async def test_a_secret_is_typed_as_dots_and_shown_on_a_key() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "OPENROUTER_API_KEY")
        await it.press("enter")
        await typed(it, "sk-or-new")
        assert "sk-or-new" not in it.text()
        await it.press("ctrl+r")
        assert "sk-or-new" in it.text()


async def test_a_finding_of_the_typed_value_is_shown_at_once() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "NEXT_PUBLIC_API_URL")
        await it.press("enter")
        assert "localhost" in it.text("#value-preview")
        await typed(it, "https://pixel.example.org/api")
        assert "No problems" in it.text("#value-preview")


async def test_a_value_can_be_typed_as_it_is_written_and_a_fault_is_not_taken() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("enter", "ctrl+t")
        await typed(it, '"${POSTGRES_DB}"')
        assert "Compose reads  pixel_agent" in it.text("#value-preview")
        await typed(it, '"unclosed')
        assert "✗" in it.text("#value-preview")
        await it.press("enter")
        assert isinstance(it.app.screen, ValueScreen)
        await it.press("escape")
        assert "unclosed" not in now(it)


async def test_a_value_of_several_lines_is_typed_in_an_area() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("enter", "ctrl+o", "end", "enter", *"blue", "ctrl+s")
        await it.until(lambda: 'CANVAS_THEME="dark\\nblue"\n' in now(it))
        await it.until(lambda: "→ dark␊blue" in line_of(it, "CANVAS_THEME"))


async def test_an_edit_changes_the_bytes_of_its_line_and_no_other() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "LOG_LEVEL")
        before = now(it)
        await it.press("enter")
        await typed(it, "debug")
        await it.press("enter")
        await it.until(lambda: now(it) == before.replace("LOG_LEVEL=info", "LOG_LEVEL=debug"))


async def test_a_key_is_added_removed_switched_off_and_on_again() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "LOG_LEVEL")
        await it.press("a", *"NEW_KEY", "enter", *"value", "enter")
        await it.until(lambda: "NEW_KEY=value\n" in now(it))
        await it.until(lambda: screen_of(it).table.cursor_key == "NEW_KEY")
        await it.press("number_sign")
        await it.until(lambda: "# NEW_KEY=value\n" in now(it))
        await it.press("number_sign")
        await it.until(lambda: "\nNEW_KEY=value\n" in now(it))
        await it.press("d")
        await it.until(lambda: "NEW_KEY" not in now(it))


async def test_a_key_that_is_there_or_is_none_is_not_added() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("a", *"LOG_LEVEL")
        assert "already exists" in it.text()
        await it.press("enter")
        await typed(it, "no key")
        await it.press("enter")
        assert "no key" not in now_below(it)


def now_below(it: Console) -> str:
    editor = it.app.screen_stack[1]
    assert isinstance(editor, EnvironmentEditor)
    return session_of(editor).document.data.decode()


async def test_m_applies_the_fix_of_a_finding() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = b"OPENROUTER_MODEL=deep$seek\n"
        await opened(it, "OPENROUTER_MODEL")
        assert "m writes deep$seek" in it.text("#environment-details")
        await it.press("m")
        await it.until(lambda: "OPENROUTER_MODEL='deep$seek'\n" in now(it))


async def test_the_key_of_a_fix_is_offered_only_if_there_is_one() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = b"A=1\nOPENROUTER_MODEL=deep$seek\n"
        screen = await opened(it, "OPENROUTER_MODEL")
        await it.until(lambda: "m Fix" in bar(it))
        screen.table.cursor_key = "A"
        await it.until(lambda: "m Fix" not in bar(it))


async def test_m_keeps_the_dollar_of_a_secret_that_compose_would_cut() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "POSTGRES_PASSWORD")
        assert "m puts it in single quotes" in it.text("#environment-details")
        await it.press("m")
        await it.until(lambda: f"POSTGRES_PASSWORD='{PASSWORD}'\n" in now(it))
        assert PASSWORD not in it.text()


async def test_undo_and_redo_go_through_the_edits() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        before = now(it)
        await it.press("d")
        await it.until(lambda: "CANVAS_THEME" not in now(it))
        await it.press("u")
        await it.until(lambda: now(it) == before)
        assert "not saved" not in it.text("#environment-totals")
        await it.press("ctrl+r")
        await it.until(lambda: "CANVAS_THEME" not in now(it))


async def test_undo_without_an_edit_shows_a_message() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("u")
        await it.until(lambda: "Nothing to undo. h lists the saved versions." in it.text())


async def test_an_edit_is_undone_in_the_editor_after_it_was_saved() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        before = now(it)
        await it.press("d")
        await it.until(lambda: "CANVAS_THEME" not in now(it))
        file_of(it).write(now(it).encode())
        await it.until(lambda: not session_of(editor_of(it)).unsaved)
        await it.press("u")
        await it.until(lambda: now(it) == before)
        assert "not saved" in it.text("#environment-totals")


async def test_keys_typed_ahead_have_the_same_effect_as_one_by_one() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.burst("d", "u", "number_sign", "u")
        await it.until(lambda: "\nCANVAS_THEME=dark\n" in now(it))
        assert not session_of(editor_of(it)).unsaved


# Step by step.


def progress_of(it: Console) -> str | None:
    """The progress of filling in; None if it is finished."""
    screen = it.app.screen
    return screen._form.progress if isinstance(screen, ValueScreen) else None


async def test_fill_in_asks_for_missing_values_required_keys_first() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("f")
        titles = []
        while (title := progress_of(it)) is not None:
            titles.append(title)
            await it.press("ctrl+n")
        needs = [title.partition(",")[0] for title in titles]
        assert "required" in needs
        assert needs == sorted(needs, reverse=True)


async def test_filling_in_begins_a_file_that_is_not_there_from_the_example() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = None
        await opened(it)
        assert "The file does not exist yet." in it.text("#environment-totals")
        await it.press("f")
        await it.until(lambda: isinstance(it.app.screen, ValueScreen))
        key = it.app.screen._form.key  # type: ignore[attr-defined]
        await it.press(*"value1")
        await it.press("enter")
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, EnvironmentEditor))
        await it.until(lambda: f"{key}=value1" in now(it))
        assert "# AI models" in now(it)


# Comparing, history.


async def test_the_file_is_compared_with_the_example_and_missing_keys_are_taken() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("c")
        assert isinstance(it.app.screen, PickScreen)
        await it.press("enter")
        assert isinstance(it.app.screen, DifferenceScreen)
        said = it.text()
        assert "Only in .env.example (1)" in said
        assert "NAKAPAY_WEBHOOK_SECRET" in said
        assert "Not in .env.example (1)" in said
        assert SECRET not in said
        await it.press("m")
        await it.until(lambda: "NAKAPAY_WEBHOOK_SECRET=" in now(it))
        lines = now(it).splitlines()
        at = lines.index("NAKAPAY_API_KEY=demonstration-only")
        assert lines[at + 1].startswith("NAKAPAY_WEBHOOK_SECRET=")


async def test_the_file_is_compared_with_another_one() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("c", "down", "enter", *".env.example", "enter")
        await it.until(lambda: isinstance(it.app.screen, DifferenceScreen))
        await it.press("escape", "c", "down", "enter", *"nowhere", "enter")
        await it.until(lambda: "no such file" in it.text())


async def test_a_saved_version_is_compared_and_restored_into_the_editor() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("h")
        assert isinstance(it.app.screen, HistoryScreen)
        await it.until(lambda: "NOSTR_POST_ENABLE" in it.text("#history-difference"))
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, EnvironmentEditor))
        await it.until(lambda: "NOSTR_POST_ENABLE=false" in now(it))
        assert b"NOSTR_POST_ENABLE=true" in (file_of(it).data or b"")


def version_lines(it: Console) -> list[str]:
    """The lines of the list of versions."""
    return [line.strip("▌ │") for line in it.text("#history-list").splitlines() if "bytes" in line]


async def test_the_version_that_the_file_holds_is_marked_and_the_one_before_it_is_compared() -> (
    None
):
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("h")
        await it.until(lambda: len(version_lines(it)) == 2)
        newest, before = version_lines(it)
        assert newest.endswith("bytes  current")
        assert before.endswith("bytes")
        await it.until(lambda: "NOSTR_POST_ENABLE" in it.text("#history-difference"))


async def test_a_version_is_compared_with_the_editor_if_that_has_unsaved_content() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("h")
        await it.until(lambda: "NOSTR_POST_ENABLE" in it.text("#history-difference"))
        assert "Changes to the current file" in it.text()
        await it.press("enter")
        await it.until(lambda: "NOSTR_POST_ENABLE=false" in now(it))
        await it.press("h")
        await it.until(lambda: len(version_lines(it)) == 2)
        newest, before = version_lines(it)
        assert newest.endswith("bytes  current")
        assert before.endswith("bytes  in the editor")
        await it.until(lambda: "NOSTR_POST_ENABLE" in it.text("#history-difference"))
        assert "Changes to the unsaved content of the editor" in it.text()
        await it.press("j")
        await it.until(lambda: "No changes." in it.text("#history-difference"))


async def test_a_file_that_is_none_of_the_versions_is_reported() -> None:
    async with console(size=SIZE) as it:
        file_of(it).data = b"A=1\n"
        await opened(it)
        await it.press("h")
        await it.until(lambda: "2 versions, newest first. The file is none of them" in it.text())
        assert not any("current" in line for line in version_lines(it))


async def test_restoring_the_content_of_the_editor_shows_a_message() -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        await it.press("h")
        await it.until(lambda: len(version_lines(it)) == 2)
        await it.press("k")
        await it.until(lambda: "No changes." in it.text("#history-difference"))
        await it.press("enter")
        await it.until(lambda: "The editor has this version already." in it.text())


async def test_a_read_only_console_takes_no_version_back() -> None:
    async with console(size=SIZE, settings=Settings(read_only=True)) as it:
        await opened(it)
        await it.press("h")
        await it.until(lambda: "NOSTR_POST_ENABLE" in it.text("#history-difference"))
        assert "Restore" not in bar(it)
        await it.press("enter")
        assert isinstance(it.app.screen, HistoryScreen)


# Unsaved edits.


async def test_edits_that_were_not_saved_are_offered_when_it_is_opened_again() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: workspace_of(it).saved_draft() is not None)
        await it.press("escape")
        assert it.app.screen is it.dashboard
        await it.press("E")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.press("enter")
        await it.until(lambda: "CANVAS_THEME" not in now(it))
        await it.press("escape", "E")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.press("down", "enter")
        await it.until(lambda: workspace_of(it).saved_draft() is None)
        assert "CANVAS_THEME" in now(it)


async def test_keys_typed_ahead_discard_no_edits() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: workspace_of(it).saved_draft() is not None)
        await it.press("escape")
        await it.burst("E", "slash", *"jwt", "enter")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.until(lambda: not it.app.keys_pending)
        assert isinstance(it.app.screen, PickScreen)
        assert workspace_of(it).saved_draft() is not None
        await it.press("enter")
        await it.until(lambda: "CANVAS_THEME" not in now(it))


async def test_a_discarded_edit_is_offered_by_no_plan_any_more() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d", "s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        await it.press("s")
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, EnvironmentEditor))
        (candidate,) = workspace_of(it).facts().candidates
        assert candidate.base == workspace_of(it).facts().sha256
        await it.press("escape", "E")
        await it.until(lambda: isinstance(it.app.screen, PickScreen))
        await it.press("down", "enter")
        await it.until(lambda: workspace_of(it).saved_draft() is None)
        assert workspace_of(it).facts().candidates == ()


def another_writes(it: Console, old: bytes, new: bytes) -> None:
    data = file_of(it).data or b""
    assert old in data
    file_of(it).write(data.replace(old, new))


async def test_a_file_changed_meanwhile_is_merged_and_never_overwritten() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: "CANVAS_THEME" not in now(it))
        another_writes(it, b"LOG_LEVEL=info", b"LOG_LEVEL=warn")
        await it.until(lambda: "changed on disk" in it.text("#environment-totals"))
        await it.press("s")
        assert not isinstance(it.app.screen, SaveScreen)
        await it.press("r")
        await it.until(lambda: "LOG_LEVEL=warn" in now(it))
        assert "CANVAS_THEME" not in now(it)
        await it.until(lambda: "changed on disk" not in it.text("#environment-totals"))


@pytest.mark.parametrize(("key", "kept"), [("m", "LOG_LEVEL=debug"), ("t", "LOG_LEVEL=warn")])
async def test_conflicts_are_resolved_one_by_one(key: str, kept: str) -> None:
    async with console(size=SIZE) as it:
        await opened(it, "LOG_LEVEL")
        await it.press("enter")
        await typed(it, "debug")
        await it.press("enter")
        await it.until(lambda: "LOG_LEVEL=debug" in now(it))
        another_writes(it, b"LOG_LEVEL=info", b"LOG_LEVEL=warn")
        await it.until(lambda: "changed on disk" in it.text("#environment-totals"))
        await it.press("r")
        await it.until(lambda: isinstance(it.app.screen, MergeScreen))
        said = it.text()
        assert "debug" in said
        assert "warn" in said
        await it.press("enter")
        assert isinstance(it.app.screen, MergeScreen)
        await it.press(key, "enter")
        await it.until(lambda: isinstance(it.app.screen, EnvironmentEditor))
        await it.until(lambda: kept in now(it))


# The external editor.


async def test_a_text_of_the_own_editor_is_taken_and_one_with_faults_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [b'A="unclosed\n', b"A=1\n"]

    async with console(size=SIZE) as it:
        await opened(it)
        outside = FakeOutside(it, texts)
        monkeypatch.setattr(it.app, "suspend", outside.suspend)
        monkeypatch.setattr(workspace_of(it), "edit_externally", outside.edit)
        await it.press("e")
        assert isinstance(it.app.screen, PickScreen)
        assert "Line 1" in it.text()
        await it.press("enter")
        await it.until(lambda: now(it) == "A=1\n")
        assert outside.given[1] == b'A="unclosed\n'


async def test_an_editor_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(size=SIZE) as it:
        await opened(it)
        before = now(it)
        outside = FakeOutside(it, [])
        monkeypatch.setattr(it.app, "suspend", outside.suspend)
        monkeypatch.setattr(workspace_of(it), "edit_externally", outside.edit)
        await it.press("e")
        await it.until(lambda: "The editor failed" in it.text())
        assert now(it) == before


class FakeOutside:
    """An editor with a fixed result."""

    def __init__(self, it: Console, texts: list[bytes]) -> None:
        self.texts = texts
        self.given: list[bytes] = []

    def suspend(self) -> "FakeOutside":
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        pass

    def edit(self, data: bytes) -> bytes:
        self.given.append(data)
        if not self.texts:
            raise OperationError("The editor failed.")
        return self.texts.pop(0)


# Saving.


async def test_saving_shows_the_masked_difference_and_the_affected_services() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "OPENROUTER_API_KEY")
        await it.press("enter")
        await typed(it, "sk-or-other")
        await it.press("enter")
        await it.until(lambda: "sk-or-other" in now(it))
        await it.press("s")
        assert isinstance(it.app.screen, SaveScreen)
        await it.until(lambda: "Compose accepts the file" in it.text())
        said = it.text()
        assert "sk-or-other" not in said
        assert SECRET not in said
        for words in ("OPENROUTER_API_KEY", "agent", "recreate", "restart does not apply changes"):
            assert words in said
        await it.press("escape")
        assert isinstance(it.app.screen, EnvironmentEditor)


async def test_a_save_masks_the_same_values_as_other_views() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "POSTGRES_DB")
        await it.press("d", "s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        assert "- POSTGRES_DB=pixel_agent" in it.text()


async def test_comparing_a_large_file_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, release = threading.Event(), threading.Event()

    def slow(*_: object) -> list[Content]:
        compared.set()
        release.wait()
        return [Content("nothing at all")]

    monkeypatch.setattr(environment_save, "difference_lines", slow)
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d", "s")
        await it.until(compared.is_set)
        assert "Comparing" in it.text()
        release.set()
        await it.until(lambda: "nothing at all" in it.text())


async def test_a_built_in_key_wants_a_rebuild() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "NEXT_PUBLIC_API_URL")
        await it.press("enter")
        await typed(it, "https://pixel.example.org/api")
        await it.press("enter", "s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        line = next(line for line in it.text().splitlines() if " web " in line and "re" in line)
        assert "rebuild" in line


async def test_a_file_that_compose_refuses_cannot_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        refusal = Impact(SafeText("required variable GH_TOKEN is missing"), (), ())
        monkeypatch.setattr(workspace_of(it), "preview_impact", lambda _data: refusal)
        asked: list[tuple[str, str]] = []
        monkeypatch.setattr(editor_of(it), "show_plan", lambda *words: asked.append(words))
        await it.press("d", "s")
        await it.until(lambda: "GH_TOKEN is missing" in it.text())
        assert "Save and apply" not in bar(it)
        await it.press("s", "a")
        assert isinstance(it.app.screen, SaveScreen)
        assert asked == []


@pytest.mark.parametrize(("key", "action"), [("s", "environment-save"), ("a", "environment-apply")])
async def test_save_and_apply_lead_to_their_plans(
    key: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(size=SIZE) as it:
        await opened(it, "LOG_LEVEL")
        asked: list[tuple[str, str]] = []
        monkeypatch.setattr(editor_of(it), "show_plan", lambda *words: asked.append(words))
        await it.press("d", "s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        wanted = now_below(it).encode()
        await it.press(key)
        await it.until(lambda: asked)
        assert asked[0][0] == action
        assert workspace_of(it).staged(asked[0][1]) == wanted


async def test_saved_edits_are_found_on_disk_and_no_longer_unsaved() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: workspace_of(it).saved_draft() is not None)
        file_of(it).write(now(it).encode())
        await it.until(lambda: workspace_of(it).saved_draft() is None)
        assert not session_of(editor_of(it)).unsaved
        await it.until(lambda: "not saved" not in it.text("#environment-totals"))


OWNED_BY_ROOT = SafeText("It belongs to root, so it can't be saved. Run: docker run chown")


def give_to_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file belong to another user."""
    original = DemoSource.read
    monkeypatch.setattr(
        DemoSource, "read", lambda source: replace(original(source), read_only_reason=OWNED_BY_ROOT)
    )


async def test_a_file_of_another_user_shows_a_hint_and_no_edit_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give_to_root(monkeypatch)
    async with console(size=(80, 24)) as it:
        await opened(it, "CANVAS_THEME")
        said = " ".join(it.text("#environment-obstacle").split())
        assert said == OWNED_BY_ROOT
        offered = bar(it)
        for key in ("Edit", "Add", "Save", "Remove", "Off/on", "Fill in", "Editor"):
            assert key not in offered
        assert offered.split()[:2] == ["/", "Filter"]
        before = now(it)
        await it.press("d", "a", "enter")
        assert isinstance(it.app.screen, EnvironmentEditor)
        assert now(it) == before


async def test_edits_of_a_file_that_can_no_longer_be_saved_are_shown_and_not_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(size=SIZE) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: "CANVAS_THEME" not in now(it))
        give_to_root(monkeypatch)
        await it.press("f5")
        await it.until(lambda: "docker run chown" in it.text("#environment-obstacle"))
        assert "s saves" not in it.text("#environment-totals")
        await it.press("s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        assert "docker run chown" in it.text()
        await it.press("s")
        assert isinstance(it.app.screen, SaveScreen)


def test_the_path_of_the_demonstration_is_the_projects() -> None:
    assert DemoSource.path == Path("/home/pixel/pixel/.env")


@pytest.mark.parametrize("key", ["s", "a"])
async def test_saving_and_applying_run_as_jobs_and_write_the_file(key: str) -> None:
    async with console(size=SIZE) as it:
        await opened(it, "NOSTR_POST_ENABLE")
        await it.press("enter")
        await typed(it, "false")
        await it.press("enter", "s")
        await it.until(lambda: "Compose accepts the file" in it.text())
        await it.press(key)
        await it.until(lambda: isinstance(it.app.screen, PlanScreen))
        await it.press("y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.until(lambda: "succeeded" in it.text())
        assert b"NOSTR_POST_ENABLE=false" in (file_of(it).data or b"")
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, EnvironmentEditor))
        await it.until(lambda: not session_of(editor_of(it)).unsaved)


async def test_messages_name_the_keys_of_the_settings() -> None:
    keys = {"environment.save": "ctrl+g", "environment.undo": "ctrl+u"}
    async with console(size=SIZE, settings=Settings(keys=keys)) as it:
        await opened(it, "CANVAS_THEME")
        await it.press("d")
        await it.until(lambda: "CANVAS_THEME is removed; ^u undoes it." in it.text())
        await it.until(lambda: "not saved: ^g saves" in it.text())
