"""Editing a private copy in an external editor, and the dialog for errors in the result."""

from collections.abc import Callable

from textual.app import SuspendNotSupported
from textual.content import Content
from textual.screen import Screen

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.workspace import EnvironmentWorkspace
from pixel_tui.errors import ConsoleError
from pixel_tui.text import SafeText
from screens.shared.pick import Choices, PickScreen


class ExternalEditor:
    """Runs the external editor and takes its result.

    Args:
        screen: The screen below the dialog.
        workspace: Runs the editor.
        take: Called with the text if it has no errors.
    """

    def __init__(
        self,
        screen: Screen[None],
        workspace: EnvironmentWorkspace,
        take: Callable[[DotenvDocument], None],
    ) -> None:
        self._screen = screen
        self._workspace = workspace
        self._take = take

    def edit(self, data: bytes) -> None:
        """Run the editor; pixel-tui is suspended until it exits."""
        app = self._screen.app
        came_back, trouble = data, ""
        try:
            with app.suspend():
                # No exception may pass: the terminal would not be restored.
                try:
                    came_back = self._workspace.edit_externally(data)
                except ConsoleError as error:
                    trouble = str(error)
        except SuspendNotSupported:
            trouble = "This terminal can't run another program."
        if trouble:
            app.notify(trouble, severity="error", timeout=10, markup=False)
        elif came_back == data:
            app.notify("No changes.", timeout=3)
        else:
            self._check(came_back)

    def _check(self, data: bytes) -> None:
        document = DotenvDocument.parse(data)
        if document.faults:
            self._refuse(document)
        else:
            self._take(document)

    def _refuse(self, document: DotenvDocument) -> None:
        fault = document.faults[0]
        more = len(document.faults) - 1
        caption = SafeText(
            f"Compose would refuse this file. Line {fault.line}: {fault.message} {fault.hint}"
            + (f" (and {more} more)" if more else "")
        )
        lines = (Content("Edit again"), Content("Discard the text"))

        def picked(at: int | None) -> None:
            if at != 1:
                self.edit(document.data)

        screen = PickScreen("The text has errors", lambda: Choices(lines, caption))
        self._screen.app.push_screen(screen, picked)
