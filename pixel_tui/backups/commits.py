"""Reads the commits of a checkout and its submodules with git. Nothing is written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pixel_tui.backups.stack_view import ASK_SECONDS
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.json_value import JsonObject, JsonValue
from pixel_tui.stack.programs.git import Checkout, open_checkout

MAX_DEPTH: Final = 10
"""Levels of nested submodules; more would be a cycle."""
_SUBMODULE_MODE: Final = "160000"


def read_commits(environment: Mapping[str, str], project: Path) -> JsonObject:
    """Return the commits of a folder and its submodules, as JSON for the backup.

    Empty without a repository; only `trouble` if git can't be run, or refuses to answer, as it does
    for a folder of another user.
    """
    reading = _Reading(environment)
    try:
        return reading.root(project)
    except OperationError as error:
        return {"trouble": str(error)} if (project / ".git").exists() else {}


class _Reading:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._submodules: JsonObject = {}
        self._moved: list[JsonValue] = []
        self._dirty: list[JsonValue] = []
        self._trouble = ""

    def root(self, project: Path) -> JsonObject:
        with open_checkout(project, self._environment, ASK_SECONDS) as checkout:
            head = _head(checkout)
            changed = self._is_changed(checkout)
            self._read_submodules(checkout, "", 0)
        found: JsonObject = {
            "commit": head,
            "changed": changed,
            "submodules": self._submodules,
            "moved": self._moved,
            "dirty": self._dirty,
        }
        return {**found, "trouble": self._trouble} if self._trouble else found

    def _read_submodules(self, checkout: Checkout, parent: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            return
        for name, recorded in _submodules(checkout):
            path, folder = f"{parent}{name}", checkout.folder / name
            if folder.is_symlink() or not (folder / ".git").exists():
                self._submodules[path] = ""
                continue
            try:
                with open_checkout(folder, self._environment, ASK_SECONDS) as checkout_inside:
                    head = _head(checkout_inside)
                    self._submodules[path] = head
                    self._moved += [path] if head != recorded else []
                    self._dirty += [path] if self._is_changed(checkout_inside) else []
                    self._read_submodules(checkout_inside, f"{path}/", depth + 1)
            except OperationError as error:
                self._trouble = self._trouble or str(error)

    def _is_changed(self, checkout: Checkout) -> bool:
        """Whether files of the checkout itself differ from its commit."""
        result = checkout.ask(
            "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames"
        )
        if result.code:
            self._trouble = self._trouble or result.reason
        return bool(result.output)


def _head(checkout: Checkout) -> str:
    """Return the commit that is checked out.

    Raises:
        OperationError: There is none yet.
    """
    result = checkout.ask("rev-parse", "--verify", "HEAD")
    if result.code:
        raise OperationError(f"There is no commit: {result.reason}", on=str(checkout.folder))
    return result.output.decode(errors="replace").strip()


def _submodules(checkout: Checkout) -> Iterator[tuple[str, str]]:
    """Yield the path of each submodule, and the commit it should be at."""
    if not (checkout.top / ".gitmodules").is_file():
        return
    result = checkout.ask("ls-files", "--stage", "-z")
    for entry in result.output.decode(errors="surrogateescape").split("\0"):
        facts, _, path = entry.partition("\t")
        words = facts.split(" ")
        if words[0] == _SUBMODULE_MODE and words[2] == "0":
            yield path, words[1]
