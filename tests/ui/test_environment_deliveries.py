"""Values in the environment view that can't be compared with running containers."""

from dataclasses import replace

import pytest

from pixel_tui.environment.checks.overview import KeyUse, KeyUseKind
from pixel_tui.text import SafeText
from tests.builders.ui_environment_screen import SIZE, opened, session_of
from tests.ui.driving import console


@pytest.mark.parametrize(("source", "unknown"), [("secrets.db", True), ("secrets.other", False)])
async def test_a_container_older_than_a_rotated_secret_is_reported_as_unknown(
    monkeypatch: pytest.MonkeyPatch, source: str, unknown: bool
) -> None:
    async with console(size=SIZE) as it:
        screen = await opened(it, "POSTGRES_PASSWORD")
        assert "gets it when" not in it.text("#environment-words")
        session = session_of(screen)
        assert session.overview is not None
        given = KeyUse(SafeText("agent"), KeyUseKind.CONTENT, SafeText("secrets.db"))
        rows = (
            replace(row, uses=(given,)) if row.key == "POSTGRES_PASSWORD" else row
            for row in session.overview.rows
        )
        screen._show(session, replace(session.overview, rows=tuple(rows)))
        monkeypatch.setattr(screen, "_outdated", lambda _service: {source})
        screen._draw_details()
        await it.until(lambda: "secrets.db" in it.text("#environment-words"))
        said = " ".join(it.text("#environment-words").split())
        assert ("unknown whether the container has this value" in said) is unknown
