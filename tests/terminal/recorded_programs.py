"""Programs in front of the real ones, which write down how they were called."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pixel_tui.stack.compose.find import find_command
from tests.engine.private_engine import Engine

NAMES: Final = (
    "docker", "docker-compose", "podman", "nerdctl", "crictl", "ctr", "ssh", "sudo", "systemctl",
    "service", "kill", "pkill", "sh", "bash", "xdg-open",
)  # fmt: skip
_WRAPPER: Final = """#!{python} -IS
import json, os, sys
record = os.open({record!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(record, json.dumps({{"started": [{name!r}, *sys.argv[1:]]}}).encode() + b"\\n")
if not {real!r}:
    sys.exit(127)
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""
_READING: Final = (
    ("config", "--format", "json"),
    (
        *("config", "--no-interpolate", "--no-normalize", "--no-consistency"),
        *("--no-env-resolution", "--format", "json"),
    ),
    ("config", "--services"),
    ("config", "--hash", "*"),
    ("version",),
    ("ls",),
    ("ps",),
)
"""All that a console may have compose do that is to change nothing, to the letter."""
_WITH_VALUE: Final = frozenset(
    {"--project-directory", "--project-name", "--file", "--profile", "--env-file"}
)
_GIT: Final = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "core.pager=cat", "-c", "protocol.allow=never"),
)
_GIT_SETTING: Final = re.compile(r"core\.(?!fsmonitor|hookspath|pager|editor)[a-z]+=[\w/.~]*")
_GIT_READING: Final = frozenset(
    {"rev-parse", "ls-files", "check-ignore", "log", "rev-list", "status"}
)


def reads(argv: Sequence[str]) -> bool:
    """Whether a program that was started only reads; anything unknown does not."""
    program, *words = argv
    match Path(program).name:
        case "docker" if words[:1] == ["compose"]:
            del words[0]
        case "docker-compose":
            pass
        case "git":
            # Without these the settings of a repository would name programs to run.
            if tuple(words[: len(_GIT)]) != _GIT:
                return False
            del words[: len(_GIT)]
            while words[0] == "-c" and _GIT_SETTING.fullmatch(words[1]):
                del words[:2]
            return words[0] in _GIT_READING or words == ["config", "--null", "--list"]
        case _:
            return False
    while len(words) > 1 and words[0] in _WITH_VALUE:
        del words[:2]
    return tuple(words) in _READING


class RecordedPrograms:
    """A folder of wrappers, and what they have written down.

    Args:
        folder: Where they are made.
        engine: The engine that the real programs know.
    """

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.record = folder / "record.jsonl"
        self._programs, self._config = folder / "programs", folder / "config"
        plugins = self._config / "cli-plugins"
        self._programs.mkdir(parents=True)
        plugins.mkdir(parents=True)
        (self._config / "config.json").write_text("{}\n")
        self._path = engine.env["PATH"]
        for name in NAMES:
            real = shutil.which(name, path=self._path)
            self._wrap(self._programs / name, real or "")
        (compose,) = find_command(engine.env).reader
        self._wrap(plugins / "docker-compose", str(Path(compose).resolve()))

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead to the wrappers."""
        return {
            "PATH": f"{self._programs}{os.pathsep}{self._path}",
            "DOCKER_CONFIG": str(self._config),
        }

    @property
    def started(self) -> list[list[str]]:
        """Argument lists of the programs that were started."""
        return [list(item["started"]) for item in self._lines() if "started" in item]

    @property
    def connected(self) -> set[str]:
        """Addresses that the console itself connected to."""
        return {str(item["connected"]) for item in self._lines() if "connected" in item}

    def _lines(self) -> Iterable[dict[str, list[str] | str]]:
        return map(json.loads, self.record.read_text().splitlines())

    def _wrap(self, path: Path, real: str) -> None:
        path.write_text(
            _WRAPPER.format(
                python=sys.executable, record=str(self.record), name=path.name, real=real
            )
        )
        path.chmod(0o755)
