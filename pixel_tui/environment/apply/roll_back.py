"""Rolls an apply back: restores the file, images, networks and containers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.applied_services import AppliedServices
from pixel_tui.environment.apply.apply_request import (
    ApplyOutcome,
    EnvironmentFile,
    ProjectContainers,
    RunProgram,
)
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ConsoleError, FileError
from pixel_tui.stack.compose.command import ComposeCommand

ROLLED_BACK: Final = "Rolled back: the previous environment is restored"


class RollBack:
    """Restores the state before an apply.

    All steps are idempotent: if it is killed, the next roll-back starts over.

    Args:
        command: The compose command of the project.
        path: The path of the file, for messages.
        file: The file.
        files: The records of the apply.
        containers: The project's containers.
        services: Changes the services.
        run: Runs programs.
        say: Prints a line.
    """

    def __init__(
        self,
        command: ComposeCommand,
        path: str,
        *,
        file: EnvironmentFile,
        files: ApplyFiles,
        containers: ProjectContainers,
        services: AppliedServices,
        run: RunProgram,
        say: Callable[[str], None],
    ) -> None:
        self._command = command
        self._path = path
        self._file = file
        self._files = files
        self._containers = containers
        self._services = services
        self._run = run
        self._say = say
        self._reason = ""
        program = command.typed.pixel_tui
        self._retry_hint = (
            f"Try again with `{program} run environment-roll-back`; or `{program} run recreate`, "
            f"then `{program} env confirm`."
        )

    def run(self, outcome: ApplyOutcome, reason: str = "") -> ApplyOutcome:
        """Roll back.

        Args:
            outcome: The outcome to return on success.
            reason: Why it is rolled back, as a sentence and a space; empty if it was requested.

        Returns:
            That outcome, or `INCOMPLETE` if not everything is restored.
        """
        self._reason = reason
        try:
            return outcome if self._restore() else ApplyOutcome.INCOMPLETE
        except ConsoleError as error:
            self._say(str(error))
            self._say(f"{self._reason}Not rolled back. {self._retry_hint}")
            return ApplyOutcome.INCOMPLETE

    def _restore(self) -> bool:
        """Restore everything; returns whether that succeeded."""
        state = self._files.read()
        if state is None:
            return True
        changed_containers = state.changed_containers
        built = changed_containers or state.phase is Phase.BUILDING
        # Recorded with its old phase, so that a later roll-back knows what was changed.
        state = replace(state, process=this_process())
        self._files.release_space()
        try:
            self._files.write(
                replace(state, phase=Phase.ROLLING_BACK) if changed_containers else state
            )
        except FileError as error:
            # The roll-back can go on: another one would start from the old record.
            self._say(str(error))
        if not self._restore_file(state):
            return False
        if built:
            self._restore_images(state)
        if changed_containers:
            if not self._restore_networks(state):
                return False
            self._say("Recreating the previous containers.")
            if not self._services.recreate(state, apart=True):
                what = "The previous containers could not be recreated."
                self._say(f"{self._reason}{what} {self._retry_hint}")
                return False
            if failure := self._services.watch(state.expected_healthy, cancelled=lambda: False):
                self._files.clear()
                self._say(f"{self._reason}{ROLLED_BACK}, and {failure}.")
                return False
        self._files.clear()
        self._say(f"{self._reason}{ROLLED_BACK}.")
        return True

    def _restore_file(self, state: ApplyState) -> bool:
        current = digest(self._file.read())
        if current == state.old:
            return True
        if current != state.new:
            self._files.clear()
            self._say(
                f"{self._reason}{self._path} was changed on disk meanwhile, so it is not touched, "
                "nor are the containers. The previous version is in the history."
            )
            return False
        if state.old:
            self._file.save(self._files.previous(self._command.typed), expected_sha256=state.new)
        else:
            self._file.remove()
        self._say(f"{self._path} is restored.")
        return True

    def _restore_images(self, state: ApplyState) -> None:
        for reference, image_id in state.images.items():
            if not image_id or self._containers.image_id(reference) == image_id:
                continue
            argv = self._command.docker_argv("tag", names=[image_id, reference])
            if self._run(argv, apart=True) == 0:
                self._say(f"{reference} is the previous image again.")
            else:
                self._say(f"The previous image no longer exists: {reference} keeps the new one.")

    def _restore_networks(self, state: ApplyState) -> bool:
        """Remove networks that replaced the previous ones, which `up` then recreates."""
        networks = [
            name for name in self._services.existing_networks(state.networks)
            if self._containers.network_id(name) != state.networks[name]
        ]  # fmt: skip
        reason = self._services.network_removal_problem(networks, state.services)
        reason = reason or self._services.remove_networks(networks, state.services, apart=True)
        if reason:
            self._say(f"{reason}.")
            self._say(f"{self._reason}Not rolled back. {self._retry_hint}")
        return not reason
