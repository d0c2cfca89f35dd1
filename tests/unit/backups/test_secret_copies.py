"""Kept environment files are private, and git is asked about them."""

import os
from pathlib import Path

import pytest

from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore import Restorer, wanted_for_restore
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.settings import state_folder
from pixel_tui.stack.programs.git_files import is_ignored
from tests.builders.backups import make, project, restore, store_of
from tests.builders.commits import QUIET, git

__all__ = ["project"]


def restored(project: Path, secrets: SecretCopies) -> str:
    """Return the last line of a restore."""
    made = make(project)
    for path in (project / ".env", project / "docker-compose.yml"):
        path.write_text(f"{path.read_text()}# changed\n")
    result: list[str] = []
    restorer = Restorer(
        store_of(project).find(made.id).folder,
        RestoreRoots(project),
        {},
        mark="before-x",
        say=result.append,
        state_folder=state_folder(),
        secrets=secrets,
    )
    restorer.restore(made, wanted_for_restore)
    return result[-1]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o640, 0o600), (0o400, 0o400)])
def test_only_the_owner_may_read_a_kept_environment_file(
    project: Path, before: int, after: int
) -> None:
    (project / ".env").chmod(before)
    made = make(project)
    (project / ".env").chmod(0o600)
    (project / ".env").write_text("SECRET=new\n")
    (project / ".env").chmod(before)
    owner = (project / ".env").stat().st_uid
    restore(project, made.id)
    copy = project / ".env.before-x"
    assert (mode_of(copy), copy.stat().st_uid) == (after, owner)
    assert mode_of(project / ".env") == before
    assert copy.read_text() == "SECRET=new\n"


def test_an_environment_file_with_another_name_is_private(project: Path) -> None:
    (project / "docker-compose.yml").chmod(0o644)
    result = restored(project, SecretCopies([project / "docker-compose.yml"]))
    assert mode_of(project / "docker-compose.yml.before-x") == 0o600
    assert ".env.before-x, docker-compose.yml.before-x contain secrets." in result


def test_other_kept_files_keep_their_mode(project: Path) -> None:
    (project / "docker-compose.yml").chmod(0o644)
    result = restored(project, SecretCopies())
    assert mode_of(project / "docker-compose.yml.before-x") == 0o644
    assert result.endswith(" .env.before-x contains secrets.")


@pytest.mark.parametrize(
    ("ignoring", "words"),
    [
        (".env\n", "Git does not ignore .env.before-x. Before you commit"),
        ("*.before-*\n", ""),
        (".env*\n", ""),
    ],
)
def test_git_is_asked_whether_it_ignores_the_copy(project: Path, ignoring: str, words: str) -> None:
    git(project, "init", "--quiet")
    (project / ".gitignore").write_text(ignoring)
    result = restored(project, SecretCopies(ignored=lambda path: is_ignored(path, QUIET)))
    assert ".env.before-x contains secrets." in result
    assert ("Git does not ignore" in result) is bool(words)
    assert words in result
    git(project, "add", "-A")
    assert (".env.before-x" in git(project, "ls-files")) is bool(words)


def test_without_an_answer_of_git_it_is_unknown(project: Path) -> None:
    (project / ".git").mkdir()
    result = restored(project, SecretCopies(ignored=lambda path: is_ignored(path, QUIET)))
    assert "Whether git ignores .env.before-x is unknown" in result


def test_outside_of_a_repository_git_is_not_mentioned(tmp_path: Path) -> None:
    assert is_ignored(tmp_path / ".env.before-x", os.environ) is True


def test_a_link_is_left_alone(project: Path) -> None:
    (project / ".env.before-x").symlink_to(project / ".env")
    (project / ".env").chmod(0o644)
    copies = SecretCopies()
    copies.keep(project / ".env", project / ".env.before-x", ".env.before-x")
    assert mode_of(project / ".env") == 0o644
    assert copies.words == ""
