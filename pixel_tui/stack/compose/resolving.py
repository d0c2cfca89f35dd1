"""Compose while it resolves a project: asked at once, answered when it is wanted."""

from collections.abc import Callable

from pixel_tui.errors import ComposeError, ComposeRefused
from pixel_tui.files import is_file
from pixel_tui.stack.compose.active_profiles import resolve_active
from pixel_tui.stack.compose.asking import Asked
from pixel_tui.stack.compose.call import ComposeCall
from pixel_tui.stack.compose.command import EVERY_PROFILE
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.compose.refusals import no_json
from pixel_tui.stack.compose.resolution import Resolution
from pixel_tui.stack.model.json_value import Node, load_object


class Resolving:
    """`docker compose config --format json` with every profile, under way.

    Args:
        call: How compose is asked.
        files: Finds the files that it reads.

    Raises:
        ComposeError: It can't be asked.
    """

    def __init__(self, call: ComposeCall, files: Callable[[], ProjectFiles]) -> None:
        self._call = call
        argv = call.command.reading_argv(*EVERY_PROFILE, "config", "--format", "json")
        self._asked = call.start(argv)
        self._for_active = self._ask_for_active() if _mention_profiles(files) else None

    def _ask_for_active(self) -> Asked:
        return self._call.start(self._call.command.reading_argv("config", "--services"))

    def answer(self) -> Resolution:
        """Wait for it.

        Where compose refuses the profiles together (alternatives with one name, a file that only
        an inactive profile needs), the project with the active ones: that is the one for `up`.

        Raises:
            ComposeError: Compose refuses the project, or does not answer.
        """
        try:
            output, messages = self._call.answer(self._asked)
            config = load_object(output)
            # Without profiles nothing is left out, and compose need not run a second time.
            services = dict(Node(config)["services"].members())
            if self._for_active is None and any(item["profiles"] for item in services.values()):
                self._for_active = self._ask_for_active()
            active = (
                self._call.answer(self._for_active)[0].split() if self._for_active else services
            )
        except ComposeRefused as refusal:
            self.end()
            if self._for_active is None:
                raise
            return resolve_active(self._call, refusal)
        except ComposeError:
            self.end()
            raise
        except ValueError as error:
            self.end()
            raise no_json(self._call.command) from error
        return Resolution(config, frozenset(active), compose_warnings(messages))

    def end(self) -> None:
        """End compose: the answer is not wanted any more."""
        for asked in filter(None, (self._asked, self._for_active)):
            asked.end()


def _mention_profiles(files: Callable[[], ProjectFiles]) -> bool:
    """Whether it is worth asking, beside the project, what its profiles leave out."""
    try:
        found = files()
        read = (*found.compose, *found.parts)
        return any(is_file(path) and b"profiles" in path.read_bytes() for path in read)
    except OSError:  # compose says what is wrong with it
        return False
