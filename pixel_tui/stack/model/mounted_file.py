"""Who mounts a file by itself: one that is replaced stays the old one there, unlike in a folder."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path


def links_below(folder: Path, sources: Iterable[str]) -> Mapping[str, str]:
    """Where those of these paths lead that are links in a folder.

    Others are left alone: what is mounted from elsewhere may be on a disk that does not answer.
    """
    inside = (source for source in set(sources) if Path(source).is_relative_to(folder))
    return {source: real for source in inside if (real := os.path.realpath(source)) != source}


def mounts_one(sources: Iterable[str], files: Collection[str], links: Mapping[str, str]) -> bool:
    """Whether one of these files is mounted by itself. Pure.

    Args:
        sources: What is mounted.
        files: The files, each by the name that it is known by and by its real one.
        links: Where links among the sources lead.
    """
    return any(source in files or links.get(source) in files for source in sources)
