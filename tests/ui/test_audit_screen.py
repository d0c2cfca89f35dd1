"""The audit screen: who changed what, and whether the trail is intact."""

import asyncio
import os
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.operations.audit.reading import trail_stamp
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import JobState, Runner
from pixel_tui.settings import Settings
from pixel_tui.stack.programs.process_mark import mark_of
from pixel_tui.text import SafeText
from screens.changes import audit as audit_screen
from screens.changes.audit import AuditScreen
from tests.builders.audit import BEGAN, ORIGIN, change, status
from tests.builders.ui_audit import trail
from tests.patience import PATIENCE
from tests.ui.driving import Console, console

SIZE = (160, 45)


async def opened(it: Console, *words: str) -> None:
    await it.press("U")
    assert isinstance(it.app.screen, AuditScreen)
    await it.until(lambda: "Reading" not in it.text("#audit-verdict"))
    for said in words:
        await it.until(lambda said=said: said in it.text())  # type: ignore[misc]


async def test_changes_are_listed_newest_first_with_user_result_and_duration() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        change(trail(it), "two", "Stop web", end=False)
        await opened(it, "3 records, intact")
        lines = [line for line in it.text().splitlines() if "ana@vps" in line]
        assert "Stop web" in lines[0]
        assert "unknown" in lines[0], "there is no record of its job"
        assert "Restart agent" in lines[1]
        assert "succeeded" in lines[1]
        assert "12s" in lines[1]
        assert "pts/3 from 192.0.2.7" in lines[1]


async def test_a_job_of_another_console_is_running_until_its_process_is_gone() -> None:
    async with console(size=SIZE) as it:
        jobs = JobFolder(jobs_path(it.app.parts.state_folder))
        output = jobs.new_output(BEGAN)
        running = replace(
            status(),
            id=output.stem,
            output=output,
            state=JobState.RUNNING,
            started_at=BEGAN,
            runner=Runner("ana", socket.gethostname(), mark_of(os.getpid())),
        )
        jobs.save(running, durable=False)
        trail(it).begin(running)
        await opened(it, "▸ running")
        jobs.save(replace(running, runner=Runner("ana", socket.gethostname())), durable=False)
        await it.until(lambda: "▪ abandoned" in it.text("#audit-list"))


async def test_the_project_is_shown_if_there_are_several() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        await opened(it, "Restart agent")
        assert "PROJECT" not in it.text()
        other = status()
        other = replace(other, id="two", plan=replace(other.plan, project=SafeText("shop")))
        trail(it).begin(other)
        await it.until(lambda: "PROJECT" in it.text("#audit-heading"))
        lines = it.text("#audit-list").splitlines()
        column = it.text("#audit-heading").index("PROJECT")
        assert [line[column:].split()[0] for line in lines if "ana@vps" in line] == [
            "shop",
            "pixel",
        ]


async def test_columns_stay_apart_and_begin_below_their_titles() -> None:
    async with console(size=(80, 24)) as it:
        origin = replace(ORIGIN, user="deployment-automation", host="production-vm-17")
        slow = AuditTrail(trail(it).path, FixedClock(BEGAN), origin)
        change(slow, "one", "Rebuild agent", ended=BEGAN + timedelta(minutes=2, seconds=19))
        change(trail(it), "two", "Stop web")
        await opened(it, "2 changes · 4 records, intact", "Stop web", "Rebuild agent")
        heading = it.text("#audit-heading")
        lines = it.text("#audit-list").splitlines()
        assert heading.split() == ["TIME", "RESULT", "TOOK", "WHO", "WHAT"]
        for what in ("Stop web", "Rebuild agent"):
            line = next(line for line in lines if what in line)
            assert line.index(what) == heading.index("WHAT")
        assert "2m 19s  deployment-auto…  Rebuild agent" in it.text("#audit-list")


async def test_enter_opens_the_complete_record() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        await opened(it, "Restart agent")
        await it.press("enter")
        await it.until(lambda: "$ docker restart x" in it.text())
        said = it.text()
        for words in (
            "Started: 2026",
            "Finished, line 2 of the trail",
            "agent is healthy",
            "by sudo from root",
            "reason: agent is unhealthy",
        ):
            assert words in said
        await it.press("escape")
        assert "$ docker restart x" not in it.text()
        await it.press("escape")
        assert it.app.screen is it.dashboard


async def test_a_record_has_the_place_of_the_list_with_its_heading() -> None:
    async with console(size=(80, 24)) as it:
        change(trail(it), "one", "Restart agent")
        await opened(it, "Restart agent", "RESULT")
        await it.press("enter")
        await it.until(lambda: "$ docker restart x" in it.text() or "When" in it.text())
        assert "RESULT" not in it.text()
        await it.press("escape")
        await it.until(lambda: "RESULT" in it.text())
        assert "Restart agent" in it.text("#audit-list")


async def test_enter_that_is_typed_ahead_opens_the_first_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, gate = trail_stamp, threading.Event()

    def slow(path: Path) -> tuple[int, ...]:
        gate.wait(PATIENCE)
        return read(path)

    monkeypatch.setattr(audit_screen, "trail_stamp", slow)
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        # Whatever does not wait for the records has long been done by then.
        asyncio.get_running_loop().call_later(0.5, gate.set)
        await it.burst("U", "enter")
        await it.until(lambda: "$ docker restart x" in it.text())


async def test_it_grows_while_it_is_looked_at() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        await opened(it, "Restart agent")
        change(trail(it), "two", "Stop web")
        await it.until(lambda: "Stop web" in it.text())


async def test_the_filter_counts_the_failures_that_it_hides() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        change(trail(it), "two", "Stop web", state=JobState.FAILED)
        change(trail(it), "three", "Start api", state=JobState.ABANDONED)
        await opened(it, "Restart agent")
        await it.press("slash", *"agent", "enter")
        await it.until(lambda: "filter: agent · 2 problems hidden" in it.text())
        await it.press("escape")
        await it.until(lambda: "hidden" not in it.text())


async def test_the_filter_keeps_records_with_its_words() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        change(trail(it), "two", "Stop web")
        await opened(it, "Stop web")
        await it.press("slash", *"restart", "enter")
        assert "Restart agent" in it.text()
        assert "Stop web" not in it.text("#audit-list")
        await it.press("escape")
        assert "Stop web" in it.text("#audit-list")


async def test_an_empty_trail_is_no_error() -> None:
    async with console(size=SIZE) as it:
        await opened(it, "No changes yet")


async def test_an_edited_trail_is_reported_with_the_place() -> None:
    async with console(size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        change(trail(it), "two", "Stop web")
        path = trail(it).path
        path.write_bytes(path.read_bytes().replace(b'"ana"', b'"eve"', 1))
        await opened(it, "✗ Not intact: Line 1 was changed")
        assert "Stop web" in it.text(), "what there is can still be read"


async def test_a_trail_that_cannot_be_read_is_reported_with_a_hint() -> None:
    async with console(size=SIZE) as it:
        trail(it).path.mkdir(parents=True)
        await opened(it)
        said = " ".join(it.text("#audit-verdict").split())
        assert "The audit trail can't be read" in said
        assert "Check the file's owner" in said


async def test_bytes_that_are_no_record_are_stood() -> None:
    async with console(size=SIZE) as it:
        audit = trail(it)
        audit.path.parent.mkdir(parents=True, exist_ok=True)
        audit.path.write_bytes(b'\xff\xfe{"job": 3}\n[1]\n{"time": "x", "plan": 7, "job": null}\n')
        change(audit, "one", "Restart [red]agent")
        await opened(it, "Restart [red]agent")


async def test_of_a_huge_trail_the_newest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_screen, "MAX_BYTES", 5000)
    async with console(size=SIZE) as it:
        for number in range(40):
            change(trail(it), f"job-{number}", f"Restart number {number}")
        await opened(it, "Older ones: pixel-tui audit", "number 39")
        assert "number 1 " not in it.text()


async def test_a_read_only_console_may_read_it() -> None:
    async with console(settings=Settings(read_only=True), size=SIZE) as it:
        change(trail(it), "one", "Restart agent")
        await opened(it, "Restart agent")
