"""Parses the docker and compose command lines that the simulated stack understands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from pixel_tui.stack.programs.health_wait import MODULE

PROGRAMS: Final = frozenset({"docker", "docker-compose"})
DOCKER_VERBS: Final = frozenset({"start", "stop", "restart"})
WAIT: Final = "wait"
"""The verb of pixel-tui's own program that waits for health checks."""
COMPOSE_VERBS: Final = DOCKER_VERBS | {"build", "up"}
UNKNOWN_FLAG: Final = 16

_WITH_VALUE: Final = frozenset(
    {
        "--ansi", "--config", "--context", "--env-file", "--file", "--host", "--profile",
        "--docker", "--limit", "--progress", "--project-directory", "--project-name", "--timeout",
        "--tlscacert", "--tlscert", "--tlskey", "--wait-timeout", "-H", "-c", "-f", "-p", "-t",
    }
)  # fmt: skip
_WITHOUT_VALUE: Final = frozenset(
    {
        "--completed", "--detach", "--force-recreate", "--no-build", "--no-cache", "--no-color",
        "--no-deps", "--no-recreate", "--tls", "--tlsverify", "-d",
    }
)  # fmt: skip


class CommandRefused(Exception):
    """The program would print this message and exit with this code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A parsed command line."""

    compose: bool
    verb: str
    flags: frozenset[str]
    names: tuple[str, ...]


def parse_command(argv: Sequence[str]) -> CommandLine:
    """Parse a command line.

    Raises:
        CommandRefused: The simulated stack does not understand it.
    """
    flags: set[str] = set()
    if MODULE in argv:
        waited_for = tuple(_words(argv[argv.index(MODULE) + 1 :], flags))
        return CommandLine(compose=False, verb=WAIT, flags=frozenset(), names=waited_for)
    words = list(_words(argv[1:], flags))
    compose = PurePath(argv[0]).name == "docker-compose"
    if not compose and words[:1] == ["compose"]:
        compose, words = True, words[1:]
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb not in (COMPOSE_VERBS if compose else DOCKER_VERBS):
        program = "docker compose" if compose else "docker"
        raise CommandRefused(1, f"{program}: '{verb}' is not a command of the embedded stack")
    if not compose and not names:
        raise CommandRefused(1, f"docker {verb}: requires at least 1 argument")
    return CommandLine(compose, verb, frozenset(flags), tuple(names))


def _words(argv: Sequence[str], flags: set[str]) -> Iterator[str]:
    """Yield the arguments that are not options; options without a value are added to `flags`."""
    items = iter(argv)
    for item in items:
        if item == "--":
            yield from items
        elif item in _WITH_VALUE:
            next(items, None)
        elif item in _WITHOUT_VALUE:
            flags.add(item)
        elif item.startswith("-") and item.partition("=")[0] not in _WITH_VALUE:
            raise CommandRefused(UNKNOWN_FLAG, f"unknown flag: {item}")
        elif not item.startswith("-"):
            yield item
