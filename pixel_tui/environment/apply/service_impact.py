"""Finds whether a candidate recreates or rebuilds a service, and why. Pure."""

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
    """Return the impact on a single service; None if it does not change.

    Args:
        service: The service with the candidate.
        before: The service with the current file; None if it does not exist there.
        run: Its containers; None if there are none.
        changed: The keys that the candidate changes, adds or removes.
        overridden: The keys that a later environment file sets.
    """
    arguments = _changed_arguments(service, before, run)
    hashes = run.hashes if run is not None else frozenset({before.config_hash} if before else ())
    # The label of a service that shares a namespace has another hash than compose reports.
    recreated = not service.shares and any(item != service.config_hash for item in hashes)
    if service.shares and before is not None:
        recreated = before.config_hash != service.config_hash
    # Compose compares the names of secrets and configs, but not their contents.
    delivered = set(changed) & service.delivered - set(overridden)
    # It compares nothing of a build.
    build_secrets = set(changed) & service.build_secrets - set(overridden)
    recipe_changed = before is not None and service.recipe != before.recipe
    rebuilt = bool(arguments or build_secrets or recipe_changed)
    if not rebuilt and not recreated and not delivered:
        return None
    environment = _changed_environment(service, before, run)
    affected = (set(changed) & service.keys) | environment | arguments | delivered | build_secrets
    known = affected & set(changed)
    if rebuilt:
        change = ServiceChange.REBUILD
        cause = "its build changes"
        if arguments:
            cause = f"its image is built with {', '.join(sorted(arguments))}"
        elif build_secrets:
            cause = f"its build gets {', '.join(sorted(build_secrets))} as a secret"
    else:
        change = ServiceChange.RECREATE
        cause = "its environment changes" if environment else "its configuration changes"
        if delivered and not recreated:
            cause = "its secret or config changes"
        if not known:
            cause = "it was created with another environment or compose file"
    return ServiceImpact(
        service=service.name,
        change=change,
        keys=tuple(map(plain, sorted(known or affected))),
        cause=plain(cause),
        running=run is not None and run.up,
        stopped=run is not None and not run.up,
    )


def _changed_arguments(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Return the names of build arguments that differ from those of its image."""
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
        recorded = {name: value for name, value in run.built_with.items() if name in wanted}
        # An image whose history has the new value already need not be rebuilt.
        found -= {name for name, value in recorded.items() if value == wanted[name]}
        found |= {
            name for name, value in recorded.items() if is_baked(name) and value != wanted[name]
        }
    return found


def _changed_environment(
    service: ServiceReading, before: ServiceReading | None, run: RunningService | None
) -> set[str]:
    """Return the names of variables that are new, changed or removed."""
    wanted = service.environment
    known = run is not None and not run.unread
    current = run.environment if run and known else before.environment if before else {}
    found = {name for name, value in wanted.items() if current.get(name) != value}
    if before is not None:
        # A variable that only the container has may be from its image, unless the file set it.
        found |= {name for name in before.environment if name not in wanted and name in current}
    return found
