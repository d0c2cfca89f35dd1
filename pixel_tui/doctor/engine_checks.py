"""The engine: may this user use its socket, does it answer, is its clock right."""

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
OLDEST: Final = (20, 10)
"""The oldest engine that the console has been tried with."""
DRIFT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """A socket's rights, and how this user stands to them."""

    path: str
    is_socket: bool
    usable: bool
    """Whether this process may read and write."""
    owner: str
    group: str
    mode: int
    user: str
    """This process's user."""
    in_group: bool
    """Whether this process is in the socket's group."""
    listed: bool
    """Whether the user is listed in the group, if only for the next login."""


@dataclass(frozen=True, slots=True)
class EngineTold:
    """What the engine said of itself, and when it was asked."""

    version: JsonObject
    info: JsonObject
    asked_at: datetime
    answered_at: datetime


def look_at_socket(address: str) -> SocketFacts | OSError | None:
    """The rights of a local engine's socket.

    Returns:
        None for an engine that is reached otherwise, an error for a socket that is not
        there or stands in a closed folder.
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
    """Sockets of engines that belong to this user alone, or to Docker Desktop."""
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    home = environment.get("HOME", "")
    places = (f"{runtime}/docker.sock", f"{home}/.docker/desktop/docker.sock")
    return tuple(place for place in places if os.access(place, os.R_OK | os.W_OK))


def _user_name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def check_socket(facts: SocketFacts | OSError | None, others: Sequence[str] = ()) -> DoctorCheck:
    """May this user use the engine's socket, and by which group?

    Args:
        facts: The socket's rights.
        others: Sockets that this user could use instead.
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
    rights = f"{facts.path} belongs to {facts.owner}:{facts.group} ({facts.mode:04o})"
    if facts.usable:
        how = f", whose group {facts.user} is in" if facts.in_group else ""
        return ok(name, f"{rights}{how}; {facts.user} can use it.")
    if facts.listed and not facts.in_group:
        return failed(
            name,
            f"{rights}. {facts.user} is in group {facts.group}, but this login session is older.",
            f"Log in again, or run `newgrp {facts.group}`.",
        )
    if facts.group == "root":
        return failed(
            name,
            f"{rights}: only root can use it.",
            "Create a group for Docker: `sudo groupadd -f docker`, `sudo systemctl restart "
            f"docker.socket docker`, `sudo usermod -aG docker {facts.user}`, and log in again.",
        )
    return failed(
        name,
        f"{rights}; {facts.user} is not in group {facts.group}.",
        f"Join it: `sudo usermod -aG {facts.group} {facts.user}`, then log in again. Members "
        "have root access to this host.",
    )


def check_engine(told: EngineTold | ConsoleError, context: str, address: str) -> DoctorCheck:
    """Does it answer, and is it new enough?"""
    name = "engine"
    if isinstance(told, ConsoleError):
        # Which engine was meant, and why that one, is half of the answer.
        return failed(name, f"{told.sentence.removesuffix('.')}, {_chosen(context)}.", told.hint)
    version, host = Node(told.version), Node(told.info)["Name"].text
    number = version["Version"].text
    found = (
        f"Docker {number} (API {version['ApiVersion'].text}) on {host or 'a host without a name'}"
        f" at {address}, {_chosen(context)}."
    )
    if (pair := version_pair(number)) is not None and pair < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return warning(name, found, f"Update Docker: pixel-tui supports {oldest} and newer.")
    return ok(name, found)


def _chosen(context: str) -> str:
    """How the engine came to be chosen: `Endpoint.context` in words."""
    given = context in {"--host", "DOCKER_HOST"}
    return f"chosen by {context}" if given else f"chosen by the Docker context {context}"


def version_pair(text: str) -> tuple[int, int] | None:
    """The first two numbers of a version: `v2.40.3` is 2 and 40."""
    match = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def check_clock(told: EngineTold | ConsoleError) -> DoctorCheck:
    """Do this machine's and the engine's clock agree?"""
    name = "clock"
    if isinstance(told, ConsoleError):
        return skipped(name, "The Docker daemon did not answer.")
    theirs = parse_time(Node(told.info)["SystemTime"].raw)
    if theirs is None:
        return skipped(name, "The Docker daemon does not report its time.")
    # It was that late at some time between the question and the answer.
    ahead = (theirs - told.answered_at).total_seconds()
    behind = (told.asked_at - theirs).total_seconds()
    drift = max(ahead, behind, 0.0)
    if drift <= DRIFT_SECONDS:
        return ok(name, f"The Docker daemon's clock differs by less than {span(DRIFT_SECONDS)}.")
    return warning(
        name,
        f"The Docker daemon's clock is {span(drift)} {'ahead' if ahead > 0 else 'behind'}: ages "
        "and log times are wrong.",
        "Synchronise the clocks of both machines: see `timedatectl`.",
    )
