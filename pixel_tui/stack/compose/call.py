"""Runs reading compose commands with a timeout, and masks secrets in their messages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pixel_tui.errors import ComposeError
from pixel_tui.stack.compose.bounded_program import BoundedProgram, LimitExceeded
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.compose_missing import compose_missing
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.compose.refusals import access_error, refusal
from pixel_tui.stack.compose.require import require_files

TIMEOUT_SECONDS: Final = 30.0


class ComposeCall:
    """Runs reading compose commands for one project.

    Args:
        command: The compose command of the project.
        environment: Its environment variables.
        files: Returns the files that compose reads; secrets in them are masked in messages.
    """

    def __init__(
        self,
        command: ComposeCommand,
        environment: Mapping[str, str],
        files: Callable[[], ProjectFiles],
    ) -> None:
        self.command = command
        self.environment = environment
        self._files = files

    def require_files(self) -> None:
        """Check the files that compose is to read, before it is run.

        Raises:
            ComposeError: A file or the folder is missing, or may not be read.
        """
        require_files(self.command, self.environment)

    def read(self, *words: str) -> str:
        """Run a reading command and return its standard output.

        Raises:
            ComposeError: It can't be run, or compose refuses the project.
        """
        return self.finish(self.start(self.command.reading_argv(*words)))[0]

    def run(self, argv: Sequence[str], *, stdin: str = "", candidate: str = "") -> tuple[str, str]:
        """Check the files, run a reading command, and return its stdout and stderr.

        Args:
            argv: The command.
            stdin: Its standard input.
            candidate: The content of the environment file that it gets in place of another.

        Raises:
            ComposeError: It can't be run, or compose refuses the project.
        """
        self.require_files()
        return self.finish(self.start(argv, stdin=stdin), candidate)

    def start(self, argv: Sequence[str], *, stdin: str = "") -> BoundedProgram:
        """Start a reading command.

        Raises:
            ComposeError: It can't be started.
        """
        directory = self.command.directory
        try:
            return BoundedProgram(
                argv, directory=directory, environment=self.environment, stdin=stdin
            )
        except OSError as error:
            if error.filename == directory:  # it was removed, or this user may not enter it
                raise access_error(directory, error) from error
            if isinstance(error, FileNotFoundError):
                raise compose_missing(argv[0]) from error
            raise ComposeError(
                f"The compose program can't be started: {error.strerror or error}.", on=argv[0]
            ) from error

    def finish(self, program: BoundedProgram, candidate: str = "") -> tuple[str, str]:
        """Wait for a command and return its stdout and stderr.

        Secrets are masked in stderr and in the error.

        Args:
            program: The started command.
            candidate: The content of the environment file that it got in place of another.

        Raises:
            ComposeError: It did not answer, or compose refuses the project.
        """
        try:
            reply = program.result(TIMEOUT_SECONDS)
        except LimitExceeded as error:
            raise ComposeError(
                f"Compose did not answer: {error}.",
                on=self.command.directory,
                hint="Is a project file on a slow or hanging disk?",
            ) from error
        if reply.code < 0:
            raise ComposeError(
                f"Compose was killed by signal {-reply.code} before it answered.",
                on=self.command.directory,
                hint="`dmesg` shows if memory ran out.",
            )
        if reply.code != 0:
            messages = self._without_secrets(reply.error_text or reply.output_text, candidate)
            raise refusal(messages, self.command)
        return reply.output_text, self._without_secrets(reply.error_text, candidate)

    def _without_secrets(self, messages: str, candidate: str) -> str:
        if not messages.strip():
            return ""
        from pixel_tui.stack.compose.message_masking import MessageMasker
        from pixel_tui.stack.compose.written_secrets import ComposeInput, read_inputs

        given = [ComposeInput(candidate)] if candidate else []
        files = [*given, *read_inputs(self._files())]
        return MessageMasker(files, self.environment).mask(messages)
