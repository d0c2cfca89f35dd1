"""The result of resolving a project with compose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixel_tui.stack.model.json_value import JsonObject


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolved project. Contains secrets: its values must never be shown."""

    config: JsonObject = field(repr=False)
    """The output of `config --format json`; of a refused project, combined from several."""
    active: frozenset[str]
    """The services of active profiles."""
    warnings: tuple[str, ...]
    left_out: frozenset[str] = frozenset()
    """Services whose profiles compose refuses together with the active ones."""
    left_out_reason: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Service to the reason why compose refuses it even if it is named."""
    refused_together: str = ""
    """Why compose refuses `down` with every profile."""
