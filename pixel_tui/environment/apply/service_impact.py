"""Why one service has to be recreated or rebuilt for a candidate. Pure."""

from collections.abc import Collection

from pixel_tui.environment.apply.impact import ServiceChange, ServiceImpact
from pixel_tui.stack.compose.candidate_reading import ServiceReading
from pixel_tui.stack.model.built_with import is_baked
from pixel_tui.stack.watch.running_services import RunningService
from pixel_tui.text import plain


def service_impact(
    service: ServiceReading,
    before: ServiceReading | None,
    run: RunningService | None,
    changed: Collection[str],
    overridden: Collection[str],
) -> ServiceImpact | None:
    """The impact on one service by itself; None if it stays as it is.

    Args:
        service: What compose makes of it with the candidate.
        before: What it makes of it with the file as it is; None if it is not in there.
        run: Its containers; None if there are none.
        changed: The keys that the candidate changes, adds or removes.
        overridden: The keys that a later environment file sets.
    """
    arguments = _other_arguments(service, before, run)
    hashes = run.hashes if run is not None else frozenset({before.config_hash} if before else ())
    # Compose labels what shares another's namespace with a hash that it does not tell.
    recreated = not service.shares and any(item != service.config_hash for item in hashes)
    if service.shares and before is not None:
        recreated = before.config_hash != service.config_hash
    # Compose compares the names of secrets and configs, and not what is in them.
    delivered = set(changed) & service.delivered - set(overridden)
    # And nothing of a build.
    given = set(changed) & service.build_secrets - set(overridden)
    another_way = before is not None and service.recipe != before.recipe
    rebuilt = bool(arguments or given or another_way)
    if not rebuilt and not recreated and not delivered:
        return None
    environment = _other_environment(service, before, run)
    behind = (set(changed) & service.keys) | environment | arguments | delivered | given
    known = behind & set(changed)
    if rebuilt:
        what = ServiceChange.REBUILD
        cause = "its build changes"
        if arguments:
            cause = f"its image is built with {', '.join(sorted(arguments))}"
        elif given:
            cause = f"its build gets {', '.join(sorted(given))} as a secret"
    else:
        what = ServiceChange.RECREATE
        cause = "its environment changes" if environment else "its configuration changes"
        if delivered and not recreated:
            cause = "its secret or config changes"
        if not known:
            cause = "it was created with another environment or compose file"
    return ServiceImpact(
        service=service.name,
        change=what,
        keys=tuple(map(plain, sorted(known or behind))),
        cause=plain(cause),
        running=run is not None and run.up,
        stopped=run is not None and not run.up,
    )


def _other_arguments(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Names of build arguments that its image does not have, or would not have next time."""
    if not service.builds:
        return set()
    wanted = service.build_arguments
    if run is not None and run.record is not None:
        return run.record.differing(wanted)
    found: set[str] = set()
    if before is not None:
        names = {*wanted, *before.build_arguments}
        found = {name for name in names if wanted.get(name) != before.build_arguments.get(name)}
    if run is not None:
        told = {name: value for name, value in run.built_with.items() if name in wanted}
        # An image that says that it has the value already needs no other one.
        found -= {name for name, value in told.items() if value == wanted[name]}
        found |= {name for name, value in told.items() if is_baked(name) and value != wanted[name]}
    return found


def _other_environment(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Names of its variables that are new, changed, or gone."""
    wanted = service.environment
    known = run is not None and not run.unread
    has = run.environment if run and known else before.environment if before else {}
    found = {name for name, value in wanted.items() if has.get(name) != value}
    if before is not None:
        # What only the container has may be its image's; what the file set before is not.
        found |= {name for name in before.environment if name not in wanted and name in has}
    return found
