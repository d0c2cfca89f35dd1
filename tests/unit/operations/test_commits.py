"""Rolling back on a checkout with submodules: real git, in folders of the test."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.backups.commits import read_commits
from pixel_tui.backups.deployment import Deployment, deployment_from
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.planning.plan import Plan
from tests.builders.actions import COMMAND, NOW, running
from tests.builders.backup_actions import ID, facts, past
from tests.builders.commits import QUIET, commit, git, repository


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A root with the submodules `api` and `my web`; `api` has a submodule `lib`."""
    lib, api, web = (repository(tmp_path / name) for name in ("lib", "api", "web"))
    git(api, "submodule", "--quiet", "add", str(lib), "lib")
    git(api, "commit", "--quiet", "--message", "lib")
    root = repository(tmp_path / "root")
    git(root, "submodule", "--quiet", "add", str(api), "api")
    git(root, "submodule", "--quiet", "add", str(web), "my web")
    git(root, "submodule", "--quiet", "update", "--init", "--recursive")
    git(root, "commit", "--quiet", "--message", "submodules")
    return root


def state(root: Path) -> Deployment:
    return deployment_from({"git": read_commits(QUIET, root)})


def roll_back(root: Path, then: Deployment) -> Plan:
    known = facts(replace(past(), deployment=then), deployment=state(root))
    command = replace(COMMAND, directory=str(root))
    return plan_action("roll-back", [ID], running(), command, now=NOW, facts=known)


def messages_of(made: Plan, name: str) -> str:
    return "\n".join(check.message for check in made.checks_before if check.name == name)


def run_listed_commands(made: Plan) -> None:
    (line,) = [
        item for item in messages_of(made, "sources").splitlines() if "run this first" in item
    ]
    words = line.partition("plan again: ")[2]
    done = subprocess.run(
        ["sh", "-c", words], env=QUIET, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_all_commits_are_read_and_nothing_is_written(checkout: Path) -> None:
    index = (checkout / ".git/index").read_bytes()
    os.utime(checkout / "source")  # git would update its index
    found = state(checkout)
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert dict(found.submodules) == {
        path: git(checkout / path, "rev-parse", "HEAD") for path in ("api", "api/lib", "my web")
    }
    assert (found.moved, found.dirty, found.trouble) == ((), (), "")
    assert (checkout / ".git/index").read_bytes() == index


def test_uncommitted_changes_are_listed(checkout: Path) -> None:
    (checkout / "source").write_text("changed")
    (checkout / "my web/source").write_text("changed")
    commit(checkout / "api", "2")
    found = state(checkout)
    assert found.dirty == (".", "my web")
    assert found.moved == ("api",)


def test_unchanged_sources_are_a_passed_check(checkout: Path) -> None:
    made = roll_back(checkout, state(checkout))
    root = git(checkout, "rev-parse", "HEAD")
    assert messages_of(made, "commit") == (
        f"the sources are at {root[:12]}, as they were then, and so are 3 submodules"
    )
    assert messages_of(made, "sources") == ""


def test_the_root_and_each_submodule_are_named_then_and_now(checkout: Path) -> None:
    then = state(checkout)
    commit(checkout / "my web", "2")
    git(checkout, "commit", "--all", "--quiet", "--message", "web")
    now = state(checkout)
    made = roll_back(checkout, then)
    web = [dict(item.submodules)["my web"][:12] for item in (then, now)]
    assert messages_of(made, "commit").splitlines() == [
        f"the folder was at {then.commit[:12]}, and is now at {now.commit[:12]}",
        f"my web was at {web[0]}, and is now at {web[1]}",
    ]
    assert "sources are not changed" in messages_of(made, "sources")
    run_listed_commands(made)
    assert state(checkout) == then
    assert messages_of(roll_back(checkout, then), "sources") == ""


def test_the_commands_check_out_submodules_at_other_commits(checkout: Path) -> None:
    commit(checkout / "api", "2")
    commit(checkout / "my web", "2")
    then = state(checkout)
    assert then.moved == ("api", "my web")
    commit(checkout / "api", "3")
    run_listed_commands(roll_back(checkout, then))
    assert state(checkout) == then
    git(checkout, "commit", "--all", "--quiet", "--message", "moved")
    git(checkout, "submodule", "--quiet", "deinit", "--force", "my web")
    gone = roll_back(checkout, then)
    assert "my web was at " in messages_of(gone, "commit")
    assert "is now at no commit (not checked out)" in messages_of(gone, "commit")
    run_listed_commands(gone)
    assert state(checkout) == then


def test_the_commands_check_out_nested_submodules(checkout: Path) -> None:
    then = state(checkout)
    commit(checkout / "api/lib", "2")
    git(checkout / "api", "commit", "--all", "--quiet", "--message", "lib")
    both = state(checkout)
    run_listed_commands(roll_back(checkout, then))
    assert state(checkout) == then
    run_listed_commands(roll_back(checkout, both))
    assert state(checkout) == both
    commit(checkout / "api/lib", "3")
    run_listed_commands(roll_back(checkout, then))
    assert state(checkout) == then
    git(checkout / "api", "submodule", "--quiet", "deinit", "--force", "lib")
    run_listed_commands(roll_back(checkout, then))
    assert state(checkout) == then


def test_an_added_or_removed_submodule_is_listed(checkout: Path, tmp_path: Path) -> None:
    then = state(checkout)
    git(checkout, "submodule", "--quiet", "add", str(tmp_path / "lib"), "more")
    git(checkout, "rm", "--quiet", "my web")
    git(checkout, "commit", "--quiet", "--message", "another")
    made = roll_back(checkout, then)
    assert "more was at no such submodule, and is now at " in messages_of(made, "commit")
    assert "my web was at " in messages_of(made, "commit")
    run_listed_commands(made)
    assert state(checkout).submodules == then.submodules


def test_it_warns_of_uncommitted_changes(checkout: Path) -> None:
    then = state(checkout)
    commit(checkout, "2")
    (checkout / "source").write_text("mine")
    made = roll_back(checkout, then)
    assert "uncommitted changes (the folder itself): keep them first" in messages_of(
        made, "sources"
    )


def test_it_warns_if_git_fails(checkout: Path, tmp_path: Path) -> None:
    then = state(checkout)
    (checkout / ".git/HEAD").write_text("broken")
    now = state(checkout)
    assert now.commit == ""
    assert now.trouble
    made = roll_back(checkout, then)
    assert f"it ran {then.commit[:12]}; the current commit is unknown" in messages_of(
        made, "commit"
    )
    assert "run this first" not in messages_of(made, "sources")
    assert state(tmp_path) == Deployment(), "a folder without git has no commits, and no trouble"
