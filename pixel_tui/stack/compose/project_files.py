"""Finds every file of a project that compose reads, including those that other files name.

Compose reports its main files only. Files of `include` and `extends`, and the environment and label
files of services, are found by these keys. Paths are relative as in compose 2.40.3: to the
project's folder, and in an included file to the folder of that file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.files import read_head
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.dotenv_setting import expand, read_settings
from pixel_tui.stack.compose.files import absolute, dotenv_file, is_remote, named_files
from pixel_tui.stack.compose.yaml_scalars import scalars

MAX_BYTES: Final = 1024 * 1024
"""How much of a compose file is searched for other files."""
MAX_FILES: Final = 500
"""How many compose files are searched."""
_REFERENCE_KEYS: Final = (b"include", b"extends", b"env_file", b"label_file")


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The absolute paths of the files that compose reads, including missing ones."""

    compose: tuple[Path, ...] = ()
    """The main compose files, as named or as found by their default names."""
    parts: tuple[Path, ...] = ()
    """Compose files that are included or extended, directly or indirectly."""
    environment: tuple[Path, ...] = ()
    """The files for interpolation: `.env` or its replacements, and `env_file` of includes."""
    services: tuple[Path, ...] = ()
    """`env_file` and `label_file` of services."""
    has_label_files: bool = False
    unsearched: tuple[Path, ...] = ()
    """Compose files that are too large, or too many: they may name more files."""

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them, in the order in which compose reads them."""
        groups = (*self.compose, *self.parts, *self.environment, *self.services)
        return tuple(dict.fromkeys(groups))


def find_project_files(command: ComposeCommand, environment: Mapping[str, str]) -> ProjectFiles:
    """Find the files of a project. Reads the compose files; starts no program.

    Args:
        command: The compose command of the project.
        environment: Compose's environment variables.
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
        unsearched=tuple(dict.fromkeys(search.unsearched)),
    )


def file_stamps(paths: Iterable[Path]) -> Sequence[tuple[str, int, int]]:
    """Return path, modification time (ns) and size of each existing file."""
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
    """Follows references from file to file."""

    variables: Mapping[str, str]
    parts: list[Path] = field(default_factory=list)
    environment: list[Path] = field(default_factory=list)
    services: list[Path] = field(default_factory=list)
    label_files: bool = False
    unsearched: list[Path] = field(default_factory=list)
    _seen: set[tuple[Path, Path]] = field(default_factory=set)

    def visit(self, path: Path, base: Path) -> None:
        """Find the files that a compose file names.

        Args:
            path: The compose file.
            base: The folder for its relative paths.
        """
        if (path, base) in self._seen:
            return
        if len(self._seen) >= MAX_FILES:
            self.unsearched.append(path)
            return
        self._seen.add((path, base))
        text = self._text(path)
        if text is None:
            return
        entries: dict[str | int, list[tuple[str, str]]] = {}
        for keys, value in scalars(text):
            match keys:
                case ("include", number, *rest):
                    key = next((item for item in rest if isinstance(item, str)), "path")
                    entries.setdefault(number, []).append((key, value))
                case (*_, "extends", "file"):
                    self._add_part(self._resolve_path(base, value))
                case ("services", _, "env_file" | "label_file" as kind, *rest):
                    self.label_files |= kind == "label_file"
                    if rest[-1:] not in (["required"], ["format"]):
                        self._add(self.services, self._resolve_path(base, value))
        for entry in entries.values():
            self._visit_include(entry, base)

    def _add_part(self, path: Path | None) -> None:
        if path is not None:
            self.parts.append(path)
            self.visit(path, path.parent)

    def _add(self, where: list[Path], path: Path | None) -> None:
        if path is not None:
            where.append(path)

    def _visit_include(self, entry: Sequence[tuple[str, str]], base: Path) -> None:
        """Process an entry of `include`, which has files and may have its own folder."""
        found: dict[str, list[Path]] = {}
        for key, value in entry:
            self._add(found.setdefault(key, []), self._resolve_path(base, value))
        files = found.get("path", [])
        folder = next(iter([*found.get("project_directory", []), *(f.parent for f in files)]), base)
        self.environment += found.get("env_file") or [folder / ".env"]
        for path in files:
            self.parts.append(path)
            self.visit(path, folder)

    def _resolve_path(self, base: Path, value: str) -> Path | None:
        name = expand(value, self.variables)
        if not name or is_remote(name) or "\0" in name:
            return None
        return absolute(base, name)

    def _text(self, path: Path) -> str | None:
        """Return the file's text if it may name other files; None if not, or if unreadable."""
        try:
            data = read_head(path, MAX_BYTES + 1)
        except OSError:
            return None
        if len(data) > MAX_BYTES:
            self.unsearched.append(path)
        if not any(word in data for word in _REFERENCE_KEYS):
            return None
        return data.decode("utf-8", "replace")
