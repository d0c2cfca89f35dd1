"""The origin of a change: user, host, terminal and SSH client."""

import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a change."""

    user: str
    """The account of this process."""
    host: str
    pid: int
    terminal: str = ""
    ssh: str = ""
    """`SSH_CONNECTION`: the client's address and port, this machine's address and port."""
    sudo_user: str = ""
    """The account that used sudo."""


def current_origin(environment: Mapping[str, str] | None = None) -> Origin:
    """Return the origin of the changes of this process.

    Args:
        environment: The environment variables; None for those of this process.
    """
    variables = os.environ if environment is None else environment
    return Origin(
        user=_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        terminal=_terminal(),
        ssh=variables.get("SSH_CONNECTION", ""),
        sudo_user=variables.get("SUDO_USER", ""),
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, the user id may have no name
        return str(os.getuid())


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(descriptor)
    return ""
