"""The short form of the soak: a console in use at random neither fails nor grows."""

import os

import pytest

from benchmarks.soak import report, soak
from tests.engine.private_engine import Engine

SECONDS = float(os.environ.get("PIXEL_TUI_SOAK_SECONDS", "150"))


@pytest.mark.engine
@pytest.mark.terminal
@pytest.mark.usefixtures("base_image")
def test_a_console_in_use_neither_fails_nor_grows(engine: Engine) -> None:
    run = soak(engine, SECONDS, seed=3)
    assert run.passed, report(run)
