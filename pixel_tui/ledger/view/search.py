"""Finding tasks by words in what is to be done, the output and the error. Pure."""

from pixel_tui.ledger.file.json_edit import written_out
from pixel_tui.ledger.reading.task import Task, TaskTexts, texts_of


class TaskSearch:
    """Whether tasks have some words in them, in whatever case.

    A task's text is looked through as it stands in the file, and taken apart only where the
    words are in it: ten thousand tasks are gone through in a moment.

    Args:
        words: What is looked for, as one phrase; every task has an empty one.
    """

    def __init__(self, words: str) -> None:
        self._words = words.casefold()
        self._plain = words.isascii() and words.isprintable()
        self._raw = written_out(words.lower())[1:-1]

    def matches(self, task: Task) -> bool:
        """Whether a task has them. Fast, but not for the event loop where there are many."""
        if not self._words:
            return True
        if self._plain and self._raw not in task.raw.lower():
            return False
        return self._words in _searched(task, texts_of(task))


def _searched(task: Task, texts: TaskTexts) -> str:
    parts = (task.id, task.status_text, task.type_text, *texts.task, *texts.context,
             *texts.summary, *texts.output, *texts.error, *texts.last_error)  # fmt: skip
    return "\n".join(parts).casefold()
