"""Files of pixel-tui replaced by pipes or huge files: they never block, nor fill the memory."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from pixel_tui.environment.apply.state import ApplyFiles
from pixel_tui.environment.storage.history import History
from pixel_tui.environment.storage.staging import Staging
from pixel_tui.errors import ConsoleError
from pixel_tui.ledger.writing.drafts import TaskDrafts
from pixel_tui.operations.audit.reading import head_path, read_audit
from pixel_tui.operations.audit.seal import read_seal, seal_path
from pixel_tui.operations.jobs.execution import last_output_line
from pixel_tui.settings import Memory
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS
from pixel_tui.stack.programs.process import exit_code_of, exit_path
from tests.patience import PATIENCE

CANDIDATE: Final = "0123456789abcdef"

READERS: Final[dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]]] = {
    "trail": (lambda at: at / "audit.jsonl", lambda at: read_audit(at / "audit.jsonl")),
    "head": (lambda at: head_path(at / "audit.jsonl"), lambda at: read_audit(at / "audit.jsonl")),
    "seal": (lambda at: seal_path(at / "audit.jsonl"), lambda at: read_seal(at / "audit.jsonl")),
    "exit code": (lambda at: exit_path(at / "1.log"), lambda at: exit_code_of(at / "1.log")),
    "output": (lambda at: at / "1.log", lambda at: last_output_line(at / "1.log")),
    "memory": (lambda at: at / "remembered/p.json", lambda at: Memory(at, "p").load()),
    "applied": (lambda at: at / "applied.json", lambda at: History(at).applied()),
    "draft": (lambda at: at / "draft-1.json", lambda at: TaskDrafts(at).list()),
    "candidate": (
        lambda at: Staging(at, at).path(CANDIDATE),
        lambda at: Staging(at, at).read(CANDIDATE),
    ),
    "apply": (lambda at: ApplyFiles(at, at)._state, lambda at: ApplyFiles(at, at).read()),
    "before": (
        lambda at: ApplyFiles(at, at)._before,
        lambda at: ApplyFiles(at, at).previous(WITHOUT_OPTIONS),
    ),
    "confirmation": (
        lambda at: ApplyFiles(at, at)._confirmation,
        lambda at: ApplyFiles(at, at).is_confirmed("token"),
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_instead_of_the_file_does_not_block(name: str, tmp_path: Path) -> None:
    place, read = READERS[name]
    path = place(tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    ended = threading.Event()

    def look() -> None:
        with suppress(ConsoleError):
            read(tmp_path)
        ended.set()

    reader = threading.Thread(target=look, daemon=True)
    reader.start()
    waited_for = not ended.wait(PATIENCE)
    if waited_for:  # release it
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    reader.join(PATIENCE)
    assert not waited_for


@pytest.mark.parametrize("name", [name for name in READERS if name not in {"trail", "output"}])
def test_a_huge_one_is_not_read(name: str, tmp_path: Path) -> None:
    place, read = READERS[name]
    path = place(tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # too large for the memory
    with suppress(ConsoleError):
        read(tmp_path)
