"""What compose makes of a project, as far as its answers tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.stack.model.json_value import JsonObject


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolved project. Holds secrets: its values are never shown."""

    config: JsonObject = field(repr=False)
    """What `config --format json` printed; of a project that is refused, put together."""
    active: frozenset[str]
    """The services of active profiles."""
    warnings: tuple[str, ...]
    left_out: frozenset[str] = frozenset()
    """Services whose profiles compose refuses beside the active ones."""
    left_out_reason: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why compose refuses a service that was asked for by its name."""
    refused_together: str = ""
    """Why compose refuses `down` with every profile."""
