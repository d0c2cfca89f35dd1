"""Links that lead out of the project's folder, which are not followed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pixel_tui.backups.left_out import Gaps
from pixel_tui.backups.manifest import Gap
from pixel_tui.backups.policy import Policy
from pixel_tui.backups.search import MAX_UNREAD, is_database
from pixel_tui.backups.stack_view import real_inside

LEADS_OUT = "a link leads from there out of the project's folder"


def add_link_gaps(links: list[Path], policy: Policy, gaps: Gaps) -> list[str]:
    """Add gaps for links to folders or databases that no backup has.

    Args:
        links: The links.
        policy: The project's rules.
        gaps: Gets the gaps.

    Returns:
        Their paths below the project's folder.
    """
    leading_out = list(_leading_out(links, policy))
    for relative in leading_out[:MAX_UNREAD]:
        gaps.add(relative, LEADS_OUT, Gap.NOT_COPIED, expected=False)
    if (more := len(leading_out) - MAX_UNREAD) > 0:
        why = "they lead out of the project's folder"
        gaps.add(f"{more} more links", why, Gap.NOT_COPIED, expected=False)
    return leading_out


def leads_out(relative: str, real: Path, project: Path) -> bool:
    """Whether a link inside a folder leads elsewhere.

    A service that can write there may have made it. A copy would include files that only this user
    can read, and a restore would give them to the service. The top-level folder itself may be on
    another disk.
    """
    first, *below = PurePosixPath(relative).parts
    roots = (project, project / first)
    return bool(below) and not any(real.is_relative_to(os.path.realpath(at)) for at in roots)


def _leading_out(links: list[Path], policy: Policy) -> Iterator[str]:
    for link in links:
        relative = real_inside(str(link), policy.project)
        real = Path(os.path.realpath(link))
        if relative and leads_out(relative, real, policy.project) and _may_hold_data(real):
            yield relative


def _may_hold_data(place: Path) -> bool:
    """Whether it is a folder or a database, or can't be accessed."""
    try:
        return stat.S_ISDIR(place.lstat().st_mode) or is_database(place)
    except FileNotFoundError:
        return False
    except OSError:
        return True
