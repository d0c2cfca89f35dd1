"""Projects whose data a backup can't reach, and what the backup says."""

import ctypes
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups.make import Maker
from pixel_tui.backups.manifest import Gap, Manifest
from pixel_tui.backups.policy import Policy, policy_for
from pixel_tui.backups.stack_view import StackView
from pixel_tui.clock import FixedClock
from pixel_tui.settings import BackupSettings, state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.backups import NOW

OVERRIDE = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@pytest.fixture
def ordinary() -> Iterator[None]:
    """Apply file modes even to root."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    kept, fewer = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, kept) == 0
    for at, bits in enumerate(kept):
        fewer[at] = bits & ~OVERRIDE if at == 0 else bits
    assert libc.capset(header, fewer) == 0
    yield
    assert libc.capset(header, kept) == 0


@dataclass
class Stack:
    """Programs on a host with these containers and this resolved project."""

    containers: Sequence[JsonObject] = ()
    model: JsonObject | None = None
    volumes: Sequence[str] = ()

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        words = list(argv)
        if "config" in words:
            if self.model is None:
                return ProgramOutput(1, b"", b"it is broken")
            return ProgramOutput(0, json.dumps(self.model).encode(), b"")
        if "inspect" in words:
            return ProgramOutput(0, json.dumps(list(self.containers)).encode(), b"")
        if "ps" in words:
            return ProgramOutput(0, b"c\n" * bool(self.containers), b"")
        if "volume" in words:
            return ProgramOutput(0, "".join(f"{name}\n" for name in self.volumes).encode(), b"")
        return ProgramOutput(0, b"no\n" if "exec" in words else b"", b"")


def model(**services: Any) -> JsonObject:
    return {"name": "pixel", "services": {"api": {"image": "app"}, **services}}


def rules(project: Path, **settings: Any) -> Policy:
    return policy_for(project, BackupSettings(**settings), state_folder())


def maker(
    project: Path,
    stack: Stack | None = None,
    *,
    hours: float = 0,
    environment: dict[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
    **settings: Any,
) -> Maker:
    view = StackView(stack or Stack(model=model()), ComposeCommand(directory=str(project)), "pixel")
    clock = FixedClock(NOW + timedelta(hours=hours))
    return Maker(
        view, rules(project, **settings), clock, host="host", say=say,
        environment=environment,
    )  # fmt: skip


def make(project: Path, stack: Stack | None = None, **how: Any) -> Manifest:
    return maker(project, stack, **how).make()


def held(made: Manifest) -> set[str]:
    return {item.source for item in made.items}


def missing(made: Manifest) -> dict[str, Gap]:
    return {gap.what: gap.gap for gap in made.missing}
