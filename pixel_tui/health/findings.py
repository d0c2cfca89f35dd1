"""What is wrong with a stack, why, and what to do: from a snapshot alone. Pure.

Each rule looks at one service and says at most one thing; the first rule that
speaks is the reason that is shown. The remedies are the operations guide's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from pixel_tui.health.restarts import unstable
from pixel_tui.humanize import age, ago, memory_size
from pixel_tui.stack.compose.files import FILE_NAMES, OVERRIDE_NAMES
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus, Namespace
from pixel_tui.stack.model.label_model import CONFIG_FILES, ENVIRONMENT_FILE, labelled
from pixel_tui.stack.model.obstacle import obstacle
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.resource_model import ResourceKind
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackSnapshot, SyncAction
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain

LOOP_RESTARTS: Final = 3
"""From this many restarts on, a container that is down again or not yet stable is looping."""
_READ_AND_MEND: Final = "Read its last lines (2), mend the cause, or stop it (x)."


class Severity(IntEnum):
    """How much a finding matters."""

    NOTE = 1
    WARNING = 2
    BROKEN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with one service, or with the stack: then `service` is empty."""

    service: SafeText
    severity: Severity
    what: SafeText
    why: SafeText = NO_TEXT
    remedy: SafeText = NO_TEXT


Rule = Callable[[Service, StackSnapshot, datetime], Finding | None]


def findings(snapshot: StackSnapshot, now: datetime) -> tuple[Finding, ...]:
    """What is wrong, worst first; nothing while the engine can't be asked.

    Args:
        snapshot: The stack.
        now: The time, for "since".
    """
    if snapshot.taken_at is None:
        return ()
    found = [
        finding
        for service in snapshot.services
        if (finding := finding_of(service, snapshot, now)) is not None
    ]
    return tuple(sorted(found, key=lambda finding: (-finding.severity, finding.service)))


def finding_of(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """The first thing that a rule says about a service."""
    for rule in RULES:
        finding = rule(service, snapshot, now)
        if finding is not None:
            return finding
    return None


def findings_of_stack(snapshot: StackSnapshot) -> tuple[Finding, ...]:
    """What is wrong with the stack as a whole, and is the reason for much else."""
    project = snapshot.project
    if project is None:
        return _by_labels(snapshot)
    found = []
    if snapshot.other_names:
        names = ", ".join(snapshot.other_names)
        found.append(
            _of_stack(
                Severity.BROKEN,
                f"No container carries the name {project.name}: those of this folder carry "
                f"the name {names}.",
                f"Start the console with -p {snapshot.other_names[0]}. Brought up under this name "
                "too, both would fight for ports and volumes.",
            )
        )
    if project.moved:
        found.append(
            _of_stack(
                Severity.WARNING,
                f"Compose opens {project.moved} now, and this is still the project of"
                f" {', '.join(project.files)}.",
                "COMPOSE_FILE, or what is in the folder, has changed since the start. Quit (q) and"
                " start pixel-tui again: until then it shows and changes the old one.",
            )
        )
    if (finding := unknown_profiles(project)) is not None:
        found.append(finding)
    found += _made_with(snapshot, project)
    if project.left_out:
        words = f"Compose takes the active profiles only: {project.left_out}."
        remedy = "The services that are left out have no sync; their containers are shown."
        found.append(_of_stack(Severity.NOTE, words, remedy))
    return tuple(found)


def _made_with(snapshot: StackSnapshot, project: Project) -> list[Finding]:
    """That the containers were made with files that nobody named: they are read, or are not.

    Names of files are compared, not paths: a folder may be reached by several.
    """
    if project.adopted:
        options = [f"-f {file}" for file in project.files]
        options += [f"--env-file {file}" for file in project.env_files]
        return [
            _of_stack(
                Severity.NOTE,
                f"Read as the containers were made: {' '.join(options)}.",
                "Name files with -f or --env-file to read others.",
            )
        ]
    regular = [item for service in snapshot.services for item in service.regular]
    # A file of a usual name proves no -f, and may have been renamed since.
    usual = FILE_NAMES + OVERRIDE_NAMES
    known = _base_names((*project.files, *project.env_files, *usual))
    made = (*labelled(regular, CONFIG_FILES), *labelled(regular, ENVIRONMENT_FILE))
    other = [path for label in made for path in label.split(",") if path]
    unread = [path for path in dict.fromkeys(other) if not _base_names((path,)) <= known]
    if not unread:
        return []
    return [
        _of_stack(
            Severity.WARNING,
            f"Containers were made with {', '.join(unread)}, which is not read here.",
            "Start pixel-tui with the same -f and --env-file, or `up` changes what they were"
            " made with.",
        )
    ]


def _base_names(paths: Iterable[str]) -> set[str]:
    return {path.rsplit("/", 1)[-1] for path in paths}


def unknown_profiles(project: Project) -> Finding | None:
    """Profiles that are asked for and that no service has."""
    known = {profile for spec in project.services for profile in spec.profiles}
    unknown = [name for name in project.profiles if name not in known and name != "*"]
    if not unknown:
        return None
    there = f"There are: {', '.join(sorted(known))}." if known else "No service has a profile."
    return _of_stack(
        Severity.WARNING,
        f"COMPOSE_PROFILES or --profile asks for {', '.join(unknown)}, which no service has.",
        f"{there} Mend it in the environment or in .env.",
    )


def _by_labels(snapshot: StackSnapshot) -> tuple[Finding, ...]:
    """What is shown while compose can't read the project, and where its containers came from."""
    model = snapshot.by_labels
    if model is None or not snapshot.services:
        return ()
    files = f" with {', '.join(model.files)}" if model.files else ""
    came = f" They were made in {model.directory}{files}." if model.directory else ""
    return (
        _of_stack(
            Severity.NOTE,
            f"What is shown comes from the labels of the containers.{came}",
            "Start, stop and restart work on these containers.",
        ),
    )


def _of_stack(severity: Severity, what: str, remedy: str) -> Finding:
    return Finding(NO_TEXT, severity, plain(what), NO_TEXT, plain(remedy))


def _restart_loop(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    container = _restarted_most(service, now)
    if container is None or container.restarts < LOOP_RESTARTS:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"restarts again and again ({container.restarts} times)"),
        _exit_reason(container),
        plain(_memory_remedy(container) or _READ_AND_MEND),
    )


def _restarted(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """What the engine restarts or has just restarted, before that is a loop."""
    container = _restarted_most(service, now)
    if container is None:
        return None
    if container.state is ContainerState.RESTARTING:
        severity, what = Severity.BROKEN, "is down: the Docker daemon is about to restart it"
    else:
        severity, what = Severity.WARNING, "was killed for lack of memory, and runs again"
        if container.restarts:
            times = "once" if container.restarts == 1 else f"{container.restarts} times"
            what = f"was restarted {times}, last{_seconds_ago(container.started_at, now)}"
    remedy = _memory_remedy(container) or _READ_AND_MEND
    return Finding(service.name, severity, plain(what), _exit_reason(container), plain(remedy))


def _restarted_most(service: Service, now: datetime) -> Container | None:
    """The container that waits for its restart, or has had one and is not yet stable.

    Others run, or were stopped, or the engine has given them up.
    """
    waits = (item for item in service.members if item.state is ContainerState.RESTARTING)
    return max((*waits, *unstable(service, now)), key=lambda item: item.restarts, default=None)


def _seconds_ago(at: datetime | None, now: datetime) -> str:
    return f" {ago(at, now)}" if at is not None else " just now"


def _memory_remedy(container: Container) -> str:
    """What to do if it ended for lack of memory; empty if it did not."""
    if _ran_out_of_memory(container) and container.memory_limit is None:
        return "Find the leak, or make room in the host's memory: it has no limit of its own."
    if _ran_out_of_memory(container) or container.exit_code == 137:
        return "Raise its memory limit or find the leak."
    return ""


def _ran_out_of_memory(container: Container) -> bool:
    return container.oom_killed or container.oom_killed_before


def _left_by_recreate(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """What a recreate left; one that has just been made may be about to be put in its place."""
    grace = service.spec.stop_grace_period if service.spec else 10.0
    left = [
        item
        for item in service.leftovers
        if item.started_at is not None or not _is_young(item, now, grace + 10.0)
    ]
    if not left:
        return None
    doubled = next((item for item in left if item.running), None)
    up = any(item.running for item in service.regular)
    if doubled is not None and up:
        what = f"runs twice: {doubled.name} was left by a recreate, and uses the same volumes"
        remedy = f"Remove it: pixel-tui run remove-leftovers {service.name}"
        return Finding(service.name, Severity.BROKEN, plain(what), NO_TEXT, plain(remedy))
    what = "was not recreated completely" if up else "is down: its recreate broke off"
    return Finding(
        service.name,
        Severity.WARNING if up else Severity.BROKEN,
        plain(what),
        plain(f"{left[0].name} was made to replace the old container, and never did"),
        plain(
            f"Remove it: pixel-tui run remove-leftovers {service.name}"
            if up
            else "Start it (s) or recreate it: what was left is removed first."
        ),
    )


def _is_young(container: Container, now: datetime, seconds: float) -> bool:
    created = container.created_at
    return created is not None and 0 <= (now - created).total_seconds() < seconds


def _could_not_start(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    failed = next((item for item in service.regular if item.error and not item.running), None)
    if failed is None:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("could not be started"),
        failed.error,
        plain("Mend what the engine names, then start it (s)."),
    )


def _unreadable(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    partial = next((item for item in service.regular if item.partial), None)
    if partial is None:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"can't be inspected: {partial.name} is listed as {partial.state.value}"),
        partial.error,
        plain("`journalctl -u docker` says more."),
    )


def _dead(service: Service, _snapshot: StackSnapshot, now: datetime) -> Finding | None:
    if service.state not in {ServiceState.EXITED, ServiceState.PARTIAL} or not service.wanted:
        return None
    container = _worst(service)
    if container is None or container.running:
        return None
    ago = _ago(container.finished_at, now)
    why = _exit_reason(container)
    if container.restarts:
        times = "once" if container.restarts == 1 else f"{container.restarts} times"
        why = plain(f"{why}, after the daemon had restarted it {times}")
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"is down{ago}" if service.state is ServiceState.EXITED else f"is partly down{ago}"),
        why,
        plain(
            f"{_memory_remedy(container)} Then start it (s)."
            if container.oom_killed
            else "Read its last lines (2), then start it (s)."
        ),
    )


def _cut_off(service: Service, snapshot: StackSnapshot, now: datetime) -> Finding | None:
    """What has lost what it shares with another service, or was killed with that."""
    if service.cut_off_from is None or service.spec is None:
        return None
    kind = service.cut_off_from
    owner = dict(service.spec.shares)[kind]
    ended = kind is Namespace.PID
    what = "has no network"
    if ended:
        worst = _worst(service)
        what = f"is down{_ago(worst.finished_at if worst else None, now)}"
    elif kind is not Namespace.NETWORK:
        what = f"is cut off from the {kind.value} of {owner}"
    joined = [dict(item.shares).get(kind) for item in service.regular]
    if any(snapshot.container(item) is None for item in joined if item):
        remedy = "Recreate it (a): a restart stops it, and can't start it again."
        if ended:
            remedy = "Recreate it (a): it can't be started again."
    elif ended:
        remedy = f"Start it (s); if {owner} is down, that is started first."
    else:
        remedy = f"Restart it (r); if {owner} is down, start {owner}: it is restarted with it."
    return Finding(service.name, Severity.BROKEN, plain(what), service.cut_off, plain(remedy))


def _unhealthy(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.health is not HealthStatus.UNHEALTHY:
        return None
    container = next(
        item for item in service.members if item.health_status is HealthStatus.UNHEALTHY
    )
    probe = container.health.probes[-1] if container.health and container.health.probes else None
    streak = container.health.failing_streak if container.health else 0
    said = " ".join(line for line in probe.output if line) if probe else ""
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"is unhealthy ({streak} probes in a row failed)"),
        plain(
            f"{said or 'the probe said nothing'} ({exit_words(probe.exit_code)})" if probe else ""
        ),
        plain("See the health log (3) and its last lines (2); restart it (r) if it hangs."),
    )


def _absent(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.state is not ServiceState.ABSENT:
        return None
    if snapshot.other_names:
        other = snapshot.other_names[0]
        return Finding(
            service.name,
            Severity.BROKEN,
            plain("has no container"),
            plain(f"the containers of this folder carry the name {other}"),
            plain(f"Start the console with -p {other}."),
        )
    if (found := obstacle(service, snapshot)) is not None:
        words = plain("has no container")
        return Finding(service.name, Severity.BROKEN, words, found.why, found.fix)
    broken = _broken_dependency(service, snapshot)
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("has no container"),
        plain(f"it waits for {broken}" if broken else _beside(service)),
        plain(f"Bring it up (s): docker compose up -d {service.name}"),
    )


def _disconnected(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    names = service.disconnected
    if not names:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain(f"is not connected to its network {', '.join(names)}"),
        plain("the others in it can't reach it"),
        plain(f"Recreate it: docker compose up -d {service.name}"),
    )


def _created(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.state is not ServiceState.CREATED or not service.wanted:
        return None
    if service.missing and (found := obstacle(service, snapshot)) is not None:
        words = plain("was created and never started")
        return Finding(service.name, Severity.BROKEN, words, found.why, found.fix)
    broken = _broken_dependency(service, snapshot)
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("was created and never started"),
        plain(f"it waits for {broken}" if broken else ""),
        plain("Mend what it waits for, then start it (s)." if broken else "Start it (s)."),
    )


def _paused(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.state is not ServiceState.PAUSED:
        return None
    return Finding(
        service.name,
        Severity.BROKEN,
        plain("is paused: it holds its memory and answers nothing"),
        NO_TEXT,
        plain(
            f"docker compose unpause {service.name}"
            if snapshot.project_trouble is None
            else f"docker unpause {' '.join(item.name for item in service.members)}"
        ),
    )


def _out_of_sync(service: Service, snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if not service.wanted or service.sync.action not in {
        SyncAction.RECREATE,
        SyncAction.SCALE_UP,
        SyncAction.SCALE_DOWN,
        SyncAction.BUILD,
        SyncAction.PULL,
    }:
        return None
    return Finding(
        service.name,
        Severity.NOTE,
        plain(f"is not as the compose file says: up would {service.sync.action.value} it"),
        service.sync.reason,
        plain(
            "When that is meant, recreate it here (a): all on its network is taken along, where"
            " `docker compose up` of one service would fail half way."
            if _on_changed_network(service, snapshot)
            else f"When that is meant: docker compose up -d {service.name}"
        ),
    )


def _on_changed_network(service: Service, snapshot: StackSnapshot) -> bool:
    keys = service.spec.network_keys if service.spec else ()
    return any(
        item.kind is ResourceKind.NETWORK and item.key in keys and not item.unread
        for item in snapshot.diverged
    )


def _changed_volume(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.sync.action is not SyncAction.VOLUME:
        return None
    return Finding(
        service.name,
        Severity.NOTE,
        plain("has a volume that is not as the compose file says"),
        service.sync.reason,
        plain("To change it: back it up, remove it, bring it up, restore. Else undo the change."),
    )


def _built_otherwise(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if service.sync.action is not SyncAction.REBUILD:
        return None
    return Finding(
        service.name,
        Severity.WARNING,
        plain("shows what was baked into its image, not what the environment says now"),
        service.sync.reason,
        plain(f"Rebuild it: docker compose build {service.name}, then up -d {service.name}"),
    )


def _orphan(service: Service, _snapshot: StackSnapshot, _now: datetime) -> Finding | None:
    if not service.orphan or not service.regular:
        return None
    return Finding(
        service.name,
        Severity.NOTE,
        plain("is an orphan"),
        plain("the compose file does not name it"),
        plain(f"When nothing needs it: docker rm -f {service.regular[0].name}"),
    )


RULES: Final[Sequence[Rule]] = (
    _unreadable,
    _restart_loop,
    _left_by_recreate,
    _cut_off,
    _could_not_start,
    _dead,
    _unhealthy,
    _absent,
    _created,
    _paused,
    _disconnected,
    _restarted,
    _out_of_sync,
    _changed_volume,
    _built_otherwise,
    _orphan,
)


def _worst(service: Service) -> Container | None:
    """The container that is down, or restarted most."""
    return max(service.members, key=lambda item: (not item.running, item.restarts), default=None)


def _beside(service: Service) -> str:
    """What may be taken for the service, and is only a command that was run beside it."""
    names = [container.name for container in service.oneoffs]
    if not names:
        return ""
    what = "is a one-off" if len(names) == 1 else "are one-offs"
    return f"{' and '.join(names)} {what} of `docker compose run`, not the service"


def _exit_reason(container: Container) -> SafeText:
    words = container.ended_before
    if container.exit_code is not None:
        words = exit_words(container.exit_code, oom_killed=container.oom_killed)
    if not words:
        return NO_TEXT
    limit = ""
    if _ran_out_of_memory(container) and container.memory_limit is not None:
        limit = f", limit {memory_size(container.memory_limit)}"
    return plain(f"{words}{limit}")


def _broken_dependency(service: Service, snapshot: StackSnapshot) -> str:
    for dependency in service.spec.depends_on if service.spec else ():
        needed = snapshot.service(dependency.service)
        if needed is not None and not needed.well:
            return dependency.service
    return ""


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    seconds = (now - at).total_seconds()
    return f" for {age(seconds)}" if seconds >= 60 else " just now"
