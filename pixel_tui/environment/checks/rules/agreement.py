"""Keys that have to agree with each other, as the catalogue tells."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.catalogue import LinkedKeys
from pixel_tui.environment.checks.finding import EnvironmentFinding


def agreement(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """A key of one provider with the address or the models of another."""
    for link in case.catalogue.links:
        if case.about(link.then.key) and _disagree(case, link):
            yield case.finding(
                link.rule,
                link.level,
                link.then.key,
                f"{link.message.removesuffix('.')}.",
                link.hint,
                mend=link.mend,
            )


def _disagree(case: CheckedFile, link: LinkedKeys) -> bool:
    when, then = case.value(link.when.key), case.value(link.then.key)
    if not when or not link.when.meets(when):
        return False
    if link.unless is not None and link.unless.meets(case.value(link.unless.key)):
        return False
    if then:
        return not link.then.meets(then)
    return link.absent and link.then.key not in case.placeholders and case.is_known(link.then.key)


CHECKS: Final[tuple[Check, ...]] = (agreement,)
