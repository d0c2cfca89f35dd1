"""Changes the ledger, as a step of a plan: `python -m pixel_tui.ledger`.

Prints a line for each thing it does. Exits 0 if it was done, 1 if not.
"""

from pixel_tui.early_signals import end_on_interrupt

if __name__ == "__main__":
    end_on_interrupt()

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from pixel_tui.clock import SystemClock
from pixel_tui.environment.checks.masking import learn_secrets
from pixel_tui.errors import FileError, NothingToDo, OperationError
from pixel_tui.files import read_regular
from pixel_tui.humanize import span
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.reading.retention import RETENTION_DAYS, removable_files
from pixel_tui.ledger.reading.task import Task, TaskStatus, TaskType
from pixel_tui.ledger.reading.worker_lock import lock_content, parse_lock
from pixel_tui.ledger.writing import changes
from pixel_tui.ledger.writing.drafts import TaskDrafts, new_task
from pixel_tui.ledger.writing.store import Change, LedgerStore
from pixel_tui.ledger.writing.versions import OldVersions, old_versions_folder
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.step_program import run_step, say

POLL_SECONDS: Final = 0.25
MAX_LOCK_BYTES: Final = 1024 * 1024
"""The most bytes of a lock file that are read."""
REBUILD: Final = """\
SYNTROPY SELF-REBUILD

Run this in your container, in this order. Stop at the first command that fails, and exit 1.

cd /pixel
git pull --ff-only --recurse-submodules
{compose} build syntropy
mkdir -p "$(dirname "$HOST_PIXEL_ROOT")"
test -e "$HOST_PIXEL_ROOT" || ln -s /pixel "$HOST_PIXEL_ROOT"
cd "$HOST_PIXEL_ROOT"
HOME={home} {compose} up -d --no-deps --no-build syntropy

Then wait up to 5 minutes until the health check of syntropy agrees. Healthy: exit 0. Not
healthy: show the last 100 lines of its log, and exit 1.

Why like this: the host's path and the operator's HOME are part of what compose compares, and
bind mounts are resolved on the host. Without --no-deps other services would be recreated.
"""
"""The instructions for the worker of a `syntropy-rebuild` task."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    os.umask(0o022)
    arguments = _parser().parse_args(argv)
    return run_step(lambda: _Command(arguments).run(arguments.verb))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pixel_tui.ledger",
        description="Run the actions on tasks, without plan, lock and audit.",
    )
    verbs = ("add", "add-rebuild", "abort", "retry", "requeue", "lock", "unlock", "await", "reap")
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("id", nargs="?", default="", help="the task")
    parser.add_argument("--directory", required=True, type=Path, help="the project's folder")
    parser.add_argument(
        "--compose", default="docker compose", help="add-rebuild: how the worker calls compose"
    )
    parser.add_argument("--reason", default="", help="abort, add-rebuild: why")
    parser.add_argument("--only-running", action="store_true", help="abort: unless it has finished")
    parser.add_argument("--until", choices=("started", "ended"), default="ended")
    parser.add_argument("--seconds", type=float, default=60, help="await: the timeout")
    parser.add_argument(
        "--count", type=int, metavar="N", help="await: the number of earlier attempts"
    )
    parser.add_argument("--days", type=float, default=RETENTION_DAYS, help="reap: only older ones")
    return parser


class _Command:
    """Runs the verbs."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._task: str = arguments.id
        self._clock = SystemClock()
        project = arguments.directory.absolute()
        learn_secrets(ComposeCommand(directory=str(project)), os.environ)
        self._place = LedgerPlace(project)
        folder = old_versions_folder(state_folder(), project)
        self._drafts = TaskDrafts(folder)
        self._store = LedgerStore(self._place.ledger, OldVersions(folder, self._clock))

    def run(self, verb: str) -> None:
        verbs: dict[str, Callable[[], None]] = {
            "add": self._add,
            "add-rebuild": self._add_rebuild,
            "abort": self._abort,
            "retry": self._retry,
            "requeue": self._requeue,
            "lock": self._lock,
            "unlock": self._unlock,
            "await": self._await,
            "reap": self._reap,
        }
        verbs[verb]()

    def _change(self, change: Change, message: str) -> None:
        outcome = self._store.change(change)
        say(message)
        if outcome.overwritten:
            say(f"Another program overwrote it; it was written again ({outcome.overwritten} "
                "times).")  # fmt: skip

    def _add(self) -> None:
        draft = self._drafts.find(self._task)
        self._change(changes.add(draft.value), f"{draft.task.short} is queued.")
        self._drafts.remove(self._task)

    def _add_rebuild(self) -> None:
        reason = self._arguments.reason or "requested by an operator"
        value = new_task(
            REBUILD.format(
                compose=self._arguments.compose, home=shlex.quote(str(Path.home()))
            ),
            now=self._clock.now(), kind=TaskType.SYNTROPY_REBUILD,
            context=f"Reason: {reason}", task_id=self._task,
        )  # fmt: skip
        self._change(changes.add(value), f"{self._task[:8]} is queued.")

    def _abort(self) -> None:
        reason = self._arguments.reason or "Aborted by an operator"
        change = changes.abort(
            self._task, reason, now=self._clock.now(), only_running=self._arguments.only_running
        )
        self._change(change, f"{self._task[:8]} is aborted.")

    def _retry(self) -> None:
        allowed = frozenset({TaskStatus.FAILED, TaskStatus.ABORTED})
        change = changes.queue_again(self._task, allowed)
        self._change(change, f"{self._task[:8]} is pending again.")

    def _requeue(self) -> None:
        change = changes.queue_again(self._task, frozenset({TaskStatus.RUNNING}))
        self._change(change, f"{self._task[:8]} is pending again.")

    def _lock(self) -> None:
        path = self._place.lock
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            raise OperationError(
                "Another worker is starting or running: the worker lock is held.", on=str(path)
            ) from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(lock_content(self._task, self._clock.now()))
        except OSError as error:
            # An empty lock would block every worker, for an unknown task.
            with suppress(OSError):
                path.unlink()
            raise FileError(
                f"The worker lock can't be written: {error.strerror or error}.",
                on=str(path),
                hint="Check the free disk space.",
            ) from error
        say("The worker lock is held; the worker removes it when it exits.")

    def _unlock(self) -> None:
        path = self._place.lock
        try:
            held = parse_lock(read_regular(path, MAX_LOCK_BYTES), path.stat().st_mtime)
        except FileNotFoundError:
            raise NothingToDo("The worker lock is already gone.") from None
        if held.task != self._task:
            raise OperationError("The worker lock has changed.", on=held.task)
        path.unlink(missing_ok=True)
        say("The worker lock is removed.")

    def _await(self) -> None:
        reader = LedgerReader(self._place, self._clock)
        deadline = self._clock.now() + timedelta(seconds=self._arguments.seconds)
        last_status = ""
        attempt_counted = self._arguments.count is None
        while self._clock.now() < deadline:
            task = _single(reader.read().named(self._task))
            if task.status_text != last_status:
                last_status = task.status_text
                say(f"{task.short} is {last_status}.")
            if not attempt_counted and task.status is not TaskStatus.PENDING:
                attempt_counted = True
                self._count_attempt()
            if task.status.ended:
                _report_end(task)
                return
            if self._arguments.until == "started" and task.status is TaskStatus.RUNNING:
                return
            time.sleep(POLL_SECONDS)
        raise OperationError(
            f"The task is still {last_status} after {span(self._arguments.seconds)}.",
            on=self._task[:8],
            hint="Check its container's logs.",
        )

    def _count_attempt(self) -> None:
        try:
            self._store.change(changes.count_attempt(self._task, self._arguments.count))
        except NothingToDo:
            return

    def _reap(self) -> None:
        reading = LedgerReader(self._place, self._clock).read()
        if reading.trouble is not None:
            raise OperationError(reading.trouble.what, hint=reading.trouble.hint)
        for file in removable_files(self._place, reading, self._clock.now(), self._arguments.days):
            file.path.unlink(missing_ok=True)
            say(f"{file.path.relative_to(self._place.project)} is removed.")


def _single(tasks: tuple[Task, ...]) -> Task:
    if len(tasks) != 1:
        raise OperationError("The task is no longer in the ledger.")
    return tasks[0]


def _report_end(task: Task) -> None:
    if task.status is not TaskStatus.COMPLETED:
        why = f": {task.error or task.summary}" if task.error or task.summary else ""
        raise OperationError(f"The task is {task.status_text}{why}.", on=task.short)
    say(f"It is completed{f': {task.summary}' if task.summary else ''}.")


if __name__ == "__main__":
    sys.exit(main())
