"""Every file that compose reads of a project, those that others name included.

Compose tells of its main files only. What they `include` and `extend`, and the environment
and label files of services, are found by their keys, and located as compose 2.40.3 does: from
the project's folder, and inside of another file from the folder of that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.files import read_head
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.dotenv_setting import expanded, read_settings
from pixel_tui.stack.compose.files import absolute, dotenv_file, is_remote, named_files
from pixel_tui.stack.compose.yaml_scalars import scalars

MOST_BYTES: Final = 1024 * 1024
"""A larger compose file is not searched for the names of others."""
MOST_FILES: Final = 500
_NAMING: Final = (b"include", b"extends", b"env_file", b"label_file")


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The files that compose reads, each once, absolute. A missing one is named as well."""

    compose: tuple[Path, ...] = ()
    """As named, or as compose finds them beside each other."""
    parts: tuple[Path, ...] = ()
    """Compose files that those `include` or `extend`, and so on."""
    environment: tuple[Path, ...] = ()
    """What `${...}` is put in from: `.env`, or what is in its place; `env_file` of includes."""
    services: tuple[Path, ...] = ()
    """`env_file` and `label_file` of services."""
    has_label_files: bool = False

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them, in the order in which compose meets them."""
        groups = (*self.compose, *self.parts, *self.environment, *self.services)
        return tuple(dict.fromkeys(groups))


def find_project_files(command: ComposeCommand, environment: Mapping[str, str]) -> ProjectFiles:
    """Find them. Reads the compose files; starts no program.

    Args:
        command: How compose is called for the project.
        environment: The variables that compose sees.
    """
    folder = Path(command.directory)
    named = [Path(file) for file in command.env_files] or dotenv_file(folder, environment)
    variables = read_settings(named, environment)
    local = [Path(file) for file in command.files if not is_remote(file) and file != "-"]
    main = tuple(local) if command.files else named_files(folder, variables)
    search = _Search(variables)
    for path in main:
        search.visit(path, folder)
    return ProjectFiles(
        compose=main,
        parts=tuple(dict.fromkeys(search.parts)),
        environment=tuple(dict.fromkeys([*named, *search.environment])),
        services=tuple(dict.fromkeys(search.services)),
        has_label_files=search.label_files,
    )


def stamps(paths: Iterable[Path]) -> Sequence[tuple[str, int, int]]:
    """Path, modification time (ns) and size of each file that is there."""
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return found


@dataclass(slots=True)
class _Search:
    """Follows the names from file to file."""

    variables: Mapping[str, str]
    parts: list[Path] = field(default_factory=list)
    environment: list[Path] = field(default_factory=list)
    services: list[Path] = field(default_factory=list)
    label_files: bool = False
    _seen: set[tuple[Path, Path]] = field(default_factory=set)

    def visit(self, path: Path, base: Path) -> None:
        """Find what a compose file names.

        Args:
            path: The file.
            base: The folder that its relative paths are relative to.
        """
        if (path, base) in self._seen or len(self._seen) >= MOST_FILES:
            return
        self._seen.add((path, base))
        text = _text(path)
        if text is None:
            return
        entries: dict[str | int, list[tuple[str, str]]] = {}
        for keys, value in scalars(text):
            match keys:
                case ("include", number, *rest):
                    key = next((item for item in rest if isinstance(item, str)), "path")
                    entries.setdefault(number, []).append((key, value))
                case (*_, "extends", "file"):
                    self._add_part(self._located(base, value))
                case ("services", _, "env_file" | "label_file" as kind, *rest):
                    self.label_files |= kind == "label_file"
                    if rest[-1:] not in (["required"], ["format"]):
                        self._add(self.services, self._located(base, value))
        for entry in entries.values():
            self._take_in(entry, base)

    def _add_part(self, path: Path | None) -> None:
        if path is not None:
            self.parts.append(path)
            self.visit(path, path.parent)

    def _add(self, where: list[Path], path: Path | None) -> None:
        if path is not None:
            where.append(path)

    def _take_in(self, entry: Sequence[tuple[str, str]], base: Path) -> None:
        """An entry of an `include`: it has files, and may have a folder of its own."""
        found: dict[str, list[Path]] = {}
        for key, value in entry:
            self._add(found.setdefault(key, []), self._located(base, value))
        files = found.get("path", [])
        folder = next(iter([*found.get("project_directory", []), *(f.parent for f in files)]), base)
        self.environment += found.get("env_file") or [folder / ".env"]
        for path in files:
            self.parts.append(path)
            self.visit(path, folder)

    def _located(self, base: Path, value: str) -> Path | None:
        name = expanded(value, self.variables)
        if not name or is_remote(name) or "\0" in name:
            return None
        return absolute(base, name)


def _text(path: Path) -> str | None:
    """The file's text where it may name others; None where it does not, or can't be read."""
    try:
        data = read_head(path, MOST_BYTES)
    except OSError:
        return None
    if not any(word in data for word in _NAMING):
        return None
    return data.decode("utf-8", "replace")
