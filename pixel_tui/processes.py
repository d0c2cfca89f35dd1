"""Processes of this machine, as they are shown."""

import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.redaction.redactor import redact_argv
from pixel_tui.text import SafeText, plain

PROC: Final = Path("/proc")
_MAX_COMMAND: Final = 200


@dataclass(frozen=True, slots=True)
class Process:
    """A process and its user."""

    pid: int
    user: str
    command: str
    """Its command line, as it may be shown; empty if this user can't read it."""

    @property
    def words(self) -> SafeText:
        """Such as ``process 41 of eve (`sleep 9`)``."""
        command = f" (`{self.command}`)" if self.command else ""
        return plain(f"process {self.pid} of {self.user}{command}")


def process_of(pid: int, proc: Path = PROC) -> Process:
    """Return a process by its pid, as far as the kernel lets this user see it."""
    process = proc / str(pid)
    user, command = "an unknown user", ""
    with suppress(OSError):
        uid = process.stat().st_uid
        user = f"user {uid}"
        with suppress(KeyError):
            user = pwd.getpwuid(uid).pw_name
        with (process / "cmdline").open("rb") as file:
            arguments = file.read(_MAX_COMMAND).decode("utf-8", "replace").split("\0")
        command = plain(" ".join(redact_argv([word for word in arguments if word])))
    return Process(pid, user, command)
