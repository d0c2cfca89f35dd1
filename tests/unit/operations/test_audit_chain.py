"""Edited, truncated and missing records of an audit trail are reported."""

import json
import shutil
import socket
import tracemalloc
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.clock import FixedClock
from pixel_tui.errors import FileError
from pixel_tui.operations.audit import reading as audit_reading
from pixel_tui.operations.audit import seal as audit_seal
from pixel_tui.operations.audit.chain import digest
from pixel_tui.operations.audit.entries import audit_entries
from pixel_tui.operations.audit.reading import head_path, read_audit
from pixel_tui.operations.audit.seal import Seal, find_seal_in_log, read_seal, seal_path
from pixel_tui.operations.audit.trail import AuditTrail
from tests.builders.audit import NOW, ORIGIN, status


@pytest.fixture
def audit(tmp_path: Path) -> AuditTrail:
    made = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    for _ in range(3):
        made.begin(status())
        made.end(status())
    return made


def lines(audit: AuditTrail) -> list[bytes]:
    return audit.path.read_bytes().splitlines(keepends=True)


def test_an_intact_trail_has_no_problems(audit: AuditTrail) -> None:
    trail = audit.read()
    assert trail.problems == ()
    assert [record.text("event") for record in trail.records] == ["begin", "end"] * 3
    assert [record.line for record in trail.records] == [1, 2, 3, 4, 5, 6]


def test_a_missing_trail_before_the_first_use_is_no_problem(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "none.jsonl", FixedClock(NOW), ORIGIN).read()
    assert (trail.records, trail.problems) == ((), ())


@pytest.mark.parametrize("at", range(5))
def test_an_edited_record_is_named(audit: AuditTrail, at: int) -> None:
    every = lines(audit)
    every[at] = every[at].replace(b'"ana"', b'"eve"')
    audit.path.write_bytes(b"".join(every))
    (problem,) = audit.read().problems
    assert f"Line {at + 1} was changed" in problem


def test_an_edit_of_the_last_record_does_not_match_the_head(audit: AuditTrail) -> None:
    every = lines(audit)
    every[-1] = every[-1].replace(b'"ana"', b'"eve"')
    audit.path.write_bytes(b"".join(every))
    (problem,) = audit.read().problems
    assert "last line was changed" in problem


@pytest.mark.parametrize("at", range(1, 5))
def test_a_removed_record_is_reported(audit: AuditTrail, at: int) -> None:
    every = lines(audit)
    del every[at]
    audit.path.write_bytes(b"".join(every))
    shortened, problem = audit.read().problems
    assert "shortened: it has 5 of 6" in shortened
    assert f"between it and line {at + 1} were removed" in problem


def test_a_removed_beginning_is_reported(audit: AuditTrail) -> None:
    audit.path.write_bytes(b"".join(lines(audit)[2:]))
    _, problem = audit.read().problems
    assert "beginning is missing" in problem


@pytest.mark.parametrize("left", [1, 4])
def test_a_removed_end_is_reported(audit: AuditTrail, left: int) -> None:
    audit.path.write_bytes(b"".join(lines(audit)[:left]))
    shortened, problem = audit.read().problems
    assert f"shortened: it has {left} of 6" in shortened
    assert "lines after it were removed" in problem


def test_an_emptied_or_removed_trail_is_reported(audit: AuditTrail) -> None:
    missing = ("The audit trail is missing: it had 6 records.",)
    audit.path.write_bytes(b"")
    assert audit.read().problems == missing
    audit.path.unlink()
    assert audit.read().problems == missing
    seal_path(audit.path).unlink()
    unsealed, gone = audit.read().problems
    assert "seal of the audit trail is missing" in unsealed
    assert gone == "All records are missing."


def test_a_missing_head_is_reported(audit: AuditTrail) -> None:
    audit.path.with_name("audit.jsonl.head").unlink()
    assert "is missing" in audit.read().problems[0]


def test_a_forged_record_is_reported(audit: AuditTrail) -> None:
    every = lines(audit)
    forged = json.loads(every[1])
    del forged["previous"]
    every.insert(3, json.dumps(forged).encode() + b"\n")
    audit.path.write_bytes(b"".join(every))
    assert any(
        "Line 4 does not belong to the chain" in problem for problem in audit.read().problems
    )


def test_a_power_loss_between_a_record_and_the_head_is_no_problem(audit: AuditTrail) -> None:
    head = audit.path.with_name("audit.jsonl.head")
    before = head.read_bytes()
    audit.begin(status())
    head.write_bytes(before)
    assert audit.read().problems == ()
    audit.end(status())
    assert audit.read().problems == ()


def test_a_record_truncated_by_a_full_disk_is_no_edit(audit: AuditTrail) -> None:
    with audit.path.open("ab") as file:
        file.write(b'{"version": 2, "ev')
    assert audit.read().truncated == 1
    audit.begin(status())
    trail = audit.read()
    assert (trail.problems, trail.truncated, len(trail.records)) == ((), 1, 7)


def test_records_from_before_the_chain_are_read(tmp_path: Path) -> None:
    made = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    made.path.write_bytes(b'{"version": 1, "event": "begin"}\n{"version": 1, "event": "end"}\n')
    made.begin(status())
    trail = made.read()
    assert (trail.unchained, len(trail.records)) == (2, 3)
    (problem,) = trail.problems
    assert "recreated with line 3" in problem, "they were not sealed either"


def test_concurrent_writers_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    def write() -> None:
        made = AuditTrail(path, FixedClock(NOW), ORIGIN)
        for _ in range(10):
            made.begin(status())

    threads = [Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail = AuditTrail(path, FixedClock(NOW), ORIGIN).read()
    assert (trail.problems, len(trail.records)) == ((), 60)


@settings(max_examples=60)
@given(st.data())
def test_any_changed_byte_is_reported(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    audit = AuditTrail(tmp_path_factory.mktemp("a") / "audit.jsonl", FixedClock(NOW), ORIGIN)
    for _ in range(3):
        audit.begin(status())
    content = bytearray(audit.path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 2))
    content[at] ^= data.draw(st.integers(1, 255))
    audit.path.write_bytes(content)
    assert audit.read().problems or audit.read().truncated


# The seal: the length of the trail, stored separately.


def head_of(audit: AuditTrail) -> Path:
    return head_path(audit.path)


def test_a_trail_removed_with_its_head_is_missing(audit: AuditTrail) -> None:
    audit.path.unlink()
    head_of(audit).unlink()
    assert audit.read().problems == ("The audit trail is missing: it had 6 records.",)
    audit.path.write_bytes(b"")
    assert "missing" in audit.read().problems[0]


@pytest.mark.parametrize("left", [1, 3, 5])
def test_a_trail_with_a_removed_end_and_a_new_head_is_shortened(
    audit: AuditTrail, left: int
) -> None:
    kept = lines(audit)[:left]
    audit.path.write_bytes(b"".join(kept))
    head_of(audit).write_text(digest(kept[-1].removesuffix(b"\n")))
    assert audit.read().problems == (f"The audit trail was shortened: it has {left} of 6 records.",)
    audit.begin(status())
    assert any("short" in words or "rewritten" in words for words in audit.read().problems)
    for _ in range(4):
        audit.begin(status())
    assert audit.read().problems, "what is written later does not make up for it"


def test_a_rewritten_trail_is_reported(audit: AuditTrail, tmp_path: Path) -> None:
    other = AuditTrail(tmp_path / "other" / "audit.jsonl", FixedClock(NOW), ORIGIN)
    for _ in range(7):
        other.begin(status())
    audit.path.write_bytes(other.path.read_bytes())
    head_of(audit).write_bytes(head_of(other).read_bytes())
    (problem,) = audit.read().problems
    assert "rewritten: line 6" in problem


DAMAGES = {
    "gone": None,
    "no JSON": b"x",
    "nested": b"[" * 2000,
    "nested and too long": b"[" * 5000,
    "empty": b"",
    "no seal": b'{"lines": 6}',
    "less than nothing": b'{"lines": -1, "last": "x"}',
}


def damage(audit: AuditTrail, content: bytes | None) -> None:
    if content is None:
        seal_path(audit.path).unlink()
    else:
        seal_path(audit.path).write_bytes(content)


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_missing_or_damaged_seal_is_reported(audit: AuditTrail, content: bytes | None) -> None:
    damage(audit, content)
    (problem,) = audit.read().problems
    what = "missing" if content is None else "damaged"
    assert problem.startswith(f"The seal of the audit trail is {what}: nothing shows whether")
    assert read_audit(audit.path, max_bytes=audit.path.stat().st_size // 2).problems == (problem,)


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_recreated_seal_stays_marked(audit: AuditTrail, content: bytes | None) -> None:
    kept = lines(audit)[:2]
    audit.path.write_bytes(b"".join(kept))
    head_of(audit).write_text(digest(kept[-1].removesuffix(b"\n")))
    damage(audit, content)
    for _ in range(3):
        audit.begin(status())
        (problem,) = audit.read().problems
        assert "recreated with line 3" in problem
        assert "whether records before line 3 were removed" in problem
    last = digest(lines(audit)[-1].removesuffix(b"\n"))
    assert read_seal(audit.path) == Seal(5, last, unsealed=2)


def test_a_recreated_seal_is_reported_until_it_is_accepted_by_a_user(
    audit: AuditTrail,
) -> None:
    damage(audit, None)
    audit.begin(status())
    assert audit.accept()
    trail = audit.read()
    assert trail.problems == ()
    accepted = trail.records[-1]
    assert (accepted.text("event"), accepted.text("user")) == ("accept", ORIGIN.user)
    assert "recreated with line 7" in accepted.text("accepted")
    (entry, *_) = audit_entries(trail)
    assert entry.title == "Accept an audit trail whose seal was missing"
    assert not audit.accept(), "there is nothing left"
    audit.end(status())
    assert audit.read().problems == ()


def test_a_missing_seal_can_be_accepted_at_once(audit: AuditTrail) -> None:
    damage(audit, None)
    assert audit.accept()
    assert audit.read().problems == ()


def test_other_problems_are_not_accepted(audit: AuditTrail) -> None:
    every = lines(audit)
    every[1] = every[1].replace(b'"ana"', b'"eve"')
    audit.path.write_bytes(b"".join(every))
    damage(audit, None)
    assert audit.accept()
    (problem,) = audit.read().problems
    assert "Line 2 was changed" in problem


def test_the_first_record_is_sealed_without_a_problem(tmp_path: Path) -> None:
    made = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    made.begin(status())
    assert made.read().problems == ()
    assert not made.accept()


def test_a_power_loss_after_the_first_record_is_no_missing_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(made, "_seal", die)
        with pytest.raises(KeyboardInterrupt):
            made.begin(status())
    assert made.read().problems == ()
    made.end(status())
    assert made.read().problems == ()


def test_a_damaged_seal_without_a_trail_is_reported(tmp_path: Path) -> None:
    made = AuditTrail(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    seal_path(made.path).parent.mkdir()
    damage(made, b"x")
    assert "damaged" in made.read().problems[0]
    made.begin(status())
    assert "recreated with line 1" in made.read().problems[0]


def test_an_unreadable_seal_has_a_hint(audit: AuditTrail) -> None:
    seal_path(audit.path).unlink()
    seal_path(audit.path).mkdir()
    with pytest.raises(FileError, match="can't be read") as refused:
        audit.begin(status())
    assert "or move it" in refused.value.hint
    seal_path(audit.path).rename(seal_path(audit.path).with_name("away"))
    assert "missing" in audit.read().problems[0]


def test_a_missing_seal_is_reported_even_if_the_system_log_has_one(audit: AuditTrail) -> None:
    seal = read_seal(audit.path)
    damage(audit, None)
    (problem,) = audit.read(seal).problems
    assert "missing" in problem


def test_a_head_that_is_too_long_matches_no_line(audit: AuditTrail) -> None:
    head_of(audit).write_bytes(b"[" * 5000)
    (problem,) = audit.read().problems
    assert "last line was changed" in problem


def test_a_record_that_a_power_loss_left_unsealed_is_no_problem(audit: AuditTrail) -> None:
    before = seal_path(audit.path).read_bytes()
    audit.begin(status())
    seal_path(audit.path).write_bytes(before)
    assert audit.read().problems == ()
    audit.end(status())
    assert read_seal(audit.path) == Seal(8, digest(lines(audit)[-1].removesuffix(b"\n")))


def test_the_end_of_a_trail_can_be_checked_alone(audit: AuditTrail) -> None:
    size = audit.path.stat().st_size
    assert read_audit(audit.path, max_bytes=size // 2).problems == ()
    audit.path.write_bytes(b"".join(lines(audit)[:5]))
    found = read_audit(audit.path, max_bytes=size // 2).problems
    assert found[0] == "The audit trail was shortened: it has 5 of 6 records."


def test_the_system_log_reveals_a_trail_that_was_removed_with_its_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind("log")
        monkeypatch.setattr(audit_seal, "SYSLOG", Path("log"))
        audit = AuditTrail(tmp_path / "state" / "audit.jsonl", FixedClock(NOW), ORIGIN)
        audit.begin(status())
        audit.end(status())
        messages = [log.recv(4096).decode() for _ in range(2)]
    assert all(words.startswith("<85>pixel-tui: audit ") for words in messages)
    output = "".join(f"{words.partition(': ')[2]}\n" for words in reversed(messages))
    shutil.rmtree(audit.path.parent)
    assert audit.read().problems == ()
    seal = find_seal_in_log(f"other words\naudit x 99 y\n{output}", audit.path)
    assert audit.read(seal).problems == ("The audit trail is missing: it had 2 records.",)


# Streaming: large trails, and lines that are too long.


def test_a_large_trail_is_read_in_bounded_memory(audit: AuditTrail) -> None:
    line, previous, written = b"", digest(lines(audit)[-1].removesuffix(b"\n")), 0
    with audit.path.open("ab") as file:
        while written < 24 * 1024 * 1024:
            line = json.dumps({"previous": previous, "filling": "x" * 4000}).encode()
            previous = digest(line)
            written += file.write(line + b"\n")
    head_of(audit).write_text(f"{previous}\n")
    tracemalloc.start()
    try:
        trail = audit.read(max_records=2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert trail.problems == ()
    assert trail.record_count > 5000
    assert [record.line for record in trail.records] == [trail.record_count - 1, trail.record_count]
    assert peak < 2 * 1024 * 1024


def test_a_line_that_is_too_long_is_reported_and_the_next_are_read(
    audit: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_reading, "MAX_RECORD_BYTES", 4096)
    every = lines(audit)
    audit.path.write_bytes(b"".join([*every[:2], b"x" * 10_000 + b"\n", *every[2:]]))
    long, broken = audit.read().problems
    assert long == "Line 3 is longer than any record."
    assert "between it and line 4" in broken
    assert audit.read().record_count == 6


def test_many_breaks_are_counted(audit: AuditTrail) -> None:
    audit.path.write_bytes(b'{"previous": "other"}\n' * 1000)
    problems = audit.read().problems
    assert len(problems) < 110
    assert any("900 more lines" in problem for problem in problems)


def test_reading_a_trail_does_not_block_writers(audit: AuditTrail) -> None:
    end = audit.path.stat().st_size
    with audit.path.open("rb") as file:
        read = audit_reading.lines_until(file, end)
        next(read)
        audit.begin(status())
        assert len(list(read)) == 5
    assert audit.read().record_count == 7
