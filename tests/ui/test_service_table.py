"""The service table alone: its cursor when rows change, and its columns."""

import pytest
from textual.app import App, ComposeResult

from pixel_tui.stack.model.container import Port
from pixel_tui.text import SafeText
from tests.builders.actions import NOW, container, exited, spec, stack
from widgets.rows.service_row import FORMATS, Column, Row, service_rows
from widgets.tables.keyed_table import Sorting
from widgets.tables.service_table import ServiceTable


class TableApp(App[None]):
    """An app with only the table."""

    def compose(self) -> ComposeResult:
        yield ServiceTable()


def rows(api: int) -> list[tuple[Row, list[Row]]]:
    """Two services, one of them with a number of containers."""
    containers = [container("api", number) for number in range(1, api + 1)]
    seen = stack(*containers, container("web"), specs=(spec("web"), spec("api", replicas=api)))
    return service_rows(seen, {}, NOW)


async def test_the_cursor_moves_from_a_removed_container_to_its_service() -> None:
    app = TableApp()
    async with app.run_test():
        table = app.query_one(ServiceTable)
        table.show(rows(2))
        table.cursor_key = "api/pixel-api-2"
        table.show(rows(3))
        assert table.cursor_key == "api/pixel-api-2"
        table.show(rows(1))
        assert table.cursor_key == "api"


def painted(table: ServiceTable) -> list[str]:
    """The lines of the table, with its heading."""
    return [table.render_line(y).text.rstrip() for y in range(len(table.rows) + 1)]


LONG_NAME = "pixel-api-run-0a1b2c3d4e5f"


@pytest.mark.parametrize("width", [80, 90])
async def test_a_long_name_gives_way_to_the_first_columns(width: int) -> None:
    job = spec("database-migrations-of-all-schemas")
    runs = container("api", 9, oneoff=True, name=SafeText(LONG_NAME))
    done = exited(job.name, exit_code=0)
    seen = stack(container("api"), runs, done, specs=(spec("api"), job))
    app = TableApp()
    async with app.run_test(size=(width, 24)):
        table = app.query_one(ServiceTable)
        table.show(service_rows(seen, {}, NOW))
        heading, *lines = painted(table)
        for title in ("STATE", "HEALTH", "CPU/core", "MEMORY", "SYNC"):
            assert title in heading
        assert any(line.endswith("in sync") for line in lines)
        assert any("database-mi" in line and "…" in line for line in lines)


async def test_a_containers_name_keeps_its_end_when_it_is_cut() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)):
        table = app.query_one(ServiceTable)
        seen = stack(
            container("landing-pages", 1),
            container("landing-pages", 2),
            specs=(spec("landing-pages", replicas=2),),
        )
        table.show(service_rows(seen, {}, NOW))
        lines = painted(table)
        assert [line.split()[1] for line in lines[2:]] == ["pixel-…ages-1", "pixel-…ages-2"]


async def test_ports_are_not_cut_while_there_is_room() -> None:
    ports = tuple(Port(8000 + at, host_port=8000 + at) for at in range(4))
    app = TableApp()
    async with app.run_test(size=(200, 50)):
        table = app.query_one(ServiceTable)
        table.show(
            service_rows(stack(container("api", ports=ports), specs=(spec("api"),)), {}, NOW)
        )
        assert "8000→8000 8001→8001 8002→8002 8003→8003  " in painted(table)[1]


async def test_the_arrow_of_the_sorting_cuts_no_title() -> None:
    app = TableApp()
    async with app.run_test(size=(200, 50)):
        table = app.query_one(ServiceTable)
        table.show(rows(1))
        for column in Column:
            table.sort_by(Sorting(column, reverse=True))
            assert f"{FORMATS[column].title}↓" in painted(table)[0]
