"""Whether what runs has the value that a file gives now, where nothing can be compared. Pure.

Compose writes the content of a secret or a config into a container when it makes it. Its hash of
the service has the names of these and not the content, and the engine tells neither: a value that
was saved and never applied leaves no trace. Only one thing is certain: a container that was made
after the last change of the file was made from it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from pixel_tui.stack.compose.environment_uses import How, Use
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText

MadeAt = Callable[[str], datetime | None]
"""When the oldest container of a service was made; None where it has none, or nobody knows."""


def nothing_made(_service: str) -> datetime | None:
    """Of a stack of which nothing is known."""
    return None


def made_at(snapshot: StackSnapshot, service: str) -> datetime | None:
    """When the oldest regular container of a service was made; None where there is none."""
    found = snapshot.service(service)
    times = [item.created_at for item in found.regular if item.created_at] if found else []
    return min(times, default=None)


def unknown_deliveries(
    uses: Iterable[Use], changed_at: datetime | None, made: MadeAt
) -> frozenset[SafeText]:
    """The services of which it is not known whether they have the value of now.

    Args:
        uses: Who reads a key.
        changed_at: When the file was changed last; None where that is not known.
        made: When services were made.
    """
    return frozenset(
        use.service
        for use in uses
        if use.how is How.CONTENT
        and (time := made(use.service)) is not None
        and (changed_at is None or time <= changed_at)
    )
