"""What a person points at: from the row of a table to the plan of an action."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetRef:
    """What an action is done to, before it is looked up."""

    name: str
    """A service; or the id of the one backup, task, candidate or version that is meant."""
    container_id: str | None = None
    """Set if only this container of the service is meant."""
