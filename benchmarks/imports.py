"""What the console's start imports, and what that costs."""

import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stack import console_argv
from benchmarks.terminal import Terminal

_LINE = re.compile(rb"import time: +(\d+) \| +(\d+) \| +([\w.]+)")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module."""

    name: str
    own: float
    """Milliseconds of the module itself."""
    all: float
    """Milliseconds with everything that it was the first to import."""


def imports_of_start(seconds: float = 4) -> list[Import]:
    """Open the console where no engine answers, and note what it imports."""
    with tempfile.TemporaryDirectory(prefix="pixel-tui-bench-") as name:
        folder = Path(name)
        (folder / "docker-compose.yml").write_text("services: {one: {image: none}}\n")
        env = {
            **os.environ,
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_STATE_HOME": f"{folder}/state",
            "PYTHONPROFILEIMPORTTIME": "1",
        }
        argv = [*console_argv(), "--host", f"unix://{folder}/none.sock"]
        for warm in (False, True):
            with Terminal(argv, env=env, cwd=folder) as terminal:
                output = b"".join(chunk.data for chunk in terminal.record(seconds))
            if warm:
                return parse_imports(output)
    return []


def parse_imports(output: bytes) -> list[Import]:
    """The lines of `-X importtime`, wherever in the output they stand."""
    return [
        Import(match[3].decode(), int(match[1]) / 1000, int(match[2]) / 1000)
        for match in _LINE.finditer(output)
    ]


def imports_table(found: list[Import], count: int = 10) -> str:
    """The most expensive modules, and the packages they belong to."""
    packages: Counter[str] = Counter()
    for item in found:
        packages[item.name.partition(".")[0]] += round(item.own * 1000)
    lines = [f"{len(found)} imports, {sum(item.own for item in found):.0f} ms, while profiled", ""]
    for title, most in (
        ("most expensive, with what they import", sorted(found, key=lambda item: -item.all)),
        ("most expensive by themselves", sorted(found, key=lambda item: -item.own)),
    ):
        lines.append(f"{title:<52} {'all ms':>8} {'own ms':>8}")
        lines += [f"{item.name:<52} {item.all:8.1f} {item.own:8.1f}" for item in most[:count]]
        lines.append("")
    lines += [f"{'packages':<52} {'':>8} {'own ms':>8}"]
    for name, own in packages.most_common(count):
        lines.append(f"{name:<52} {'':>8} {own / 1000:8.1f}")
    return "\n".join(lines)
