"""The dashboard: its table, its panes and its header."""

import re
import unicodedata
from dataclasses import replace
from typing import NoReturn

import pytest
from textual.screen import Screen

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.console.app import PixelTui
from pixel_tui.console.keymap import named_bindings
from pixel_tui.demo.parts import demo_parts
from pixel_tui.demo.stack.faults import CRASH_SECONDS, OUT_OF_MEMORY_SECONDS, RESTART_SECONDS
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoFault, DemoWorld
from pixel_tui.errors import ComposeRefused, UsageError
from pixel_tui.health.findings import findings
from pixel_tui.health.restarts import STABLE_SECONDS
from pixel_tui.settings import Settings
from pixel_tui.stack.engine.transport import connection_error
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.snapshot import ServiceState
from pixel_tui.text import SafeText
from screens.shared.help import HelpScreen
from tests.builders.sessions import session
from tests.ui.driving import Console, console, still_clock
from widgets.dashboard.banner import Banner
from widgets.dashboard.details import Details
from widgets.dashboard.job_list import JobList
from widgets.logs.pane import LogPane
from widgets.logs.query import QueryBox
from widgets.rows.service_row import Column
from widgets.tables.keyed_table import Sorting
from widgets.tables.service_table import ServiceTable


async def test_every_service_has_its_row_running_or_not() -> None:
    async with console() as it:
        names = {row.service for row in it.table.rows}
        assert names == {
            "agent", "api", "landing", "narrative-correlator", "nginx", "pgadmin", "postgres",
            "syntropy", "vps-monitor", "web", "worker",
        }  # fmt: skip
        assert "· off" in it.text("ServiceTable")
        assert "pixel-worker-3f9c21ab" in it.text("ServiceTable")


async def test_eighty_columns_show_service_state_health_cpu_and_memory() -> None:
    async with console(size=(80, 24)) as it:
        shown = set(it.table.columns)
        assert {
            Column.SERVICE, Column.STATE, Column.HEALTH, Column.CPU, Column.MEMORY,
        } <= shown  # fmt: skip
        footer = it.text("KeyBar")
        for word in ("Mark", "Open", "Restart", "Stop", "More", "Help", "Quit", "Menu"):
            assert word in footer
        await it.press("2")
        assert it.text("KeyBar").rstrip().endswith("? Help q Quit : Menu"), "the way out is there"


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 20), (139, 30), (140, 30), (220, 60)])
async def test_no_size_is_too_small_or_too_large(size: tuple[int, int]) -> None:
    async with console(size=size) as it:
        for key in ("2", "3", "4", "5", "1", "z", "z", "question_mark", "escape"):
            await it.press(key)
        assert it.app.is_running


async def test_the_cursor_stays_on_its_service_however_rows_move() -> None:
    async with console() as it:
        it.dashboard.select("postgres")
        await it.press("o", "O")
        assert it.table.current is not None
        assert it.table.current.service == "postgres"
        with it.world.locked() as (containers, _):
            gone = next(
                container
                for container in containers
                if container.service.name == "narrative-correlator"
            )
        it.world.remove(gone)
        it.dashboard.action_refresh_stack()
        await it.until(lambda: "narrative-correlator" not in it.names())
        assert it.table.current.service == "postgres"


async def test_a_container_that_is_gone_leaves_the_cursor_with_its_service() -> None:
    async with console() as it:
        it.dashboard.select("landing/pixel-landing-2")
        with it.world.locked() as (containers, _):
            gone = next(
                container for container in containers if container.name == "pixel-landing-2"
            )
        it.world.remove(gone)
        it.dashboard.action_refresh_stack()
        await it.until(lambda: "landing/pixel-landing-2" not in it.names())
        assert it.table.current is not None
        assert it.table.current.service == "landing"


@pytest.mark.parametrize("column", list(Column))
async def test_rows_can_be_sorted_by_every_column(column: Column) -> None:
    async with console(size=(220, 50)) as it:
        it.table.sort_by(Sorting(column))
        forward = [row.key for row in it.table.rows if not row.branch]
        it.table.sort_by(Sorting(column, reverse=True))
        assert [row.key for row in it.table.rows if not row.branch] == forward[::-1]


async def test_the_selected_row_stays_in_view_when_rows_are_sorted() -> None:
    async with console(size=(80, 24)) as it:
        await it.press("g", "O")
        assert it.table.cursor_key == "agent"
        assert any("▌" in line and "agent" in line for line in it.text("ServiceTable").splitlines())


async def test_problems_sort_first_by_state_and_health() -> None:
    async with console() as it:
        it.table.sort_by(Sorting(Column.HEALTH))
        assert it.names()[0] == "agent"


async def test_containers_of_a_scaled_service_stay_below_it() -> None:
    async with console() as it:
        it.table.sort_by(Sorting(Column.MEMORY))
        names = it.names()
        at = names.index("landing")
        assert names[at + 1 : at + 3] == ["landing/pixel-landing-1", "landing/pixel-landing-2"]


async def test_the_filter_hides_rows_without_a_match_and_escape_clears_it() -> None:
    async with console() as it:
        await it.press("slash", *"unhealthy", "enter")
        assert it.names() == ["agent"]
        assert "filter: unhealthy" in it.text("#services-pane")
        await it.press("escape")
        assert len(it.names()) > 5


async def test_matches_are_shown_while_the_filter_is_typed() -> None:
    async with console(still=True) as it:
        await it.press("slash", *"web")
        await it.until(lambda: it.table.region.height == 2)
        assert "running" in it.text("ServiceTable").splitlines()[1]


async def test_a_filter_without_matches_shows_a_message() -> None:
    async with console() as it:
        await it.press("slash", *"zzz", "enter")
        assert "No service matches" in it.text("#services-pane")


async def test_letters_that_come_at_once_are_typed_and_are_no_commands() -> None:
    async with console() as it:
        await it.burst("slash", *"retry", "enter")
        await it.until(lambda: "filter: retry" in it.text("#services-pane"))
        assert it.app.screen is it.dashboard
        await it.press("escape")
        await it.burst("2", "slash", *"retry", "enter")
        await it.until(lambda: "“retry”" in str(it.dashboard.query_one(LogPane).border_title))
        assert it.app.screen is it.dashboard


async def test_keys_after_one_that_closes_a_dialog_are_not_lost() -> None:
    async with console() as it:
        await it.burst("question_mark", "escape", "j", "j", "c", "escape", "k")
        await it.until(lambda: it.app.screen is it.dashboard)
        await it.until(lambda: it.table.cursor_key == it.names()[1])


async def test_a_search_in_the_log_does_not_filter_the_services() -> None:
    async with console() as it:
        names, key = it.names(), it.table.cursor_key
        await it.press("2", "slash", *"pool", "enter")
        assert it.names() == names
        assert it.table.cursor_key == key


async def test_order_and_columns_are_remembered_and_no_filter() -> None:
    async with console() as it:
        await it.press("slash", *"pixel", "enter")
        it.table.action_reverse()
        it.dashboard.preferences.save_columns((Column.SERVICE, Column.PORTS))
        await it.until(lambda: it.dashboard.preferences.sorting.reverse)
        names = it.names()
        await it.app.workers.wait_for_complete()
    async with console() as again:
        assert again.table.sorting.reverse
        assert again.table.columns == (Column.SERVICE, Column.PORTS)
        assert "filter:" not in again.text("#services-pane")
        assert len(again.names()) > len(names)


async def test_a_filter_counts_the_problems_that_it_hides() -> None:
    async with console() as it:
        wrong = [item.service for item in findings(it.app.parts.observer.snapshot, it.clock.now())]
        assert len(wrong) > 1
        await it.press("slash", *"zzz", "enter")
        assert f"{len(wrong)} problems hidden" in it.text("#services-pane")
        await it.press("escape", "slash", *wrong[0], "enter")
        left = len(set(wrong) - set(it.names()))
        assert f"{left} problem" in it.text("#services-pane")
        await it.press("escape")
        assert "hidden" not in it.text("#services-pane")


TRAPS = ("[/x]", "[bold]x\\", "\\[x]", "[$text-error]x[", "x\\")


@pytest.mark.parametrize("typed", TRAPS)
async def test_a_filter_is_text_in_the_title_beside_the_hidden_problems(typed: str) -> None:
    async with console() as it:
        await it.press("slash", *(key_of(letter) for letter in typed), "enter")
        assert f"filter: {typed}" in it.text("#services-pane")
        assert "hidden" in it.text("#services-pane")


def key_of(letter: str) -> str:
    return (
        letter
        if letter.isalnum()
        else unicodedata.name(letter).lower().replace(" ", "_").replace("-", "_")
    )


async def test_columns_can_be_chosen() -> None:
    async with console(size=(100, 36)) as it:
        await it.press("c", "space", "enter")
        assert Column.STATE not in it.table.columns
        await it.press("c", "a")
        assert Column.STATE in it.table.columns


async def test_a_row_is_painted_only_when_its_text_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console(still=True) as it:
        await it.until(lambda: it.app.parts.observer.usage)
        painted: list[int] = []
        draw = ServiceTable.render_line

        def counted(table: ServiceTable, y: int) -> object:
            painted.append(y)
            return draw(table, y)

        monkeypatch.setattr(ServiceTable, "render_line", counted)
        it.dashboard._draw_rows()
        await it.pilot.pause()
        assert not painted


async def test_details_say_all_and_no_secret() -> None:
    async with console(size=(100, 60)) as it:
        it.dashboard.select("agent")
        await it.press("3")
        said = "\n".join(
            f"{line.label} {line.value}"
            for section in it.dashboard.query_one("#details-pane Details", Details).sections
            for line in section.lines
        )
        for part in ("image", "command", "started", "depends on", "needed by", "memory limit"):
            assert part in said
        assert "********" in said
        assert "not-a-real" not in said


async def test_the_health_log_opens_on_its_own() -> None:
    async with console() as it:
        it.dashboard.select("agent")
        await it.press("p")
        assert "failed with" in it.text()
        await it.press("escape")
        it.dashboard.select("pgadmin")
        await it.press("p")
        assert it.app.screen is it.dashboard


async def test_the_advice_names_the_reason_and_the_hint() -> None:
    async with console() as it:
        it.dashboard.select("agent")
        await it.pilot.pause()
        said = it.text("Advice")
        assert "agent is unhealthy" in said
        assert "→" in said


async def test_the_advice_counts_other_findings_and_a_key_selects_the_next() -> None:
    async with console(size=(80, 24)) as it:
        it.dashboard.select("agent")
        await it.until(lambda: "agent is unhealthy" in it.text("Advice"))
        assert it.text("Advice").splitlines()[0].endswith("…  +2 more (n)")
        seen = []
        for _ in range(3):
            await it.press("n")
            seen.append(it.table.cursor_key)
        assert seen == ["landing", "narrative-correlator", "agent"]
        it.dashboard.select("api")
        problems = "Problems: agent, landing, narrative-correlator (n)"
        await it.until(lambda: problems in it.text("Advice"))
        assert "api: no problems." in it.text("Advice")


async def test_the_advice_names_the_keys_of_the_settings() -> None:
    keys = {"services.next_problem": "f7", "services.actions": "ctrl+a"}
    async with console(settings=Settings(keys=keys)) as it:
        it.dashboard.select("landing")
        await it.until(lambda: "recreate it (^a, Recreate)" in it.text("Advice"))
        assert "+2 more (F7)" in it.text("Advice")
        it.dashboard.select("api")
        await it.until(lambda: "narrative-correlator (F7)" in it.text("Advice"))


async def test_the_advice_names_a_key_that_is_there_else_the_command() -> None:
    async with console() as it:
        it.dashboard.select("landing")
        await it.until(lambda: "recreate it (a, Recreate)" in it.text("Advice"))
        assert "docker compose" not in it.text("Advice")
    async with console(settings=Settings(read_only=True)) as it:
        it.dashboard.select("landing")
        await it.until(lambda: "docker compose up -d landing" in it.text("Advice"))


async def test_a_lost_engine_is_shown_with_a_hint_and_comes_back_by_itself() -> None:
    async with console() as it:
        rows = it.names()
        it.world.fail_engine(down=True)
        it.dashboard.action_refresh_stack()
        await it.until(lambda: it.dashboard.query_one(Banner).has_class("-shown"))
        await it.until(lambda: "stale" in it.text("StatusBar"))
        assert it.names() == rows
        await it.until(lambda: "agent is unhealthy" in it.text("Advice"))
        assert re.search(r"agent is unhealthy .*, as of (just now|.* ago)", it.text("Advice"))
        it.dashboard.select("postgres")
        await it.until(lambda: "the Docker daemon does not answer" in it.text("Advice"))
        assert re.search(r"Old data, as of (just now|.* ago)", it.text("Advice"))
        it.world.fail_engine(down=False)
        await it.until(lambda: not it.dashboard.query_one(Banner).has_class("-shown"))


async def test_a_log_opens_at_its_end_follows_and_pauses_when_scrolled() -> None:
    async with console() as it:
        log = it.log
        await it.press("2")
        assert log.following
        before = it.log.page.shown
        await it.press("up")
        paused = not log.following
        assert paused
        it.world.raise_fault("agent", DemoFault.FLOOD)
        await it.until(lambda: it.log.new_lines > 0)
        assert it.log.page.shown > before
        assert "paused" in str(it.dashboard.query_one(LogPane).border_title)
        await it.press("G")
        assert it.log.new_lines == 0


async def test_a_log_stays_on_its_line_when_older_ones_are_dropped() -> None:
    async with console() as it:
        await it.press("2", "g")
        feed = it.log.page.feed
        assert feed is not None
        await it.until(lambda: feed.reach.first and it.all_lines_counted())
        await it.press("pagedown")
        before = it.text("LogView").splitlines()[0][:36]
        line = LogLine(b"2026-03-01T12:00:00.000000000Z", "x", LineKind.STDOUT, b"more")
        room = 100_000 - feed.ring.extent.following
        feed.ring.extend([line] * (room + 5))
        await it.until(lambda: it.log.page.state.first == feed.ring.extent.first > 0)
        assert it.text("LogView").splitlines()[0][:36] == before


async def test_a_search_counts_its_matches_and_wraps() -> None:
    async with console(still=True) as it:
        await it.press("2", "slash", *"agent", "enter")
        title = str(it.dashboard.query_one(LogPane).border_title)
        assert "“agent”" in title
        assert " of " in title
        await it.press("n")
        assert "wrapped" in str(it.dashboard.query_one(LogPane).border_title)
        await it.press("slash", *"no such words", "enter")
        assert "is not in these lines" in str(it.dashboard.query_one(LogPane).border_title)


async def test_a_log_that_docker_cannot_read_shows_the_reason() -> None:
    async with console() as it:
        it.dashboard.select("nginx")
        await it.until(lambda: "logging driver" in it.text("#logs-pane"))
        assert "json-file" in it.text("#logs-pane")
        it.dashboard.select("pgadmin")
        await it.until(lambda: "profile tools is not active" in it.text("#logs-pane"))


async def test_hostile_log_lines_are_painted_as_text() -> None:
    async with console() as it:
        feed = it.log.page._feed
        assert feed is not None
        stamp = b"2026-03-01T12:00:00.000000000Z"
        feed.ring.extend(
            [
                LogLine(stamp, "x", LineKind.STDOUT, text)
                for text in (
                    b"\x1b]0;owned\x07title",
                    b"\x1b[2Jcleared",
                    b"[/foo] [bold]markup",
                    b"\xff\xfe bytes",
                    "\u202ebidi".encode(),
                )
            ]
        )
        await it.until(lambda: "bidi" in it.text("#logs-pane"))
        painted = it.text("#logs-pane")
        assert "\x1b" not in painted
        assert "[/foo] [bold]markup" in painted
        assert "\u202e" not in painted


async def test_help_lists_the_keys_of_the_place() -> None:
    async with console() as it:
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        assert "Mark this row" in it.text()
        assert "Page left" in it.text(), "Textual's own words are not in title case"
        assert "Page Left" not in it.text()
        await it.press("escape", "2", "question_mark")
        assert "To the last line" in it.text()


async def test_a_copy_is_reported_without_a_claim_of_success() -> None:
    async with console() as it:
        await it.press("y")
        await it.until(lambda: "to the terminal's clipboard." in it.text())
        it.app.parts = replace(it.app.parts, environment={"TMUX": "/tmp/tmux-0/default,1,0"})
        await it.press("y")
        await it.until(lambda: "to tmux, if it allows that" in it.text())


async def test_themes_go_round_and_are_remembered() -> None:
    async with console() as it:
        seen = {it.app.theme}
        for _ in range(2):
            await it.press("T")
            seen.add(it.app.theme)
        assert seen == {"pixel-dark", "pixel-light", "pixel-ansi"}
        last = it.app.theme
        await it.app.workers.wait_for_complete()
    async with console() as again:
        assert again.app.theme == last


async def test_keys_can_be_bound_otherwise() -> None:
    async with console(settings=Settings(keys={"services.restart": "f9"})) as it:
        await it.press("r")
        assert it.app.screen is it.dashboard
        await it.press("f9")
        assert "Restart" in it.text()
        assert it.app.screen is not it.dashboard


async def test_a_name_that_binds_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="does not exist"):
        async with console(settings=Settings(keys={"no.such": "x"})):
            pass


async def test_every_named_key_is_named_once() -> None:
    names = [binding.id for binding in named_bindings()]
    assert len(names) == len(set(names))


async def test_jobs_are_listed_only_when_there_are_any() -> None:
    async with console() as it:
        await it.press("5")
        assert "No jobs yet" in it.text("#jobs-pane")
        assert it.dashboard.query_one(JobList).option_count == 1


async def test_selecting_another_row_causes_no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console() as it:
        laid_out: list[bool] = []
        lay_out = Screen._refresh_layout

        def counted(screen: Screen[object], *args: object, **kwargs: object) -> None:
            laid_out.append(bool(kwargs.get("scroll")))
            lay_out(screen, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        # What the stack tells at that very moment may want it once; a row would want it each time.
        for key in ("down", "up") * 3:
            laid_out.clear()
            shown = it.log.page.feed
            await it.press(key)
            page = it.log.page
            await it.until(lambda shown=shown: page.feed is not shown and page.shown > 0)  # type: ignore[misc]  # noqa: B023  one page
            await it.pilot.pause()
            if all(laid_out):
                return
        pytest.fail("each row lays the screen out anew")


@pytest.mark.parametrize(
    ("fault", "service", "round_seconds", "why"),
    [
        (DemoFault.CRASH_LOOP, "agent", CRASH_SECONDS + RESTART_SECONDS, "exit code 1"),
        (
            DemoFault.OUT_OF_MEMORY, "api", OUT_OF_MEMORY_SECONDS + RESTART_SECONDS,
            "exit code 137 (out of memory)",
        ),
    ],
)  # fmt: skip
async def test_a_service_between_two_restarts_is_not_called_running(
    fault: DemoFault, service: str, round_seconds: float, why: str
) -> None:
    async with console(still=True, size=(140, 36)) as it:
        assert isinstance(it.clock, FixedClock)
        it.dashboard.select(service)
        await it.press("3")
        it.world.raise_fault(service, fault)
        observer = it.app.parts.observer
        for number in (1, 2, 3):
            it.clock.advance(round_seconds)
            observer.refresh()
            await it.until(lambda number=number: _restarts(it, service) == number)  # type: ignore[misc]
            await it.until(lambda: "1 unstable" in it.text("StatusBar"))
            await it.until(lambda: why in it.text("Advice"))
            assert "● running" in it.text("ServiceTable")
            await it.until(lambda: "Problems" in it.text("Details"))
        await it.until(lambda: "restarts again and again (3 times)" in it.text("Advice"))
        it.world.clear(service)
        it.clock.advance(STABLE_SECONDS + 10)
        observer.refresh()
        await it.until(lambda: "unstable" not in it.text("StatusBar"))
        await it.until(lambda: "again and again" not in it.text("Advice"))


def _restarts(it: Console, name: str) -> int:
    service = it.app.parts.observer.snapshot.service(name)
    running = service is not None and service.state is ServiceState.RUNNING
    return service.restarts if service is not None and running else 0


async def test_an_engine_that_never_answered_is_not_looked_for_for_good() -> None:
    clock = SystemClock()
    world = DemoWorld(clock)
    world.fail_engine(down=True)
    app = PixelTui(demo_parts(session(), clock=clock, world=world))
    async with app.run_test(size=(100, 36)) as pilot:
        it = Console(app, pilot, world, clock)
        await it.until(lambda: it.dashboard.query("Banner.-shown"))
        await it.until(lambda: "does not answer" in it.text("StatusBar"))
        assert "unknown" in it.text("StatusBar")
        assert "looking…" not in it.text()


async def test_a_socket_without_permission_is_reported_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> None:
        raise connection_error(PermissionError(), SafeText("unix:///var/run/docker.sock"))

    clock = SystemClock()
    world = DemoWorld(clock)
    monkeypatch.setattr(world, "require_engine", refused)
    app = PixelTui(demo_parts(session(), clock=clock, world=world))
    async with app.run_test(size=(80, 24)) as pilot:
        it = Console(app, pilot, world, clock)
        await it.until(lambda: it.dashboard.query("Banner.-shown"))
        await it.until(lambda: "permission denied by the Docker daemon" in it.text("StatusBar"))
        assert "usermod -aG" in it.text("Banner")
        assert "does not answer" not in it.text()


async def test_a_file_that_breaks_makes_no_orphan_and_keeps_restart_in_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_project: DemoProject) -> NoReturn:
        raise ComposeRefused("Compose refuses the project: yaml: line 3.")

    async with console() as it:
        monkeypatch.setattr(DemoProject, "resolve", refuse)
        it.app.parts.observer.refresh()
        await it.until(lambda: "yaml: line 3" in it.text("Banner"))
        assert "orphan" not in it.text("ServiceTable")
        assert "● running" in it.text("ServiceTable")
        assert "Everything that should run is running" not in it.text()
        it.dashboard.select("postgres")
        await it.press("r")
        await it.until(lambda: "docker restart pixel-postgres-1" in it.text())


def started(clock: FixedClock) -> tuple[PixelTui, DemoWorld]:
    """A console that is not started, and its stack."""
    world = DemoWorld(clock)
    return PixelTui(demo_parts(session(), clock=clock, world=world)), world


async def test_the_logs_pane_is_mounted_without_a_docker_daemon() -> None:
    clock = still_clock()
    app, world = started(clock)
    world.fail_engine(down=True)
    async with app.run_test() as pilot:
        it = Console(app, pilot, world, clock)
        await it.until(lambda: app.screen.query(LogPane))
        assert not app.parts.observer.snapshot.complete


async def test_a_key_for_the_logs_that_comes_before_them_reaches_them() -> None:
    clock = still_clock()
    app, world = started(clock)
    async with app.run_test() as pilot:
        it = Console(app, pilot, world, clock)
        await it.burst("2", "slash")
        await it.until(lambda: isinstance(app.focused, QueryBox))
