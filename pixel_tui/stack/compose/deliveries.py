"""Finds the contents that services get and no hash covers, with the times of their changes.

These are secrets and configs from variables or inline in the compose file, and environment files
that are mounted as single files.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from pixel_tui.files import read_regular
from pixel_tui.stack.compose.content_records import Content, ContentRecords
from pixel_tui.stack.compose.dotenv_setting import read_settings
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.model.deliveries import Arrival, Delivery
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.mounted_file import symlinks_in
from pixel_tui.text import plain

MAX_BYTES: Final = 4 << 20
"""Maximum size of a mounted environment file, and of a compose file that is searched."""
_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
_KINDS: Final = {"secrets": "secret", "configs": "config"}


def changed_at(path: Path) -> datetime | None:
    """Return the later of a file's mtime and ctime: a copied file keeps the mtime of the original.

    Returns:
        None if it does not exist or can't be read.
    """
    try:
        about = path.stat()
    except OSError:
        return None
    return datetime.fromtimestamp(max(about.st_mtime, about.st_ctime), UTC)


def read_deliveries(
    config: JsonObject,
    folder: Path,
    files: ProjectFiles,
    environment: Mapping[str, str],
    records: ContentRecords,
) -> Mapping[str, tuple[Delivery, ...]]:
    """Return the deliveries of each service that has any. Blocks.

    Args:
        config: The output of `docker compose config --format json`.
        folder: The project's folder.
        files: The files that compose reads.
        environment: The variables of this process. They are ignored as contents, because they
            may differ from those of the process that runs `up`.
        records: The records of their contents.
    """
    project_files = _Files(folder, files)
    found = {
        name: tuple(_find_deliveries(Node(config), node, project_files, environment))
        for name, node in Node(config)["services"].members()
    }
    contents = {item.content.name: item.content for items in found.values() for item in items}
    if not contents:
        return {}
    changes = records.update(contents.values())
    return {
        name: tuple(
            Delivery(plain(item.source), plain(item.name), item.arrival, changes[item.content.name])
            for item in items
        )
        for name, items in found.items()
        if items
    }


@dataclass(frozen=True, slots=True)
class _FoundDelivery:
    source: str
    name: str
    arrival: Arrival
    content: Content = field(repr=False)


class _Files:
    """The files of a project, read for contents and their times."""

    def __init__(self, folder: Path, files: ProjectFiles) -> None:
        self._folder = folder
        self._files = files

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The variables of the environment files."""
        return read_settings(self._files.environment, {})

    @cached_property
    def set_at(self) -> datetime | None:
        """The last change of any environment file; None if there is none."""
        return _latest_change(self._files.environment)

    @cached_property
    def written_at(self) -> datetime | None:
        """The last change of any file of the project."""
        return _latest_change(self._files.all)

    @cached_property
    def _compose_lines(self) -> frozenset[str]:
        texts = map(_text, (*self._files.compose, *self._files.parts))
        return frozenset(line.strip() for text in texts for line in text.splitlines())

    def is_written(self, content: str) -> bool:
        """Return whether a content is literally in a compose file, without variables."""
        lines = (line.strip() for line in content.splitlines())
        return all(not line or line in self._compose_lines for line in lines)

    @cached_property
    def _mountable(self) -> Mapping[str, Path]:
        """The environment files of the project and of services, by given and by real path."""
        paths = (*self._files.environment, *self._files.services)
        return {name: path for path in paths for name in (str(path), os.path.realpath(path))}

    def mounted(self, sources: Sequence[str]) -> Iterator[Path]:
        """Yield the environment files among the sources of mounts."""
        links = symlinks_in(self._folder, sources)
        for source in sources:
            path = self._mountable.get(source) or self._mountable.get(links.get(source, ""))
            if path is not None:
                yield path


def _find_deliveries(
    project: Node, service: Node, files: _Files, environment: Mapping[str, str]
) -> Iterator[_FoundDelivery]:
    mounted = [item["source"].raw for item in service["volumes"] if item["type"].raw == "bind"]
    for part, kind in _KINDS.items():
        for item in service[part]:
            source = item.raw or item["source"].raw
            made_from = project[part][source]
            mounted.append(made_from["file"].raw)
            content, key = _content(made_from, f"{part}.{source}", files, environment)
            if content is not None:
                name = f"{kind} {source}{f' ({key})' if key else ''}"
                yield _FoundDelivery(f"{part}.{source}", name, Arrival.CREATION, content)
    for path in dict.fromkeys(files.mounted(list(filter(None, mounted)))):
        # The time is read after the content: a change in between is found the next time.
        value, at = _text(path), changed_at(path)
        if at is not None:
            content = Content(f"file:{path}", value, at, at)
            yield _FoundDelivery(str(path), path.name, Arrival.START, content)


def _content(
    made_from: Node, source: str, files: _Files, environment: Mapping[str, str]
) -> tuple[Content | None, str]:
    """Return the content of a secret or config, and the name of its variable, if it is one."""
    if key := made_from["environment"].raw:
        value, at = files.settings.get(key, ""), files.set_at
        if key in environment or at is None:
            return None, key
        return Content(f"variable:{key}", value, at, at), key
    content, at = made_from["content"].raw, files.written_at
    if not content or at is None:
        return None, ""
    first = _LONG_AGO if files.is_written(content) else files.set_at or at
    return Content(source, content, first, at), ""


def _latest_change(paths: Iterable[Path]) -> datetime | None:
    return max((at for path in paths if (at := changed_at(path))), default=None)


def _text(path: Path) -> str:
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
