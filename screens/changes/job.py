"""A job: its state and its output, live."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from pixel_tui.clock import Clock
from pixel_tui.confirm_keys import DEFAULT_KEYS, KEEP_ID, KEEP_KEY, ConfirmKeys
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.errors import FileError
from pixel_tui.humanize import span
from pixel_tui.operations.jobs.job import CancellableJob, JobState, JobStatus, WatchedJob
from pixel_tui.stack.feed.file import FileFeed
from pixel_tui.text import SafeText
from screens.shared.composed import when_composed
from screens.shared.dialog import Dialog
from screens.shared.titled_box import TitledBox
from widgets.bound_key import bound_key
from widgets.dashboard.job_list import STATE_LOOKS
from widgets.key_bar import KeyBar
from widgets.logs.job_output import JobOutput
from widgets.rows.job_steps import step_lines


class JobChanged(Message):
    """The job has changed; posted from its thread."""


class JobScreen(Dialog[None]):
    """Shows the state and output of a job; closing it does not affect the job.

    Args:
        job: The job; it can be cancelled here if it is a `CancellableJob`.
        clock: The time.
        confirmation: Confirms an apply; None for any other job.
        keys: The keys that confirm it.
    """

    AUTO_FOCUS = "JobOutput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,b,q", "dismiss", "Background", id="job.background"),
        Binding("escape,b,q", "close", "Close", id="job.close"),
        # Texts name these keys: a key of the output, which has the focus, must not win.
        Binding("escape,q", "keep", "Keep running", priority=True, id="job.keep",
                tooltip="Do not cancel it after all"),
        Binding("ctrl+x", "cancel", "Cancel", priority=True, id="job.cancel",
                tooltip="Cancel the job"),
        Binding(
            KEEP_KEY,
            "confirm",
            "Confirm",
            priority=True,
            id=KEEP_ID,
            tooltip="Keep the new environment, if the job waits for confirmation",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        job: WatchedJob,
        clock: Clock,
        confirmation: Confirmation | None = None,
        keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        super().__init__()
        self._confirming_cancel = False
        """Whether the key that cancels was pressed once; the second press cancels."""
        self._confirmation = confirmation
        self._keys = keys
        self._seconds_left: float | None = None
        """Seconds left to confirm it; None if it does not wait for that."""
        self._job = job
        self._cancellable = job if isinstance(job, CancellableJob) else None
        self._clock = clock
        self._feed: FileFeed | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def job(self) -> WatchedJob:
        """The job that is shown."""
        return self._job

    @property
    def watched_job(self) -> str:
        """The id of the job, whose result needs no notification."""
        return self._job.status.id

    def compose(self) -> ComposeResult:
        """The state, and the output below it."""
        with TitledBox("Job: ", self._job.status.plan.title, classes="dialog -tall"):
            yield Static(id="job-state", markup=False)
            yield JobOutput(id="job-output")
        # An apply that waits for confirmation shows its own countdown.
        ended = self._job.status.state.finished
        yield KeyBar(notices=self._confirmation is None or ended)

    @when_composed
    def on_mount(self) -> None:
        """Follow the output and the state."""
        view = self.query_one(JobOutput)
        self._feed = FileFeed(self._job.status.output, "job")
        view.show(self._feed)
        self._unsubscribe = self._job.subscribe(lambda _status: self._changed())
        self.set_interval(1.0, self._refresh)
        self._refresh()

    def on_unmount(self) -> None:
        """Stop following; the job continues."""
        self._unsubscribe()
        if self._feed is not None:
            self._feed.close()

    def _refresh(self) -> None:
        if self._confirmation is not None and not self._job.status.state.finished:
            self.run_worker(self._check_waiting, thread=True, group="waits", exclusive=True)
        else:
            self._seconds_left = None
        self._draw()

    def _check_waiting(self) -> None:
        try:
            waiting = self._confirmation.waiting() if self._confirmation is not None else None
        except FileError:  # the job's output has the error
            waiting = None
        self._seconds_left = waiting.seconds if waiting is not None else None
        self.post_message(JobChanged())

    def _changed(self) -> None:
        self.post_message(JobChanged())

    @on(JobChanged)
    @when_composed
    def _draw(self) -> None:
        status = self._job.status
        content = _state(status, self._clock)
        if self._asks:
            content = Content("\n").join([content, self._cancel_line(status)])
        if self._seconds_left is not None and not status.state.finished:
            content = Content("\n").join([content, _confirm_line(self._seconds_left, self._keys)])
        self.query_one("#job-state", Static).update(content)
        self.query_one(".dialog").set_class(status.state is JobState.FAILED, "-broken")
        self.refresh_bindings()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Offer to cancel only an unfinished job, and to confirm only one that waits.

        Esc closes; after the first press of the key that cancels, it withdraws that.
        """
        finished = self._job.status.state.finished
        if action == "close":
            return finished
        if action in {"dismiss", "keep"}:
            return not finished and self._asks is (action == "keep")
        if action == "confirm":
            return self._seconds_left is not None and not finished
        possible = self._cancellable is not None and not finished
        return action != "cancel" or possible

    def action_cancel(self) -> None:
        """Show the consequences; cancel the job on the second press."""
        if self._cancellable is None or self._job.status.cancel_requested:
            return
        if not self._confirming_cancel:
            self._confirming_cancel = True
        else:
            self._confirming_cancel = False
            self._run_to_the_end(self._cancel)
        self._draw()

    def action_confirm(self) -> None:
        """Keep the new environment."""
        self._run_to_the_end(self._confirm)

    def _run_to_the_end(self, request: Callable[[], None]) -> None:
        """Run a request in a thread of the app: closing this screen cancels the screen's own."""
        self.app.run_worker(request, thread=True, group="job-requests")

    def _confirm(self) -> None:
        try:
            kept = self._confirmation is not None and self._confirmation.confirm()
        except FileError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", markup=False)
            return
        self._seconds_left = None
        if not kept:
            message = "The job no longer waits for confirmation."
            self.app.call_from_thread(self.notify, message, severity="warning", markup=False)
        self.post_message(JobChanged())

    def action_close(self) -> None:
        """Close the screen of a job that has finished."""
        self.dismiss()

    def action_keep(self) -> None:
        """Withdraw the first press of the key that cancels."""
        self._confirming_cancel = False
        self._draw()

    @property
    def _asks(self) -> bool:
        """Whether the next press of the key cancels the job."""
        return self._confirming_cancel and not self._job.status.state.finished

    def _cancel_line(self, status: JobStatus) -> Content:
        cancel = bound_key(self, "job.cancel", "ctrl+x")
        keep = bound_key(self, "job.keep", "escape")
        words = f"Press {cancel} again to cancel; {keep} keeps it running. {_cancelling(status)}"
        return Content.styled(words, "$text-warning bold")

    def _cancel(self) -> None:
        if self._cancellable is None:
            return
        try:
            self._cancellable.cancel()
        except FileError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", markup=False)


def _state(status: JobStatus, clock: Clock) -> Content:
    word, style = STATE_LOOKS[status.state]
    now = clock.now()
    end = status.finished_at or now
    took = span((end - (status.started_at or end)).total_seconds())
    stopping = "  cancelling" if status.cancel_requested and not status.state.finished else ""
    lines = [Content.assemble((word, style), f"  {took}", stopping)]
    lines += step_lines(status, now)
    if status.message:
        lines.append(Content(status.message))
    return Content("\n").join(lines)


def _confirm_line(seconds: float, keys: ConfirmKeys) -> Content:
    left = span(round(seconds))
    return Content.styled(
        f"It works. Press {keys.keep} within {left} to keep it, or it is rolled back.",
        "$text-warning bold",
    )


def _cancelling(status: JobStatus) -> SafeText:
    """The consequences of cancelling now."""
    if status.state is JobState.VERIFYING:
        return SafeText("Every command has finished: only the verification stops.")
    return status.plan.steps[status.step].cancel_effect
