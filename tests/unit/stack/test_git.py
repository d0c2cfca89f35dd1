"""Reading a repository runs none of its configured programs: real git, with a marker file."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from pixel_tui.backups.commits import read_commits
from pixel_tui.errors import OperationError
from pixel_tui.stack.programs.git import open_checkout
from pixel_tui.stack.programs.git_files import GitFile, git_file, last_commit
from tests.builders.commits import QUIET, commit, git, repository

Trap = Callable[[Path, str], None]
"""Configures a repository so that git would run the program."""

ATTRIBUTES: Final = "* filter=trap diff=trap merge=trap\n"


def setting(name: str, value: str = "{}") -> Trap:
    def set_it(root: Path, program: str) -> None:
        git(root, "config", name, value.format(program))

    return set_it


def program_setting(name: str) -> Trap:
    """A setting whose value git starts without a shell."""

    def set_it(root: Path, program: str) -> None:
        path = root / ".git/trap"
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
        git(root, "config", name, str(path))

    return set_it


def setting_with_attributes(name: str, *, inside: bool = False) -> Trap:
    def set_it(root: Path, program: str) -> None:
        git(root, "config", name, program)
        place = root / ".git/info/attributes" if inside else root / ".gitattributes"
        place.parent.mkdir(exist_ok=True)
        place.write_text(ATTRIBUTES)

    return set_it


def hook(name: str, folder: str = ".git/hooks") -> Trap:
    def set_it(root: Path, program: str) -> None:
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
        if folder != ".git/hooks":
            git(root, "config", "core.hooksPath", str(path.parent))

    return set_it


def included(root: Path, program: str) -> None:
    (root / ".git/more").write_text(f'[core]\n\tfsmonitor = "{program}"\n')
    git(root, "config", "include.path", "more")


def included_on_a_condition(root: Path, program: str) -> None:
    (root / ".git/more").write_text(f'[core]\n\tfsmonitor = "{program}"\n')
    git(root, "config", f"includeIf.gitdir:{root}/.path", "more")


def of_the_worktree(root: Path, program: str) -> None:
    git(root, "config", "extensions.worktreeConfig", "true")
    (root / ".git/config.worktree").write_text(f'[core]\n\tfsmonitor = "{program}"\n')


def in_a_submodule(name: str) -> Trap:
    def set_it(root: Path, program: str) -> None:
        inside = root / "inside"
        git(inside, "config", name, program)
        (inside / ".gitattributes").write_text(ATTRIBUTES)
        (inside / "source").write_text("2")

    return set_it


def submodule_update(root: Path, program: str) -> None:
    git(root, "config", "submodule.inside.update", f"!{program}")
    git(root / "inside", "commit", "--quiet", "--allow-empty", "--message", "x")


def promisor(transport: str) -> Trap:
    """Missing objects that git would fetch on demand."""

    def set_it(root: Path, program: str) -> None:
        script = root / ".git/transport"
        script.write_text(f"#!/bin/sh\n{program}\n")
        script.chmod(0o755)
        for name, value in {
            "core.repositoryformatversion": "1",
            "extensions.partialClone": "origin",
            "remote.origin.promisor": "true",
            "remote.origin.url": transport.format(script),
            "core.sshCommand": str(script),
            "core.gitProxy": str(script),
            "remote.origin.uploadpack": str(script),
            "protocol.allow": "always",
            "protocol.ext.allow": "always",
        }.items():
            git(root, "config", name, value)
        tree = git(root, "rev-parse", "HEAD^{tree}")
        (root / ".git/objects" / tree[:2] / tree[2:]).unlink()

    return set_it


TRAPS: Final[Mapping[str, Trap]] = {
    "fsmonitor": setting("core.fsmonitor"),
    "fsmonitor by include": included,
    "fsmonitor by a conditional include": included_on_a_condition,
    "fsmonitor of the worktree": of_the_worktree,
    "fsmonitor of a submodule": in_a_submodule("core.fsmonitor"),
    "hook post-index-change": hook("post-index-change"),
    "hook reference-transaction": hook("reference-transaction"),
    "hooksPath": hook("post-index-change", "my-hooks"),
    "fsmonitor-watchman hook": hook("fsmonitor-watchman"),
    "pager": setting("core.pager"),
    "pager of a command": setting("pager.status"),
    "alias": setting("alias.status", "!{}"),
    "editor": setting("core.editor"),
    "askPass": setting("core.askPass"),
    "credential helper": setting("credential.helper", "!{}"),
    "signature program": program_setting("gpg.program"),
    "signature program of OpenPGP": program_setting("gpg.openpgp.program"),
    "alternate refs": setting("core.alternateRefsCommand"),
    "external diff": setting("diff.external"),
    "diff driver": setting_with_attributes("diff.trap.command"),
    "textconv": setting_with_attributes("diff.trap.textconv"),
    "merge driver": setting_with_attributes("merge.trap.driver"),
    "clean filter": setting_with_attributes("filter.trap.clean"),
    "clean filter by info/attributes": setting_with_attributes("filter.trap.clean", inside=True),
    "smudge filter": setting_with_attributes("filter.trap.smudge"),
    "filter process": setting_with_attributes("filter.trap.process"),
    "filter of a submodule": in_a_submodule("filter.trap.clean"),
    "update of a submodule": submodule_update,
    "lazy fetch by ssh": promisor("ssh://nowhere.invalid/x"),
    "lazy fetch by a helper": promisor("ext::{}"),
    "lazy fetch by upload-pack": promisor("."),
    "lazy fetch by a proxy": promisor("git://nowhere.invalid/x"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a submodule, an environment file, and a history that looks signed."""
    repository(tmp_path / "inside")
    root = repository(tmp_path / "root")
    git(root, "submodule", "--quiet", "add", str(tmp_path / "inside"), "inside")
    (root / ".env").write_text("A=1\n")
    git(root, "add", ".env")
    git(root, "commit", "--quiet", "--message", "all")
    signed = git(root, "cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n", 1
    )
    made = subprocess.run(
        ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=signed, env=QUIET, capture_output=True, text=True, check=True,
    )  # fmt: skip
    git(root, "reset", "--quiet", "--soft", made.stdout.strip())
    git(root, "config", "log.showSignature", "true")
    return root


@pytest.fixture
def hostile(root: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    trap: Trap = TRAPS[request.param]
    marker = tmp_path / "sprung"
    trap(root, f"touch {marker}; false")
    # What git has to look into: of another time, and of the same length.
    (root / "source").write_text("2")
    (root / ".env").write_text("A=2\n")
    marker.unlink(missing_ok=True)  # the trap's own making may have sprung it
    yield root
    assert not marker.exists(), "git ran what the repository names"


@pytest.mark.parametrize("hostile", TRAPS, indirect=True)
def test_no_program_configured_by_the_repository_is_run(hostile: Path) -> None:
    read_commits(QUIET, hostile)
    git_file(hostile / ".env", QUIET)
    last_commit(hostile, QUIET)
    with open_checkout(hostile, QUIET, 5) as checkout:
        for words in (
            ("status", "--porcelain"), ("log", "-p", "--all", "--format=%h %G?"),
            ("log", "-1", "--format=%ct"), ("ls-files", "--modified"),
        ):  # fmt: skip
            checkout.ask(*words)


@pytest.mark.parametrize(
    "name", ["fsmonitor", "clean filter", "clean filter by info/attributes", "filter process",
             "filter of a submodule", "lazy fetch by ssh", "lazy fetch by upload-pack",
             "fsmonitor of the worktree", "external diff", "textconv", "signature program",
             "signature program of OpenPGP"],
)  # fmt: skip
def test_plain_git_runs_the_configured_programs(root: Path, tmp_path: Path, name: str) -> None:
    marker = tmp_path / "sprung"
    TRAPS[name](root, f"touch {marker}; false")
    marker.unlink(missing_ok=True)
    (root / "source").write_text("2")
    for words in (("status",), ("log", "-p", "--ext-diff", "--all"), ("diff",)):
        subprocess.run(
            ["git", *words],
            cwd=root,
            env=QUIET,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=20,
        )
    assert marker.exists()


def test_a_hostile_repository_can_still_be_read(root: Path, tmp_path: Path) -> None:
    TRAPS["clean filter"](root, f"touch {tmp_path}/sprung; cat")
    TRAPS["fsmonitor"](root, f"touch {tmp_path}/sprung; cat")
    (root / "source").write_text("2")
    found = read_commits(QUIET, root)
    assert found["commit"] == git(root, "rev-parse", "HEAD")
    assert found["changed"] is True
    assert found["submodules"] == {"inside": git(root / "inside", "rev-parse", "HEAD")}
    assert git_file(root / ".env", QUIET) == GitFile(tracked=True, ignored=False, committed=True)


def test_worktrees_shallow_clones_and_split_indexes_can_be_read(root: Path, tmp_path: Path) -> None:
    git(root, "config", "core.splitIndex", "true")
    git(root, "update-index", "--split-index")
    git(root, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    for folder in (root, tmp_path / "tree", tmp_path / "shallow"):
        found = read_commits(QUIET, folder)
        assert (found["commit"], found["changed"]) == (git(root, "rev-parse", "HEAD"), False)
        assert git_file(folder / ".env", QUIET) == GitFile(
            tracked=True, ignored=False, committed=True
        )
        (folder / "source").write_text("2")
        assert read_commits(QUIET, folder)["changed"] is True


def test_a_sha256_repository_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init", "--quiet", "--object-format=sha256")
    head = commit(tmp_path / "new", "1")
    assert read_commits(QUIET, tmp_path / "new")["commit"] == head
    assert len(head) == 64


def test_the_users_own_excludes_file_counts(root: Path, tmp_path: Path) -> None:
    (tmp_path / "ignored").write_text("*.local\n")
    (tmp_path / "config").write_text(f"[core]\n\texcludesFile = {tmp_path}/ignored\n")
    environment = {**QUIET, "GIT_CONFIG_GLOBAL": str(tmp_path / "config")}
    (root / "x.local").write_text("")
    found = git_file(root / "x.local", environment)
    assert found == GitFile(tracked=False, ignored=True, committed=False)


def test_a_repository_with_another_worktree_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    git(root, "config", "core.worktree", str(tmp_path / "other"))
    with pytest.raises(OperationError), open_checkout(root, QUIET, 5):
        pass


def test_the_last_commit_of_a_folder_is_that_of_its_files(root: Path, tmp_path: Path) -> None:
    (root / "web").mkdir()
    assert last_commit(root / "web", QUIET) is None, "nothing of it is committed"
    (root / "web" / "page").write_text("1")
    git(root, "add", "web")
    stamp = "2026-03-01T12:00:00Z"
    git(root, "-c", "user.name=x", "commit", "--quiet", "--message", "web", f"--date={stamp}")
    of_web = datetime.fromtimestamp(int(git(root, "log", "-1", "--format=%ct")), UTC)
    assert last_commit(root / "web", QUIET) == of_web
    older = git(root, "log", "-1", "--format=%ct", "--", "source")
    assert last_commit(root / "inside", QUIET) == datetime.fromtimestamp(
        int(git(root / "inside", "log", "-1", "--format=%ct")), UTC
    ), "a submodule has its own"
    assert int(older) <= of_web.timestamp()
    (tmp_path / "plain").mkdir()
    assert last_commit(tmp_path / "plain", QUIET) is None
    assert last_commit(tmp_path / "gone", QUIET) is None


def test_variables_that_name_another_repository_are_ignored(root: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")
    environment = {**QUIET, "GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    assert read_commits(environment, root)["commit"] == git(root, "rev-parse", "HEAD")


def test_git_is_started_in_one_place() -> None:
    product = [
        path
        for folder in ("pixel_tui", "screens", "widgets")
        for path in Path(folder).rglob("*.py")
        if re.search(r"[\[(]\"git\", ", path.read_text("utf-8"))
    ]
    # The plan of a roll-back names commands for the operator to run; it runs none.
    assert {str(path) for path in product} == {
        "pixel_tui/stack/programs/git.py", "pixel_tui/operations/catalogue/backups/roll_back.py",
    }  # fmt: skip
