"""Confirming that a new environment is kept."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase
from pixel_tui.humanize import span
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText, plain

ROLL_BACK_HINT: Final = "environment-roll-back` restores the previous state"


def interrupted_hint(typed: TypedCommands) -> SafeText:
    """Return how to end an interrupted apply, as two sentences."""
    return plain(
        f"`{typed.pixel_tui} run {ROLL_BACK_HINT}. `{typed.pixel_tui} env confirm` keeps the "
        "current one if all services have it."
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An apply that waits for its confirmation."""

    deadline: float
    """When it is rolled back, in seconds since 1970."""
    token: str

    @property
    def seconds(self) -> float:
        """The seconds that are left, at least 0."""
        return max(0.0, self.deadline - time.time())

    def text(self, keys: ConfirmKeys, typed: TypedCommands) -> SafeText:
        """Return how long it can be confirmed, and with which keys or command."""
        how = f"{keys.open} and then `{keys.keep}` in pixel-tui, or `{typed.pixel_tui} env confirm`"
        return plain(
            f"It is rolled back in {span(round(self.seconds))} unless you confirm it: {how}."
        )


class Confirmation:
    """Finds and confirms waiting applies, from any process of the user who applies.

    Args:
        state_folder: The state folder of this user.
        marks: The key of each environment file (`ComposeCommand.env_mark`). Only one apply
            runs at a time, of whichever file.
    """

    def __init__(self, state_folder: Path, *marks: Path) -> None:
        self._all_files = tuple(ApplyFiles(state_folder, mark) for mark in marks)

    def waiting(self) -> Waiting | None:
        """Return the apply that waits; None if there is none. Blocks.

        Raises:
            FileError: The state can't be read.
        """
        return next(filter(None, map(self._waiting, self._all_files)), None)

    @staticmethod
    def _waiting(files: ApplyFiles) -> Waiting | None:
        state = files.read()
        if state is None or state.phase is not Phase.WAITING:
            return None
        if state.process is None or not state.process.is_running:
            return None
        if files.is_confirmed(state.token):
            return None
        return Waiting(state.deadline, state.token)

    def confirm(self) -> bool:
        """Keep the new environment; False if no apply waits. Blocks.

        Raises:
            FileError: The state can't be read or written.
        """
        for files in self._all_files:
            if (waiting := self._waiting(files)) is not None:
                files.confirm(waiting.token)
                # An apply that times out first records that, and then checks for a confirmation.
                state = files.read()
                rolls_back = state is not None and state.phase is Phase.ROLLING_BACK
                return not rolls_back
        return False

    def interrupted(self) -> ApplyState | None:
        """Return an apply whose process died; None if there is none. Blocks.

        Raises:
            FileError: The state can't be read.
        """
        return next(filter(None, (files.interrupted() for files in self._all_files)), None)
