"""Which lines `pixel-tui logs` prints: what is asked for, and what it leaves out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pixel_tui.errors import UsageError
from pixel_tui.logs.continuation import Grouper
from pixel_tui.logs.level import LogLevel, level_of, parse_level
from pixel_tui.logs.search import BadPattern, Matcher, Query, compile_query
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.feed.status import unreadable, without_container
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.times import jump_target, timestamp_at

_AGO = re.compile(r"\d+[dhms]", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which lines, and how they are printed."""

    services: tuple[str, ...] = ()
    """Empty for all."""
    since: bytes = b""
    until: bytes = b""
    tail: int | None = None
    """That many last lines of each container."""
    matcher: Matcher | None = None
    level: LogLevel = LogLevel.UNKNOWN
    as_json: bool = False
    masked: bool = True
    """Known secrets are masked."""

    @property
    def chooses(self) -> bool:
        """Whether lines are left out for what they say."""
        return self.matcher is not None or self.level is not LogLevel.UNKNOWN


def requested_time(text: str | None, now: datetime) -> bytes:
    """A time of the command line as the engine writes it; empty for none.

    Raises:
        InvalidTime: It is none.
    """
    if not text:
        return b""
    ago = f"-{text}" if _AGO.match(text) else text
    return timestamp_at(jump_target(ago, now=now, zone=now.astimezone().tzinfo or UTC))


def requested_matcher(text: str | None, *, regex: bool, inverted: bool) -> Matcher | None:
    """What `--grep` looks for.

    Raises:
        UsageError: It is no pattern.
    """
    if not text:
        return None
    found = compile_query(Query(text, regex=regex, inverted=inverted))
    if isinstance(found, BadPattern):
        raise UsageError("Not a valid regular expression", on=text[:60], hint=found.what)
    return found


def requested_level(text: str | None) -> LogLevel:
    """The least level that is shown.

    Raises:
        UsageError: No such level.
    """
    if not text:
        return LogLevel.UNKNOWN
    level = parse_level(text)
    if level is LogLevel.UNKNOWN:
        hint = "Use trace, debug, info, warn, error or fatal."
        raise UsageError("No such level", on=text[:60], hint=hint)
    return level


def requested_containers(snapshot: StackSnapshot, services: Sequence[str]) -> Sequence[Container]:
    """The containers of these services; of all where none are named.

    Raises:
        UsageError: No such service, or nothing is known of any.
    """
    known = {str(service.name): service for service in snapshot.services}
    trouble = snapshot.project_trouble
    if trouble is not None and not known:
        raise UsageError(trouble.what, hint=trouble.hint)
    for name in services:
        if name in known:
            continue
        if trouble is not None:  # the compose file may well name it
            what = f"No container of {name}. {trouble.what}"
            raise UsageError(what, hint=trouble.hint)
        there = f"Services: {', '.join(known)}." if known else "The project has no services."
        raise UsageError("No such service", on=name, hint=there)
    wanted = dict.fromkeys(services or known)
    return [container for name in wanted for container in known[name].containers]


def is_readable(container: Container) -> bool:
    """Whether the engine has a log of a container."""
    return container.logs_readable and container.started_at is not None


def _why_unreadable(container: Container) -> str:
    if not container.logs_readable:
        return unreadable(container)
    return (
        f"it can't be inspected: {container.error}" if container.partial else "it was never started"
    )


def unread(
    snapshot: StackSnapshot, services: Sequence[str], containers: Sequence[Container]
) -> Iterator[tuple[str, str]]:
    """Why nothing can be read of some of what was asked for, and what to do.

    Args:
        snapshot: The stack.
        services: Those that were named; empty for all.
        containers: The containers that there are of them.
    """
    for container in containers:
        if not is_readable(container):
            yield f"Can't read the logs of {container.name}: {_why_unreadable(container)}.", ""
    found = {str(container.service) for container in containers}
    for name in dict.fromkeys(services):
        if name not in found:
            status = without_container(name, snapshot)
            yield status.reason, status.hint
    if not containers and not services:
        yield "No service of this project has a container.", ""


def masks_secrets(*, terminal: bool, reveal: bool, allowed: bool) -> bool:
    """Whether known secrets are masked in what is printed.

    Args:
        terminal: It is printed on a terminal.
        reveal: `--reveal` was given.
        allowed: Whether this run may show a secret at all.

    Raises:
        UsageError: Secrets are wanted, and it may not show them.
    """
    if reveal and not allowed:
        raise UsageError(
            "Secrets can't be shown in read-only mode.",
            on="--reveal",
            hint="Use `pixel-tui --read-only --reveal-allowed`.",
        )
    return not allowed or (terminal and not reveal)


class GroupFilter:
    """Lets lines pass that are looked for, with all that belongs to them.

    Args:
        request: What is looked for.
    """

    def __init__(self, request: LogRequest) -> None:
        self._request = request
        self._grouper = Grouper()
        self._number = 0
        self._groups: dict[tuple[str, LineKind], _Group] = {}

    def feed(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """The lines that may pass now, of these and of those that were held back."""
        if not self._request.chooses:
            yield from lines
            return
        for line in lines:
            yield from self._take(line)

    def flush(self) -> Iterator[LogLine]:
        """Nothing more belongs to what was held back."""
        groups, self._groups = self._groups, {}
        for group in groups.values():
            yield from group.end()

    def _take(self, line: LogLine) -> Iterator[LogLine]:
        number, self._number = self._number, self._number + 1
        if line.kind is LineKind.MARK:
            self._grouper.feed(number, line)
            yield line
            return
        start = self._grouper.feed(number, line, level_of(line.text))
        key = (line.source, line.kind)
        group = self._groups.get(key)
        if group is None or group.start != start:
            if group is not None:
                yield from group.end()
            group = self._groups[key] = _Group(start, self._request)
        yield from group.take(line, self._grouper.level(line))


@dataclass(slots=True)
class _Group:
    """Lines that belong together, as far as they have come."""

    start: int
    request: LogRequest
    held: list[LogLine] = field(default_factory=list)
    found: bool = False
    serious: bool = False
    banned: bool = False

    def take(self, line: LogLine, level: LogLevel) -> Iterator[LogLine]:
        matcher = self.request.matcher
        self.held.append(line)
        self.serious = self.serious or level >= self.request.level
        if matcher is None or not matcher.query.inverted:
            self.found = self.found or matcher is None or matcher.matches(line.text)
            if self.found and self.serious:
                yield from self._all()
        else:  # it is known at its end only that none of its lines is unwanted
            self.banned = self.banned or not matcher.matches(line.text)

    def end(self) -> Iterator[LogLine]:
        matcher = self.request.matcher
        inverted = matcher is not None and matcher.query.inverted
        if inverted and self.serious and not self.banned:
            yield from self._all()

    def _all(self) -> Sequence[LogLine]:
        held, self.held = self.held, []
        return held


def within(line: LogLine, request: LogRequest) -> bool:
    """Whether a line is of the time that is asked for."""
    return line.stamp >= request.since and (not request.until or line.stamp <= request.until)
