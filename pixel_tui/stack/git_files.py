"""What git says of one file. Git is asked, never told to do anything."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 2.0
"""A question may take; a history of many years on a slow disk stays unasked."""
SAFE: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""A repository's own settings name programs that git would run."""


@dataclass(frozen=True, slots=True)
class GitFile:
    """A file of a repository."""

    tracked: bool
    ignored: bool
    committed: bool
    """It is in the history of a branch."""


def git_file(path: Path, environment: Mapping[str, str]) -> GitFile | None:
    """How git stands to a file; None where it is in no repository, or git can't be asked."""
    folder, name = path.parent, path.name
    if _says(folder, environment, "rev-parse", "--is-inside-work-tree") != "true":
        return None
    tracked = bool(_says(folder, environment, "ls-files", "--", f":(literal){name}"))
    ignored = bool(_says(folder, environment, "check-ignore", "--", name))
    committed = tracked or bool(
        _says(folder, environment, "log", "--all", "-1", "--format=%h", "--", f":(literal){name}")
    )
    return GitFile(tracked, ignored, committed)


def _says(folder: Path, environment: Mapping[str, str], *words: str) -> str:
    """What git prints; empty where it fails, is missing, or takes too long."""
    # Names of another repository in the environment would answer for the wrong one.
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *SAFE, *words],
            cwd=folder,
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == os.EX_OK else ""
