"""An audit trail that was edited, cut or lost a record says so."""

import json
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.clock import FixedClock
from pixel_tui.operations.audit import Audit
from tests.unit.test_audit import NOW, ORIGIN, status


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    made = Audit(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    for _ in range(3):
        made.begin(status())
        made.end(status())
    return made


def lines(audit: Audit) -> list[bytes]:
    return audit.path.read_bytes().splitlines(keepends=True)


def test_a_trail_as_it_was_written_has_no_problem(audit: Audit) -> None:
    trail = audit.read()
    assert trail.problems == ()
    assert [record.word("event") for record in trail.records] == ["begin", "end"] * 3
    assert [record.line for record in trail.records] == [1, 2, 3, 4, 5, 6]


def test_no_trail_yet_is_no_problem(tmp_path: Path) -> None:
    trail = Audit(tmp_path / "none.jsonl", FixedClock(NOW), ORIGIN).read()
    assert (trail.records, trail.problems) == ((), ())


@pytest.mark.parametrize("at", range(5))
def test_an_edited_record_is_named(audit: Audit, at: int) -> None:
    every = lines(audit)
    every[at] = every[at].replace(b'"ana"', b'"eve"')
    audit.path.write_bytes(b"".join(every))
    (problem,) = audit.read().problems
    assert f"Line {at + 1} was changed" in problem


def test_an_edit_of_the_last_record_is_seen_by_the_file_beside(audit: Audit) -> None:
    every = lines(audit)
    every[-1] = every[-1].replace(b'"ana"', b'"eve"')
    audit.path.write_bytes(b"".join(every))
    (problem,) = audit.read().problems
    assert "last line was changed" in problem


@pytest.mark.parametrize("at", range(1, 5))
def test_a_removed_record_is_seen(audit: Audit, at: int) -> None:
    every = lines(audit)
    del every[at]
    audit.path.write_bytes(b"".join(every))
    (problem,) = audit.read().problems
    assert f"between it and line {at + 1} were removed" in problem


def test_a_beginning_that_was_cut_off_is_seen(audit: Audit) -> None:
    audit.path.write_bytes(b"".join(lines(audit)[2:]))
    (problem,) = audit.read().problems
    assert "beginning is missing" in problem


@pytest.mark.parametrize("left", [1, 4])
def test_an_end_that_was_cut_off_is_seen(audit: Audit, left: int) -> None:
    audit.path.write_bytes(b"".join(lines(audit)[:left]))
    (problem,) = audit.read().problems
    assert "lines behind it were removed" in problem


def test_an_emptied_or_removed_trail_is_seen(audit: Audit) -> None:
    audit.path.write_bytes(b"")
    assert audit.read().problems == ("Every record is gone.",)
    audit.path.unlink()
    assert audit.read().problems == ("Every record is gone.",)


def test_a_lost_file_beside_it_is_told(audit: Audit) -> None:
    audit.path.with_name("audit.jsonl.head").unlink()
    assert "is gone" in audit.read().problems[0]


def test_a_forged_record_is_told(audit: Audit) -> None:
    every = lines(audit)
    forged = json.loads(every[1])
    del forged["previous"]
    every.insert(3, json.dumps(forged).encode() + b"\n")
    audit.path.write_bytes(b"".join(every))
    assert any("Line 4 has no place in the chain" in problem for problem in audit.read().problems)


def test_a_power_loss_between_a_record_and_the_file_beside_is_no_forgery(audit: Audit) -> None:
    head = audit.path.with_name("audit.jsonl.head")
    before = head.read_bytes()
    audit.begin(status())
    head.write_bytes(before)
    assert audit.read().problems == ()
    audit.end(status())
    assert audit.read().problems == ()


def test_a_record_that_a_full_disk_cut_short_is_told_apart_from_an_edit(audit: Audit) -> None:
    with audit.path.open("ab") as file:
        file.write(b'{"version": 2, "ev')
    assert audit.read().torn == 1
    audit.begin(status())
    trail = audit.read()
    assert (trail.problems, trail.torn, len(trail.records)) == ((), 1, 7)


def test_records_from_before_the_chain_are_taken_along(tmp_path: Path) -> None:
    made = Audit(tmp_path / "audit.jsonl", FixedClock(NOW), ORIGIN)
    made.path.write_bytes(b'{"version": 1, "event": "begin"}\n{"version": 1, "event": "end"}\n')
    made.begin(status())
    trail = made.read()
    assert (trail.problems, trail.unchained, len(trail.records)) == ((), 2, 3)


def test_many_consoles_at_once_write_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    def write() -> None:
        made = Audit(path, FixedClock(NOW), ORIGIN)
        for _ in range(10):
            made.begin(status())

    threads = [Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail = Audit(path, FixedClock(NOW), ORIGIN).read()
    assert (trail.problems, len(trail.records)) == ((), 60)


@settings(max_examples=60)
@given(st.data())
def test_any_changed_byte_is_seen(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    audit = Audit(tmp_path_factory.mktemp("a") / "audit.jsonl", FixedClock(NOW), ORIGIN)
    for _ in range(3):
        audit.begin(status())
    content = bytearray(audit.path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 2))
    content[at] ^= data.draw(st.integers(1, 255))
    audit.path.write_bytes(content)
    assert audit.read().problems or audit.read().torn
