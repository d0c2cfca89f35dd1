"""The question whether a new environment is to stay, and its answer."""

import time
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase
from pixel_tui.humanize import span
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Waiting:
    """An apply that waits for somebody to confirm it."""

    deadline: float
    """When what was before comes back, in seconds since 1970."""
    token: str

    @property
    def seconds(self) -> float:
        """How many are left."""
        return max(0.0, self.deadline - time.time())

    def words(self, keys: ConfirmKeys) -> SafeText:
        """How long there is to confirm it, and with what."""
        how = f"{keys.open} and then `{keys.keep}` in pixel-tui, or `pixel-tui env confirm`"
        return plain(
            f"It is rolled back in {span(round(self.seconds))} unless you confirm it: {how}."
        )


class Confirmation:
    """Asks for, and answers, the question whether a new environment is to stay.

    From any process of the user who applies: the screen of the job, another console, a shell.

    Args:
        state_folder: Where this user's state is kept.
        marks: What the work on each environment file is kept under (`ComposeCommand.env_mark`);
            one apply at a time is under way, whichever file it is of.
    """

    def __init__(self, state_folder: Path, *marks: Path) -> None:
        self._every = tuple(ApplyFiles(state_folder, mark) for mark in marks)

    def waiting(self) -> Waiting | None:
        """What waits now; None where nothing does. Blocks.

        Raises:
            FileError: The state can't be read.
        """
        return next(filter(None, map(self._waiting, self._every)), None)

    @staticmethod
    def _waiting(files: ApplyFiles) -> Waiting | None:
        state = files.read()
        if state is None or state.phase is not Phase.WAITING:
            return None
        if state.process is None or not state.process.is_running:
            return None
        if files.confirmed(state.token):
            return None
        return Waiting(state.deadline, state.token)

    def confirm(self) -> bool:
        """Keep the new environment; False where nothing waits for that. Blocks.

        Raises:
            FileError: The state can't be read or written.
        """
        for files in self._every:
            if (waiting := self._waiting(files)) is not None:
                files.confirm(waiting.token)
                # Who gives up writes that down first, and then looks for a confirmation.
                state = files.read()
                over = state is not None and state.phase is Phase.RETURNING
                return not over
        return False

    def left(self) -> ApplyState | None:
        """An apply that nobody sees to any more: its process died. Blocks.

        Raises:
            FileError: The state can't be read.
        """
        return next(filter(None, (files.left() for files in self._every)), None)
