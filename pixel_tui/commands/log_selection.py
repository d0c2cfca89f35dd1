"""Selects the lines that `pixel-tui logs` prints."""

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
class LogSelection:
    """Which lines to print, and how."""

    services: tuple[str, ...] = ()
    """The services; empty for all."""
    since: bytes = b""
    until: bytes = b""
    tail: int | None = None
    """How many last lines of each container; None for all."""
    matcher: Matcher | None = None
    level: LogLevel = LogLevel.UNKNOWN
    as_json: bool = False
    masked: bool = True
    """Whether to mask known secrets."""

    @property
    def has_filter(self) -> bool:
        """Whether lines are filtered by their text or level."""
        return self.matcher is not None or self.level is not LogLevel.UNKNOWN


def requested_time(text: str | None, now: datetime) -> bytes:
    """Parse a time of the command line to the engine's format; empty for none.

    Raises:
        InvalidTime: It is invalid.
    """
    if not text:
        return b""
    ago = f"-{text}" if _AGO.match(text) else text
    return timestamp_at(jump_target(ago, now=now, zone=now.astimezone().tzinfo or UTC))


def requested_matcher(text: str | None, *, regex: bool, inverted: bool) -> Matcher | None:
    """Return the matcher of `--grep`; None without it.

    Raises:
        UsageError: The pattern is invalid.
    """
    if not text:
        return None
    matched = compile_query(Query(text, regex=regex, inverted=inverted))
    if isinstance(matched, BadPattern):
        raise UsageError("Not a valid regular expression", on=text[:60], hint=matched.what)
    return matched


def requested_level(text: str | None) -> LogLevel:
    """Parse the lowest level to print.

    Raises:
        UsageError: The level is unknown.
    """
    if not text:
        return LogLevel.UNKNOWN
    level = parse_level(text)
    if level is LogLevel.UNKNOWN:
        hint = "Use trace, debug, info, warn, error or fatal."
        raise UsageError("No such level", on=text[:60], hint=hint)
    return level


def requested_containers(snapshot: StackSnapshot, services: Sequence[str]) -> Sequence[Container]:
    """Return the containers of services; of all if none are given.

    Raises:
        UsageError: A service does not exist, or all are unknown.
    """
    known = {str(service.name): service for service in snapshot.services}
    trouble = snapshot.project_trouble
    if trouble is not None and not known:
        raise UsageError(trouble.what, hint=trouble.hint)
    for name in services:
        if name in known:
            continue
        if trouble is not None:  # the compose file may have it
            what = f"No container of {name}. {trouble.what}"
            raise UsageError(what, hint=trouble.hint)
        hint = f"Services: {', '.join(known)}." if known else "The project has no services."
        raise UsageError("No such service", on=name, hint=hint)
    names = dict.fromkeys(services or known)
    return [container for name in names for container in known[name].containers]


def is_readable(container: Container) -> bool:
    """Whether the engine can read the log of a container."""
    return container.logs_readable and container.started_at is not None


def _unreadable_reason(container: Container) -> str:
    if not container.logs_readable:
        return unreadable(container)
    return (
        f"it can't be inspected: {container.error}" if container.partial else "it was never started"
    )


def unreadable_logs(
    snapshot: StackSnapshot, services: Sequence[str], containers: Sequence[Container]
) -> Iterator[tuple[str, str]]:
    """Yield why logs can't be read, each with a hint.

    Args:
        snapshot: The stack.
        services: The requested services; empty for all.
        containers: Their containers.
    """
    for container in containers:
        if not is_readable(container):
            yield f"Can't read the logs of {container.name}: {_unreadable_reason(container)}.", ""
    matched = {str(container.service) for container in containers}
    for name in dict.fromkeys(services):
        if name not in matched:
            status = without_container(name, snapshot)
            yield status.reason, status.hint
    if not containers and not services:
        yield "No service of this project has a container.", ""


def masks_secrets(*, terminal: bool, reveal: bool, allowed: bool) -> bool:
    """Whether to mask known secrets in the output.

    Args:
        terminal: Whether the output is a terminal.
        reveal: Whether `--reveal` was given.
        allowed: Whether this run may show secrets at all.

    Raises:
        UsageError: `--reveal` was given, but is not allowed.
    """
    if reveal and not allowed:
        raise UsageError(
            "Secrets can't be shown in read-only mode.",
            on="--reveal",
            hint="Use `pixel-tui --read-only --reveal-allowed`.",
        )
    return not allowed or (terminal and not reveal)


class GroupFilter:
    """Passes matching lines with all lines of their group, such as a stack trace.

    Args:
        request: The filter.
    """

    def __init__(self, request: LogSelection) -> None:
        self._request = request
        self._grouper = Grouper()
        self._number = 0
        self._groups: dict[tuple[str, LineKind], _Group] = {}

    def feed(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """Yield the lines that pass now, of these and of the lines held back."""
        if not self._request.has_filter:
            yield from lines
            return
        for line in lines:
            yield from self._feed_line(line)

    def flush(self) -> Iterator[LogLine]:
        """Yield the lines held back: their groups are complete."""
        groups, self._groups = self._groups, {}
        for group in groups.values():
            yield from group.end()

    def _feed_line(self, line: LogLine) -> Iterator[LogLine]:
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
        yield from group.add(line, self._grouper.level(line))


@dataclass(slots=True)
class _Group:
    """The lines of a group so far."""

    start: int
    request: LogSelection
    held: list[LogLine] = field(default_factory=list)
    matched: bool = False
    has_level: bool = False
    excluded: bool = False

    def add(self, line: LogLine, level: LogLevel) -> Iterator[LogLine]:
        matcher = self.request.matcher
        self.held.append(line)
        self.has_level = self.has_level or level >= self.request.level
        if matcher is None or not matcher.query.inverted:
            self.matched = self.matched or matcher is None or matcher.matches(line.text)
            if self.matched and self.has_level:
                yield from self._all()
        else:  # only at its end it is known that none of its lines matches
            self.excluded = self.excluded or not matcher.matches(line.text)

    def end(self) -> Iterator[LogLine]:
        matcher = self.request.matcher
        inverted = matcher is not None and matcher.query.inverted
        if inverted and self.has_level and not self.excluded:
            yield from self._all()

    def _all(self) -> Sequence[LogLine]:
        held, self.held = self.held, []
        return held


def in_time_range(line: LogLine, request: LogSelection) -> bool:
    """Whether a line is in the requested time range."""
    return line.stamp >= request.since and (not request.until or line.stamp <= request.until)
