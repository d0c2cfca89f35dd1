"""Addresses that lead nowhere from where they are used."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

HERE: Final = frozenset({"localhost", "ip6-localhost", "0.0.0.0", "::1", "::"})  # noqa: S104
_HOST: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?(?:\[(?P<ip6>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))"
    r"(?::[0-9]*)?(?:[/?#][^@]*)?"
)


def browsers(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Addresses for browsers that mean the browser's own machine."""
    for key, _, value, known in case.filled:
        if known is not None and known.public and is_here(host_of(value)):
            yield case.finding(
                "localhost",
                EnvironmentLevel.WARNING,
                key,
                "The address is localhost: a browser connects to its own machine.",
                "Use the public address, such as https://ln.example.org/api, and rebuild the "
                "image: the value is built into it.",
            )


def containers(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Addresses inside the project whose host is no service of it."""
    if not case.uses.services:
        return
    for key, _, value, known in case.filled:
        host = host_of(value)
        if known is None or not known.container or not host or host in case.uses.hosts:
            continue
        readers = {use.service for use in case.uses.of(key, case.surroundings.path)}
        if not readers:
            continue  # nobody reads it: the compose file says another address
        if readers <= case.uses.joined or (readers <= case.uses.reaching_out and not is_here(host)):
            continue  # what it finds there is not in the compose file
        if is_here(host):
            yield case.finding(
                "host",
                EnvironmentLevel.ERROR,
                key,
                "Inside a container, localhost is the container itself.",
                f"Use the service's name: {_services(case)}.",
            )
        elif _is_local_name(host):
            yield case.finding(
                "host",
                EnvironmentLevel.ERROR,
                key,
                f"No service is named `{host}`.",
                f"The services are {_services(case)}.",
            )


def host_of(value: str) -> str:
    """The host of a URL in small letters; empty where it can't be told for certain.

    A password with odd characters may look like a host: then there is none.
    """
    found = _HOST.fullmatch(value)
    return (found["ip6"] or found["name"]).lower() if found else ""


def is_here(host: str) -> bool:
    """Whether a host is the machine itself."""
    if host in HERE or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local_name(host: str) -> bool:
    """Whether it can only be a name inside the project: it has no dot and is no address."""
    return "." not in host and ":" not in host and not host.isdigit()


def _services(case: CheckedFile) -> str:
    return ", ".join(case.uses.services[:12])


CHECKS: Final[tuple[Check, ...]] = (browsers, containers)
