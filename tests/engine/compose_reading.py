"""What the real compose program reads from environment files. It needs no engine for that."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_AT_ONCE = 400
"""Files that are asked for in one go."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Compose does not take the file, and says why."""

    message: str


Answer = dict[str, str] | Refusal


def compose_program() -> Sequence[str] | None:
    """The compose program of the development set-up, else the machine's; None without any."""
    package = find_spec("compose")
    if package is not None and package.origin is not None:
        program = Path(package.origin).with_name("docker-compose")
        if program.exists():
            return (str(program),)
    return ("docker", "compose") if shutil.which("docker") else None


class ComposeReading:
    """Asks compose in a folder of its own."""

    def __init__(
        self, program: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._program = program
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "COMPOSE_PROJECT_NAME": "reading",
            **environment,
        }

    def as_env_files(self, files: Sequence[bytes], project: bytes = b"") -> list[Answer]:
        """What a service gets that has this file as its `env_file`.

        One wrong file makes compose refuse all that it is asked of in one go, so they are asked
        again in halves until it is alone.
        """
        (self._folder / ".env").write_bytes(project)
        answers: list[Answer] = []
        for start in range(0, len(files), _AT_ONCE):
            answers += self._halved(files[start : start + _AT_ONCE])
        return answers

    def as_env_file(self, data: bytes, project: bytes = b"") -> Answer:
        """The same of one file."""
        (answer,) = self.as_env_files([data], project)
        return answer

    def as_project_file(self, data: bytes, keys: Sequence[str]) -> Answer:
        """What `${KEY}` in a compose file gets with this file as the project's `.env`.

        Keys without a value are left out.
        """
        (self._folder / ".env").write_bytes(data)
        services = {"s": {"image": "x", "environment": list(keys)}}
        config = self._config(services)
        if isinstance(config, Refusal):
            return config
        return _plain(config["s"].get("environment"))

    def _halved(self, files: Sequence[bytes]) -> list[Answer]:
        config = self._env_files(files)
        if not isinstance(config, Refusal):
            return [_plain(config[f"s{n}"].get("environment")) for n in range(len(files))]
        if len(files) == 1:
            return [config]
        middle = len(files) // 2
        return self._halved(files[:middle]) + self._halved(files[middle:])

    def _env_files(self, files: Sequence[bytes]) -> "dict[str, dict[str, object]] | Refusal":
        for number, data in enumerate(files):
            (self._folder / f"{number}.env").write_bytes(data)
        return self._config(
            {f"s{n}": {"image": "x", "env_file": f"{n}.env"} for n in range(len(files))}
        )

    def _config(self, services: Mapping[str, object]) -> "dict[str, dict[str, object]] | Refusal":
        (self._folder / "compose.yaml").write_text(json.dumps({"services": services}))
        result = subprocess.run(
            [*self._program, "config", "--format", "json"],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        if result.returncode:
            return Refusal(result.stderr.decode(errors="replace"))
        found: dict[str, dict[str, object]] = json.loads(result.stdout)["services"]
        return found


def _plain(environment: object) -> dict[str, str]:
    """`config` doubles every dollar, so that its answer is a compose file again."""
    if not isinstance(environment, dict):
        return {}
    return {
        key: value.replace("$$", "$") for key, value in environment.items() if value is not None
    }


@contextmanager
def compose_reading(environment: Mapping[str, str]) -> Iterator[ComposeReading | None]:
    """Compose with just these variables of the process; None where there is no compose."""
    program = compose_program()
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="pixel-tui-env-") as folder:
        yield ComposeReading(program, Path(folder), environment)
