"""Finds tasks by text in their instructions, output and errors. Pure."""

from pixel_tui.ledger.file.json_edit import serialize
from pixel_tui.ledger.reading.task import Task, TaskTexts, texts_of


class TaskSearch:
    """A case-insensitive search for text in tasks.

    A task's raw text is searched first, and parsed only if it contains the text: ten thousand
    tasks take a moment.

    Args:
        words: The text, as one phrase; empty text matches every task.
    """

    def __init__(self, words: str) -> None:
        self._words = words.casefold()
        self._searchable_raw = words.isascii() and words.isprintable()
        self._raw = serialize(words.lower())[1:-1]

    def matches(self, task: Task) -> bool:
        """Whether a task contains the text. Fast, but not for the event loop if there are many."""
        if not self._words:
            return True
        if self._searchable_raw and self._raw not in task.raw.lower():
            return False
        return self._words in _searchable_text(task, texts_of(task))


def _searchable_text(task: Task, texts: TaskTexts) -> str:
    parts = (task.id, task.status_text, task.type_text, *texts.task, *texts.context,
             *texts.summary, *texts.output, *texts.error, *texts.last_error)  # fmt: skip
    return "\n".join(parts).casefold()
