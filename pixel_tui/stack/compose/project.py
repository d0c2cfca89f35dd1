"""Reads a project through the compose program, which alone resolves it."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.errors import ComposeError, ComposeRefused
from pixel_tui.files import is_file
from pixel_tui.stack.compose.call import ComposeCall
from pixel_tui.stack.compose.command import EVERY_PROFILE, UNRESOLVED, ComposeCommand
from pixel_tui.stack.compose.dotenv_setting import read_settings
from pixel_tui.stack.compose.files import dotenv_file, is_remote
from pixel_tui.stack.compose.hashes import read_hashes
from pixel_tui.stack.compose.project_files import ProjectFiles
from pixel_tui.stack.compose.refusals import invalid_json
from pixel_tui.stack.compose.require import moved_files
from pixel_tui.stack.compose.resolving import RunningResolution
from pixel_tui.stack.compose.watched_files import WatchedFiles
from pixel_tui.stack.model.deliveries import Delivery
from pixel_tui.stack.model.json_value import JsonObject, Node, load_object
from pixel_tui.stack.model.source import ProjectLocation, ResolvedProject
from pixel_tui.stack.model.typed_commands import TypedCommands

if TYPE_CHECKING:
    from pixel_tui.stack.compose.environment_uses import EnvironmentUses
    from pixel_tui.stack.compose.secret_files import SecretFiles


class ComposeProject:
    """A `ProjectReader` over the compose program.

    Args:
        command: The compose command.
        environment: Compose's environment variables, which it also interpolates.
        state_folder: The user's state folder; without it, `resolve` returns no deliveries.
    """

    def __init__(
        self,
        command: ComposeCommand,
        environment: Mapping[str, str],
        state_folder: Path | None = None,
    ) -> None:
        self.command = command
        self._state_folder = state_folder
        self._environment = {**environment, **command.environment}
        self._files = WatchedFiles(command, self._environment)
        self._call = ComposeCall(command, self._environment, self.read_files)
        self._prefetched: RunningResolution | None = None
        self._secrets: SecretFiles | None = None

    @property
    def fallback_name(self) -> str:
        """The project's name if compose can't determine it: as given, else the folder's name."""
        name = self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", "")
        return name or re.sub(r"[^a-z0-9_-]", "", Path(self.command.directory).name.lower())

    @property
    def location(self) -> ProjectLocation:
        """The project's location as requested."""
        return ProjectLocation(
            directory=self.command.directory,
            files=tuple(map(str, self.files)),
            env_files=self.command.env_files,
            name=self.command.project or self._environment.get("COMPOSE_PROJECT_NAME", ""),
        )

    @property
    def typed(self) -> TypedCommands:
        """Command lines to copy that act on this project."""
        return self.command.typed

    @property
    def environment(self) -> Mapping[str, str]:
        """Compose's environment variables."""
        return self._environment

    @property
    def files(self) -> Sequence[Path]:
        """The compose files, as given or as compose finds them by their default names."""
        return self.read_files().compose

    def read_files(self) -> ProjectFiles:
        """Return all files of the project that compose reads. Starts no program."""
        self._refresh_secrets()
        return self._files.read()

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Return the stamps of every file that compose reads, or would read if it existed."""
        self._refresh_secrets()
        return self._files.fingerprint()

    def _refresh_secrets(self) -> None:
        if self._secrets is not None:
            self._secrets.refresh()

    @property
    def finds_files(self) -> bool:
        """Whether compose finds the compose files by their default names."""
        return not self.command.files and not self._settings().get("COMPOSE_FILE")

    @property
    def has_files(self) -> bool:
        """Whether there is a compose file."""
        return any(map(is_remote, self.command.files)) or any(map(is_file, self.files))

    def run(self, argv: Sequence[str], *, stdin: str = "", candidate: str = "") -> tuple[str, str]:
        """Run a reading command and return its stdout and stderr.

        Args:
            argv: The command.
            stdin: Its standard input.
            candidate: The content of the environment file that it gets in place of another.

        Raises:
            ComposeError: It can't be run, or compose refuses the project.
        """
        return self._call.run(argv, stdin=stdin, candidate=candidate)

    def begin(self) -> None:
        """Start compose in the background; the next `resolve` uses its output.

        At its start, the console has many imports to do meanwhile. Errors are reported by
        `resolve`.
        """
        with suppress(ComposeError):
            self._prefetched = self._start_resolving()

    def cancel_prefetch(self) -> None:
        """Cancel `begin`, because another project will be resolved."""
        if self._prefetched is not None:
            self._prefetched.cancel()
            self._prefetched = None

    def _start_resolving(self) -> RunningResolution:
        self._call.require_files()
        return RunningResolution(self._call, self.read_files)

    def resolve(self) -> ResolvedProject:
        """Run `docker compose config --format json` with every profile, else the active ones.

        Raises:
            ComposeError: Compose refuses the project, or can't be run.
        """
        from pixel_tui.stack.compose.written_secrets import remember_secrets

        resolving, self._prefetched = self._prefetched or self._start_resolving(), None
        remember_secrets(self.read_files(), self._environment)  # while compose is running
        found = resolving.result()
        return ResolvedProject(
            config=found.config,
            profiles=self._requested_profiles(),
            active=found.active,
            directory=self.command.directory,
            files=tuple(map(str, self.read_files().compose)),
            read=tuple(map(str, self.read_files().all)),
            env_files=self.command.env_files,
            adopted=self.command.adopted,
            moved=moved_files(self.command, self._environment),
            warnings=found.warnings,
            left_out=found.left_out,
            left_out_reason=found.left_out_reason,
            refused=found.refused,
            refused_together=found.refused_together,
            deliveries=self._deliveries(found.config),
        )

    def _deliveries(self, config: JsonObject) -> Mapping[str, tuple[Delivery, ...]]:
        if self._state_folder is None:
            return {}
        from pixel_tui.stack.compose.content_records import content_records
        from pixel_tui.stack.compose.deliveries import read_deliveries

        folder = Path(self.command.directory)
        records = content_records(self.command, self._state_folder)
        return read_deliveries(config, folder, self.read_files(), self._environment, records)

    def _requested_profiles(self) -> frozenset[str]:
        """Return the profiles of `--profile`, else `COMPOSE_PROFILES` (environment, else `.env`).

        As compose 2.40 does, whose option replaces the variable.
        """
        said = self._settings().get("COMPOSE_PROFILES", "")
        return frozenset(self.command.profiles or filter(None, re.split(r"[,\s]+", said)))

    def _settings(self) -> Mapping[str, str]:
        """Return the variables of the environment and of the environment files."""
        named = [Path(file) for file in self.command.env_files]
        folder = Path(self.command.directory)
        return read_settings(named or dotenv_file(folder, self._environment), self._environment)

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """Run `docker compose config --hash "*"` on the resolved model.

        Meanwhile, the files of its secrets are read, to mask their contents from then on.
        """
        from pixel_tui.stack.compose.secret_files import WAIT_SECONDS, SecretFiles

        self._secrets = self._secrets or SecretFiles()
        self._secrets.start_reading(resolved.config)
        config = resolved.config
        if resolved.left_out:
            services = {
                name: node.value
                for name, node in Node(config)["services"].members()
                if name not in resolved.left_out
            }
            config = {**config, "services": services}
        try:
            return self.hashes_of(config, self.command)
        finally:
            self._secrets.wait(WAIT_SECONDS)

    def hashes_of(self, config: JsonObject, command: ComposeCommand) -> Mapping[str, str]:
        """Return the hashes of a resolved model by service; empty for one that can't be hashed.

        Args:
            config: The output of `config --format json`.
            command: The compose command that resolved it.

        Raises:
            ComposeError: Compose prints no hashes.
        """
        label_files = self.read_files().has_label_files
        return read_hashes(self._call, config, command, label_files=label_files)

    def environment_uses(self) -> "EnvironmentUses":
        """Return which services use which keys, from `docker compose config --no-interpolate`.

        Compose reads `.env` even for this. If it refuses the file, it is run without it.

        Raises:
            ComposeError: Compose refuses the project even so, or can't be run.
        """
        from pixel_tui.stack.compose.environment_uses import parse_uses

        self._call.require_files()
        words = (*EVERY_PROFILE, "config", *UNRESOLVED, "--format", "json")
        try:
            output = self._call.read(*words)
        except ComposeRefused:
            without = replace(self.command, env_files=(os.devnull,))
            output, _ = self._call.finish(self._call.start(without.reading_argv(*words)))
        try:
            return parse_uses(load_object(output))
        except ValueError as error:
            raise invalid_json(self.command) from error
