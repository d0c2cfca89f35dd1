"""The details of a service, in sections of labelled lines. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pixel_tui.health.finding import Finding
from pixel_tui.humanize import ago, memory_size, span
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.container import Container, HealthStatus, Probe
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import Service, StackEvent
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText, plain
from widgets.rows.numbers import moment
from widgets.rows.service_row import ports_text
from widgets.rows.table import Tone


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A value with a label, which may be empty."""

    label: str
    value: SafeText
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading."""

    title: SafeText
    lines: tuple[DetailLine, ...]


def detail_sections(
    service: Service,
    container: Container | None,
    project: Project | None,
    finding: Finding | None,
    events: Sequence[StackEvent],
    now: datetime,
) -> tuple[Section, ...]:
    """The details of a service or of one of its containers.

    Args:
        service: The service.
        container: The selected container; None for the service.
        project: The project, for dependent services.
        finding: Its finding; None if there is none.
        events: The last events of the stack, oldest first.
        now: The time, for ages.
    """
    members = (container,) if container else service.containers
    sections = [
        _section("Problems", _finding_lines(finding)),
        _section("Service", _service_lines(service, project)),
    ]
    for member in members:
        sections += _container_sections(member, now)
    sections.append(_section("Recent events", _event_lines(service, container, events)))
    return tuple(section for section in sections if section.lines)


def _section(title: str, lines: Iterator[DetailLine]) -> Section:
    return Section(plain(title), tuple(lines))


def _finding_lines(finding: Finding | None) -> Iterator[DetailLine]:
    if finding is None:
        return
    yield DetailLine("", plain(f"{finding.service} {finding.what}."), Tone.BAD)
    if finding.why:
        yield DetailLine("why", finding.why)
    if finding.hint:
        yield DetailLine("do", finding.hint)


def _service_lines(service: Service, project: Project | None) -> Iterator[DetailLine]:
    spec = service.spec
    if spec is None:
        yield DetailLine("", plain("Not in the compose file."), Tone.WARN)
        return
    reason = f": {service.sync.reason}" if service.sync.reason else ""
    yield DetailLine("sync", plain(f"{service.sync.words}{reason}"))
    yield DetailLine("image", plain(masked_text(spec.image)))
    if spec.profiles:
        state = "active" if spec.active else "not active"
        if spec.brought_up:
            state = "not active; created with one"
        yield DetailLine("profiles", plain(f"{', '.join(spec.profiles)} ({state})"))
    yield DetailLine("replicas", plain(str(spec.replicas)))
    yield DetailLine("restart", spec.restart_policy or plain("no"))
    if spec.depends_on:
        dependencies = [
            f"{item.service} ({item.condition.removeprefix('service_')})"
            for item in spec.depends_on
        ]
        yield DetailLine("depends on", plain(", ".join(dependencies)))
    if project is not None and (needed_by := project.needed_by(service.name)):
        yield DetailLine("needed by", plain(", ".join(needed_by)))


def _container_sections(container: Container, now: datetime) -> Iterator[Section]:
    yield _section(f"Container {container.name}", _container_lines(container, now))
    yield _section("Health log", _health_lines(container))
    yield _section("Networks", _network_lines(container))
    yield _section("Mounts", _mount_lines(container))
    yield _section(
        "Environment", (DetailLine(entry.name, entry.value) for entry in container.environment)
    )
    yield _section(
        "Labels", (DetailLine(name, value, Tone.MUTED) for name, value in container.labels)
    )


def _container_lines(container: Container, now: datetime) -> Iterator[DetailLine]:
    yield DetailLine("state", plain(_state_words(container)))
    yield DetailLine("id", plain(container.short_id))
    yield DetailLine("image", container.image)
    yield DetailLine("digest", container.image_id, Tone.MUTED)
    yield DetailLine("command", container.command)
    yield DetailLine("created", _when(container.created_at, now))
    yield DetailLine("started", _when(container.started_at, now))
    if container.finished_at and not container.running:
        yield DetailLine("ended", _when(container.finished_at, now))
    if container.error:
        yield DetailLine("error", container.error, Tone.BAD)
    yield DetailLine("restarts", plain(f"{container.restarts} (policy {container.restart_policy})"))
    if container.memory_limit:
        yield DetailLine("memory limit", memory_size(container.memory_limit))
    yield DetailLine("log driver", container.log_driver)
    if container.ports:
        yield DetailLine("ports", plain(ports_text(container.ports)))


def _state_words(container: Container) -> str:
    if container.exit_code is None:
        return container.state.value
    words = exit_words(container.exit_code, oom_killed=container.oom_killed)
    return f"{container.state.value}, {words}"


def _when(at: datetime | None, now: datetime) -> SafeText:
    if at is None:
        return moment(at)
    return plain(f"{moment(at)} ({ago(at, now)})")


def health_sections(service: Service, container: Container | None = None) -> tuple[Section, ...]:
    """The health logs of a service's containers, or of one of them.

    Empty if no health check has run.
    """
    members = (container,) if container else service.containers
    sections = [_section(member.name, _health_lines(member)) for member in members]
    return tuple(section for section in sections if section.lines)


def _health_lines(container: Container) -> Iterator[DetailLine]:
    health = container.health
    if health is None:
        return
    streak = f", {health.failing_streak} failed in a row" if health.failing_streak else ""
    tone = Tone.BAD if health.status is HealthStatus.UNHEALTHY else Tone.PLAIN
    unchecked = health.status is HealthStatus.NONE
    words = f"not checked while {container.state.value}" if unchecked else health.status.value
    yield DetailLine("status", plain(f"{words}{streak}"), tone)
    for probe in reversed(health.probes):
        yield from _probe_lines(probe)


def _probe_lines(probe: Probe) -> Iterator[DetailLine]:
    took = f" in {span((probe.ended - probe.started).total_seconds())}" if probe.ended else ""
    verdict = "passed" if probe.exit_code == 0 else f"failed with {exit_words(probe.exit_code)}"
    tone = Tone.MUTED if probe.exit_code == 0 else Tone.BAD
    yield DetailLine(f"{probe.started.astimezone():%H:%M:%S}", plain(f"{verdict}{took}"), tone)
    for line in probe.output:
        yield DetailLine("", line, Tone.MUTED)


def _network_lines(container: Container) -> Iterator[DetailLine]:
    for network in container.networks:
        names = f" as {', '.join(network.aliases)}" if network.aliases else ""
        yield DetailLine(network.network, plain(f"{network.address or 'no address'}{names}"))


def _mount_lines(container: Container) -> Iterator[DetailLine]:
    for mount in container.mounts:
        right = "" if mount.writable else " (read only)"
        yield DetailLine(mount.target, plain(f"{mount.kind} {mount.source}{right}"))


def _event_lines(
    service: Service, container: Container | None, events: Sequence[StackEvent]
) -> Iterator[DetailLine]:
    own = [
        event
        for event in events
        if event.service == service.name
        and (container is None or event.container_id == container.id)
    ]
    for event in reversed(own[-20:]):
        detail = f" {event.detail}" if event.detail else ""
        yield DetailLine(f"{event.at.astimezone():%H:%M:%S}", plain(f"{event.action}{detail}"))
