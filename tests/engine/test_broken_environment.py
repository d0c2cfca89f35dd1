"""A broken environment file is reported by every command, and its secrets by none."""

from pathlib import Path

import pytest

from tests.builders.engine_command import pixel_tui
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE

pytestmark = pytest.mark.engine

COMPOSE = f"services:\n  a:\n    image: {BASE_IMAGE}\n    environment:\n      A: ${{A}}\n"
BROKEN = 'A=1\nDB_PASSWORD="Hunter22-fake-secret\n'


@pytest.mark.parametrize(
    "words",
    [("status",), ("status", "--json"), ("doctor",), ("plan", "restart", "a"), ("env", "check")],
    ids=" ".join,
)
def test_an_unterminated_value_is_reported_without_the_value(
    make_project: MakeProject, tmp_path: Path, words: tuple[str, ...]
) -> None:
    project = make_project(COMPOSE, files={".env": BROKEN})
    state = tmp_path / "state"
    done = pixel_tui(project, state, *words, XDG_CONFIG_HOME=str(state))
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "unterminated quoted value ********" in said or "DB_PASSWORD" in said
    assert "Hunter22" not in said
    kept = [path.read_text(errors="replace") for path in state.rglob("*") if path.is_file()]
    assert not any("Hunter22" in text for text in kept)
