"""Selects the engine in the same way as the docker program.

In this order: `--host`, `--context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the current
context of the docker configuration, the local socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pixel_tui.errors import UsageError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.engine.docker_context import (
    ContextUnreadable,
    DockerContext,
    current_context,
    docker_folder,
    read_context,
)
from pixel_tui.text import SafeText, plain

# The Docker SDK is needed for certificates only. It is imported where one is used, because
# importing it takes longer than everything else for a local socket.
if TYPE_CHECKING:
    from docker.tls import TLSConfig

LOCAL: Final = "unix://"
DEFAULT_ADDRESS: Final = "unix:///var/run/docker.sock"
DEFAULT_CONTEXT: Final = "default"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address and credentials."""

    address: str
    context: SafeText
    """The Docker context's name, or `--host`, or `DOCKER_HOST`."""
    tls: "TLSConfig | None" = None


def find_endpoint(
    environment: Mapping[str, str], *, host: str | None = None, context: str | None = None
) -> Endpoint:
    """Select the engine as the docker program would.

    Raises:
        UsageError: There is no context of that name, or its files can't be read.
    """
    if host:
        return Endpoint(host, plain("--host"), _tls(host, environment))
    if context:
        return _from_context(context, environment)
    if address := environment.get("DOCKER_HOST"):
        return Endpoint(address, plain("DOCKER_HOST"), _tls(address, environment))
    return _from_context(environment.get("DOCKER_CONTEXT"), environment)


def endpoint_of(command: ComposeCommand, environment: Mapping[str, str]) -> Endpoint:
    """Return the engine that a compose command uses.

    Raises:
        UsageError: There is no context of that name, or its files can't be read.
    """
    _, *options = command.docker
    chosen = dict(zip(options[::2], options[1::2], strict=False))
    return find_endpoint(environment, host=chosen.get("--host"), context=chosen.get("--context"))


def _tls(address: str, environment: Mapping[str, str]) -> "TLSConfig | None":
    if address.startswith(LOCAL):
        return None
    from docker.errors import DockerException
    from docker.tls import TLSConfig
    from docker.utils import kwargs_from_env

    try:
        found = kwargs_from_env(environment=dict(environment)).get("tls")
    except DockerException as error:
        raise UsageError(
            f"The TLS settings of the environment can't be used: {error}",
            hint="Check DOCKER_CERT_PATH and DOCKER_TLS_VERIFY.",
        ) from error
    return found if isinstance(found, TLSConfig) else None


def _from_context(name: str | None, environment: Mapping[str, str]) -> Endpoint:
    """Return the engine of a context, by default the current one."""
    folder = docker_folder(environment)
    name = name or current_context(folder) or DEFAULT_CONTEXT
    if name == DEFAULT_CONTEXT:
        return Endpoint(DEFAULT_ADDRESS, plain(name))
    try:
        found = read_context(folder, name)
    except ContextUnreadable as error:
        raise _unreadable(name, error) from error
    if found is None:
        raise UsageError(
            "No such Docker context.",
            on=name,
            hint="See `docker context ls`, or choose another with --context.",
        )
    address = found.host or DEFAULT_ADDRESS
    return Endpoint(address, plain(name), _tls_of(found, name))


def _tls_of(context: DockerContext, name: str) -> "TLSConfig | None":
    if context.host.startswith((LOCAL, "ssh://")) or not (context.ca or context.certificate):
        return None
    from docker.errors import DockerException
    from docker.tls import TLSConfig

    pair = context.certificate
    try:
        return TLSConfig(
            client_cert=(str(pair[0]), str(pair[1])) if pair else None,
            ca_cert=str(context.ca) if context.ca else None,
            verify=context.verify,
        )
    except DockerException as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> UsageError:
    return UsageError(
        f"The Docker context can't be read: {error}.",
        on=name,
        hint="See `docker context ls`.",
    )
