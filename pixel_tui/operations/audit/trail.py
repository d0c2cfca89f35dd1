"""Writes the audit trail: who changed what, and the result.

The file is only appended to, one JSON object a line: `begin` before the first step of a plan,
`end` after the last, `left` if pixel-tui exits while a step is running. Each has the hash of the
line before it (`chain.py`). If the record can't be written, the change is not made.
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
from pixel_tui.operations.audit.chain import VERSION, CheckedTrail, digest
from pixel_tui.operations.audit.origin import Origin
from pixel_tui.operations.audit.reading import head_path, lines_until, read_audit
from pixel_tui.operations.audit.seal import EMPTY_SEAL, DamagedSeal, Seal, read_seal, write_seal
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.operations.planning.plan_record import plan_as_json
from pixel_tui.redaction.redactor import redact
from pixel_tui.reserve import append_all, is_full, with_reserve
from pixel_tui.stack.compose.command import shown

BLOCK_BYTES: Final = 64 * 1024
"""The number of bytes read at once from the end, to find the last line."""


PLAN_MEMBERS: Final = (
    *("id", "action", "title", "reason", "risk"),
    *("engine", "project", "targets", "fingerprint"),
)
"""The recorded members of a plan, beside its commands."""
_ACCEPTED: Final = "Accept an audit trail whose seal was missing"


def audit_path(state_folder: Path) -> Path:
    """Return the path of the audit trail."""
    return state_folder / "audit.jsonl"


class AuditTrail:
    """The audit trail of one user on this machine.

    Every method raises `FileError` if the record can't be written to disk.

    Args:
        path: The file; it is created, readable by its owner only, if it does not exist.
        clock: The clock.
        origin: The origin of the changes.
    """

    def __init__(self, path: Path, clock: Clock, origin: Origin) -> None:
        self.path = path
        self._clock = clock
        self._origin = origin

    def begin(self, status: JobStatus) -> None:
        """Record a plan that is about to run."""
        self._append("begin", status, {"plan": _plan(status.plan)})

    def end(self, status: JobStatus) -> None:
        """Record the result of a job."""
        self._append("end", status, _result(status))

    def left_running(self, status: JobStatus) -> None:
        """Record that pixel-tui exits while a step is running."""
        self._append("left", status, _result(status))

    def _append(self, event: str, status: JobStatus, facts: Mapping[str, object]) -> None:
        self._record({"job": status.id, **facts}, event)

    def accept(self) -> bool:
        """Accept a seal that was recreated, and record who did; returns whether there was one."""
        unsealed = self.read(max_records=0).seal_problem
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
                what, needed = "The audit record can't be written", len(json.dumps(record))
                raise cannot_write(self.path, error, what=what, needed=needed) from error
            raise FileError(
                f"The audit record can't be written: {error.strerror or error}.",
                on=str(self.path),
                hint="Changes need it: check the file's owner, mode and free space.",
            ) from error

    def read(self, seal: Seal | None = None, *, max_records: int | None = None) -> CheckedTrail:
        """Read and check the trail.

        Args:
            seal: A seal from another source, such as the system's log.
            max_records: The number of newest records to return; None for all.

        Raises:
            FileError: It can't be read.
        """
        return read_audit(self.path, seal=seal, max_records=max_records)

    def _write(self, record: dict[str, object], *, accepted: bool) -> None:
        descriptor = with_reserve(self.path, self._open)
        try:
            # Two processes must not append after the same line.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            seal = self._previous_seal(size)
            before = _last_line(descriptor, size)
            record["previous"] = digest(before.removesuffix(b"\n")) if size else ""
            line = json.dumps(record, ensure_ascii=True).encode()
            # If a power loss cut the previous record, start a new line.
            written = (b"" if before.endswith(b"\n") or not size else b"\n") + line + b"\n"
            with_reserve(self.path, lambda: append_all(descriptor, written))
            replace_file(head_path(self.path), f"{digest(line)}\n".encode())
            self._seal(descriptor, seal, digest(line), str(record["previous"]), accepted=accepted)
        finally:
            os.close(descriptor)

    def _previous_seal(self, size: int) -> Seal | None:
        """Return the seal before the next line; None if it is missing or damaged."""
        try:
            seal = read_seal(self.path)
        except DamagedSeal:
            return None
        if seal is None and not size and not os.path.lexists(head_path(self.path)):
            # First use. The seal is written before the line, so that it is never missing.
            try:
                write_seal(self.path, EMPTY_SEAL)
            except FileError as error:
                if isinstance(error.__cause__, OSError):  # reported like an error of the record
                    raise error.__cause__ from error
                raise
            return EMPTY_SEAL
        return seal

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.path, flags, PRIVATE_FILE)

    def _seal(
        self, descriptor: int, before: Seal | None, last: str, previous: str, *, accepted: bool
    ) -> None:
        """Write the seal for the current length, unless the trail does not match the old seal.

        In that case the old seal stays, because it shows what is missing. A seal that replaces a
        missing one is marked as such.
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
    """Return the last line of a file, with its line end if it has one."""
    start, tail = size, b""
    while start > 0 and tail.find(b"\n", 0, -1) < 0:
        count = min(BLOCK_BYTES, start)
        start -= count
        tail = os.pread(descriptor, count, start) + tail
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def _plan(plan: Plan) -> dict[str, object]:
    written = plan_as_json(plan)
    commands = [redact(shown(step.command)) for step in plan.steps]
    return {**{name: written[name] for name in PLAN_MEMBERS}, "commands": commands}


def _result(status: JobStatus) -> dict[str, object]:
    return {
        "result": status.state.value,
        "steps_begun": 0 if status.started_at is None else status.step + 1,
        "exit_code": status.exit_code,
        "seconds": status.seconds,
        "verification": redact(status.message),
    }
