"""What a plan does in addition to the requested action."""

from pixel_tui.operations.planning.up_prediction import UpOptions, predict_up
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText
from tests.builders.actions import (
    container,
)


def changes(snapshot: StackSnapshot, *named: str, **options: object) -> dict[str, str]:
    found = predict_up(snapshot, named, UpOptions(**options))  # type: ignore[arg-type]
    return {str(name): item.change.value for name, item in found.items()}


def leftover_of(old: Container, **changes: object) -> Container:
    """A replacement that has not taken over the name."""
    fields: dict[str, object] = {
        "id": "f" * 64,
        "name": SafeText(f"{old.short_id}_{old.name}"),
        "state": ContainerState.CREATED,
        "started_at": None,
        "replaces": old.short_id,
    }
    return container(str(old.service), 1, **(fields | changes))
