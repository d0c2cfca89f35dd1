"""The time to confirm an apply, counted down on every screen of the console.

Who saved an environment may be anywhere in the console when it works, and what is not confirmed
is rolled back.
"""

from textual.content import Content
from textual.screen import Screen

from screens.changes.console_jobs import ConsoleJobs
from widgets.countdown import countdown_words
from widgets.dashboard.status_bar import StatusBar
from widgets.key_bar import KeyBar


class ApplyCountdown:
    """Shows how long an apply waits to be confirmed, whichever console runs it.

    Args:
        dashboard: The screen below every other; its header shows it.
        jobs: Finds out whether one waits.
    """

    def __init__(self, dashboard: Screen[None], jobs: ConsoleJobs) -> None:
        self._dashboard = dashboard
        self._jobs = jobs
        self._looking = False

    def show(self) -> None:
        """Show it now, and find out how it is by the next time."""
        left = self._jobs.seconds_to_confirm
        keys = self._jobs.confirm_keys
        header = self._dashboard.query_one(StatusBar)
        header.confirm_keys, header.to_confirm = keys, left
        words = Content("")
        if left is not None:
            words = Content.styled(countdown_words(left, keys), "$text-warning bold")
        for screen in self._dashboard.app.screen_stack[1:]:
            # The job's own screen says it with all that there is to say.
            own = getattr(screen, "watched_job", "") == self._jobs.waiting_job
            for bar in screen.query(KeyBar):
                bar.notice = Content("") if own else words
        if self._jobs.applies and not self._looking:
            self._looking = True
            self._dashboard.run_worker(self._look, thread=True, group="files")

    def _look(self) -> None:
        try:
            self._jobs.look_whether_one_waits()
        finally:
            self._looking = False
