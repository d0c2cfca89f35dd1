"""Environments for tests of checks."""

from collections.abc import Mapping
from dataclasses import replace

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import Overview, overview
from pixel_tui.environment.checks.surroundings import NOT_LOOKED, Surroundings
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.stack.compose.environment_uses import (
    NO_USES,
    EnvFile,
    EnvironmentUses,
    KeyUse,
    KeyUseKind,
)
from pixel_tui.text import plain

PATH = "/project/.env"
WELL = """\
GH_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345
OPENAI_API_KEY=sk-proj-0123456789abcdefghij
NAKAPAY_API_KEY=npk_0123456789
TELEGRAM_BOT_TOKEN=123456789:AAabcdefghijklmnopqrstuvwxyz0123456
"""
"""Every key that the Pixel stack requires."""


def pixel_uses(**references: tuple[KeyUse, ...]) -> EnvironmentUses:
    """A project of the Pixel stack whose agent has the file as `env_file`."""
    return EnvironmentUses(
        services=tuple(map(plain, ("api", "agent", "postgres", "syntropy"))),
        hosts=frozenset({"api", "agent", "postgres", "syntropy"}),
        references=references,
        env_files=(EnvFile(KeyUse(plain("agent"), KeyUseKind.ENV_FILE), PATH),),
    )


def use(service: str, where: str, *, required: bool = False, bare: bool = False) -> KeyUse:
    """A place in the compose file."""
    return KeyUse(plain(service), KeyUseKind.INTERPOLATION, plain(where), required, bare)


def look(
    text: str | bytes,
    *,
    example: str | None = None,
    uses: EnvironmentUses = NO_USES,
    surroundings: Surroundings = NOT_LOOKED,
    environment: Mapping[str, str] | None = None,
) -> Overview:
    """The overview of a file with this text."""
    document = DotenvDocument.parse(text.encode() if isinstance(text, str) else text)
    model = DotenvDocument.parse(example.encode()) if example is not None else None
    readings = read_values(document, environment or {})
    around = replace(surroundings, path=surroundings.path or PATH)
    return overview(document, readings, model, load_catalogue(), uses, around)


def found(seen: Overview) -> list[tuple[str, str, str, int]]:
    """Level, rule, key and line of each finding."""
    return [(item.level.value, item.rule, item.key, item.line) for item in seen.findings]


def the(seen: Overview, rule: str) -> EnvironmentFinding:
    """The one finding of a rule."""
    (finding,) = (item for item in seen.findings if item.rule == rule)
    return finding


def rules(seen: Overview) -> set[str]:
    """The rules that found something."""
    return {item.rule for item in seen.findings}
