"""The group of the Docker socket."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel


def socket_groups(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds a configured socket group that is not the socket's."""
    group = file.facts.socket_group
    if group is None:
        return
    for key, _, value, known in file.filled:
        is_socket_group = (
            known is not None and known.socket_group and value.isascii() and value.isdigit()
        )
        if is_socket_group and value.lstrip("0") != str(group).lstrip("0"):
            yield file.finding(
                "socket-group",
                EnvironmentLevel.WARNING,
                key,
                f"The Docker socket belongs to group {group}: with another one, the container "
                "can't use Docker.",
                f"Set it to {group}.",
                fix=str(group),
            )


CHECKS: Final[tuple[Check, ...]] = (socket_groups,)
