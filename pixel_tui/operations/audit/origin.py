"""Who sits at the keyboard, as far as the machine can tell."""

import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from."""

    user: str
    """The account that this process runs as."""
    host: str
    pid: int
    terminal: str = ""
    ssh: str = ""
    """`SSH_CONNECTION`: the client's address and port, this machine's address and port."""
    sudo_user: str = ""
    """The account behind sudo."""


def current_origin(environment: Mapping[str, str] | None = None) -> Origin:
    """The origin of what this process does.

    Args:
        environment: The variables of this process; its own if None.
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
    except KeyError:  # a container may run under a number that has no name
        return str(os.getuid())


def _terminal() -> str:
    for descriptor in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(descriptor)
    return ""
