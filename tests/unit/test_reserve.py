"""The reserve of disk space, on a full file system."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import FileError
from pixel_tui.files import replace_file
from pixel_tui.operations.audit.origin import Origin
from pixel_tui.operations.audit.trail import AuditTrail, audit_path
from pixel_tui.operations.jobs.execution import append_line
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.jobs.lock import LockOwner, acquire_lock
from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.reserve import NAME, PIECE_BYTES, RESERVE_BYTES, keep_reserve
from pixel_tui.text import SafeText

ROOM = 4 * 1024 * 1024
OWNER = LockOwner("ana", "vps", 41, "2026-03-01T08:00:00+00:00", "Stop web")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a file system can't be mounted here")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> None:
    """Fill the disk completely."""
    with (disk / "filling").open("ab", buffering=0) as file:
        try:
            while file.write(b"x" * 65536) == 65536:
                pass
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    found = os.statvfs(disk)
    assert found.f_bavail == 0


def job(folder: JobFolder) -> JobStatus:
    plan = Plan(
        id="1",
        action="stop",
        title=SafeText("Stop web"),
        reason=SafeText(""),
        risk=Risk.DISRUPTIVE,
        engine=SafeText("unix:///x"),
        project=SafeText("pixel"),
        targets=(SafeText("web"),),
        fingerprint="",
        steps=(),
        created_at=SystemClock().now(),
        touched=(),
    )
    output = folder.new_output(SystemClock().now())
    return JobStatus(id=output.stem, plan=plan, output=output)


def test_the_reserve_is_private_and_really_takes_space(disk: Path) -> None:
    assert keep_reserve(disk)
    about = (disk / NAME).stat()
    assert about.st_size == RESERVE_BYTES
    assert about.st_blocks * 512 >= RESERVE_BYTES
    assert about.st_mode & 0o777 == 0o600


def test_a_complete_job_is_recorded_on_a_full_disk(
    disk: Path,
) -> None:
    state = disk / "state"
    assert keep_reserve(state)
    fill(disk)
    audit = AuditTrail(audit_path(state), SystemClock(), Origin("ana", "vps", 41))
    records = JobFolder(jobs_path(state))
    with acquire_lock(disk / "locks", engine="unix:///x", project="pixel", owner=OWNER):
        status = job(records)
        records.save(status, durable=True)
        audit.begin(status)
        append_line(status.output, "$ docker compose stop web")
        fill(disk)  # another program takes the freed space
        append_line(status.output, "# It is stopped.")
        audit.end(status)
        records.save(status, durable=True)
    trail = audit.read()
    assert [record.text("event") for record in trail.records] == ["begin", "end"]
    assert (trail.problems, trail.truncated) == ((), 0)
    assert records.read(status.id) == status
    assert "It is stopped" in status.output.read_text()
    assert 0 < (state / NAME).stat().st_size < RESERVE_BYTES


def write_until_full(audit: AuditTrail, status: JobStatus) -> None:
    """Fill the rest of the audit trail's last block."""
    for _ in range(100):
        audit.begin(status)


def test_a_failed_record_leaves_no_part_of_itself(disk: Path) -> None:
    state = disk / "state"
    audit = AuditTrail(audit_path(state), SystemClock(), Origin("ana", "vps", 41))
    status = job(JobFolder(jobs_path(state)))
    audit.begin(status)
    before = audit.path.read_bytes()
    fill(disk)
    with pytest.raises(FileError):
        write_until_full(audit, status)
    written = audit.path.read_bytes()
    assert written.startswith(before)
    assert written.endswith(b"\n")
    assert audit.read().truncated == 0


def test_without_a_reserve_the_error_says_where_how_much_and_how_to_fix_it(disk: Path) -> None:
    state = disk / "state"
    state.mkdir()
    fill(disk)
    assert not keep_reserve(state)
    audit = AuditTrail(audit_path(state), SystemClock(), Origin("ana", "vps", 41))
    status = JobStatus(id="1", plan=job(JobFolder(disk)).plan, output=disk / "1.log")
    with pytest.raises(FileError) as caught:
        audit.begin(status)
    assert str(state) in caught.value.hint
    assert f"{PIECE_BYTES:,} bytes" in caught.value.hint
    assert "`df -h`" in caught.value.hint
    assert caught.value.what == "The audit record can't be written: No space left on device."


def test_it_is_created_again_when_there_is_space(disk: Path) -> None:
    assert keep_reserve(disk)
    fill(disk)
    replace_file(disk / "note", b"x" * 5000)
    assert (disk / NAME).stat().st_size == RESERVE_BYTES - PIECE_BYTES
    assert not keep_reserve(disk)
    (disk / "filling").unlink()
    assert keep_reserve(disk)
    assert (disk / NAME).stat().st_size == RESERVE_BYTES


def test_writes_that_can_wait_do_not_use_it(disk: Path) -> None:
    assert keep_reserve(disk)
    fill(disk)
    with pytest.raises(FileError, match="No space left"):
        replace_file(disk / "look", b"x" * 5000, reserve=False)
    assert (disk / NAME).stat().st_size == RESERVE_BYTES


def test_it_is_not_created_on_a_nearly_full_disk(disk: Path) -> None:
    (disk / "filling").write_bytes(b"x" * (ROOM - RESERVE_BYTES - 65536))
    assert not keep_reserve(disk)
    assert not (disk / NAME).exists()


def test_anything_but_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    keep_reserve(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
