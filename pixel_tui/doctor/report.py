"""What the doctor found: checks with a verdict and a hint, as text and as JSON. Pure."""

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
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """The console works, but not as well as it could."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was not looked at, or can't be known from here."""


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One thing that was looked at."""

    name: str
    """One word; the same in every run and version."""
    verdict: CheckResult
    found: SafeText
    hint: SafeText = NO_HINT


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at, in the order to read it."""

    checks: Sequence[DoctorCheck]

    @property
    def well(self) -> bool:
        """Whether nothing failed. Warnings are allowed."""
        return all(check.verdict is not CheckResult.FAILED for check in self.checks)

    def verdict(self, name: str) -> CheckResult | None:
        """The verdict of the check of this name, if it was made."""
        return next((check.verdict for check in self.checks if check.name == name), None)


def ok(name: str, found: str) -> DoctorCheck:
    """A check that went well."""
    return DoctorCheck(name, CheckResult.OK, plain(found))


def warning(name: str, found: str, hint: str) -> DoctorCheck:
    """A check that found something to mend, though not at once."""
    return DoctorCheck(name, CheckResult.WARNING, plain(found), plain(hint))


def failed(name: str, found: str, hint: str) -> DoctorCheck:
    """A check that found why something can't work."""
    return DoctorCheck(name, CheckResult.FAILED, plain(found), plain(hint))


def failed_with(name: str, error: ConsoleError) -> DoctorCheck:
    """A check that met an error, which brings its own words."""
    return DoctorCheck(name, CheckResult.FAILED, error.sentence, error.hint)


def skipped(name: str, why: str, hint: str = "") -> DoctorCheck:
    """A check that was not made."""
    return DoctorCheck(name, CheckResult.SKIPPED, plain(why), plain(hint))


def as_json(report: Report) -> JsonObject:
    """The documented JSON (`docs/doctor.schema.json`)."""
    return {
        "version": VERSION,
        "well": report.well,
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
    """A line a check, its hint below it, and the sum of it all."""
    verdicts = max((len(check.verdict) for check in report.checks), default=0)
    names = max((len(check.name) for check in report.checks), default=0)
    lines = []
    for check in report.checks:
        lines.append(f"{check.verdict:<{verdicts}}  {check.name:<{names}}  {check.found}")
        if check.hint:
            lines.append(f"{'':<{verdicts + names + 4}}-> {check.hint}")
    return "\n".join([*lines, "", _sum(report)])


def _sum(report: Report) -> str:
    counts = [
        (sum(check.verdict is verdict for check in report.checks), verdict)
        for verdict in (CheckResult.FAILED, CheckResult.WARNING)
    ]
    said = [f"{count} {_plural(verdict, count)}" for count, verdict in counts if count]
    return f"{', '.join(said)}." if said else "No problems found."


def _plural(verdict: CheckResult, count: int) -> str:
    return "warnings" if verdict is CheckResult.WARNING and count > 1 else verdict.value
