"""Command lines to copy into a shell."""

from dataclasses import dataclass
from typing import Final

from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class TypedCommands:
    """The first words of command lines for one project, with the options that select it."""

    docker: SafeText = SafeText("docker")
    compose: SafeText = SafeText("docker compose")
    pixel_tui: SafeText = SafeText("pixel-tui")


WITHOUT_OPTIONS: Final = TypedCommands()
