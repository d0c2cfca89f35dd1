"""Who changed what, and how it ended: a file that is only ever appended to.

One JSON object a line. `begin` is written before the first step of a plan, `end` after
the last, `left` when the console closes while a step still runs. Each names the line
before it (see `audit_chain`). No audit, no change.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import FileError
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER, cannot_write, replace_file
from pixel_tui.operations.audit.chain import VERSION, Trail, digest
from pixel_tui.operations.audit.origin import Origin
from pixel_tui.operations.audit.reading import head_path, lines_until, read_audit
from pixel_tui.operations.audit.seal import NEW, DamagedSeal, Seal, read_seal, write_seal
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.operations.planning.plan_record import plan_as_json
from pixel_tui.redaction.redactor import redact
from pixel_tui.reserve import append_all, is_full, with_reserve
from pixel_tui.stack.compose.command import shown

BLOCK: Final = 64 * 1024
"""Bytes that are read from the end at once, to find the last line."""


PLAN_FACTS: Final = (
    *("id", "action", "title", "reason", "risk"),
    *("engine", "project", "targets", "fingerprint"),
)
"""What is recorded of a plan, beside its commands."""
_ACCEPTED: Final = "Accept an audit trail whose seal was missing"


def audit_path(state_folder: Path) -> Path:
    """Where the trail is."""
    return state_folder / "audit.jsonl"


class Audit:
    """The audit trail of this machine's consoles.

    Every method raises `FileError` when the record can't be brought to the disk.

    Args:
        path: The file; it is made, readable for its owner only, when it is not there.
        clock: Where times come from.
        origin: Whose changes they are.
    """

    def __init__(self, path: Path, clock: Clock, origin: Origin) -> None:
        self.path = path
        self._clock = clock
        self._origin = origin

    def begin(self, status: JobStatus) -> None:
        """Record what is about to be done."""
        self._append("begin", status, {"plan": _plan(status.plan)})

    def end(self, status: JobStatus) -> None:
        """Record how it ended, and what was found afterwards."""
        self._append("end", status, _result(status))

    def left(self, status: JobStatus) -> None:
        """Record that the console closed while a step was still running."""
        self._append("left", status, _result(status))

    def _append(self, event: str, status: JobStatus, facts: Mapping[str, object]) -> None:
        self._record({"job": status.id, **facts}, event)

    def accept(self) -> bool:
        """Take a seal that was made late for whole from now on, and record who did.

        Returns:
            Whether there was something to accept.
        """
        unsealed = self.read(keep=0).unsealed
        if unsealed:
            self._record({"plan": {"title": _ACCEPTED}, "accepted": unsealed}, "accept")
        return bool(unsealed)

    def _record(self, facts: Mapping[str, object], event: str) -> None:
        record = {
            "version": VERSION,
            "event": event,
            "time": self._clock.now().isoformat(),
            **asdict(self._origin),
            **facts,
        }
        try:
            self._write(record, accepted=event == "accept")
        except OSError as error:
            if is_full(error):
                what = "The audit record can't be written, so nothing was changed"
                needed = len(json.dumps(record))
                raise cannot_write(self.path, error, what=what, needed=needed) from error
            raise FileError(
                f"The audit record can't be written: {error.strerror or error}.",
                on=str(self.path),
                hint="Changes need it: check the file's owner, mode and free space.",
            ) from error

    def read(self, seal: Seal | None = None, *, keep: int | None = None) -> Trail:
        """The trail, and whether it is as it was written.

        Args:
            seal: What else is known of its length.
            keep: As many of the newest records are kept; all of them if None.

        Raises:
            FileError: It can't be read.
        """
        return read_audit(self.path, seal=seal, keep=keep)

    def _write(self, record: dict[str, object], *, accepted: bool) -> None:
        descriptor = with_reserve(self.path, self._opened)
        try:
            # Two consoles never stand behind the same line.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            seal = self._seal_before(size)
            before = _last_line(descriptor, size)
            record["previous"] = digest(before.removesuffix(b"\n")) if size else ""
            line = json.dumps(record, ensure_ascii=True).encode()
            # A power loss cut the record before: this one begins on a line of its own.
            written = (b"" if before.endswith(b"\n") or not size else b"\n") + line + b"\n"
            with_reserve(self.path, lambda: append_all(descriptor, written))
            replace_file(head_path(self.path), f"{digest(line)}\n".encode())
            self._seal(descriptor, seal, digest(line), str(record["previous"]), accepted=accepted)
        finally:
            os.close(descriptor)

    def _seal_before(self, size: int) -> Seal | None:
        """The seal that the next line follows; None where it is missing or damaged."""
        try:
            seal = read_seal(self.path)
        except DamagedSeal:
            return None
        if seal is None and not size and not os.path.lexists(head_path(self.path)):
            # The first use ever. Before its line: a power loss behind that is no missing seal.
            try:
                write_seal(self.path, NEW)
            except FileError as error:
                if isinstance(error.__cause__, OSError):  # reported as of the record
                    raise error.__cause__ from error
                raise
            return NEW
        return seal

    def _opened(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.path, flags, PRIVATE_FILE)

    def _seal(
        self, descriptor: int, before: Seal | None, last: str, previous: str, *, accepted: bool
    ) -> None:
        """Keep how long the trail is now, unless it is not what was sealed before.

        Then the seal of before stays: it is the witness of what is missing. One that is made in
        place of a missing one says so.
        """
        if before is not None and before.last == previous:
            unsealed = None if accepted else before.unsealed
            write_seal(self.path, Seal(before.lines + 1, last, unsealed))
            return
        count, found = 0, before is None or not before.lines
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(0)
            for count, line in enumerate(lines_until(file, os.fstat(descriptor).st_size), 1):
                found = found or (
                    before is not None and (count, line.digest) == (before.lines, before.last)
                )
        if found:
            unsealed = count - 1 if before is None else before.unsealed
            write_seal(self.path, Seal(count, last, None if accepted else unsealed))


def _last_line(descriptor: int, size: int) -> bytes:
    """The last line of a file, with its line end where it has one."""
    start, tail = size, b""
    while start > 0 and tail.find(b"\n", 0, -1) < 0:
        count = min(BLOCK, start)
        start -= count
        tail = os.pread(descriptor, count, start) + tail
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def _plan(plan: Plan) -> dict[str, object]:
    written = plan_as_json(plan)
    commands = [redact(shown(step.command)) for step in plan.steps]
    return {**{name: written[name] for name in PLAN_FACTS}, "commands": commands}


def _result(status: JobStatus) -> dict[str, object]:
    return {
        "result": status.state.value,
        "steps_begun": 0 if status.started_at is None else status.step + 1,
        "exit_code": status.exit_code,
        "seconds": status.seconds,
        "verification": redact(status.message),
    }
