"""Checks the engine: its socket, its answer and its clock."""

import grp
import os
import pwd
import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pixel_tui.doctor.report import DoctorCheck, failed, ok, skipped, warning
from pixel_tui.errors import ConsoleError
from pixel_tui.humanize import span
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_times import parse_time

SCHEME: Final = "unix://"
MIN_VERSION: Final = (20, 10)
"""The oldest tested version."""
DRIFT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """A socket's permissions, and whether this user can use it."""

    path: str
    is_socket: bool
    usable: bool
    """Whether this process can read and write it."""
    owner: str
    group: str
    mode: int
    user: str
    """The user of this process."""
    in_group: bool
    """Whether this process is in the socket's group."""
    listed: bool
    """Whether the user is a member of the group, which may apply only after the next login."""


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """The engine's answer, with the times around the request."""

    version: JsonObject
    info: JsonObject
    requested_at: datetime
    answered_at: datetime


def read_socket(address: str) -> SocketFacts | OSError | None:
    """Read the permissions of a local engine's socket.

    Returns:
        None for any other connection; an error if the socket is missing or its folder is not
        accessible.
    """
    if not address.startswith(SCHEME):
        return None
    path = address.removeprefix(SCHEME)
    try:
        status = Path(path).stat()
    except OSError as error:
        return error
    user = _user_name(os.geteuid())
    members: list[str] = []
    group = str(status.st_gid)
    with suppress(KeyError):
        entry = grp.getgrgid(status.st_gid)
        group, members = entry.gr_name, entry.gr_mem
    return SocketFacts(
        path=path,
        is_socket=stat.S_ISSOCK(status.st_mode),
        usable=os.access(path, os.R_OK | os.W_OK, effective_ids=True),
        owner=_user_name(status.st_uid),
        group=group,
        mode=stat.S_IMODE(status.st_mode),
        user=user,
        in_group=status.st_gid in {os.getegid(), *os.getgroups()},
        listed=user in members,
    )


def other_sockets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return usable sockets of a rootless engine or of Docker Desktop."""
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    home = environment.get("HOME", "")
    paths = (f"{runtime}/docker.sock", f"{home}/.docker/desktop/docker.sock")
    return tuple(path for path in paths if os.access(path, os.R_OK | os.W_OK))


def _user_name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def check_socket(facts: SocketFacts | OSError | None, others: Sequence[str] = ()) -> DoctorCheck:
    """Check whether this user can use the engine's socket, and by which group.

    Args:
        facts: The socket's permissions.
        others: Other sockets that this user can use.
    """
    name = "socket"
    if facts is None:
        return skipped(name, "Docker is not reached through a local socket.")
    if isinstance(facts, FileNotFoundError):
        hint = (
            f"There is a socket at {others[0]}: try --host {SCHEME}{others[0]}." if others else ""
        )
        return skipped(name, f"No socket at {facts.filename}: see engine below.", hint)
    if isinstance(facts, OSError):
        return failed(
            name,
            f"The socket can't be checked: {facts.strerror}: {facts.filename}.",
            "Does DOCKER_HOST, or the context, belong to another user?",
        )
    if not facts.is_socket:
        return failed(
            name, f"{facts.path} is not a socket.", "Check --host, DOCKER_HOST or the context."
        )
    permissions = f"{facts.path} belongs to {facts.owner}:{facts.group} ({facts.mode:04o})"
    if facts.usable:
        how = f", whose group {facts.user} is in" if facts.in_group else ""
        return ok(name, f"{permissions}{how}; {facts.user} can use it.")
    if facts.listed and not facts.in_group:
        return failed(
            name,
            f"{permissions}. {facts.user} is in group {facts.group}, but this login session is "
            "older.",
            f"Log in again, or run `newgrp {facts.group}`.",
        )
    if facts.group == "root":
        return failed(
            name,
            f"{permissions}: only root can use it.",
            "Create a group for Docker: `sudo groupadd -f docker`, `sudo systemctl restart "
            f"docker.socket docker`, `sudo usermod -aG docker {facts.user}`, and log in again.",
        )
    return failed(
        name,
        f"{permissions}; {facts.user} is not in group {facts.group}.",
        f"Join it: `sudo usermod -aG {facts.group} {facts.user}`, then log in again. Members "
        "have root access to this host.",
    )


def check_engine(
    engine_answer: EngineAnswer | ConsoleError, context: str, address: str
) -> DoctorCheck:
    """Check whether the engine answers and is new enough."""
    name = "engine"
    if isinstance(engine_answer, ConsoleError):
        # How the engine was chosen is an important part of the problem.
        return failed(
            name,
            f"{engine_answer.sentence.removesuffix('.')}, {_chosen(context)}.",
            engine_answer.hint,
        )
    version, host = Node(engine_answer.version), Node(engine_answer.info)["Name"].text
    number = version["Version"].text
    found = (
        f"Docker {number} (API {version['ApiVersion'].text}) on {host or 'a host without a name'}"
        f" at {address}, {_chosen(context)}."
    )
    if (version_numbers := version_pair(number)) is not None and version_numbers < MIN_VERSION:
        oldest = ".".join(map(str, MIN_VERSION))
        return warning(name, found, f"Update Docker: pixel-tui supports {oldest} and newer.")
    return ok(name, found)


def _chosen(context: str) -> str:
    """Return how the engine was chosen, from `Endpoint.context`."""
    given = context in {"--host", "DOCKER_HOST"}
    return f"chosen by {context}" if given else f"chosen by the Docker context {context}"


def version_pair(text: str) -> tuple[int, int] | None:
    """Return the first two numbers of a version: 2 and 40 for `v2.40.3`."""
    match = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def check_clock(engine_answer: EngineAnswer | ConsoleError) -> DoctorCheck:
    """Check whether the engine's clock matches this machine's."""
    name = "clock"
    if isinstance(engine_answer, ConsoleError):
        return skipped(name, "The Docker daemon did not answer.")
    engine_time = parse_time(Node(engine_answer.info)["SystemTime"].raw)
    if engine_time is None:
        return skipped(name, "The Docker daemon does not report its time.")
    # The engine read its clock at some time between the request and the answer.
    ahead = (engine_time - engine_answer.answered_at).total_seconds()
    behind = (engine_answer.requested_at - engine_time).total_seconds()
    drift = max(ahead, behind, 0.0)
    if drift <= DRIFT_SECONDS:
        return ok(name, f"The Docker daemon's clock differs by less than {span(DRIFT_SECONDS)}.")
    return warning(
        name,
        f"The Docker daemon's clock is {span(drift)} {'ahead' if ahead > 0 else 'behind'}: ages "
        "and log times are wrong.",
        "Synchronise the clocks of both machines: see `timedatectl`.",
    )
