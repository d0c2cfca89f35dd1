"""What happens during a soak: keys, sizes, containers that come and go. All by one seed."""

import random
import subprocess
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.stack import TALKER, Stack
from tests.engine.private_engine import BASE_IMAGE

ESCAPE: Final = "\x1b"
SIZES: Final = ((200, 50), (200, 50), (120, 30), (80, 24), (160, 45), (20, 5))

# What leaves the console is left out: q, Ctrl+C, Ctrl+Q, Ctrl+Z. Enter is pressed only where
# it can't choose a command that leaves.
_KEYS: Final = (
    *"jjjjjjkkkkkkjkggGGhl  oOc?ptTyzaz12345123nNbi\x7f\x7f\x7f",
    *("\t", "\x1b[Z", "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[15~"),
    *(ESCAPE,) * 6,
)
_PHRASES: Final = (
    "/svc" + ESCAPE,
    "/00\r",
    "2/things\r",
    "2/no such words\rnN",
    "2&things\r",
    "2&!00\r",
    "2L",
    "2kkvkky",
    "2wu",
    "2CtY",
    "2g",
    "2G",
    "2bkk[]",
    "2J-1m\r",
    "2/svc\rS" + ESCAPE,
    "2k\r" + ESCAPE,
    "2!" + ESCAPE,
    "2H",
    "2fa\r",
    "2fn\r",
    "1 j ",
    ":theme" + ESCAPE,
    ":rest\x1b[B\x1b[B" + ESCAPE,
    "1\rjjkk" + ESCAPE,
    "1r" + ESCAPE,
    "1ry",
    "1sy",
    "5\r" + ESCAPE,
    "c jj \r",
    "ca",
)
_REST: Final = ("svc-002", "svc-003", "svc-004")


def random_keys(chance: random.Random) -> str:
    """One key, or some that belong together."""
    return chance.choice(_PHRASES) if chance.random() < 0.1 else chance.choice(_KEYS)


class Churn:
    """Starts one command at a time on the stack, and never waits for it.

    Args:
        stack: The stack.
        chance: Where the choices come from.
    """

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self._stack = stack
        self._chance = chance
        self._running: subprocess.Popen[bytes] | None = None
        self.count = 0

    @property
    def busy(self) -> bool:
        """Whether the last command still runs."""
        return self._running is not None and self._running.poll() is None

    def step(self) -> None:
        """Start another command, unless one runs."""
        if not self.busy:
            choices: Sequence[Callable[[], list[str]]] = (
                self._scale,
                self._scale,
                self._restart,
                self._remove,
                self._recreate,
                self._foreign,
                self._stop,
            )
            self._start(self._chance.choice(choices)())

    def settle(self) -> None:
        """Bring everything back to how it was."""
        if self._running is not None:
            self._running.wait(120)
        self._stack.up()

    def close(self) -> None:
        """End the last command."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def _start(self, words: list[str]) -> None:
        self.count += 1
        self._running = subprocess.Popen(
            ["docker", *words],
            env=self._stack.engine.env,
            cwd=self._stack.project.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _compose(self, *words: str) -> list[str]:
        return ["compose", "-p", self._stack.project.name, *words]

    def _any(self) -> str:
        return self._chance.choice(_REST)

    def _scale(self) -> list[str]:
        count = self._chance.randint(0, 4)
        return self._compose("up", "--detach", "--no-recreate", "--scale", f"svc-005={count}")

    def _restart(self) -> list[str]:
        name = self._chance.choice((*_REST, TALKER))
        return self._compose("restart", "--timeout", "0", name)

    def _remove(self) -> list[str]:
        return self._compose("rm", "--force", "--stop", self._any())

    def _recreate(self) -> list[str]:
        return self._compose("up", "--detach", "--force-recreate", "--timeout", "0", self._any())

    def _stop(self) -> list[str]:
        return self._compose("stop", "--timeout", "0", self._any())

    def _foreign(self) -> list[str]:
        return ["run", "--detach", "--rm", BASE_IMAGE, "sleep", str(self._chance.randint(1, 10))]
