"""Files that others can read or write, or that git has."""

import stat
from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.file_facts import GitState
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel


def has_secrets(file: CheckedFile) -> bool:
    """Whether the file has a secret that is neither the example's nor a placeholder."""
    for key, entry, _, _ in file.filled:
        example = file.example.get(key)
        if key in file.secrets and (example is None or example.written != entry.written):
            return True
    return False


def permissions(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds files that other users can read or write."""
    mode = file.facts.mode
    if mode is None or file.keys is not None:
        return
    if mode & stat.S_IWOTH:
        yield file.file_finding(
            "writable",
            EnvironmentLevel.ERROR,
            f"Every user of this machine can write to the file (mode {mode:04o}).",
            "Run `chmod 600` on the file.",
        )
    elif mode & stat.S_IROTH and has_secrets(file):
        yield file.file_finding(
            "readable",
            EnvironmentLevel.WARNING,
            f"Every user of this machine can read its secrets (mode {mode:04o}).",
            "Run `chmod 600` on the file.",
        )


def committed(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds secrets in a git repository."""
    state = file.facts.git
    if file.keys is not None or not has_secrets(file):
        return
    if state is GitState.TRACKED:
        yield file.file_finding(
            "git",
            EnvironmentLevel.ERROR,
            "The file is tracked by git, with its secrets.",
            "Run `git rm --cached`, add it to .gitignore, and replace the secrets, since the "
            "history keeps the old ones.",
        )
    elif state is GitState.COMMITTED_ONCE:
        yield file.file_finding(
            "git",
            EnvironmentLevel.WARNING,
            "The file was in git once, and the history keeps its content.",
            "Replace the secrets that were in it.",
        )
    elif state is GitState.UNTRACKED:
        yield file.file_finding(
            "git",
            EnvironmentLevel.WARNING,
            "Git does not ignore the file, so its secrets can be committed.",
            "Add it to .gitignore.",
        )


def shadowed(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds keys whose value compose takes from the shell's environment instead."""
    exported = file.facts.exported
    for key, _ in file.checked_entries():
        if key in exported and key in file.uses.references:
            yield file.finding(
                "shadowed",
                EnvironmentLevel.WARNING,
                key,
                "This shell sets the key too: for compose, that overrides the file.",
                f"Run `unset {key}` before you run compose here.",
            )


CHECKS: Final[tuple[Check, ...]] = (permissions, committed, shadowed)
