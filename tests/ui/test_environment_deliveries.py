"""What the environment view says of values that can't be compared with what runs."""

from dataclasses import replace
from datetime import UTC, datetime

from pixel_tui.environment.checks.overview import How, Use
from pixel_tui.environment.editing.session import parse_file
from pixel_tui.text import SafeText
from tests.builders.ui_environment_screen import SIZE
from tests.ui.driving import console
from tests.ui.test_environment_screen import opened, session_of


async def test_whether_the_running_one_has_a_rotated_secret_is_unknown_where_it_is_older() -> None:
    async with console(size=SIZE) as it:
        screen = await opened(it, "POSTGRES_PASSWORD")
        assert "gets it when" not in it.text("#environment-words")
        session = session_of(screen)
        assert session.overview is not None
        given = Use(SafeText("agent"), How.CONTENT, SafeText("secrets.db"))
        rows = (
            replace(row, uses=(given,)) if row.key == "POSTGRES_PASSWORD" else row
            for row in session.overview.rows
        )
        screen._show(session, replace(session.overview, rows=tuple(rows)))
        for year, unknown in ((2100, True), (2000, False)):
            changed_at = datetime(year, 1, 1, tzinfo=UTC)
            session.reload(parse_file(replace(session.loaded, changed_at=changed_at)))
            screen._draw_details()
            await it.until(lambda: "secrets.db" in it.text("#environment-words"))
            said = " ".join(it.text("#environment-words").split())
            assert ("unknown whether the running one has this value" in said) is unknown
