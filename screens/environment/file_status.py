"""The status of an environment file: its counts, its problems, and why it can't be saved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from pixel_tui.environment.editing.session import EditSession
from pixel_tui.errors import ConsoleError
from pixel_tui.text import SafeText, plain
from widgets.bound_key import bound_key
from widgets.filter_title import filter_title
from widgets.lines.fitted_line import FittedLine, LinePart
from widgets.rows.environment_row import KeyLine, hidden_problems, totals_words
from widgets.tables.cursor_table import fit_middle

SHORTEST_PATH: Final = 12
"""Cells of a path that are always shown."""


def file_title(
    path: Path,
    place: str,
    words: str,
    rows: Sequence[KeyLine],
    *,
    problems_only: bool,
    width: int,
) -> Content:
    """The path of the file, and how its keys are filtered.

    Args:
        path: The path of the file.
        place: Its position among the environment files; empty if it is the only one.
        words: The text of the filter; may be empty.
        rows: All keys.
        problems_only: Whether only keys with problems are listed.
        width: The cells that it may take. If it is longer, the path is cut in the middle.
    """
    name = f"Environment {place} · " if place else "Environment "
    parts = [f"filter: {words}"] if words else []
    parts += ["problems only"] if problems_only else []
    hidden = hidden_problems(rows, words)
    shown = str(plain(str(path)))
    too_long = filter_title(f"{name}{shown}", parts, hidden).cell_length - width
    if too_long > 0:
        shown = fit_middle(shown, max(cell_len(shown) - too_long, SHORTEST_PATH))
    return filter_title(f"{name}{shown}", parts, hidden)


def file_totals(session: EditSession | None) -> Sequence[LinePart]:
    """The counts of a file's keys, in one line.

    Args:
        session: The file; None until it was read.
    """
    if session is None or session.overview is None:
        return [LinePart(Content("Reading…"))]
    if session.loaded.data is None:
        words = "The file does not exist yet."
        return [LinePart(Content.styled(words, "$text-warning bold"))]
    counts = totals_words(session.overview)
    return [LinePart(Content(words), rank, gap=", ") for words, rank in counts]


def with_edits(
    totals: Sequence[LinePart], session: EditSession, save_key: SafeText, merge_key: SafeText
) -> Sequence[LinePart]:
    """Add to the counts of a file that it has unsaved edits, and that it has changed on disk."""
    first, *others = totals
    parts = [replace(first, gap="   "), *others]
    if session.unsaved:
        words = "not saved" if session.loaded.read_only_reason else f"not saved: {save_key} saves"
        parts.append(LinePart(Content.styled(words, "$text-warning bold"), gap="   "))
    if session.changed_elsewhere:
        words = f"✗ changed on disk: {merge_key} merges"
        parts.insert(0, LinePart(Content.styled(words, "$text-error bold"), gap="   "))
    return parts


class FileStatus(Vertical):
    """The counts, and below them why the file can't be saved and its first problem, if any."""

    def compose(self) -> ComposeResult:
        """The three lines."""
        yield FittedLine("Reading…", id="environment-totals")
        yield Static(id="environment-obstacle", markup=False)
        yield Static(id="environment-file", markup=False)

    def show_totals(self, parts: Sequence[LinePart]) -> None:
        """Show the counts of the keys."""
        self.query_one(FittedLine).show(parts)

    def show_obstacle(self, words: SafeText) -> None:
        """Show why the file can't be saved, and what to do; nothing if the text is empty."""
        self._show("#environment-obstacle", Content(words))

    def show_findings(self, words: Content) -> None:
        """Show the first problem of the file; nothing if the text is empty."""
        self._show("#environment-file", words)

    def show_unreadable(self, error: ConsoleError) -> None:
        """Show why the file can't be read, and what to do, in place of the counts."""
        self.show_totals([LinePart(Content.styled(f"✗ {error.what}", "$text-error bold"))])
        key = bound_key(self, "environment.read", "f5")
        self.show_obstacle(plain(f"{error.hint} {key} reads it again.".lstrip()))

    def _show(self, place: str, words: Content) -> None:
        static = self.query_one(place, Static)
        static.update(words)
        static.set_class(bool(words.plain), "-shown")
