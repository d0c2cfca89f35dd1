"""Addresses that can't be reached from where they are used."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

LOCAL_HOSTS: Final = frozenset({"localhost", "ip6-localhost", "0.0.0.0", "::1", "::"})  # noqa: S104
_HOST: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?(?:\[(?P<ip6>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))"
    r"(?::[0-9]*)?(?:[/?#][^@]*)?"
)


def public_addresses(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds public addresses that are localhost."""
    for key, _, value, known in file.filled:
        if known is not None and known.public and is_local_host(host_of(value)):
            yield file.finding(
                "localhost",
                EnvironmentLevel.WARNING,
                key,
                "It points to localhost, which is the browser's own machine.",
                "Use the public address, such as https://ln.example.org/api, and rebuild the "
                "image: the value is built into it.",
            )


def container_addresses(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds addresses inside the project whose host is not one of its services."""
    if not file.uses.services:
        return
    for key, _, value, known in file.filled:
        host = host_of(value)
        if known is None or not known.container or not host or host in file.uses.hosts:
            continue
        readers = {use.service for use in file.uses.of(key, file.facts.path)}
        if not readers:
            continue  # unused: the compose file sets another address
        if readers <= file.uses.joined or (
            readers <= file.uses.reaching_out and not is_local_host(host)
        ):
            continue  # its networks have hosts that are not in the compose file
        if is_local_host(host):
            yield file.finding(
                "host",
                EnvironmentLevel.ERROR,
                key,
                "Inside a container, localhost is the container itself.",
                f"Use the service's name: {_services(file)}.",
            )
        elif _is_local_name(host):
            yield file.finding(
                "host",
                EnvironmentLevel.ERROR,
                key,
                f"No service is named `{host}`.",
                f"The services are {_services(file)}.",
            )


def host_of(value: str) -> str:
    """Return the host of a URL in lower case; empty if it is not certain.

    Part of a password with special characters may look like a host.
    """
    found = _HOST.fullmatch(value)
    return (found["ip6"] or found["name"]).lower() if found else ""


def is_local_host(host: str) -> bool:
    """Whether a host is the local machine."""
    if host in LOCAL_HOSTS or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local_name(host: str) -> bool:
    """Whether it can only be a name inside the project: without a dot, and not an IP address."""
    return "." not in host and ":" not in host and not host.isdigit()


def _services(file: CheckedFile) -> str:
    return ", ".join(file.uses.services[:12])


CHECKS: Final[tuple[Check, ...]] = (public_addresses, container_addresses)
