"""Stops, recreates, restarts and watches the services of an apply."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from pixel_tui.environment.apply.apply_request import ProjectContainers, RunProgram, ServiceHealth
from pixel_tui.environment.apply.state import ApplyState
from pixel_tui.errors import EngineError
from pixel_tui.humanize import span
from pixel_tui.stack.compose.command import ComposeCommand, shown

POLL_SECONDS: Final = 0.2
"""Between two checks while waiting."""


class AppliedServices:
    """Changes the services of a project with compose, for an apply and its roll-back.

    Args:
        command: The compose command of the project.
        containers: The running containers.
        run: Runs programs.
        say: Prints a line.
        pause: Sleeps for a number of seconds.
    """

    def __init__(
        self,
        command: ComposeCommand,
        containers: ProjectContainers,
        run: RunProgram,
        say: Callable[[str], None],
        pause: Callable[[float], None],
    ) -> None:
        self._command = command
        self._containers = containers
        self._run = run
        self._say = say
        self._pause = pause

    def existing_networks(self, networks: Collection[str]) -> list[str]:
        """Return those of the networks that exist."""
        return [name for name in networks if self._containers.network_id(name)]

    def network_removal_problem(self, networks: Sequence[str], services: Sequence[str]) -> str:
        """Return why networks can't be removed, as a sentence without a full stop; else empty."""
        others = self._containers.others_on(networks, services) if networks else ()
        if not others:
            return ""
        stop = shown(self._command.docker_argv("stop", names=others))
        names = ", ".join(others)
        return f"{', '.join(networks)} can't be recreated while {names} is running on it: {stop}"

    def remove_networks(
        self, networks: Sequence[str], services: Sequence[str], *, apart: bool = False
    ) -> str:
        """Stop the services and remove the networks.

        `up` would remove them too, but after stopping only the first service, and so fail.

        Returns:
            The error, as a sentence without a full stop; empty if there is none.
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
        # Forced, because compose does not notice a change of a secret's or config's content.
        words = ("up", "--detach", "--no-deps", "--force-recreate", *scales, "--")
        # With `--no-deps`, services get a provider's variables only if it is named, too.
        names = (*state.services, *state.providers)
        if state.services and not self._compose(*words, *names, apart=apart):
            return False
        if state.restart and not self._compose("restart", "--", *state.restart, apart=apart):
            return False
        # One call each: in a single one compose restarts all at once, without `restart: true`.
        one = ("restart", "--no-deps", "--")
        return all(self._compose(*one, name, apart=apart) for name in state.joined)

    def health(self, services: Sequence[str]) -> ServiceHealth:
        """Return the services' health; it is pending while the Docker daemon is down."""
        try:
            return self._containers.health(services)
        except EngineError as error:
            return ServiceHealth(pending=f"Docker can't be asked: {str(error.what).rstrip('.')}")

    def watch(self, services: Sequence[str], *, cancelled: Callable[[], bool]) -> str:
        """Wait until the services are healthy.

        Returns:
            The problem, as a sentence without a full stop; empty if there is none.
        """
        self._say("Watching the services.")
        started = time.monotonic()
        while not cancelled():
            found = self.health(services)
            if found.failure:
                return found.failure
            if not found.pending:
                return ""
            if time.monotonic() - started > found.timeout:
                return f"{found.pending} after {span(found.timeout)}"
            self._pause(POLL_SECONDS)
        return "cancelled"

    def _compose(self, *words: str, apart: bool = False) -> bool:
        return self._run(self._command.compose_argv(*words), apart=apart) == 0
