"""The time left to confirm an apply, shown on every screen.

An apply that is not confirmed in time is rolled back, and the user may be on any screen when it
starts to wait.
"""

from textual.dom import DOMNode

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.humanize import span
from screens.changes.console_jobs import ConsoleJobs


class ApplyCountdown:
    """The notice of an apply that waits for confirmation, whichever console runs it.

    Args:
        node: Runs the workers that check if one waits.
        jobs: Finds out if one waits.
    """

    def __init__(self, node: DOMNode, jobs: ConsoleJobs) -> None:
        self._node = node
        self._jobs = jobs
        self._checking = False

    def tick(self) -> str:
        """The notice as of the last check, empty if no apply waits; starts the next check."""
        if self._jobs.applying and not self._checking:
            self._checking = True
            self._node.run_worker(self._check, thread=True, group="files")
        left = self._jobs.seconds_to_confirm
        return "" if left is None else countdown_words(left, self._jobs.confirm_keys)

    def _check(self) -> None:
        try:
            self._jobs.check_waiting()
        finally:
            self._checking = False


def countdown_words(seconds: float, keys: ConfirmKeys) -> str:
    """When the apply is rolled back, and the keys that keep it."""
    left = span(round(seconds))
    return f"apply rolls back in {left}: {keys.open}, then {keys.keep} keeps it"
