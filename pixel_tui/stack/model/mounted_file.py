"""Mounts of single files: unlike in a mounted folder, a replaced file stays the old one."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path


def symlinks_in(folder: Path, sources: Iterable[str]) -> Mapping[str, str]:
    """Return the real paths of those sources inside a folder that are symbolic links.

    Other paths are not touched: they may be on a disk that does not respond.
    """
    inside = (source for source in set(sources) if Path(source).is_relative_to(folder))
    return {source: real for source in inside if (real := os.path.realpath(source)) != source}


def mounts_single_file(
    sources: Iterable[str], files: Collection[str], links: Mapping[str, str]
) -> bool:
    """Return whether one of these files is mounted itself. Pure.

    Args:
        sources: The sources of mounts.
        files: The files, each by its given path and by its real path.
        links: The real paths of the sources that are links.
    """
    return any(source in files or links.get(source) in files for source in sources)
