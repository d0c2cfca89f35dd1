"""Who else can read the file, or has it."""

import stat
from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.surroundings import GitState


def has_secrets(case: CheckedFile) -> bool:
    """Whether there is a secret in the file that is not the example's, nor a placeholder."""
    for key, entry, _, _ in case.filled:
        example = case.example.get(key)
        if key in case.secrets and (example is None or example.written != entry.written):
            return True
    return False


def rights(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """A file that other users may read or write."""
    mode = case.surroundings.mode
    if mode is None or case.keys is not None:
        return
    if mode & stat.S_IWOTH:
        yield case.file_finding(
            "writable",
            EnvironmentLevel.ERROR,
            f"Every user of this machine can write to the file (mode {mode:04o}).",
            "Run `chmod 600` on the file.",
        )
    elif mode & stat.S_IROTH and has_secrets(case):
        yield case.file_finding(
            "readable",
            EnvironmentLevel.WARNING,
            f"Every user of this machine can read its secrets (mode {mode:04o}).",
            "Run `chmod 600` on the file.",
        )


def committed(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Secrets in a repository."""
    state = case.surroundings.git
    if case.keys is not None or not has_secrets(case):
        return
    if state is GitState.TRACKED:
        yield case.file_finding(
            "git",
            EnvironmentLevel.ERROR,
            "The file is tracked by git, with its secrets.",
            "Run `git rm --cached`, add it to .gitignore, and replace the secrets: the history "
            "keeps the old ones.",
        )
    elif state is GitState.COMMITTED_ONCE:
        yield case.file_finding(
            "git",
            EnvironmentLevel.WARNING,
            "The file was in git once, and the history keeps its content.",
            "Replace the secrets that were in it.",
        )
    elif state is GitState.UNTRACKED:
        yield case.file_finding(
            "git",
            EnvironmentLevel.WARNING,
            "Git does not ignore the file, so its secrets can be committed.",
            "Add it to .gitignore.",
        )


def shadowed(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Keys whose value compose takes from the shell's environment instead."""
    exported = case.surroundings.exported
    for key, _ in case.looked_at():
        if key in exported and key in case.uses.references:
            yield case.finding(
                "shadowed",
                EnvironmentLevel.WARNING,
                key,
                "This shell sets the key too: for compose, that overrides the file.",
                f"Run `unset {key}` before you run compose here.",
            )


CHECKS: Final[tuple[Check, ...]] = (rights, committed, shadowed)
