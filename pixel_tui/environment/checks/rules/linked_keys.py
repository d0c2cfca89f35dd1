"""Keys whose values depend on each other, by the catalogue."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.catalogue import LinkedKeys
from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding


def linked_keys(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds mismatches, such as one provider's key with another's address or model."""
    for link in file.catalogue.links:
        if file.includes(link.then.key) and _is_mismatch(file, link):
            yield file.finding(
                link.rule,
                link.level,
                link.then.key,
                f"{link.message.removesuffix('.')}.",
                link.hint,
                fix=link.fix,
            )


def _is_mismatch(file: CheckedFile, link: LinkedKeys) -> bool:
    when, then = file.value(link.when.key), file.value(link.then.key)
    if not when or not link.when.matches(when):
        return False
    if link.unless is not None and link.unless.matches(file.value(link.unless.key)):
        return False
    if then:
        return not link.then.matches(then)
    return (
        link.then_required
        and link.then.key not in file.placeholders
        and file.is_known(link.then.key)
    )


CHECKS: Final[tuple[Check, ...]] = (linked_keys,)
