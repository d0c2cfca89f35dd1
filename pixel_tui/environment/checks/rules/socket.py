"""The group of the engine's socket."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel


def socket_groups(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """A group for the engine's socket that is not the socket's."""
    group = case.surroundings.socket_group
    if group is None:
        return
    for key, _, value, known in case.filled:
        wanted = known is not None and known.socket_group and value.isascii() and value.isdigit()
        if wanted and value.lstrip("0") != str(group).lstrip("0"):
            yield case.finding(
                "socket-group",
                EnvironmentLevel.WARNING,
                key,
                f"The Docker socket belongs to group {group}: with another one, the container "
                "can't use Docker.",
                f"Set it to {group}.",
                mend=str(group),
            )


CHECKS: Final[tuple[Check, ...]] = (socket_groups,)
