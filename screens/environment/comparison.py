"""The comparison of an environment with its example or another file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.content import Content
from textual.screen import Screen

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.session import EditSession
from pixel_tui.environment.editing.workspace import EnvironmentSource
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.text import SafeText, plain
from screens.environment.difference import DifferenceScreen
from screens.shared.ask import AskScreen
from screens.shared.pick import Choices, PickScreen

MergeMissing = Callable[[DotenvDocument], None]
"""Adds the keys that only the given document has."""


class Comparison:
    """Asks for the other file, and shows the comparison.

    Args:
        screen: The screen below the dialogs.
        source: Reads the other file.
        session: The file, with its edits.
        merge: Adds missing keys; None if nothing can be changed.
    """

    def __init__(
        self,
        screen: Screen[None],
        source: EnvironmentSource,
        session: EditSession,
        merge: MergeMissing | None,
    ) -> None:
        self._screen = screen
        self._source = source
        self._session = session
        self._merge = merge

    def ask(self) -> None:
        """Ask for the other file, unless there is only one choice."""
        if self._session.loaded.example is None:
            self._ask_path()
            return
        lines = (Content("With .env.example"), Content("With another file…"))

        def picked(at: int | None) -> None:
            if at == 0:
                self._show(self._session.example, ".env.example")
            elif at == 1:
                self._ask_path()

        caption = SafeText("Missing, extra and different keys. Secrets are masked.")
        self._screen.app.push_screen(PickScreen("Compare", lambda: Choices(lines, caption)), picked)

    def _ask_path(self) -> None:
        def describe(text: str) -> SafeText:
            path = self._path(text)
            if not text.strip():
                raise UsageError("A name is required", hint="Type one.")
            return plain(f"Compares with {path}")

        def answered(text: str | None) -> None:
            if text:
                self._screen.run_worker(self._read(self._path(text)), group="compare")

        folder = self._source.path.parent
        hint = f"A file, relative to {folder}"
        self._screen.app.push_screen(AskScreen("Compare with", hint, describe), answered)

    def _path(self, text: str) -> Path:
        return self._source.path.parent / Path(text.strip()).expanduser()

    async def _read(self, path: Path) -> None:
        try:
            data = await asyncio.to_thread(self._source.other, path)
        except ConsoleError as error:
            self._screen.notify(plain(str(error)), severity="error", timeout=8, markup=False)
            return
        self._show(await asyncio.to_thread(DotenvDocument.parse, data), path.name)

    def _show(self, other: DotenvDocument, name: str) -> None:
        here, merge = self._session.document, self._merge

        def answered(taken: bool | None) -> None:
            if taken and merge is not None:
                merge(other)

        screen = DifferenceScreen(
            here, other, name, self._session.is_secret, merges=merge is not None
        )
        self._screen.app.push_screen(screen, answered)
