"""A program that has the terminal, and whoever tells this one to end meanwhile."""

import os
import signal
import subprocess
from typing import Any

import pytest

from pixel_tui.terminal.foreground import run_in_foreground


def test_who_is_told_to_end_while_the_program_is_started_passes_that_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []

    class Told(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Told)
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        assert run_in_foreground(["sleep", "20"], os.environ) == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
