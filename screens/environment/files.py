"""The list of environment files that compose reads, in its order."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.screen import Screen

from pixel_tui.environment.checks.layers import short_names
from pixel_tui.environment.editing.summary import FileSummary, summary_of
from pixel_tui.environment.editing.workspace import EnvironmentAccess, EnvironmentFiles
from pixel_tui.plurals import counted
from pixel_tui.text import SafeText
from screens.shared.pick import Choices, PickScreen

if TYPE_CHECKING:
    from screens.environment.screen import EnvironmentScreen

CAPTION: Final = SafeText("In the order of compose: later files override earlier ones.")


@dataclass(frozen=True, slots=True)
class OtherFiles:
    """All environment files that compose reads."""

    files: EnvironmentFiles
    screen_of: "Callable[[Path], EnvironmentScreen]"
    """Makes the screen of another file."""


def position_words(path: Path, paths: Sequence[Path]) -> str:
    """The position of a file, such as `2 of 3`; empty if there is only one."""
    return f"{paths.index(path) + 1} of {len(paths)}" if len(paths) > 1 and path in paths else ""


def pick_file(
    screen: Screen[None], files: EnvironmentFiles, here: Path, picked: Callable[[Path], None]
) -> None:
    """List the files with their state, and let the user pick another one.

    Args:
        screen: The screen below the list.
        files: All files.
        here: The file that is shown.
        picked: Called with the path of another file.
    """
    paths = files.paths
    opened = [files.open(path) for path in paths]
    known: dict[Path, FileSummary] = {}

    def answered(at: int | None) -> None:
        if at is not None and paths[at] != here:
            picked(paths[at])

    list_screen = PickScreen(
        "Environment files",
        lambda: Choices(tuple(_lines(here, opened, known)), CAPTION),
        at=paths.index(here) if here in paths else 0,
    )

    async def read() -> None:
        for access in opened:
            known[access.source.path] = await asyncio.to_thread(summary_of, access.source)
            if list_screen.is_running:
                list_screen.refresh_choices()

    screen.app.push_screen(list_screen, answered)
    screen.run_worker(read(), group="environment-files", exclusive=True)


def _lines(
    here: Path, opened: Sequence[EnvironmentAccess], known: Mapping[Path, FileSummary]
) -> list[Content]:
    names = short_names([access.source.path for access in opened])
    width = max(map(len, names), default=0)
    lines = []
    for place, (access, name) in enumerate(zip(opened, names, strict=True), start=1):
        path = access.source.path
        parts: list[tuple[str, str]] = [
            (f"{place}  {name:<{width}}", "bold"),
            *_words(known.get(path)),
        ]
        if access.workspace is not None and access.workspace.has_draft:
            parts.append(("  unsaved edits", "$text-warning"))
        if path == here:
            parts.append(("  (shown)", "$foreground-muted"))
        lines.append(Content.assemble(*parts))
    return lines


def _words(summary: FileSummary | None) -> list[tuple[str, str]]:
    if summary is None:
        return [("  reading…", "$foreground-muted")]
    if summary.trouble:
        return [(f"  ✗ {summary.trouble}", "$text-error")]
    if not summary.exists:
        return [("  ✗ no such file", "$text-error")]
    words = [(f"  {counted(summary.keys, 'key')}", "")]
    if summary.errors:
        words.append((f"  ✗ {counted(summary.errors, 'error')}", "$text-error"))
    if summary.warnings:
        words.append((f"  ! {counted(summary.warnings, 'warning')}", "$text-warning"))
    if not summary.errors and not summary.warnings:
        words.append(("  no problems", "$text-success"))
    return words
