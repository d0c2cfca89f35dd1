"""A reference to the target of an action, passed from the row of a table to the plan."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetRef:
    """The target of an action, before it is looked up."""

    name: str
    """The name of a service, or the id of a backup, task, candidate or version."""
    container_id: str | None = None
    """Set if the target is only this container of the service."""
