"""The order in which the files of the tests are run by several processes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

WAITING: Final = {"contract": 4.0, "engine": 4.0, "terminal": 4.0}
"""About how many seconds a test takes, by folder: these wait for other programs."""

COMPUTING: Final = {"ui": 0.6, "unit": 0.03}
"""These keep a processor busy by themselves."""

LONG: Final = {"test_soak.py": 150.0, "test_read_only.py": 140.0, "test_read_only_jobs.py": 40.0}
"""Seconds of files whose tests are not like those beside them."""


def order_files(counts: Mapping[Path, int], root: Path) -> list[Path]:
    """Return the files with the longest first, so that no process ends up alone at a long one.

    Those that wait and those that compute take turns, in proportion to what there is of each:
    at any time some processes are at the one kind and some at the other, and the processors
    neither idle nor are fought for.

    Args:
        counts: The number of tests of each file.
        root: The folder of all tests.
    """
    waiting, computing = dict[Path, float](), dict[Path, float]()
    for path, count in counts.items():
        folder = path.relative_to(root).parts[0]
        if folder in WAITING:
            waiting[path] = LONG.get(path.name, count * WAITING[folder])
        else:
            computing[path] = count * COMPUTING.get(folder, 0.1)
    turns = [*_turns(waiting), *_turns(computing)]
    return [path for _, path in sorted(turns)]


def _turns(costs: Mapping[Path, float]) -> list[tuple[float, Path]]:
    """Return each file with the share of its kind's work that is done before it."""
    longest_first = sorted(costs, key=lambda path: (-costs[path], path))
    total, done, turns = sum(costs.values()), 0.0, list[tuple[float, Path]]()
    for path in longest_first:
        turns.append((done / total, path))
        done += costs[path]
    return turns
