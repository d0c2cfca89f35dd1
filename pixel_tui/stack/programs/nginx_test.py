"""A step of a plan that tests the configuration of a running nginx. Changes nothing.

It is run as `python -m pixel_tui.stack.programs.nginx_test CONTAINER`: it runs `nginx -t` in the
container and prints its output. It exits with 1 if nginx rejects its configuration or can't be run,
and with 0 if the container has no such program, because then nothing is known to be wrong.
"""

from pixel_tui.early_signals import end_on_interrupt

if __name__ == "__main__":
    end_on_interrupt()

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import own_argv
from pixel_tui.stack.programs.program import RealPrograms
from pixel_tui.stack.programs.step_program import run_step, say

MODULE: Final = "pixel_tui.stack.programs.nginx_test"
SECONDS: Final = 30.0
"""Timeout: nginx resolves the names of its upstreams."""
NO_PROGRAM: Final = frozenset({126, 127})
"""The exit codes of `docker exec` if it can't start the program."""


def test_argv(command: ComposeCommand, container: str) -> tuple[str, ...]:
    """Return the command line of such a step."""
    options: tuple[str, ...] = ()
    if command.docker != ComposeCommand().docker:
        options = ("--docker", shlex.join(command.docker))
    return own_argv(MODULE, *options, "--", container)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the test, and return the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="Test an nginx.")
    parser.add_argument("container", help="the container's name")
    parser.add_argument("--docker", default="docker", help="how docker is called")
    found = parser.parse_args(argv)
    return run_step(lambda: _test(shlex.split(found.docker), found.container))


def _test(docker: Sequence[str], container: str) -> None:
    programs = RealPrograms(Path.cwd(), os.environ)
    result = programs.run((*docker, "exec", "--", container, "nginx", "-t"), patience=SECONDS)
    if result.code in NO_PROGRAM:
        say(f"{container} has no nginx program: its configuration can't be tested.")
        return
    for line in result.errors.decode(errors="replace").splitlines():
        say(line)
    if result.code:
        raise OperationError(
            f"The nginx configuration is invalid: {result.reason}",
            on=container,
            hint="nginx keeps running unchanged. Fix the file, then run this again.",
        )


if __name__ == "__main__":
    sys.exit(main())
