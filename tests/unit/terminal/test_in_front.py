"""A program in the foreground, and signals to this process meanwhile."""

import os
import signal
import subprocess
from typing import Any

import pytest

from pixel_tui.terminal.foreground import run_in_foreground


def test_a_signal_during_the_start_of_the_program_is_passed_on(
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
