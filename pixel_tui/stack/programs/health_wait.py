"""A step of a plan that waits for containers to become healthy, or for tasks to complete.

It is run as `python -m pixel_tui.stack.programs.health_wait`.

Compose waits for the health of services that it starts, but not of those that it restarts. This
program only reads: it runs `docker inspect`, prints changes, and exits when every container is
healthy or can't become healthy any more. It exits with 0 then, and also on a timeout, because the
next steps should be done anyway, and the result is verified at the end. It exits with 1 if the
engine can't be reached.

With `--completed`, it waits until each container has exited. Services that depend on a task must
not be started without it, so it exits with 1 if a task failed or did not finish in time.
"""

from pixel_tui.early_signals import end_on_interrupt

if __name__ == "__main__":
    end_on_interrupt()

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.json_reading import parse_json
from pixel_tui.stack.compose.command import ComposeCommand, operands
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.programs.own_program import own_argv
from pixel_tui.stack.programs.program import Programs, RealPrograms
from pixel_tui.stack.programs.step_program import handle_end_signals, say

MODULE: Final = "pixel_tui.stack.programs.health_wait"
POLL_SECONDS: Final = 0.5
INSPECT_SECONDS: Final = 10.0
_ENDED: Final = "exited"
_DONE: Final = "exited (0)"
_WAITING_STATES: Final = frozenset({"starting", "unhealthy"})


def wait_argv(
    command: ComposeCommand, names: Sequence[str], limit: int, *, completed: bool = False
) -> tuple[str, ...]:
    """Return the command line of such a step.

    Args:
        command: The docker command.
        names: The names of the containers.
        limit: Timeout in seconds.
        completed: Wait for tasks to complete instead of for health.
    """
    options = ["--limit", str(limit), *(["--completed"] if completed else [])]
    if command.docker != ComposeCommand().docker:
        options += ["--docker", shlex.join(command.docker)]
    return own_argv(MODULE, *options, names=names)


def main(argv: Sequence[str] | None = None) -> int:
    """Wait, and return the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Wait for health.")
    parser.add_argument("container", nargs="+", help="a service to wait for")
    parser.add_argument("--limit", type=int, required=True, help="the timeout in seconds")
    parser.add_argument("--docker", default="docker", help="how docker is called")
    parser.add_argument("--completed", action="store_true", help="until they have exited with 0")
    found = parser.parse_args(argv)
    programs = RealPrograms(Path.cwd(), os.environ)
    handle_end_signals()
    try:
        wait = _Wait(programs, shlex.split(found.docker), found.container)
        return wait.completed(found.limit) if found.completed else wait.healthy(found.limit)
    except KeyboardInterrupt:
        say("It was cancelled.")
        return 1


class _Wait:
    def __init__(self, programs: Programs, docker: Sequence[str], names: Sequence[str]) -> None:
        self._programs = programs
        self._docker = docker
        self._names = names
        self._printed: dict[str, str] = {}

    def healthy(self, limit: float) -> int:
        """Wait for health, at most this many seconds; return the exit code."""
        waiting, trouble = self._poll_until(limit, lambda state: state not in _WAITING_STATES)
        if waiting:
            say(f"{', '.join(waiting)}: stopped waiting ({span(limit)})")
        return 1 if trouble else 0

    def completed(self, limit: float) -> int:
        """Wait for tasks to complete, at most this many seconds; return the exit code."""
        waiting, trouble = self._poll_until(limit, lambda state: state.startswith(_ENDED))
        if waiting:
            say(f"{', '.join(waiting)}: not finished after {span(limit)}")
        failed = [name for name in self._names if self._printed.get(name) not in {_DONE, None}]
        if failed and not waiting:
            say(f"{', '.join(failed)} failed: its dependents are unchanged")
        return 1 if waiting or failed or trouble else 0

    def _poll_until(
        self, limit: float, is_ready: Callable[[str], bool]
    ) -> tuple[Sequence[str], str]:
        """Poll until the timeout; return the containers still waited for, and the last error."""
        began = time.monotonic()
        while True:
            states, trouble = self._states()
            for name, state in states.items():
                if self._printed.get(name) != state:
                    self._printed[name] = state
                    say(f"{name}  {state}")
            waiting = [name for name, state in states.items() if not is_ready(state)]
            if not trouble and not waiting:
                return (), ""
            if time.monotonic() - began >= limit:
                if trouble:
                    say(f"{trouble} ({span(limit)})")
                return waiting, trouble
            time.sleep(POLL_SECONDS)

    def _states(self) -> tuple[dict[str, str], str]:
        """Return the health of each container, or its state if it has none, and the error."""
        try:
            output = self._programs.run(
                (
                    *self._docker,
                    "container",
                    "inspect",
                    "--format",
                    "{{json .}}",
                    *operands(self._names),
                ),
                patience=INSPECT_SECONDS,
            )
        except OperationError as error:
            return {}, str(error)
        try:
            nodes = [Node(parse_json(line)) for line in output.output.splitlines() if line.strip()]
        except ValueError:
            return {}, "docker's output can't be parsed"
        if output.code and not nodes:
            return {}, str(output.reason)
        return {node["Name"].raw.removeprefix("/"): _state(node["State"]) for node in nodes}, ""


def _state(node: Node) -> str:
    status = node["Status"].raw
    health = node["Health"]["Status"].raw
    if status == "running" and health:
        return health
    return f"{status} ({node['ExitCode'].integer})" if status == _ENDED else status


if __name__ == "__main__":
    sys.exit(main())
