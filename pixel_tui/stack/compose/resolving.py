"""A running compose command that resolves a project."""

from collections.abc import Callable

from pixel_tui.errors import ComposeError, ComposeRefused
from pixel_tui.files import is_file
from pixel_tui.stack.compose.active_profiles import resolve_active
from pixel_tui.stack.compose.bounded_program import BoundedProgram
from pixel_tui.stack.compose.call import ComposeCall
from pixel_tui.stack.compose.command import EVERY_PROFILE
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.compose.refusals import invalid_json
from pixel_tui.stack.compose.resolution import Resolution
from pixel_tui.stack.model.json_value import Node, load_object


class RunningResolution:
    """A running `docker compose config --format json` with every profile.

    Args:
        call: Runs compose.
        files: Returns the files that compose reads.

    Raises:
        ComposeError: Compose can't be started.
    """

    def __init__(self, call: ComposeCall, files: Callable[[], ProjectFiles]) -> None:
        self._call = call
        argv = call.command.reading_argv(*EVERY_PROFILE, "config", "--format", "json")
        self._config_command = call.start(argv)
        self._active_command = self._start_active() if _uses_profiles(files) else None

    def _start_active(self) -> BoundedProgram:
        return self._call.start(self._call.command.reading_argv("config", "--services"))

    def result(self) -> Resolution:
        """Wait for the result.

        If compose refuses all profiles together (alternatives with the same name, a missing file
        that only an inactive profile needs), resolve the project with the active ones, as `up`
        would.

        Raises:
            ComposeError: Compose refuses the project, or does not answer.
        """
        try:
            output, messages = self._call.finish(self._config_command)
            config = load_object(output)
            # Without profiles, all services are active and compose need not run a second time.
            services = dict(Node(config)["services"].members())
            if self._active_command is None and any(item["profiles"] for item in services.values()):
                self._active_command = self._start_active()
            active = (
                self._call.finish(self._active_command)[0].split()
                if self._active_command
                else services
            )
        except ComposeRefused as refusal:
            self.cancel()
            if self._active_command is None:
                raise
            return resolve_active(self._call, refusal)
        except ComposeError:
            self.cancel()
            raise
        except ValueError as error:
            self.cancel()
            raise invalid_json(self._call.command) from error
        return Resolution(config, frozenset(active), compose_warnings(messages))

    def cancel(self) -> None:
        """Kill compose, because the result is no longer needed."""
        for command in filter(None, (self._config_command, self._active_command)):
            command.close()


def _uses_profiles(files: Callable[[], ProjectFiles]) -> bool:
    """Return whether to run compose in parallel for the services of the active profiles."""
    try:
        found = files()
        read = (*found.compose, *found.parts)
        return any(is_file(path) and b"profiles" in path.read_bytes() for path in read)
    except OSError:  # compose reports what is wrong with it
        return False
