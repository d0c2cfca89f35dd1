"""The program that saves and applies an environment: a step of a plan.

It prints a line for each step. `apply` exits with an `ApplyOutcome`, the other verbs with 0 on
success, else 1.
"""

from pixel_tui.early_signals import deliver_end_signals, hold_end_signals

if __name__ == "__main__":
    hold_end_signals()

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from pixel_tui.clock import SystemClock
from pixel_tui.environment.apply.apply_request import ApplyOutcome, ApplyRequest
from pixel_tui.environment.apply.apply_runner import ApplyRunner
from pixel_tui.environment.apply.impact_reading import engine_of
from pixel_tui.environment.apply.service_health import EngineContainers
from pixel_tui.environment.apply.state import ApplyFiles
from pixel_tui.environment.apply.stored_file import StoredFile
from pixel_tui.environment.apply.worker import NO_FILE
from pixel_tui.environment.checks.masking import learn_secrets
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import ConsoleError
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.programs.own_program import add_project_options, command_from
from pixel_tui.stack.programs.program import run_inheriting_output
from pixel_tui.stack.programs.step_program import say
from pixel_tui.stack.watch.live_build_recorder import live_build_recorder

CONFIRM_SECONDS = 120.0
_NOTHING_SAVED: Final = "Nothing was saved"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    os.umask(0o077)
    arguments = _parser().parse_args(argv)
    work = _Work(arguments, os.environ, _CancelRequest())
    try:
        return work.do(arguments.verb)
    except ConsoleError as error:
        words = str(error)
        if not words.startswith(_NOTHING_SAVED) and work.is_unsaved():
            words = f"{words.rstrip('.')}. Nothing was changed."
        say(words)
        return ApplyOutcome.NOTHING_CHANGED


class _CancelRequest:
    """Remembers that a signal requested cancellation.

    It is checked between steps. A running command gets the signal too, because it is in the same
    process group.
    """

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        # A lost connection must not stop it: that is what the deadline is for.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        deliver_end_signals()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Save and apply an environment, without plan, lock and audit.",
    )
    parser.add_argument("verb", choices=("save", "apply", "restore", "roll-back"))
    parser.add_argument("id", nargs="?", default="", help="the candidate, or the version")
    add_project_options(parser)
    parser.add_argument("--was", default=NO_FILE, help="the SHA-256 of the replaced file")
    parser.add_argument("--recreate", action="append", default=[], help="a service to recreate")
    parser.add_argument("--rebuild", action="append", default=[], help="a service to rebuild")
    parser.add_argument(
        "--restart", action="append", default=[], help="a service to restart afterwards"
    )
    parser.add_argument(
        "--joined", action="append", default=[], help="a service that shares a namespace of those"
    )
    parser.add_argument("--scale", action="append", default=[], help="SERVICE=NUMBER to keep")
    parser.add_argument(
        "--provider", action="append", default=[], help="one that gives variables to those"
    )
    parser.add_argument("--network", action="append", default=[], help="a key that changes")
    parser.add_argument("--version", action="store_true", help="apply a version of the history")
    parser.add_argument(
        "--within", type=float, default=CONFIRM_SECONDS, help="seconds to confirm it"
    )
    return parser


class _Work:
    """Runs the verbs."""

    def __init__(
        self, arguments: argparse.Namespace, environment: Mapping[str, str], cancel: _CancelRequest
    ) -> None:
        self._arguments = arguments
        self._cancel = cancel
        self._command = command_from(arguments)
        self._environment = {**environment, **self._command.environment}
        learn_secrets(self._command, self._environment)
        self._path = self._command.edited_env
        self._state = state_folder()
        self._staging = Staging(self._state, self._command.env_mark, self._command.edited)
        self._file = StoredFile(self._state, self._path, SystemClock())
        self._expected_sha256 = "" if arguments.was == NO_FILE else arguments.was

    def do(self, verb: str) -> int:
        return {
            "save": self._save,
            "apply": self._apply,
            "restore": self._save,
            "roll-back": self._roll_back,
        }[verb]()

    def is_unsaved(self) -> bool:
        """Whether a save that failed has certainly left the file as it was."""
        if self._arguments.verb not in {"save", "restore"}:
            return False
        try:
            content = self._file.read()
        except ConsoleError:
            return False
        return self._expected_sha256 == ("" if content is None else digest(content))

    def _content(self) -> bytes:
        if self._arguments.verb == "restore" or self._arguments.version:
            return self._file.version(self._arguments.id)
        return self._staging.read(self._arguments.id)

    def _save(self) -> int:
        content = self._content()
        self._require_accepted(content)
        self._staging.remove_old()
        self._file.save(content, expected_sha256=self._expected_sha256)
        self._staging.forget(self._arguments.id)
        say(f"Saved and verified {self._path}.")
        if self._file.note:
            say(self._file.note)
        return ApplyOutcome.SUCCESS

    def _require_accepted(self, content: bytes) -> None:
        """Raise if compose refuses the content.

        Raises:
            ConsoleError: Compose refuses it.
        """
        reader = CandidateReader(ComposeProject(self._command, self._environment))
        if refusal := reader.read(content).refusal:
            # Compose's message last: what it quotes of a file is masked to the end of the line.
            raise ConsoleError(
                f"{_NOTHING_SAVED}: {refusal.rstrip('.')}.",
                hint="Fix it in the editor, and save again.",
            )

    def _apply(self) -> int:
        content = self._content()
        self._require_accepted(content)
        request = ApplyRequest(
            content=content,
            expected_sha256=self._expected_sha256,
            recreate=tuple(self._arguments.recreate),
            rebuild=tuple(self._arguments.rebuild),
            restart=tuple(self._arguments.restart),
            joined=tuple(self._arguments.joined),
            scales=tuple(self._arguments.scale),
            networks=tuple(self._arguments.network),
            providers=tuple(self._arguments.provider),
            confirm_seconds=self._arguments.within,
        )
        outcome = self._runner().apply(request)
        if outcome is ApplyOutcome.SUCCESS:
            self._staging.forget(self._arguments.id)
            self._file.remember_applied(digest(content))
        return outcome

    def _roll_back(self) -> int:
        return self._runner().roll_back()

    def _runner(self) -> ApplyRunner:
        engine = engine_of(self._command, self._environment)
        return ApplyRunner(
            self._command,
            self._arguments.project,
            str(self._path),
            file=self._file,
            files=ApplyFiles(self._state, self._command.env_mark),
            containers=EngineContainers(engine, self._arguments.project),
            run=self._run,
            say=say,
            cancelled=lambda: self._cancel.requested,
            build_observer=live_build_recorder(self._command, self._environment, self._state),
        )

    def _run(self, argv: Sequence[str], *, apart: bool) -> int:
        return run_inheriting_output(
            argv,
            directory=Path(self._command.directory),
            environment=self._environment,
            apart=apart,
        )


if __name__ == "__main__":
    sys.exit(main())
