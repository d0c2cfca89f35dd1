"""The services of an apply: stopped, recreated, restarted and watched."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.environment.apply.wanted import Containers, Run, Wellness
from pixel_tui.errors import EngineError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.command import ComposeCommand, shown

PAUSE_SECONDS: Final = 0.2
"""Between two looks at what is waited for."""


class AppliedServices:
    """Changes the services of a project by compose, on the way there and on the way back.

    Args:
        command: How compose and docker are called.
        containers: The running containers.
        run: Runs programs.
        say: Prints a line.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        command: ComposeCommand,
        containers: Containers,
        run: Run,
        say: Callable[[str], None],
        pause: Callable[[float], None],
    ) -> None:
        self._command = command
        self._containers = containers
        self._run = run
        self._say = say
        self._pause = pause

    def existing_networks(self, networks: Collection[str]) -> list[str]:
        """Those of these networks that exist."""
        return [name for name in networks if self._containers.network_id(name)]

    def why_networks_stay(self, networks: Sequence[str], services: Sequence[str]) -> str:
        """Why these networks can't be removed, as a sentence without its stop; else empty."""
        others = self._containers.others_on(networks, services) if networks else ()
        if not others:
            return ""
        stop = shown(self._command.docker_argv("stop", names=others))
        names = ", ".join(others)
        return f"{', '.join(networks)} can't be recreated while {names} is running on it: {stop}"

    def remove_networks(
        self, networks: Sequence[str], services: Sequence[str], *, apart: bool = False
    ) -> str:
        """Stop the services, and remove the networks; why not, as a sentence without its stop.

        `up` would remove them as well, and with the first service alone, which fails half way.
        """
        if not networks:
            return ""
        if not self._compose("stop", "--", *services, apart=apart):
            return "The containers could not be stopped"
        for name in networks:
            if self._run(self._command.docker_argv("network", "rm", names=[name]), apart=apart):
                return f"Network {name} could not be removed"
        return ""

    def recreate(self, state: ApplyState, *, apart: bool = False) -> bool:
        """Recreate the services, and restart what still uses their old namespaces or the old file.

        Returns:
            Whether every command succeeded.
        """
        scales = (f"--scale={item}" for item in state.scales)
        # Forced: what changes in a secret or a config alone is the same to compose.
        words = ("up", "--detach", "--no-deps", "--force-recreate", *scales, "--")
        # Without its dependencies it gets the variables of a provider only where that is named.
        names = (*state.services, *state.providers)
        if state.services and not self._compose(*words, *names, apart=apart):
            return False
        if state.restart and not self._compose("restart", "--", *state.restart, apart=apart):
            return False
        # In one call compose restarts them all at once, unless `depends_on` says `restart: true`.
        one = ("restart", "--no-deps", "--")
        return all(self._compose(*one, name, apart=apart) for name in state.joined)

    def wellness(self, services: Sequence[str]) -> Wellness:
        """How the services are; a Docker daemon that is down for a moment decides nothing."""
        try:
            return self._containers.wellness(services)
        except EngineError as error:
            return Wellness(waiting=f"Docker can't be asked: {str(error.what).rstrip('.')}")

    def watch(self, services: Sequence[str], *, cancelled: Callable[[], bool]) -> str:
        """Wait until the services are well.

        Returns:
            What is wrong, as a sentence without its stop; empty if nothing is.
        """
        self._say("Watching the services.")
        began = time.monotonic()
        while not cancelled():
            found = self.wellness(services)
            if found.ill:
                return found.ill
            if not found.waiting:
                return ""
            if time.monotonic() - began > found.patience:
                return f"{found.waiting} after {span(found.patience)}"
            self._pause(PAUSE_SECONDS)
        return "cancelled"

    def _compose(self, *words: str, apart: bool = False) -> bool:
        return self._run(self._command.compose_argv(*words), apart=apart) == 0
