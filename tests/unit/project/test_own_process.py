"""What a test changes in its process ends with it."""

import os
import signal
from pathlib import Path

from tests.own_process import restored_process


def test_the_umask_of_a_called_program_is_not_left_to_the_next_test(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with restored_process():
            os.umask(0o077)
        (tmp_path / "open").mkdir()
        assert (tmp_path / "open").stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


def test_the_signal_handlers_of_a_called_program_are_not_left_to_the_next_test() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with restored_process():
        signal.signal(signal.SIGTERM, lambda *_: None)
    assert signal.getsignal(signal.SIGTERM) is before
