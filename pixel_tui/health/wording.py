"""Texts about containers that are down, shared by several rules. Pure."""

from datetime import datetime

from pixel_tui.humanize import age, memory_size
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import Service
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain


def worst_container(service: Service) -> Container | None:
    """Return a container that is down, else the one with the most restarts."""
    return max(service.members, key=lambda item: (not item.running, item.restarts), default=None)


def exit_reason(container: Container) -> SafeText:
    """Return how a container last exited, with its memory limit if it was OOM-killed."""
    words = container.previous_exit
    if container.exit_code is not None:
        words = exit_words(container.exit_code, oom_killed=container.oom_killed)
    if not words:
        return NO_TEXT
    limit = ""
    if _ran_out_of_memory(container) and container.memory_limit is not None:
        limit = f", limit {memory_size(container.memory_limit)}"
    return plain(f"{words}{limit}")


def start_fix(service: Service, words: str) -> SafeText:
    """Return the fix for a service that is down.

    Args:
        service: The service.
        words: The fix, unless it must be recreated.
    """
    if not service.sync.needs_force:
        return plain(words)
    return plain(f"Recreate it (a): it can't be started, because {service.sync.reason}.")


def memory_fix(container: Container) -> str:
    """Return the fix if a container may have run out of memory; empty if not."""
    if _ran_out_of_memory(container) and container.memory_limit is None:
        return "Find the leak or free memory: no memory limit is set."
    if _ran_out_of_memory(container) or container.exit_code == 137:
        return "Raise its memory limit or find the leak."
    return ""


def _ran_out_of_memory(container: Container) -> bool:
    return container.oom_killed or container.previous_oom_killed


def down_since(at: datetime | None, now: datetime, *, partly: bool = False) -> SafeText:
    """Return how long it has been down, as a predicate: `has been down for 5m`.

    Args:
        at: When it exited; None if that is not known.
        now: The present time.
        partly: Whether some of its containers are running.
    """
    down = "partly down" if partly else "down"
    if at is None:
        return plain(f"is {down}")
    seconds = (now - at).total_seconds()
    return plain(f"has been {down} for {age(seconds) if seconds >= 60 else 'less than a minute'}")
