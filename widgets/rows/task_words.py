"""The text of a task, as Markdown if that is fast enough."""

import asyncio
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from pixel_tui.ledger.reading.task import TaskTexts
from pixel_tui.text import SafeText
from widgets.rows.task_details import truncated, truncation_note

MAX_BLOCKS: Final = 100
"""Headings, paragraphs, items, cells: Textual needs 2 or 3 ms for each."""
MAX_LINES: Final = 200
MAX_CHARACTERS: Final = 10_000
"""One block of that length, of code or links, takes a fifth of a second."""


class TaskWords(VerticalScroll, can_focus=True):
    """The task and its context; as plain text if Markdown would block the console."""

    def compose(self) -> ComposeResult:
        """The Markdown and the plain text, one of which is shown."""
        yield Markdown(open_links=False)
        yield Static(id="task-plain", markup=False)

    async def show(self, texts: TaskTexts, command: SafeText) -> None:
        """Show these texts.

        Args:
            texts: The texts of the task.
            command: The command that prints a text that is too long.
        """
        words, more = await asyncio.to_thread(_words, texts)
        as_markdown = not more and await asyncio.to_thread(_is_light, words)
        plain_text = Content(words)
        if more:
            plain_text += Content.styled(f"\n\n{truncation_note(more, command)}", "$text-warning")
        markdown, text = self.query_one(Markdown), self.query_one("#task-plain", Static)
        markdown.display, text.display = as_markdown, not as_markdown
        text.update("" if as_markdown else plain_text)
        await markdown.update(words if as_markdown else "")


def _words(texts: TaskTexts) -> tuple[str, int]:
    """The text, and the number of characters that are left out."""
    lines: Sequence[str] = texts.task or ("*The task has no text.*",)
    if texts.context:
        lines = (*lines, "", "## Context", "", *texts.context)
    kept, more = truncated([SafeText(line) for line in lines])
    return "\n".join(kept), more


def _is_light(words: str) -> bool:
    """Whether Markdown is fast for this text. Parsing it may take a third of a second."""
    if len(words) > MAX_CHARACTERS or words.count("\n") > MAX_LINES:
        return False
    tokens = MarkdownIt("gfm-like").parse(words)  # as Textual does
    return sum(item.nesting >= 0 and item.type != "inline" for item in tokens) <= MAX_BLOCKS
