"""Finds the files to copy: those that compose reads, and those that match the patterns."""

import os
import stat
from pathlib import Path, PurePosixPath

from pixel_tui.backups.aside import is_displaced, is_temporary
from pixel_tui.backups.left_out import Gaps
from pixel_tui.backups.links import LEADS_OUT, leads_out
from pixel_tui.backups.manifest import Gap
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.search import SearchResult, is_database
from pixel_tui.backups.source_model import Stack
from pixel_tui.backups.stack_view import inside, real_inside
from pixel_tui.files import is_folder
from pixel_tui.humanize import memory_size
from pixel_tui.stack.compose.project_files import MAX_BYTES, MAX_FILES


def copied_files(
    policy: Policy, stack: Stack, found: SearchResult, gaps: Gaps, real: dict[str, Path]
) -> tuple[list[str], set[str], list[Path]]:
    """Return the files below the project, those of them that compose reads, and those elsewhere."""
    compose, others = set[str](), set[str]()
    outside: dict[Path, None] = {}
    named = stack.files
    for path in named.unsearched:
        what = f"files that {real_inside(str(path), policy.project) or path} names"
        limits = f"at most {MAX_FILES} compose files, and {memory_size(MAX_BYTES)} of each"
        why = f"it was not read in full: pixel-tui reads {limits}"
        gaps.add(what, why, Gap.UNKNOWN, expected=True)
    for path in (*named.all, *stack.declared.files):
        relative = inside(str(path), policy.project) or real_inside(str(path), policy.project)
        if relative is None:
            if _is_regular_file(path, gaps):
                outside[path] = None
                real[str(path)] = Path(os.path.realpath(path))
        elif not _is_not_copied(policy.project / relative, policy, gaps):
            is_compose = path in named.compose or path in named.parts
            (compose if is_compose else others).add(relative)
            real[relative] = Path(os.path.realpath(policy.project / relative))
    for path in (*_matches(policy, gaps), *found.files):
        relative = inside(str(path), policy.project) or real_inside(str(path), policy.project)
        if not relative or relative in compose | others or _is_not_copied(path, policy, gaps):
            continue
        place = Path(os.path.realpath(policy.project / relative))
        if leads_out(relative, place, policy.project):
            gaps.add(relative, LEADS_OUT, Gap.NOT_COPIED, expected=False)
            continue
        if path.is_symlink() and _is_readable_database(place):
            is_copied = place in real.values()
            state = "copied" if is_copied else "a database and not in a searched folder"
            why = f"it is a link to {place}, which is {state}"
            gaps.add(relative, why, Gap.NOT_COPIED, expected=not is_copied)
            continue
        others.add(relative)
        real[relative] = place
    return sorted(compose | others), compose, list(outside)


def _is_regular_file(path: Path, gaps: Gaps) -> bool:
    try:
        kind = path.stat().st_mode
        if why := _special_file_reason(kind):
            gaps.add(str(path), why, Gap.FAILED, expected=True)
        return stat.S_ISREG(kind)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        why = f"it could not be read: {error.strerror or error}"
        gaps.add(str(path), why, Gap.UNKNOWN, expected=True)
        return False


def _is_not_copied(path: Path, policy: Policy, gaps: Gaps) -> bool:
    """Whether a file is a database, not a regular file, or among the backups."""
    try:
        ours = any(path.is_relative_to(root) for root in policy.roots)
        if ours or is_displaced(path.name) or is_temporary(path.name):
            return True
        kind = path.stat().st_mode
        what = real_inside(str(path), policy.project) or str(path)
        if (why := _special_file_reason(kind)) and what not in policy.user_skips:
            gaps.add(what, why, Gap.FAILED, expected=True)
        return not stat.S_ISREG(kind) or is_database(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        gaps.add_unread([(path, error.strerror or str(error))], policy)
        return True


def _is_readable_database(path: Path) -> bool:
    try:
        return is_database(path)
    except OSError:
        return False  # copying it will fail as well, and say why


def _special_file_reason(mode: int) -> str:
    """Return why this kind of file can't be copied; empty for files and folders."""
    for is_it, name in (
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if is_it(mode):
            return f"it is {name}, not a file"
    return ""


def _matches(policy: Policy, gaps: Gaps) -> list[Path]:
    """Return the paths that match the patterns; folders that can't be searched become gaps."""
    found: list[Path] = []
    for pattern in policy.files:
        parts = PurePosixPath(pattern).parts
        for depth in range(1, len(parts)):
            for folder in policy.project.glob("/".join(parts[:depth])):
                if why := _unreadable_reason(folder):
                    gaps.add_unread([(folder, why)], policy)
        found += policy.project.glob(pattern)
        if not set("*?[") & set(pattern) and is_folder(policy.project / pattern):
            why = "it is a folder, not a file"
            gaps.add(pattern, why, Gap.NOT_COPIED, expected=False)
    return found


def _unreadable_reason(folder: Path) -> str:
    """Return why a folder can't be searched; empty if it can, or is not a folder."""
    try:
        with os.scandir(folder):
            (folder / ".").stat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""
