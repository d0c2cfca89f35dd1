"""Jobs on the screen: steps, cancelling, owners and results."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.confirm_keys import KEEP_ID, confirm_keys
from pixel_tui.demo.stack.commands import _DemoCommand
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.folder import JobFolder, jobs_path
from pixel_tui.operations.jobs.job import Job, JobState, JobStatus, Runner, StepTime
from pixel_tui.operations.jobs.lock import LockOwner, acquire_lock
from pixel_tui.settings import Settings, state_folder
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of
from pixel_tui.text import NO_TEXT, SafeText
from screens.changes.console_jobs import ConsoleJobs
from screens.changes.flow import Operations
from screens.changes.job import JobScreen
from screens.changes.quit import QuitScreen
from screens.shared.dialog import Dialog
from tests.builders.audit import NOW, plan, status
from tests.ui.driving import Console, console
from widgets.dashboard.job_list import JobList
from widgets.logs.job_output import JobOutput
from widgets.rows.job_steps import step_lines


def operations_of(it: Console) -> Operations:
    operations = it.app.parts.operations
    assert operations is not None
    return operations


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set, every command waits half way."""
    opened, rest = threading.Event(), _DemoCommand._sleep

    def wait_and_rest(command: _DemoCommand, seconds: float) -> None:
        while not opened.wait(0.05) and not command._interrupted.is_set():
            pass
        rest(command, seconds)

    monkeypatch.setattr(_DemoCommand, "_sleep", wait_and_rest)
    yield opened
    opened.set()


async def begin(it: Console, action: str = "rebuild") -> JobStatus:
    """Start a job, and open it."""
    it.dashboard.dialogs.show_plan_for(action, "web")
    await it.until(lambda: "Run it" in it.text())
    await it.press("y", "enter")
    await it.until(lambda: isinstance(it.app.screen, JobScreen))
    await it.until(lambda: "▸ Build web" in it.text() or action != "rebuild")
    return operations_of(it).jobs.statuses()[0]


async def test_the_steps_of_a_job_are_shown_with_their_times(gate: threading.Event) -> None:
    async with console(size=(120, 36)) as it:
        await begin(it)
        said = it.text()
        assert "· Bring up web" in said
        assert "· verify" in said
        gate.set()
        await it.until(lambda: "✓ verify" in it.text())
        lines = [line for line in it.text().splitlines() if "✓" in line and "│" in line]
        for title in ("Build web", "Bring up web", "verify"):
            assert any(title in line and line.split("│")[1].rstrip().endswith("s")
                       for line in lines), title  # fmt: skip


@pytest.mark.usefixtures("gate")
async def test_the_consequences_of_cancelling_are_shown_first() -> None:
    async with console(size=(120, 36)) as it:
        await begin(it)
        assert "esc Background" in it.text("KeyBar")
        await it.press("ctrl+x")
        assert "Press ^x again to cancel; Esc keeps it running." in it.text()
        assert "A build changes no container" in it.text()
        assert "esc Keep running" in it.text("KeyBar")
        assert "Background" not in it.text("KeyBar")
        assert not operations_of(it).jobs.statuses()[0].cancel_requested
        await it.press("escape")
        assert isinstance(it.app.screen, JobScreen)
        assert "^x again" not in it.text()
        assert "esc Background" in it.text("KeyBar")
        await it.press("ctrl+x", "ctrl+x")
        await it.until(lambda: operations_of(it).jobs.statuses()[0].state is JobState.CANCELLED)
        await it.until(lambda: "■ cancelled" in it.text())


def running_job(folder: Path) -> Job:
    """A job that nothing runs, with its output in a folder."""
    return Job(replace(status(), state=JobState.RUNNING, output=folder / "job.log"))


def write_waiting(files: ApplyFiles, seconds: float = 90) -> ApplyState:
    """Write the state of an apply that waits to be confirmed."""
    deadline = time.time() + seconds
    waits = ApplyState(
        Phase.WAITING, ".env", "pixel", "a", "b", deadline=deadline, process=this_process()
    )
    files.write(waits)
    return waits


@pytest.mark.usefixtures("gate")
async def test_the_keys_that_cancel_a_job_are_those_of_the_settings() -> None:
    keys = {"job.cancel": "ctrl+k", "job.keep": "f7"}
    async with console(size=(120, 36), settings=Settings(keys=keys)) as it:
        await begin(it)
        await it.press("ctrl+k")
        assert "Press ^k again to cancel; F7 keeps it running." in it.text()
        await it.press("f7")
        assert "^k again" not in it.text()
        await it.press("ctrl+k", "ctrl+k")
        await it.until(lambda: operations_of(it).jobs.statuses()[0].state is JobState.CANCELLED)


async def test_a_waiting_apply_is_confirmed_by_a_key(tmp_path: Path) -> None:
    files, confirmation = ApplyFiles(tmp_path, tmp_path), Confirmation(tmp_path, tmp_path)
    async with console(size=(120, 36)) as it:
        await it.app.push_screen(JobScreen(running_job(tmp_path), it.clock, confirmation))
        await it.press("c")
        assert "Press c" not in it.text()
        waits = write_waiting(files)
        await it.until(lambda: "Press c within" in it.text())
        assert not files.is_confirmed(waits.token)
        await it.press("c")
        await it.until(lambda: files.is_confirmed(waits.token))
        await it.until(lambda: "Press c" not in it.text())


@pytest.mark.parametrize("key", ["v", "w"])
async def test_the_key_that_confirms_wins_over_those_of_the_output(
    tmp_path: Path, key: str
) -> None:
    files, confirmation = ApplyFiles(tmp_path, tmp_path), Confirmation(tmp_path, tmp_path)
    keys = {KEEP_ID: key}
    async with console(size=(120, 36), settings=Settings(keys=keys)) as it:
        job = running_job(tmp_path)
        screen = JobScreen(job, it.clock, confirmation, confirm_keys(keys))
        await it.app.push_screen(screen)
        waits = write_waiting(files)
        await it.until(lambda: f"Press {key} within" in it.text())
        await it.press(key)
        await it.until(lambda: files.is_confirmed(waits.token))


@pytest.mark.usefixtures("gate")
async def test_the_keys_that_cancel_a_job_win_over_those_of_the_output() -> None:
    keys = {"job.cancel": "v", "job.keep": "w"}
    async with console(size=(120, 36), settings=Settings(keys=keys)) as it:
        await begin(it)
        await it.press("v")
        assert "Press v again to cancel; w keeps it running." in it.text()
        await it.press("w")
        assert "v again" not in it.text()


async def test_the_result_of_a_background_job_is_notified(gate: threading.Event) -> None:
    async with console(size=(120, 36)) as it:
        await begin(it, "restart")
        await it.press("escape")
        assert it.app.screen is it.dashboard
        gate.set()
        await it.until(lambda: "Restart web succeeded." in it.text())


async def test_a_confirmation_is_written_even_if_its_job_is_closed_at_once(tmp_path: Path) -> None:
    files, confirmation = ApplyFiles(tmp_path, tmp_path), Confirmation(tmp_path, tmp_path)
    free = threading.Event()
    async with console(size=(120, 36)) as it:
        await it.app.push_screen(JobScreen(running_job(tmp_path), it.clock, confirmation))
        waits = write_waiting(files)
        await it.until(lambda: "Press c within" in it.text())
        threads = [asyncio.get_running_loop().run_in_executor(None, free.wait) for _ in range(64)]
        await it.press("c", "escape")
        assert not isinstance(it.app.screen, JobScreen)
        free.set()
        await it.until(lambda: files.is_confirmed(waits.token))
        await asyncio.gather(*threads)


async def test_the_result_of_a_watched_job_is_not_notified() -> None:
    async with console(size=(120, 36)) as it:
        await begin(it, "restart")
        await it.until(lambda: "✓ succeeded" in it.text())
        await it.pilot.pause()
        assert not list(it.app._notifications)
        await it.until(lambda: "esc Close" in it.text("KeyBar"))
        assert "Background" not in it.text("KeyBar")
        await it.press("escape")
        assert it.app.screen is it.dashboard


@pytest.mark.usefixtures("gate")
async def test_quitting_can_cancel_running_jobs() -> None:
    async with console(size=(120, 36)) as it:
        await begin(it)
        await it.press("escape", "q")
        assert isinstance(it.app.screen, QuitScreen)
        assert "To cancel it: A build changes no container" in it.text()
        await it.press("ctrl+x")
        await it.until(lambda: not it.app.is_running)
        assert it.app.waits_for_jobs, "what is cancelled is seen to its end"
        await it.until(lambda: operations_of(it).jobs.statuses()[0].state is JobState.CANCELLED)


async def test_the_question_whether_to_quit_follows_the_job(gate: threading.Event) -> None:
    async with console(size=(120, 36)) as it:
        await begin(it)
        await it.press("escape", "ctrl+q")
        assert "A job is still running" in it.text("#quit-question")
        gate.set()
        await it.until(lambda: "No job is running now." in it.text("#quit-question"))
        await it.until(lambda: "ancel it" not in it.text())  # the line is laid out after it
        await it.press("y")
        await it.until(lambda: not it.app.is_running)


async def test_ctrl_c_shows_which_key_quits() -> None:
    async with console(still=True) as it:
        await it.press("ctrl+c")
        assert [item.message for item in it.app._notifications] == ["q quits pixel-tui."]


def written(
    it: Console, status: JobStatus, mark: ProcessMark | None, in_seconds: int = 5, **changes: object
) -> None:
    """Write the record of another console's job; the list is sorted by its second."""
    folder = JobFolder(jobs_path(state_folder() / "demo"))
    output = folder.new_output(it.clock.now() + timedelta(seconds=in_seconds))
    output.write_text("said by another console\n")
    by = Runner("ana", os.uname().nodename, mark)
    now = it.clock.now()
    found = replace(
        status, id=output.stem, output=output, runner=by, state=JobState.RUNNING, finished_at=None,
        started_at=now, step_times=(StepTime(now),), message=NO_TEXT, downtimes=(),
    )  # fmt: skip
    folder.save(replace(found, **changes), durable=False)  # type: ignore[arg-type]


async def finished(it: Console) -> JobStatus:
    await begin(it, "restart")
    await it.until(lambda: operations_of(it).jobs.statuses()[0].state.finished)
    await it.press("escape")
    return operations_of(it).jobs.statuses()[0]


def restart(it: Console) -> JobStatus:
    """A job as another console of this stack would run it."""
    command = operations_of(it)._command
    snapshot = it.app.parts.observer.snapshot
    return JobStatus("", plan_action("restart", ["web"], snapshot, command, now=NOW), Path())


async def test_a_job_of_another_console_is_listed_and_opened() -> None:
    async with console(size=(140, 36)) as it:
        written(it, restart(it), mark_of(os.getpid()))
        operations_of(it).jobs.watch_jobs()
        await it.press("5")
        await it.until(lambda: "Run by another pixel-tui: ana on" in it.text("#jobs-pane"))
        await it.press("home", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.until(lambda: "said by another console" in it.text())
        operations_of(it).jobs.close()


async def test_a_job_of_another_console_goes_on_running_in_the_list() -> None:
    async with console(size=(140, 36)) as it:
        written(it, restart(it), mark_of(os.getpid()))
        operations_of(it).jobs.watch_jobs()
        await it.press("5")
        await it.until(lambda: "▸ running" in it.text("#jobs-pane"))
        for _ in range(2):
            before = it.text("JobList")
            await it.until(lambda before=before: it.text("JobList") != before)  # type: ignore[misc]
            assert "▸ running" in it.text("JobList")
        operations_of(it).jobs.close()


async def test_a_new_job_does_not_move_the_cursor_to_another_one() -> None:
    async with console(size=(140, 36)) as it:
        first = await finished(it)
        await it.press("5", "home")
        jobs = it.dashboard.query_one(JobList)
        await finished(it)
        await it.until(lambda: jobs.option_count == 2)
        chosen = jobs.highlighted_option
        assert chosen is not None
        assert chosen.id == first.id
        await it.press("1")
        await finished(it)
        await it.until(lambda: jobs.option_count == 3)
        assert jobs.highlighted == 0, "whoever comes to the list finds the newest"


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_long_lines_of_the_output_are_folded_and_cut_ones_are_marked(
    size: tuple[int, int],
) -> None:
    async with console(size=size) as it:
        written(it, restart(it), mark_of(os.getpid()))
        operations_of(it).jobs.watch_jobs()
        await it.press("5")
        await it.until(lambda: "Run by another pixel-tui" in it.text("#jobs-pane"))
        newest = operations_of(it).jobs.statuses()[0].output
        newest.write_text(f"$ docker {'--word ' * 40}the-end\nshort\n")
        await it.press("home", "enter")
        await it.until(lambda: "the-end" in it.text("JobOutput"))
        assert "w Wrap" in it.text("KeyBar")
        await it.press("w")
        await it.until(lambda: "the-end" not in it.text("JobOutput"))
        long, short = [line for line in it.text("JobOutput").splitlines() if line.strip()]
        assert long.endswith("…")
        assert short.endswith("short")
        await it.press("w")
        await it.until(lambda: "the-end" in it.text("JobOutput"))
        operations_of(it).jobs.close()


async def test_the_result_of_a_job_without_a_console_is_notified_at_the_start() -> None:
    async with console(size=(140, 36)) as it:
        written(it, restart(it), ProcessMark(1, 1, "an earlier start"))
        operations_of(it).jobs.watch_jobs()
        await it.until(lambda: "Restart web abandoned. Its pixel-tui was gone." in it.text())
        await it.press("5")
        assert "▪ abandoned" in it.text("#jobs-pane")
        operations_of(it).jobs.close()


async def test_the_roll_back_of_a_dead_apply_is_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(size=(140, 36)) as it:
        status = restart(it)
        steps = tuple(replace(step, rolls_back=True) for step in status.plan.steps)
        applied = replace(status, plan=replace(status.plan, steps=steps))
        operations, asked = operations_of(it), []
        monkeypatch.setattr(
            operations, "show_plan", lambda _screen, name, _targets: asked.append(name)
        )
        files = ApplyFiles(state_folder() / "demo", Path(operations._command.directory))
        files.write(ApplyState(Phase.WAITING, ".env", "pixel", "a", "b", recreate=("web",)))
        written(it, applied, ProcessMark(1, 1, "an earlier start"))
        operations.jobs.watch_jobs()
        await it.until(lambda: "is applied and works" in it.text())
        assert "but is not confirmed" in operations.jobs.statuses()[0].message
        assert asked == ["environment-roll-back"]
        files.clear()
        operations.jobs.close()


def waiting_apply(it: Console, seconds: float) -> ApplyFiles:
    """An apply of another console that waits for confirmation."""
    status = restart(it)
    operations = operations_of(it)
    files = ApplyFiles(state_folder() / "demo", operations._command.each_edited[0].env_mark)
    write_waiting(files, seconds)
    applies = replace(status, plan=replace(status.plan, action=SafeText("environment-apply")))
    written(it, applies, mark_of(os.getpid()))
    operations.jobs.watch_jobs()
    return files


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_time_to_confirm_an_apply_is_counted_down_on_the_dashboard(
    size: tuple[int, int],
) -> None:
    async with console(size=size) as it:
        files = waiting_apply(it, 90)
        await it.until(lambda: "apply rolls back in" in it.text("StatusBar"))
        assert "F8, then c keeps it" in it.text("StatusBar")
        before = it.text("StatusBar")
        await it.until(lambda: it.text("StatusBar") != before)
        await it.press("f8")
        await it.until(lambda: "Press c within" in it.text())
        await it.press("c", "escape")
        await it.until(lambda: "rolls back" not in it.text("StatusBar"))
        files.clear()
        operations_of(it).jobs.close()


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize(
    "opened", [("E",), ("E", "h"), ("A",), ("U",), ("r",), ("E", "a"), ("5", "end", "enter")],
    ids=" ".join,
)  # fmt: skip
async def test_it_is_counted_down_on_every_screen_and_a_key_leads_to_its_job(
    opened: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with console(size=size) as it:
        ended = it.clock.now()
        written(it, restart(it), None, 0, state=JobState.SUCCEEDED, finished_at=ended)
        files = waiting_apply(it, 90)
        await it.until(lambda: len(operations_of(it).jobs.statuses()) == 2)
        await it.until(lambda: "apply rolls back in" in it.text("StatusBar"))
        await it.press(*opened)
        below = it.app.screen
        assert isinstance(below, Dialog)
        await it.until(lambda: "apply rolls back in" in it.text("KeyBar"))
        before = it.text("KeyBar")
        assert "F8, then c keeps it" in before
        await it.until(lambda: "esc" in it.text("KeyBar"))
        await it.until(lambda: it.text("KeyBar") != before)
        await it.press("f8")
        await it.until(lambda: "Press c within" in it.text())
        await it.until(lambda: "rolls back" not in it.text("KeyBar"))
        await it.press("f8", "c", "escape")
        assert it.app.screen is below
        await it.until(lambda: "rolls back" not in it.text("KeyBar"))
        files.clear()
        operations_of(it).jobs.close()


async def test_the_keys_that_keep_it_are_those_of_the_settings() -> None:
    keys = {"confirm": "f9", "job.confirm": "ctrl+k"}
    async with console(size=(80, 24), settings=Settings(keys=keys)) as it:
        files = waiting_apply(it, 90)
        await it.until(lambda: "F9, then ^k keeps it" in it.text("StatusBar"))
        await it.press("f9")
        await it.until(lambda: "Press ^k within" in it.text())
        await it.press("ctrl+k", "escape")
        await it.until(lambda: "rolls back" not in it.text("StatusBar"))
        files.clear()
        operations_of(it).jobs.close()


async def test_without_a_waiting_apply_the_key_shows_a_message() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("f8")
        await it.until(lambda: "Nothing to confirm." in it.text())


async def test_the_question_of_quitting_warns_of_the_roll_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ConsoleJobs, "running", property(lambda _: 1))
    async with console(size=(80, 24)) as it:
        files = waiting_apply(it, 90)
        await it.until(lambda: "apply rolls back in" in it.text("StatusBar"))
        await it.press("q")
        await it.until(lambda: "It is rolled back in" in it.text())
        assert "F8, then c" in " ".join(it.text("#quit-question").split())
        before = it.text("#quit-question")
        await it.until(lambda: it.text("#quit-question") != before)
        await it.press("escape")
        files.clear()
        operations_of(it).jobs.close()


async def test_another_users_job_is_shown_with_its_owner() -> None:
    async with console(size=(140, 36)) as it:
        plan, since = restart(it).plan, it.clock.now().isoformat()
        lock = acquire_lock(
            state_folder() / "demo" / "locks", engine=plan.engine, project=plan.project,
            owner=LockOwner("eve", "vps", 41, since, "Stop web", "20990101-000000-abc"),
        )  # fmt: skip
        operations_of(it).jobs.watch_jobs()
        await it.press("5")
        await it.until(lambda: "Stop web  eve on vps, process 41, since" in it.text("#jobs-pane"))
        await it.press("home", "enter")
        await it.until(lambda: "Only that user can read its output" in it.text())
        lock.release()
        await it.until(lambda: "eve" not in it.text("#jobs-pane"))
        operations_of(it).jobs.close()


def test_of_many_steps_those_around_the_one_that_runs_are_shown() -> None:
    many = replace(
        status(),
        plan=plan(*(("x", str(at)) for at in range(30))),
        state=JobState.RUNNING,
        step_times=tuple(StepTime(NOW, NOW) for _ in range(20)),
    )
    assert len(step_lines(many, NOW)) == 8


@pytest.mark.usefixtures("gate")
async def test_ctrl_c_names_the_keys_that_cancel_and_close() -> None:
    async with console(size=(100, 36)) as it:
        it.dashboard.select("web")
        await it.press("r", "ctrl+c")
        await it.until(lambda: "Ctrl+C does nothing here. Keys: esc Cancel." in it.text())
        await it.press("y", "enter")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.press("ctrl+c")
        await it.until(lambda: "Keys: ^x Cancel, esc" in it.text())


@pytest.mark.parametrize("count", [3, 8, 12, 40])
@pytest.mark.parametrize("long", [False, True], ids=["short", "folded"])
async def test_the_output_stays_at_its_end_when_its_height_changes(
    count: int, long: bool, tmp_path: Path
) -> None:
    output = tmp_path / "job.log"
    words = "word " * 30 * long
    output.write_text("".join(f"begin {number} {words}end {number}\n" for number in range(count)))
    confirmation = Confirmation(tmp_path, tmp_path)
    async with console(size=(80, 24)) as it:
        running = replace(status(), state=JobState.RUNNING, output=output)
        await it.app.push_screen(JobScreen(Job(running), it.clock, confirmation))
        view = it.app.screen.query_one(JobOutput)

        def at_end() -> bool:
            return view.following and f"end {count - 1}" in it.text("JobOutput")

        await it.until(at_end)
        before = view.size.height
        write_waiting(ApplyFiles(tmp_path, tmp_path))
        await it.until(lambda: "Press c within" in it.text())
        assert view.size.height < before
        assert at_end()
        for height in (20, 30, 22, 40):
            await it.pilot.resize_terminal(80, height)
            await it.pilot.pause()
            assert at_end(), height
