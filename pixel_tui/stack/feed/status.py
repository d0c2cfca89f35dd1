"""Explains the state of a followed log: why it has no lines, and the fix. Pure."""

from collections.abc import Sequence

from pixel_tui.stack.feed.feed import FeedState, FeedStatus, LogTarget
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.obstacle import obstacle
from pixel_tui.stack.model.snapshot import ServiceState, StackSnapshot
from pixel_tui.text import SafeText, plain


def feed_status(
    snapshot: StackSnapshot,
    targets: Sequence[LogTarget],
    wanted: Sequence[Container],
    *,
    live: bool,
    refused: SafeText,
) -> FeedStatus:
    """Return the status of a feed that is not closed.

    Args:
        snapshot: The present snapshot.
        targets: The requested services or containers.
        wanted: Their existing containers.
        live: Whether the log of a running one is open.
        refused: Why the engine refuses one of these logs; empty if it refuses none.
    """
    if snapshot.stale:
        trouble = snapshot.engine.trouble
        if trouble is None:
            return FeedStatus(FeedState.CONNECTING)
        return FeedStatus(FeedState.WAITING, trouble.what, trouble.hint)
    if not wanted:
        return _without_containers(targets, snapshot)
    if live:
        return FeedStatus(FeedState.LIVE)
    silent = next((item for item in wanted if not item.logs_readable), None)
    if silent is not None:
        return FeedStatus(
            FeedState.REFUSED,
            plain(f"Can't read the logs of {silent.name}: {unreadable(silent)}."),
            plain(
                "Set logging.driver to json-file or local in the compose file, "
                f"then: {snapshot.typed.compose} up -d {silent.service}"
            ),
        )
    if refused:
        return FeedStatus(
            FeedState.REFUSED,
            plain(f"Docker can't provide these logs: {refused}"),
            plain("pixel-tui retries automatically."),
        )
    if all(not item.running for item in wanted):
        names = dict.fromkeys(item.service for item in wanted)
        what = f"{next(iter(names))} is" if len(names) == 1 else "None of these services is"
        return FeedStatus(FeedState.WAITING, plain(f"{what} not running."))
    return FeedStatus(FeedState.CONNECTING)


def unreadable(container: Container) -> str:
    """Return why a container's log can't be read."""
    return f"its logging driver is {container.log_driver}, so Docker keeps no logs"


def _without_containers(targets: Sequence[LogTarget], snapshot: StackSnapshot) -> FeedStatus:
    if len(targets) == 1:
        return without_container(targets[0].service, snapshot)
    return FeedStatus(FeedState.WAITING, plain("None of these services has a container."))


def without_container(name: str, snapshot: StackSnapshot) -> FeedStatus:
    """Return why a service has no container and so no log, with the fix.

    Args:
        name: The name of the service.
        snapshot: The present snapshot.
    """
    service = snapshot.service(name)
    if service is None:
        return FeedStatus(FeedState.WAITING, plain(f"{name} is no longer part of the stack."))
    if service.spec is not None and service.spec.provider:
        provider = service.spec.provider
        what = f"{name} has no container and no logs: {provider} provides it."
        return FeedStatus(FeedState.WAITING, plain(what))
    if (found := obstacle(service, snapshot)) is not None:
        what = plain(f"{name} has no container: {found.why}.")
        return FeedStatus(FeedState.WAITING, what, found.fix)
    if service.state is ServiceState.OFF and service.spec and service.spec.profiles:
        profile = service.spec.profiles[0]
        return FeedStatus(
            FeedState.WAITING,
            plain(f"{name} has no container: its profile {profile} is not active."),
            plain(f"{snapshot.typed.compose} --profile {profile} up -d {name}"),
        )
    return FeedStatus(
        FeedState.WAITING,
        plain(f"{name} has no container."),
        plain(f"{snapshot.typed.compose} up -d {name}"),
    )
