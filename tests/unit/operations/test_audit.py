"""Writing the audit trail."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.errors import FileError
from pixel_tui.operations.audit.origin import current_origin
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.text import SafeText
from tests.builders.audit import NOW, ORIGIN, status


@pytest.fixture
def audit(tmp_path: Path) -> AuditTrail:
    return AuditTrail(tmp_path / "state" / "audit.jsonl", FixedClock(NOW), ORIGIN)


def records(audit: AuditTrail) -> list[dict[str, Any]]:
    return [json.loads(line) for line in audit.path.read_text().splitlines()]


def test_the_first_record_has_the_origin_and_the_plan(audit: AuditTrail) -> None:
    audit.begin(status(("docker", "compose", "restart", "agent")))
    (record,) = records(audit)
    assert record["event"] == "begin"
    assert record["time"] == "2026-03-01T12:00:00+00:00"
    assert record["job"] == "job-1"
    assert (record["user"], record["host"], record["pid"]) == ("ana", "vps", 41)
    assert (record["terminal"], record["ssh"]) == (ORIGIN.terminal, ORIGIN.ssh)
    assert record["sudo_user"] == "root"
    assert record["plan"]["title"] == "Restart agent"
    assert record["plan"]["risk"] == "disruptive"
    assert record["plan"]["targets"] == ["agent"]
    assert record["plan"]["commands"] == ["docker compose restart agent"]


def test_the_last_record_has_the_result(audit: AuditTrail) -> None:
    ended = replace(
        status(),
        state=JobState.FAILED,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=12.5),
        exit_code=1,
        message=SafeText("agent is unhealthy."),
    )
    audit.begin(ended)
    audit.end(ended)
    begin, end = records(audit)
    assert begin["job"] == end["job"]
    assert end["event"] == "end"
    assert (end["result"], end["exit_code"], end["seconds"]) == ("failed", 1, 12.5)
    assert end["verification"] == "agent is unhealthy."


def test_a_job_left_running_at_exit_is_recorded(audit: AuditTrail) -> None:
    audit.left_running(replace(status(), state=JobState.RUNNING))
    (record,) = records(audit)
    assert (record["event"], record["result"]) == ("left", "running")


def test_no_secret_reaches_the_file(audit: AuditTrail) -> None:
    secret = "hunter2hunter2"
    job = status(
        ("docker", "compose", "run", "-e", f"API_KEY={secret}", "worker"),
        ("psql", f"postgres://pixel:{secret}@db/agent"),
    )
    audit.begin(job)
    audit.end(replace(job, message=SafeText(f"worker says PASSWORD={secret}")))
    assert secret not in audit.path.read_text()
    assert "API_KEY" in audit.path.read_text()


def test_every_record_is_one_line(audit: AuditTrail) -> None:
    audit.begin(status(("echo", 'a\nb"\u2028{"event": "end"}')))
    assert len(audit.path.read_bytes().splitlines()) == 1
    assert len(records(audit)) == 1


def test_the_file_is_only_appended_to(audit: AuditTrail) -> None:
    audit.begin(status())
    before = audit.path.read_bytes()
    AuditTrail(audit.path, FixedClock(NOW), ORIGIN).begin(status())
    assert audit.path.read_bytes().startswith(before)
    assert len(records(audit)) == 2


def test_a_truncated_record_does_not_damage_the_next(audit: AuditTrail) -> None:
    audit.begin(status())
    with audit.path.open("ab") as file:
        file.write(b'{"version": 1, "ev')
    audit.end(status())
    lines = audit.path.read_text().splitlines()
    assert [json.loads(line)["event"] for line in (lines[0], lines[2])] == ["begin", "end"]


def test_it_is_private_from_the_start(audit: AuditTrail) -> None:
    audit.begin(status())
    assert audit.path.stat().st_mode & 0o777 == 0o600
    assert audit.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_record_is_synced_before_the_change(
    audit: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, int]] = []

    def sync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        synced.append((found.st_ino, found.st_size))

    monkeypatch.setattr(os, "fsync", sync)
    audit.begin(status())
    found = audit.path.stat()
    assert (found.st_ino, found.st_size) in synced


def test_a_trail_that_cannot_be_written_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="audit") as raised:
        AuditTrail(tmp_path / "file" / "audit.jsonl", FixedClock(NOW), ORIGIN).begin(status())
    assert raised.value.hint


def test_a_full_disk_is_an_error_too(audit: AuditTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _, line: len(line) - 1)
    with pytest.raises(FileError, match="space"):
        audit.begin(status())


def test_the_origin_is_this_process() -> None:
    origin = current_origin({"SSH_CONNECTION": "192.0.2.7 1 192.0.2.1 22", "SUDO_USER": "ana"})
    assert origin.pid == os.getpid()
    assert origin.user
    assert origin.host
    assert (origin.ssh, origin.sudo_user) == ("192.0.2.7 1 192.0.2.1 22", "ana")
