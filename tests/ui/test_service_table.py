"""The service table by itself: its cursor while rows come and go."""

from textual.app import App, ComposeResult

from tests.builders.actions import NOW, container, spec, stack
from widgets.rows.service_row import Row, service_rows
from widgets.tables.service_table import ServiceTable


class TableApp(App[None]):
    """Nothing but the table."""

    def compose(self) -> ComposeResult:
        yield ServiceTable()


def rows(api: int) -> list[tuple[Row, list[Row]]]:
    """Two services, of which one has so many containers."""
    containers = [container("api", number) for number in range(1, api + 1)]
    seen = stack(*containers, container("web"), specs=(spec("web"), spec("api", replicas=api)))
    return service_rows(seen, {}, NOW)


async def test_the_cursor_goes_from_a_container_that_is_gone_to_its_service() -> None:
    app = TableApp()
    async with app.run_test():
        table = app.query_one(ServiceTable)
        table.show(rows(2))
        table.cursor_key = "api/pixel-api-2"
        table.show(rows(3))
        assert table.cursor_key == "api/pixel-api-2"
        table.show(rows(1))
        assert table.cursor_key == "api"
