"""Whether what runs has the value that a file gives now, where nothing can be compared. Pure.

See `stack/model/deliveries.py`: here it is a value's turn.
"""

from collections.abc import Callable, Collection, Iterable

from pixel_tui.stack.compose.environment_uses import KeyUse, KeyUseKind
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText

OldSources = Callable[[str], Collection[SafeText]]
"""The secrets and configs (`secrets.token`) that a service may have an old content of."""


def nothing_old(_service: str) -> Collection[SafeText]:
    """Of a stack of which nothing is known."""
    return ()


def old_sources(snapshot: StackSnapshot, service: str) -> Collection[SafeText]:
    """What a service may have an old content of."""
    found = snapshot.service(service)
    return found.outdated.sources if found is not None and found.outdated is not None else ()


def unknown_deliveries(uses: Iterable[KeyUse], old: OldSources) -> frozenset[SafeText]:
    """The services of which it is not known whether they have the value of now.

    Args:
        uses: Who reads a key.
        old: What services may have an old content of.
    """
    return frozenset(
        use.service
        for use in uses
        if use.how is KeyUseKind.CONTENT and use.where.removesuffix(".content") in old(use.service)
    )
