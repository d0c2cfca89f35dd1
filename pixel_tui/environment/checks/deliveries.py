"""Finds services that may have an old value that can't be compared. Pure.

See `stack/model/deliveries.py`, which does the same for services; this is about single keys.
"""

from collections.abc import Callable, Collection, Iterable

from pixel_tui.stack.compose.environment_uses import KeyUse, KeyUseKind
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText

OutdatedSources = Callable[[str], Collection[SafeText]]
"""Returns the secrets and configs (`secrets.token`) whose content may be old in a service."""


def no_outdated_sources(_service: str) -> Collection[SafeText]:
    """The `OutdatedSources` of an unknown stack."""
    return ()


def outdated_sources(snapshot: StackSnapshot, service: str) -> Collection[SafeText]:
    """Return the secrets and configs whose content may be old in a service."""
    found = snapshot.service(service)
    return found.outdated.sources if found is not None and found.outdated is not None else ()


def unknown_deliveries(uses: Iterable[KeyUse], old: OutdatedSources) -> frozenset[SafeText]:
    """Return the services that may not have the current value.

    Args:
        uses: How services read a key.
        old: The possibly old content of services.
    """
    return frozenset(
        use.service
        for use in uses
        if use.how is KeyUseKind.CONTENT and use.where.removesuffix(".content") in old(use.service)
    )
