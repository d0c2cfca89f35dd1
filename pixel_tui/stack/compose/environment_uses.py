"""Finds which services use which keys of the environment, and how.

Compose prints the project without interpolating `${...}` (`config --no-interpolate`); the variables
in it are those that it will read from the environment. Nothing is started or changed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.text import SafeText, plain

MAX_DEPTH: Final = 50
"""Maximum nesting of defaults and of lists. Real projects stay far below it."""

DELIVERED: Final = ("secrets", "configs")
"""What compose writes into a container when it creates it."""

_NAME: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_NOTHING: Final[Mapping[str, tuple["KeyUse", ...]]] = MappingProxyType({})
_NOT_MOUNTED: Final[Mapping[str, tuple[SafeText, ...]]] = MappingProxyType({})


class KeyUseKind(StrEnum):
    """How a service gets a key."""

    INTERPOLATION = "interpolation"
    ENV_FILE = "env_file"
    BUILD_ARGUMENT = "build argument"
    CONTENT = "content"
    """The content of a secret or config, which is written when its container is created."""
    TO_BUILD = "build secret"
    """A secret that only the build of its image gets."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A use of a key by a service."""

    service: SafeText
    """Empty if the project itself uses it, for example in a network's name."""
    how: KeyUseKind
    where: SafeText = SafeText("")
    """The path in the service: `environment.POSTGRES_URL`."""
    required: bool = False
    """Compose refuses the project without it (`${KEY:?message}`)."""
    bare: bool = False
    """If it is unset, compose inserts an empty string and warns (`${KEY}`)."""
    may_be_empty: bool = False
    """It must be set, but may be empty (`${KEY?message}`)."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """A file that a service has as `env_file`."""

    use: KeyUse
    path: str
    overridden: frozenset[str] = frozenset()
    """Keys that the service's `environment` sets, which override those of the file."""


@dataclass(frozen=True, slots=True)
class EnvironmentUses:
    """All uses of environment keys in a project."""

    services: tuple[SafeText, ...] = ()
    hosts: frozenset[str] = frozenset()
    """Host names of containers in the project's networks, in lower case."""
    references: Mapping[str, tuple[KeyUse, ...]] = field(default_factory=lambda: _NOTHING)
    """Key to its uses in the compose file."""
    env_files: tuple[EnvFile, ...] = ()
    mounted_by: Mapping[str, tuple[SafeText, ...]] = field(default_factory=lambda: _NOT_MOUNTED)
    """Files and folders that services mount, or get as a secret or config, each with these."""
    joined: frozenset[str] = frozenset()
    """Services in the network of the host or of another container, whose localhost they share."""
    reaching_out: frozenset[str] = frozenset()
    """Services that can resolve names outside the project, for example on an external network."""

    def of(self, key: str, path: str) -> tuple[KeyUse, ...]:
        """Return the uses of this key of the file with this path."""
        named = self.references.get(key, ())
        whole = tuple(
            file.use for file in self.env_files if file.path == path and key not in file.overridden
        )
        return named + whole if whole else named


NO_USES: Final = EnvironmentUses()
"""Nothing is known: there is no project, or compose could not be run."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in a template."""

    name: str
    required: bool = False
    bare: bool = False
    """It has no default and no error message."""
    may_be_empty: bool = False
    """It must be set, but may be empty."""


def variables_in(template: str) -> Iterator[Variable]:
    """Yield the variables of a template by compose's rules, including those in defaults.

    `$$` is a dollar; what compose would refuse is skipped.
    """
    yield from _variables(template, 0)


def _variables(template: str, depth: int) -> Iterator[Variable]:
    at = template.find("$")
    while 0 <= at < len(template) - 1:
        following = template[at + 1]
        if following == "$":
            at += 2
        elif following == "{":
            end = _closing_brace(template, at + 2)
            if end < 0:
                return
            if depth < MAX_DEPTH:
                yield from _braced(template[at + 2 : end], depth + 1)
            at = end + 1
        else:
            name = _NAME.match(template, at + 1)
            if name:
                yield Variable(name.group(), bare=True)
            at = name.end() if name else at + 1
        at = template.find("$", at)


def _braced(inside: str, depth: int) -> Iterator[Variable]:
    name = _NAME.match(inside)
    if name is None:
        return
    following = inside[name.end() :]
    rest = following.removeprefix(":")
    yield Variable(
        name.group(),
        required=rest.startswith("?"),
        bare=not rest,
        may_be_empty=following.startswith("?"),
    )
    if rest[:1] in {"-", "+", "?"}:
        yield from _variables(rest[1:], depth)


def _closing_brace(template: str, start: int) -> int:
    """Return the index of the brace that closes the one before `start`; -1 if there is none."""
    open_braces = 1
    for match in re.compile(r"\$\{|\}").finditer(template, start):
        open_braces += 1 if match.group() == "${" else -1
        if not open_braces:
            return match.start()
    return -1


def parse_uses(config: JsonObject) -> EnvironmentUses:
    """Parse the output of `docker compose config --no-interpolate --no-normalize --format json`."""
    found: dict[str, dict[KeyUse, None]] = {}
    files: list[EnvFile] = []
    hosts: set[str] = set()
    mounted: dict[str, dict[SafeText, None]] = {}
    services = [(plain(name), node) for name, node in Node(config)["services"].members()]
    for name, service in services:
        for use_of, use in _service_uses(name, service):
            found.setdefault(use_of, {})[use] = None
        files += _env_files(name, service)
        for path in _mounted(service, Node(config)):
            mounted.setdefault(path, {})[name] = None
        hosts |= {name.lower(), *_host_names(service)}
        for key, use in _delivered(name, service, Node(config)):
            found.setdefault(key, {})[use] = None
    for kind in DELIVERED:
        for source, item in Node(config)[kind].members():
            key = item["environment"].raw
            if key and key not in found:
                unused = KeyUse(SafeText(""), KeyUseKind.CONTENT, plain(f"{kind}.{source}"))
                found[key] = {unused: None}
    elsewhere = [item for item in config.items() if item[0] != "services"]
    # Extensions come last: most are merged into services, and their uses are counted there.
    for part, value in sorted(elsewhere, key=lambda item: item[0].startswith("x-")):
        for variable, where in _references(value, part):
            if not part.startswith("x-") or variable.name not in found:
                use = _key_use(SafeText(""), KeyUseKind.INTERPOLATION, where, variable)
                found.setdefault(variable.name, {})[use] = None
    return EnvironmentUses(
        services=tuple(name for name, _ in services),
        hosts=frozenset(hosts),
        references={key: tuple(uses) for key, uses in found.items()},
        env_files=tuple(files),
        mounted_by={path: tuple(names) for path, names in mounted.items()},
        joined=frozenset(name for name, service in services if _shares_network(service)),
        reaching_out=frozenset(
            name
            for name, service in services
            if _can_reach_outside(service, Node(config)["networks"])
        ),
    )


def _service_uses(name: SafeText, service: Node) -> Iterator[tuple[str, KeyUse]]:
    for part, node in service.members():
        for variable, where in _references(node.value, part):
            how = (
                KeyUseKind.BUILD_ARGUMENT
                if where.startswith("build.args")
                else KeyUseKind.INTERPOLATION
            )
            yield variable.name, _key_use(name, how, where, variable)
    for key in _names_without_value(service["environment"]):
        yield key, KeyUse(name, KeyUseKind.INTERPOLATION, plain(f"environment.{key}"))
    for key in _names_without_value(service["build"]["args"]):
        yield key, KeyUse(name, KeyUseKind.BUILD_ARGUMENT, plain(f"build.args.{key}"))


def _delivered(name: SafeText, service: Node, project: Node) -> Iterator[tuple[str, KeyUse]]:
    """Yield the variables in a service's secrets and configs."""
    for kind in DELIVERED:
        for item in service[kind]:
            source = item.raw or item["source"].raw
            where = f"{kind}.{source}"
            made_from = project[kind][source]
            if key := made_from["environment"].raw:
                yield key, KeyUse(name, KeyUseKind.CONTENT, plain(where))
            for variable in variables_in(made_from["content"].raw):
                yield (
                    variable.name,
                    _key_use(name, KeyUseKind.CONTENT, f"{where}.content", variable),
                )
    for item in service["build"]["secrets"]:
        source = item.raw or item["source"].raw
        if key := project["secrets"][source]["environment"].raw:
            yield key, KeyUse(name, KeyUseKind.TO_BUILD, plain(f"build.secrets.{source}"))


def _shares_network(service: Node) -> bool:
    mode = service["network_mode"].raw
    return mode == "host" or mode.startswith(("service:", "container:"))


def _can_reach_outside(service: Node, networks: Node) -> bool:
    if service["network_mode"].raw or service["external_links"]:
        return True
    named = [name for name, _ in service["networks"].members()]
    named += [item.raw for item in service["networks"]]
    return any(bool(networks[name]["external"].value) for name in named or ["default"])


def _key_use(service: SafeText, how: KeyUseKind, where: str, variable: Variable) -> KeyUse:
    return KeyUse(
        service,
        how,
        plain(where),
        required=variable.required,
        bare=variable.bare,
        may_be_empty=variable.may_be_empty,
    )


def _references(value: JsonValue, where: str, depth: int = 0) -> Iterator[tuple[Variable, str]]:
    """Yield each variable in a value, with its path."""
    if isinstance(value, str):
        if "$" in value:
            for variable in variables_in(value):
                yield variable, where
    elif depth > MAX_DEPTH:
        return
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _references(item, f"{where}.{name}", depth + 1)
    elif isinstance(value, list):
        for item in value:
            inside = where
            if where in {"environment", "build.args"} and isinstance(item, str):
                inside = f"{where}.{item.partition('=')[0]}"
            yield from _references(item, inside, depth + 1)


def _names_without_value(variables: Node) -> Iterator[str]:
    """Yield names without a value, which compose takes from its own environment."""
    for name, node in variables.members():
        if node.value is None:
            yield name
    for item in variables:
        if item.raw and "=" not in item.raw:
            yield item.raw


def _env_files(name: SafeText, service: Node) -> Iterator[EnvFile]:
    environment = service["environment"]
    own = {key for key, _ in environment.members()}
    own |= {item.raw.partition("=")[0] for item in environment}
    files = service["env_file"]
    paths = [files.raw, *(item.raw or item["path"].raw for item in files)]
    for path in filter(None, paths):
        yield EnvFile(KeyUse(name, KeyUseKind.ENV_FILE), path, frozenset(own))


def _mounted(service: Node, project: Node) -> Iterator[str]:
    """Yield the host paths of a service's bind mounts, secret files and config files."""
    for item in service["volumes"]:
        if item["type"].raw == "bind":
            yield item["source"].raw
    for kind in DELIVERED:
        for item in service[kind]:
            if path := project[kind][item.raw or item["source"].raw]["file"].raw:
                yield path


def _host_names(service: Node) -> Iterator[str]:
    for own in ("container_name", "hostname"):
        if service[own].raw:
            yield service[own].raw.lower()
    for _, network in service["networks"].members():
        for alias in network["aliases"]:
            yield alias.raw.lower()
    for name, _ in service["extra_hosts"].members():
        yield name.lower()
    for item in service["extra_hosts"]:
        yield re.split(r"[:=]", item.raw)[0].lower()
