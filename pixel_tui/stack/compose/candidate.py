"""Resolves a project with another content of its `.env` (a candidate). Only reads.

Compose reads the file twice: as `--env-file`, to interpolate `${...}`, and as the `env_file` of
services. Both must be the candidate. The second is a path in the compose file, so one more compose
file on standard input (`env_file: !override`) replaces it for these services; everything else is
found and merged by compose as usual. Passing back the model that `config --no-interpolate` prints
does not work: with compose 2.40, a short volume `${DATA:-./data}:/data` is printed as a named
volume.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixel_tui.errors import ComposeRefused, FileError
from pixel_tui.stack.compose.candidate_reading import CandidateReading, ServiceReading
from pixel_tui.stack.compose.command import EVERY_PROFILE, ComposeCommand
from pixel_tui.stack.compose.compose_warnings import compose_warnings
from pixel_tui.stack.compose.dotenv_setting import is_env_file_disabled
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node, as_yaml, load_object
from pixel_tui.stack.model.parse_project import declared_ports, externals_of
from pixel_tui.stack.model.resources import parse_resources
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

_REFERENCE = re.compile(r"\$\$|\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_LINE = re.compile(r"\bline (\d+)\b(?! of )")


class CandidateReader:
    """Resolves one project with candidates of its `.env`.

    Args:
        project: The project with the command to run compose.
    """

    def __init__(self, project: ComposeProject) -> None:
        self._project = project

    @property
    def path(self) -> Path:
        """The file that a candidate would replace."""
        return self._project.command.edited_env

    def read(self, content: bytes | None) -> CandidateReading:
        """Resolve the project as if the file had this content, or did not exist if None.

        Raises:
            ComposeError: Compose can't be run, or does not answer.
            FileError: There is no memory for the candidate.
        """
        with _in_memory(content or b"") as path:
            candidate = _Candidate(path, content or b"", missing=content is None)
            message = SafeText("")
            # Compose may refuse all profiles together because they are alternatives.
            for profiles in (EVERY_PROFILE, ()):
                try:
                    return self._read(candidate, profiles)
                except ComposeRefused as error:
                    message = _with_user_path(str(error.what), candidate, self.path)
            line = _LINE.search(message)
            return CandidateReading(refusal=message, line=int(line[1]) if line else 0)

    def _read(self, candidate: "_Candidate", profiles: Sequence[str]) -> CandidateReading:
        written = self._uninterpolated(candidate, profiles)
        readers = {} if candidate.missing else self._readers(written, candidate)
        call = self._caller(readers, candidate)
        with ThreadPoolExecutor(max_workers=1) as pool:
            listed = pool.submit(call, "config", "--services")
            output, messages = call(*profiles, "config", "--format", "json")
            active = frozenset(listed.result()[0].split())
        model = _parse_model(output)
        hashes = self._hashes(model, candidate)
        raw = Node(written)["services"]
        services = (
            ServiceReading(
                name=plain(name),
                config_hash=hashes.get(name, ""),
                active=name in active,
                builds=bool(node["build"]),
                image=node["image"].raw,
                environment=_text_values(node["environment"]),
                build_arguments=_text_values(node["build"]["args"]),
                keys=_referenced_variables(raw[name]),
                reads_file=name in readers,
                delivered=_delivered_variables(node, Node(written)),
                build_secrets=_build_secret_variables(node, Node(written)),
                recipe=_recipe(node["build"]),
                shares=(*_namespace_owners(node), *_volume_owners(node)),
                joins=tuple(_namespace_owners(node)),
                networks=frozenset(key for key, _ in node["networks"].members()),
                volumes=frozenset(
                    item["source"].raw for item in node["volumes"] if item["type"].raw == "volume"
                ),
                externals=tuple(sorted(set(externals_of(Node(model), node)))),
                ports=declared_ports(node),
            )
            for name, node in Node(model)["services"].members()
        )
        return CandidateReading(
            project=Node(model)["name"].text,
            warnings=tuple(map(plain, compose_warnings(messages))),
            services={str(service.name): service for service in services},
            resources=tuple(parse_resources(model)),
        )

    def _uninterpolated(self, candidate: "_Candidate", profiles: Sequence[str]) -> JsonObject:
        """Return the project not interpolated, but with absolute paths."""
        words = (*profiles, "config", "--no-interpolate", "--format", "json")
        argv = self._command(candidate).reading_argv(*words)
        return _parse_model(self._project.run(argv, candidate=candidate.text)[0])

    def _caller(
        self, readers: Mapping[str, list[JsonValue]], candidate: "_Candidate"
    ) -> Callable[..., tuple[str, str]]:
        """Return a function that runs compose with the candidate in both places of the file."""
        command, override = self._command(candidate), ""
        if readers:
            command = replace(command, files=(*self._files(candidate), "-"))
            parts = (
                f"  {as_yaml(name)}: {{env_file: !override {as_yaml(files)}}}\n"
                for name, files in readers.items()
            )
            override = "services:\n" + "".join(parts)

        def call(*words: str) -> tuple[str, str]:
            argv = command.reading_argv(*words)
            return self._project.run(argv, stdin=override, candidate=candidate.text)

        return call

    def _files(self, candidate: "_Candidate") -> Sequence[str]:
        """Return the compose files, which must be named if another one is added."""
        environment = self._project.environment
        named = "COMPOSE_FILE" in environment or b"COMPOSE_FILE" in candidate.content
        if not self._project.command.files and named:
            argv = self._command(candidate).reading_argv("config", "--environment")
            lines = self._project.run(argv, candidate=candidate.text)[0].splitlines()
            found = dict(line.partition("=")[::2] for line in lines)
            if chosen := found.get("COMPOSE_FILE"):
                return chosen.split(found.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
        return [str(path) for path in self._project.files]

    def _hashes(self, model: JsonObject, candidate: "_Candidate") -> Mapping[str, str]:
        # The present file may be broken, and must not be read.
        command = replace(self._project.command, env_files=(str(candidate.path),))
        try:
            return self._project.hashes_of(model, command)
        except ComposeRefused as error:  # compose accepts the file, even without hashes
            log.warning("compose printed no hashes for the candidate: %s", error)
            return {}

    def _readers(
        self, written: JsonObject, candidate: "_Candidate"
    ) -> Mapping[str, list[JsonValue]]:
        """Return the services that name the file as `env_file`, with the replaced lists."""
        found: dict[str, list[JsonValue]] = {}
        for name, node in Node(written)["services"].members():
            files = [item.value for item in node["env_file"]]
            replaced = [self._replace_path(item, candidate) for item in files]
            if replaced != files:
                found[name] = replaced
        return found

    def _replace_path(self, item: JsonValue, candidate: "_Candidate") -> JsonValue:
        path = Node(item)["path"].raw
        if "$" in path:
            path = self._interpolate(path, candidate)
        if not isinstance(item, dict) or not self._is_edited_file(path):
            return item
        return {**item, "path": str(candidate.path)}

    def _interpolate(self, path: str, candidate: "_Candidate") -> str:
        """Let compose interpolate a path."""
        asked: JsonObject = {"services": {"path": {"image": "path", "labels": {"path": path}}}}
        command = replace(self._command(candidate), files=("-",), project="path")
        argv = command.reading_argv("config", "--format", "json")
        output, _ = self._project.run(argv, stdin=as_yaml(asked), candidate=candidate.text)
        found = Node(_parse_model(output))["services"]["path"]["labels"]["path"].raw
        return found.replace("$$", "$")

    def _is_edited_file(self, path: str) -> bool:
        if not path:
            return False
        if os.path.normpath(self.path.parent / path) == os.path.normpath(self.path):
            return True
        with suppress(OSError):
            return self.path.samefile(path)
        return False

    def _command(self, candidate: "_Candidate") -> ComposeCommand:
        """Return the compose command with the candidate in place of the file."""
        command = self._project.command
        if is_env_file_disabled(self._project.environment) and not command.env_files:
            return command
        named = command.env_files or (str(self.path),)
        files = (str(candidate.path) if self._is_edited_file(item) else item for item in named)
        return replace(command, env_files=tuple(files))


@contextmanager
def _in_memory(content: bytes) -> Iterator[Path]:
    """Keep the candidate in memory and yield a path for compose to read it.

    A file would outlive a killed process, with all of its secrets.
    """
    try:
        descriptor = os.memfd_create("pixel-tui-candidate")
    except OSError as error:
        raise _memory_error(error) from error
    with os.fdopen(descriptor, "wb") as file:
        try:
            file.write(content)
            file.flush()
        except OSError as error:
            raise _memory_error(error) from error
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A candidate and its path in memory."""

    path: Path
    content: bytes = field(repr=False)
    missing: bool = False
    """The file is not to exist."""

    @property
    def text(self) -> str:
        """Its content as text."""
        return self.content.decode("utf-8", "replace")


def _referenced_variables(raw: Node) -> frozenset[str]:
    return frozenset(filter(None, _REFERENCE.findall(json.dumps(raw.value))))


def _sources(service: Node) -> Iterator[tuple[str, str]]:
    for kind in ("secrets", "configs"):
        for item in service[kind]:
            yield kind, item.raw or item["source"].raw


def _delivered_variables(service: Node, written: Node) -> frozenset[str]:
    """Return the variables in a service's secrets and configs; compose only hashes their names."""
    found: set[str] = set()
    for kind, source in _sources(service):
        found |= _variables_of(written[kind][source])
    return frozenset(found)


def _build_secret_variables(service: Node, written: Node) -> frozenset[str]:
    """Return the variables in the secrets of a build; compose does not hash builds."""
    found: set[str] = set()
    for _, source in _sources(service["build"]):
        found |= _variables_of(written["secrets"][source])
    return frozenset(found)


def _variables_of(item: Node) -> set[str]:
    named = {item["environment"].raw, *_REFERENCE.findall(item["content"].raw)}
    return set(filter(None, named))


def _recipe(build: Node) -> str:
    """Return a build without its arguments and without what does not change the image."""
    left_out = ("args", "tags", "cache_from", "cache_to", "no_cache", "pull")
    parts = {key: item.value for key, item in build.members() if key not in left_out}
    return json.dumps(parts, sort_keys=True) if parts else ""


def _namespace_owners(node: Node) -> Iterator[str]:
    for key in ("network_mode", "pid", "ipc"):
        kind, _, name = node[key].raw.partition(":")
        if kind == "service" and name:
            yield name


def _volume_owners(node: Node) -> Iterator[str]:
    for item in node["volumes_from"]:
        name = item.raw.partition(":")[0]
        if name and name != "container":
            yield name


def _text_values(node: Node) -> dict[str, str]:
    """Return the members that have a value, as a container gets them."""
    return {
        name: item.raw.replace("$$", "$")
        for name, item in node.members()
        if isinstance(item.value, str)
    }


def _parse_model(output: str) -> JsonObject:
    try:
        return load_object(output)
    except ValueError as error:
        raise ComposeRefused("Compose did not print the project as JSON.") from error


def _with_user_path(message: str, candidate: _Candidate, path: Path) -> SafeText:
    """Return compose's message with the user's file in place of the candidate."""
    return plain(message.replace(str(candidate.path), str(path)))


def _memory_error(error: OSError) -> FileError:
    return FileError(
        f"Can't keep the candidate in memory for compose: {error.strerror or error}.",
        hint="Check the free memory.",
    )
