"""A broken environment file is reported by every command, and its secrets by none."""

import sys
from pathlib import Path

import pytest

from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine

pytestmark = pytest.mark.engine

COMPOSE = f"services:\n  a:\n    image: {BASE_IMAGE}\n    environment:\n      A: ${{A}}\n"
BROKEN = 'A=1\nDB_PASSWORD="Hunter22-fake-secret\n'


@pytest.mark.parametrize(
    "words",
    [("status",), ("status", "--json"), ("doctor",), ("plan", "restart", "a"), ("env", "check")],
    ids=" ".join,
)
def test_an_unterminated_value_is_reported_without_the_value(
    engine: Engine, make_project: MakeProject, tmp_path: Path, words: tuple[str, ...]
) -> None:
    project = make_project(COMPOSE, files={".env": BROKEN})
    state = tmp_path / "state"
    done = engine.run(
        [sys.executable, "-m", "pixel_tui", *words, "-p", project.name],
        cwd=project.directory,
        env={"XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state)},
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "unterminated quoted value ********" in said or "DB_PASSWORD" in said
    assert "Hunter22" not in said
    kept = [path.read_text(errors="replace") for path in state.rglob("*") if path.is_file()]
    assert not any("Hunter22" in text for text in kept)
