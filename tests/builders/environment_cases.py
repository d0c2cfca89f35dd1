"""Environment files for tests of the checks."""

from collections.abc import Mapping
from dataclasses import replace

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import check_input
from pixel_tui.environment.checks.file_facts import NO_FACTS, FileFacts
from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import Overview, overview
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
VALID = """\
GH_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345
OPENAI_API_KEY=sk-proj-0123456789abcdefghij
NAKAPAY_API_KEY=npk_0123456789
TELEGRAM_BOT_TOKEN=123456789:AAabcdefghijklmnopqrstuvwxyz0123456
"""
"""Every key that the Pixel stack requires."""


def pixel_uses(**references: tuple[KeyUse, ...]) -> EnvironmentUses:
    """Return a project of the Pixel stack whose agent has the file as its `env_file`."""
    return EnvironmentUses(
        services=tuple(map(plain, ("api", "agent", "postgres", "syntropy"))),
        hosts=frozenset({"api", "agent", "postgres", "syntropy"}),
        references=references,
        env_files=(EnvFile(KeyUse(plain("agent"), KeyUseKind.ENV_FILE), PATH),),
    )


def use(service: str, where: str, *, required: bool = False, bare: bool = False) -> KeyUse:
    """Return a reference in the compose file."""
    return KeyUse(plain(service), KeyUseKind.INTERPOLATION, plain(where), required, bare)


def check_text(
    text: str | bytes,
    *,
    example: str | None = None,
    uses: EnvironmentUses = NO_USES,
    facts: FileFacts = NO_FACTS,
    environment: Mapping[str, str] | None = None,
) -> Overview:
    """Return the overview of a file with this text."""
    document = DotenvDocument.parse(text.encode() if isinstance(text, str) else text)
    example_document = DotenvDocument.parse(example.encode()) if example is not None else None
    readings = read_values(document, environment or {})
    own_facts = replace(facts, path=facts.path or PATH)
    catalogue = load_catalogue()
    return overview(check_input(document, readings, example_document, catalogue, uses, own_facts))


def found(seen: Overview) -> list[tuple[str, str, str, int]]:
    """Return level, rule, key and line of each finding."""
    return [(item.level.value, item.rule, item.key, item.line) for item in seen.findings]


def the_finding(seen: Overview, rule: str) -> EnvironmentFinding:
    """Return the only finding of a rule."""
    (finding,) = (item for item in seen.findings if item.rule == rule)
    return finding


def rules(seen: Overview) -> set[str]:
    """Return the rules with findings."""
    return {item.rule for item in seen.findings}
