"""Checks the expectations of a plan on a snapshot. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pixel_tui.humanize import listed
from pixel_tui.operations.jobs.restart_loop import is_looping
from pixel_tui.operations.planning.plan import ContainerRun, Expectation, ExpectedState, is_up
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain


class ExpectationState(StrEnum):
    """The state of an expectation."""

    MET = "met"
    WAITING = "waiting"
    """Not met yet, but it may be."""
    BROKEN = "broken"
    """Not met, and it will not be without help."""


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """The result of checking one expectation."""

    name: SafeText
    state: ExpectationState
    description: SafeText
    """A predicate without its verb: `running and healthy`, `unhealthy: ...`."""
    advice: SafeText = NO_TEXT
    health_pending: bool = False
    """Its health check has no result yet."""
    unproven_runs: tuple[ContainerRun, ...] = ()
    """Runs of containers without a health check, which must last for a while."""
    looping_id: str = ""
    """The id of its container, if that is in a restart loop."""


_NOT_STARTED_YET = (SafeText("not restarted yet"), SafeText("not started yet"))
_LOOK_AT_LOG = SafeText("check its logs")


def check_expectation(expectation: Expectation, snapshot: StackSnapshot) -> ExpectationResult:
    """Check an expectation on a snapshot."""
    name = expectation.name
    if snapshot.stale:
        trouble = snapshot.engine.trouble
        why = f": {trouble.what}" if trouble else ""
        return ExpectationResult(
            name,
            ExpectationState.WAITING,
            plain(f"unknown: the Docker daemon does not answer{why}"),
            trouble.hint if trouble else NO_TEXT,
        )
    containers = _containers(expectation, snapshot)
    if expectation.state in {ExpectedState.STOPPED, ExpectedState.GONE}:
        return _check_stopped(expectation, containers)
    if expectation.container_id and not containers:
        return ExpectationResult(
            name, ExpectationState.BROKEN, SafeText("gone: its container was removed")
        )
    results = [_check_running(expectation, container) for container in containers]
    worst = min(results, key=_severity_order, default=None)
    if worst is not None and worst.state is not ExpectationState.MET:
        if worst.state is ExpectationState.BROKEN and _is_being_replaced(expectation, snapshot):
            # Its replacement exists already: the snapshot is older than the end of `up`.
            return replace(worst, state=ExpectationState.WAITING)
        return _as_before(worst) if expectation.incidental else worst
    if len(results) < expectation.containers or worst is None:
        words = f"running with {len(results)} of {expectation.containers} containers"
        return ExpectationResult(
            name, ExpectationState.WAITING, plain(words if results else "without a container")
        )
    addresses = {place.address for container in containers for place in container.networks}
    if not addresses.issuperset(expectation.addresses):
        words = f"{worst.description}, but {expectation.proxy} has its old address"
        advice = plain(f"restart {expectation.proxy}")
        return ExpectationResult(name, ExpectationState.BROKEN, plain(words), advice)
    unproven = tuple(run for result in results for run in result.unproven_runs)
    return ExpectationResult(
        name,
        ExpectationState.MET,
        worst.description,
        unproven_runs=unproven,
        looping_id=worst.looping_id,
    )


def _as_before(result: ExpectationResult) -> ExpectationResult:
    """Return the result as met, for a service that was unhealthy before the plan as well."""
    if result.description in _NOT_STARTED_YET:
        return result
    return replace(
        result, state=ExpectationState.MET, description=plain(f"{result.description}, as before")
    )


def describe_results(results: Sequence[ExpectationResult]) -> SafeText:
    """Describe results in sentences, worst first, with equal ones grouped."""
    groups: dict[tuple[SafeText, SafeText], list[SafeText]] = {}
    for result in sorted(results, key=_severity_order):
        groups.setdefault((result.description, result.advice), []).append(result.name)
    parts = []
    for (words, advice), names in groups.items():
        verb = "is" if len(names) == 1 else "are"
        hint = f"; {advice.rstrip('.')}" if advice else ""
        parts.append(f"{listed(names)} {verb} {words}{hint}")
    return plain(". ".join(parts))


def _is_being_replaced(expectation: Expectation, snapshot: StackSnapshot) -> bool:
    service = None if expectation.container_id else snapshot.service(expectation.name)
    return service is not None and bool(service.leftovers)


def _containers(expectation: Expectation, snapshot: StackSnapshot) -> tuple[Container, ...]:
    if expectation.container_id:
        container = snapshot.container(expectation.container_id)
        return (container,) if container else ()
    service = snapshot.service(expectation.name)
    return service.regular if service else ()


def _check_stopped(expectation: Expectation, containers: Sequence[Container]) -> ExpectationResult:
    name = expectation.name
    if expectation.state is ExpectedState.GONE:
        if containers:
            return ExpectationResult(name, ExpectationState.WAITING, SafeText("still exists"))
        return ExpectationResult(name, ExpectationState.MET, SafeText("removed"))
    up = [container for container in containers if is_up(container)]
    if up:
        return ExpectationResult(
            name, ExpectationState.WAITING, SafeText(f"still {up[0].state.value}")
        )
    killed = any(item.exit_code == 137 and not item.oom_killed for item in containers)
    how = " (killed: it did not stop in its grace period)" if killed else ""
    return ExpectationResult(name, ExpectationState.MET, plain(f"stopped{how}"))


def _check_running(expectation: Expectation, container: Container) -> ExpectationResult:
    name = expectation.name
    run = ContainerRun(container.id, container.started_at)
    if run in expectation.previous_runs:
        return ExpectationResult(
            name, ExpectationState.WAITING, _NOT_STARTED_YET[not is_up(container)]
        )
    if container.state is ContainerState.RUNNING:
        return _check_health(expectation, container, run)
    why = NO_TEXT
    if container.exit_code is not None:
        why = exit_words(container.exit_code, oom_killed=container.oom_killed)
    if container.state is ContainerState.RESTARTING:
        words = f"in a restart loop ({why or 'no exit code'})"
        loop = container.id if is_looping(container) else ""
        return ExpectationResult(
            name, ExpectationState.WAITING, plain(words), _LOOK_AT_LOG, looping_id=loop
        )
    if container.state is ContainerState.EXITED and _was_a_task(container):
        return ExpectationResult(name, ExpectationState.MET, SafeText("done (exit code 0)"))
    if container.state in {ContainerState.EXITED, ContainerState.DEAD}:
        words = f"not running: {container.error or why}"
        return ExpectationResult(name, ExpectationState.BROKEN, plain(words), _LOOK_AT_LOG)
    words = f"not started: {container.error}" if container.error else container.state.value
    return ExpectationResult(name, ExpectationState.WAITING, plain(words))


def _check_health(
    expectation: Expectation, container: Container, run: ContainerRun
) -> ExpectationResult:
    name = expectation.name
    suffix = " again" if expectation.previous_runs else ""
    loop = container.id if is_looping(container) else ""
    if container.restarts:  # a manual start resets the count to 0
        times = "once" if container.restarts == 1 else f"{container.restarts} times"
        suffix += f" (restarted {times} by Docker)"
    match container.health_status:
        case HealthStatus.HEALTHY:
            return ExpectationResult(
                name, ExpectationState.MET, plain(f"running and healthy{suffix}"), looping_id=loop
            )
        case HealthStatus.STARTING:
            words = SafeText("running, not healthy yet")
            return ExpectationResult(
                name, ExpectationState.WAITING, words, health_pending=True, looping_id=loop
            )
        case HealthStatus.UNHEALTHY:
            words = plain(f"unhealthy{_last_probe(container)}")
            return ExpectationResult(name, ExpectationState.BROKEN, words, _LOOK_AT_LOG)
        case HealthStatus.NONE:
            words = plain(f"running{suffix}")
            return ExpectationResult(
                name, ExpectationState.MET, words, unproven_runs=(run,), looping_id=loop
            )


def _last_probe(container: Container) -> str:
    probes = container.health.probes if container.health else ()
    if not probes:
        return ""
    output = next((line for line in reversed(probes[-1].output) if line), "")
    return f": last check {exit_words(probes[-1].exit_code)}" + (f": {output}" if output else "")


def _was_a_task(container: Container) -> bool:
    policy = container.restart_policy.partition(":")[0]
    return (
        container.exit_code == 0
        and container.health is None
        and (container.oneoff or policy in {"", "no", "on-failure"})
    )


def _severity_order(result: ExpectationResult) -> int:
    return [ExpectationState.BROKEN, ExpectationState.WAITING, ExpectationState.MET].index(
        result.state
    )
