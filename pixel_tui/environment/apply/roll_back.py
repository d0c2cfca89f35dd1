"""The way back of an apply: the file, images, networks and containers as they were before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pixel_tui.environment.apply.applied_services import AppliedServices
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase, this_process
from pixel_tui.environment.apply.wanted import Containers, Ending, EnvironmentFile, Run
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import ConsoleError, FileError
from pixel_tui.stack.compose.command import ComposeCommand

AGAIN: Final = (
    "Try again with `environment-roll-back`; or `recreate`, then `pixel-tui env confirm`."
)
BACK: Final = "Rolled back: the previous environment is restored"


class RollBack:
    """Puts back what was there before an apply.

    Each thing that it does may be done twice: if it is killed, the next one starts over.

    Args:
        command: How docker is called.
        path: Where the file is, for messages.
        file: The file.
        files: Where it is recorded how far the apply got.
        containers: The running containers.
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
        containers: Containers,
        services: AppliedServices,
        run: Run,
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
        self._why = ""

    def run(self, ending: Ending, why: str = "") -> Ending:
        """Put it back.

        Args:
            ending: How the apply ends if that succeeds.
            why: Why it is rolled back, as a sentence and a space; empty if it was asked for.

        Returns:
            That ending, or `LEFT` if not all is as it was.
        """
        self._why = why
        try:
            return ending if self._put_back() else Ending.LEFT
        except ConsoleError as error:
            self._say(str(error))
            self._say(f"{self._why}Not rolled back: try again with `environment-roll-back`.")
            return Ending.LEFT

    def _put_back(self) -> bool:
        """Whether all is as it was."""
        state = self._files.read()
        if state is None:
            return True
        touched = state.touched
        built = touched or state.phase is Phase.BUILDING
        # Written down as it was, so that whoever goes on knows what was touched.
        state = replace(state, process=this_process())
        self._files.free_room()
        try:
            self._files.write(replace(state, phase=Phase.RETURNING) if touched else state)
        except FileError as error:
            # Of no account for the way back itself: whoever takes it again finds what was before.
            self._say(str(error))
        if not self._file_back(state):
            return False
        if built:
            self._images_back(state)
        if touched:
            if not self._networks_back(state):
                return False
            self._say("Recreating the previous containers.")
            if not self._services.recreate(state, apart=True):
                self._say(f"{self._why}The previous containers could not be recreated. {AGAIN}")
                return False
            if ill := self._services.watch(state.expected_well, cancelled=lambda: False):
                self._files.clear()
                self._say(f"{self._why}{BACK}, and {ill}.")
                return False
        self._files.clear()
        self._say(f"{self._why}{BACK}.")
        return True

    def _file_back(self, state: ApplyState) -> bool:
        now = digest(self._file.read())
        if now == state.old:
            return True
        if now != state.new:
            self._files.clear()
            self._say(
                f"{self._why}{self._path} was changed on disk meanwhile, so it is not touched, "
                "nor are the containers. The previous version is in the history."
            )
            return False
        if state.old:
            self._file.save(self._files.before(), was=state.new)
        else:
            self._file.remove()
        self._say(f"{self._path} is restored.")
        return True

    def _images_back(self, state: ApplyState) -> None:
        for reference, image_id in state.images.items():
            if not image_id or self._containers.image_id(reference) == image_id:
                continue
            argv = self._command.docker_argv("tag", names=[image_id, reference])
            if self._run(argv, apart=True) == 0:
                self._say(f"{reference} is the previous image again.")
            else:
                self._say(f"The previous image no longer exists: {reference} keeps the new one.")

    def _networks_back(self, state: ApplyState) -> bool:
        """Remove what stands in the place of the networks of before; `up` makes these again."""
        networks = [
            name for name in self._services.existing_networks(state.networks)
            if self._containers.network_id(name) != state.networks[name]
        ]  # fmt: skip
        why = self._services.why_networks_stay(networks, state.services)
        why = why or self._services.remove_networks(networks, state.services, apart=True)
        if why:
            self._say(f"{why}.")
            self._say(f"{self._why}Not rolled back. {AGAIN}")
        return not why
