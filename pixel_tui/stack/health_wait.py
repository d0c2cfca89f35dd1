"""Waiting for health checks, as a step of a plan: `python -m pixel_tui.stack.health_wait`.

Compose waits for the health of what it starts, and not of what it restarts. This only reads: it
asks `docker inspect`, prints what it sees, and ends when every container is healthy or has
nothing more to wait for. Exits with 0 then, and also when the time is over: what waits for it
is not left undone for that, and how all of it is in the end is verified anyway. Exits with 1
where the engine can't be asked.
"""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.json_value import Node
from pixel_tui.stack.own_program import own_argv
from pixel_tui.stack.program import Programs, RealPrograms
from pixel_tui.stack.step_program import say

MODULE: Final = "pixel_tui.stack.health_wait"
LOOK_SECONDS: Final = 0.5
ASK_SECONDS: Final = 10.0
_STILL_COMING: Final = frozenset({"starting", "unhealthy"})


def wait_argv(command: ComposeCommand, names: Sequence[str], limit: int) -> tuple[str, ...]:
    """The command line of such a step.

    Args:
        command: How docker is called.
        names: Of containers.
        limit: Seconds to wait at most.
    """
    options = ["--limit", str(limit)]
    if command.docker != ComposeCommand().docker:
        options += ["--docker", shlex.join(command.docker)]
    return own_argv(MODULE, *options, *names)


def main(argv: Sequence[str] | None = None) -> int:
    """Wait; returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Wait for health.")
    parser.add_argument("container", nargs="+", help="whose health check is waited for")
    parser.add_argument("--limit", type=int, required=True, help="seconds to wait at most")
    parser.add_argument("--docker", default="docker", help="how docker is called")
    found = parser.parse_args(argv)
    programs = RealPrograms(Path.cwd(), os.environ)
    try:
        return _Wait(programs, shlex.split(found.docker), found.container).until(found.limit)
    except KeyboardInterrupt:
        say("It was cancelled.")
        return 1


class _Wait:
    def __init__(self, programs: Programs, docker: Sequence[str], names: Sequence[str]) -> None:
        self._programs = programs
        self._docker = docker
        self._names = names
        self._told: dict[str, str] = {}

    def until(self, limit: float) -> int:
        """Look again and again, for so many seconds at most."""
        began = time.monotonic()
        while True:
            states, trouble = self._states()
            for name, state in states.items():
                if self._told.get(name) != state:
                    self._told[name] = state
                    say(f"{name}  {state}")
            waiting = [name for name in self._names if states.get(name) in _STILL_COMING]
            if not trouble and not waiting:
                return 0
            if time.monotonic() - began >= limit:
                what = trouble or f"{', '.join(waiting)}: not waited for any longer"
                say(f"{what} ({limit:g} s)")
                return 1 if trouble else 0
            time.sleep(LOOK_SECONDS)

    def _states(self) -> tuple[dict[str, str], str]:
        """The health of each container, or how it is where it has none; and what went wrong."""
        try:
            said = self._programs.run(
                (*self._docker, "container", "inspect", "--format", "{{json .}}", *self._names),
                patience=ASK_SECONDS,
            )
        except OperationError as error:
            return {}, str(error)
        try:
            nodes = [Node(json.loads(line)) for line in said.output.splitlines() if line.strip()]
        except ValueError:
            return {}, "docker said what can't be read"
        if said.code and not nodes:
            return {}, str(said.reason)
        return {node["Name"].raw.removeprefix("/"): _state(node["State"]) for node in nodes}, ""


def _state(node: Node) -> str:
    status = node["Status"].raw
    health = node["Health"]["Status"].raw
    return health if status == "running" and health else status


if __name__ == "__main__":
    sys.exit(main())
