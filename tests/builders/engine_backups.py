"""Backups created and restored by the installed program on a real engine."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.private_engine import Project


@dataclass(frozen=True)
class Desk:
    """A project, and the program to run on it."""

    project: Project
    state: Path
    place: Path | None = None
    """The folder to pass, if it differs from the project's."""
    named: bool = True
    """Whether the project's name is passed."""

    @property
    def folder(self) -> Path:
        return self.project.directory

    @property
    def backups(self) -> Path:
        mark = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:8]
        return self.state / "pixel-tui/backups" / f"{self.folder.resolve().name}-{mark}"

    @property
    def env(self) -> dict[str, str]:
        return {"XDG_STATE_HOME": str(self.state), "XDG_CONFIG_HOME": str(self.state)}

    def program(self, *words: str) -> list[str]:
        place = ["-C", str(self.place)] if self.place else []
        named = ["-p", self.project.name] if self.named else []
        return [sys.executable, "-m", "pixel_tui", *place, *words, *named]

    def run(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        result = self.project.engine.run(
            self.program(*words), cwd=self.folder, env=self.env, check=False, timeout=120
        )
        assert code is None or result.returncode == code, result.stdout + result.stderr
        return result

    def worker(self, verb: str, *words: str) -> list[str]:
        options = ["--directory", str(self.folder), "--project", self.project.name]
        return [sys.executable, "-P", "-m", "pixel_tui.backups", verb, *words, *options]

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("backup", "list", "--json").stdout)
        return found

    def back_up(self) -> str:
        self.run("backup", "now")
        return str(self.listed()[0]["id"])

    def manifest(self, backup_id: str) -> dict[str, Any]:
        content = (self.backups / backup_id / "manifest.json").read_text()
        found: dict[str, Any] = json.loads(content)
        return found
