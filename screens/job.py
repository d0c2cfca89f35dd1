"""A job: what it does, live, and how it ended."""

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import Static

from pixel_tui.clock import Clock
from pixel_tui.operations.job import Job, JobState, JobStatus
from pixel_tui.stack.file_feed import FileFeed
from screens.dialog import Dialog
from widgets.job_list import STATE_LOOKS
from widgets.key_bar import KeyBar
from widgets.log_view import LogView
from widgets.rows.figures import span


class JobChanged(Message):
    """The job has moved; posted from its thread."""


class JobScreen(Dialog[None]):
    """Shows the output of a job; closing it leaves the job alone.

    Args:
        job: What to watch.
        clock: The time.
    """

    AUTO_FOCUS = "LogView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,b,q", "dismiss", "Background", id="job.background"),
        Binding("ctrl+x", "cancel", "Cancel the job", id="job.cancel"),
    ]

    def __init__(self, job: Job, clock: Clock) -> None:
        super().__init__()
        self._job = job
        self._clock = clock
        self._feed: FileFeed | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def job(self) -> Job:
        """What is watched."""
        return self._job

    def compose(self) -> ComposeResult:
        """The state above, the output below."""
        with Vertical(classes="dialog -tall") as dialog:
            dialog.border_title = Content(f"Job: {self._job.status.plan.title}")
            yield Static(id="job-state", markup=False)
            yield LogView(id="job-output")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the output and the state."""
        with suppress(NoMatches):  # closed before it was there
            view = self.query_one(LogView)
            self._feed = FileFeed(self._job.status.output, "job")
            view.show(self._feed)
            self._unsubscribe = self._job.subscribe(lambda _status: self._heard())
            self.set_interval(1.0, self._draw)
            self._draw()

    def on_unmount(self) -> None:
        """Stop following; the job goes on."""
        self._unsubscribe()
        if self._feed is not None:
            self._feed.close()

    def _heard(self) -> None:
        self.post_message(JobChanged())

    @on(JobChanged)
    def _draw(self) -> None:
        status = self._job.status
        with suppress(NoMatches):  # being closed
            self.query_one("#job-state", Static).update(_state(status, self._clock))
            self.query_one(".dialog").set_class(status.state is JobState.FAILED, "-broken")
            self.refresh_bindings()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """What is over can't be cancelled."""
        return not (action == "cancel" and self._job.status.state.ended)

    def action_cancel(self) -> None:
        """Ask the running command to stop."""
        self._job.cancel()


def _state(status: JobStatus, clock: Clock) -> Content:
    word, style = STATE_LOOKS[status.state]
    end = status.ended or clock.now()
    took = span((end - (status.started or end)).total_seconds())
    steps = status.plan.steps
    step = f"step {min(status.step + 1, len(steps))} of {len(steps)}" if len(steps) > 1 else ""
    asked = "  asked to stop" if status.cancelling and not status.state.ended else ""
    head = Content.assemble(
        (word, style), f"  {took}", (f"  {step}" if step else "", "$foreground-muted"), asked
    )
    if not status.message:
        return head
    return Content("\n").join([head, Content(status.message)])
