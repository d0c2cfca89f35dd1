"""The doctor's report: checks with a verdict and a hint, as text and as JSON. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.errors import ConsoleError
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.text import SafeText, plain

VERSION: Final = 1
NO_HINT: Final = SafeText("")


class CheckResult(StrEnum):
    """The verdict of a check."""

    OK = "ok"
    WARNING = "warning"
    """pixel-tui works, but not as well as it could."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was not checked, or can't be."""


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One check and its result."""

    name: str
    """One word that is stable across versions."""
    verdict: CheckResult
    found: SafeText
    hint: SafeText = NO_HINT


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in display order."""

    checks: Sequence[DoctorCheck]

    @property
    def passed(self) -> bool:
        """Whether no check failed. Warnings are allowed."""
        return all(check.verdict is not CheckResult.FAILED for check in self.checks)

    def verdict(self, name: str) -> CheckResult | None:
        """Return the verdict of a check; None if there is no such check."""
        return next((check.verdict for check in self.checks if check.name == name), None)


def ok(name: str, found: str) -> DoctorCheck:
    """Return a check without a problem."""
    return DoctorCheck(name, CheckResult.OK, plain(found))


def warning(name: str, found: str, hint: str) -> DoctorCheck:
    """Return a check with a problem that is not urgent."""
    return DoctorCheck(name, CheckResult.WARNING, plain(found), plain(hint))


def failed(name: str, found: str, hint: str) -> DoctorCheck:
    """Return a check with a reason why something can't work."""
    return DoctorCheck(name, CheckResult.FAILED, plain(found), plain(hint))


def failed_with(name: str, error: ConsoleError) -> DoctorCheck:
    """Return a failed check with the message of an error."""
    return DoctorCheck(name, CheckResult.FAILED, error.sentence, error.hint)


def skipped(name: str, why: str, hint: str = "") -> DoctorCheck:
    """Return a check that was not done."""
    return DoctorCheck(name, CheckResult.SKIPPED, plain(why), plain(hint))


def as_json(report: Report) -> JsonObject:
    """Return the report as JSON, as documented in `docs/doctor.schema.json`."""
    return {
        "version": VERSION,
        "well": report.passed,
        "checks": [
            {
                "name": check.name,
                "verdict": check.verdict.value,
                "found": check.found,
                "remedy": check.hint or None,
            }
            for check in report.checks
        ],
    }


def as_text(report: Report) -> str:
    """Return a line per check, with its hint below it, and a summary."""
    verdicts = max((len(check.verdict) for check in report.checks), default=0)
    names = max((len(check.name) for check in report.checks), default=0)
    lines = []
    for check in report.checks:
        lines.append(f"{check.verdict:<{verdicts}}  {check.name:<{names}}  {check.found}")
        if check.hint:
            lines.append(f"{'':<{verdicts + names + 4}}-> {check.hint}")
    return "\n".join([*lines, "", _summary(report)])


def _summary(report: Report) -> str:
    counts = [
        (sum(check.verdict is verdict for check in report.checks), verdict)
        for verdict in (CheckResult.FAILED, CheckResult.WARNING)
    ]
    parts = [f"{count} {_plural(verdict, count)}" for count, verdict in counts if count]
    return f"{', '.join(parts)}." if parts else "No problems found."


def _plural(verdict: CheckResult, count: int) -> str:
    return "warnings" if verdict is CheckResult.WARNING and count > 1 else verdict.value
