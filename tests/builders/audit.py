"""Plans and jobs that the audit trail records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pixel_tui.operations.audit.origin import Origin
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.planning.plan import Plan, Risk, Step
from pixel_tui.text import SafeText

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1)


ORIGIN = Origin("ana", "vps", 41, "/dev/pts/3", "192.0.2.7 50000 192.0.2.1 22", "root")


def plan(*commands: tuple[str, ...]) -> Plan:
    return Plan(
        id="plan-1",
        action="restart",
        title=SafeText("Restart agent"),
        reason=SafeText("agent is unhealthy"),
        risk=Risk.DISRUPTIVE,
        engine=SafeText("unix:///x"),
        project=SafeText("pixel"),
        targets=(SafeText("agent"),),
        steps=tuple(Step(SafeText("s"), command, SafeText("c")) for command in commands),
        created_at=NOW,
        fingerprint="f",
        touched=(SafeText("agent"),),
    )


def status(*commands: tuple[str, ...]) -> JobStatus:
    return JobStatus("job-1", plan(*(commands or (("docker", "restart", "x"),))), Path("out"))


def change(
    audit: AuditTrail,
    job: str,
    title: str,
    *,
    end: bool = True,
    state: JobState = JobState.SUCCEEDED,
    ended: datetime = BEGAN + timedelta(seconds=12),
) -> None:
    began = status()
    began = replace(
        began, id=job, plan=replace(began.plan, title=SafeText(title)), started_at=BEGAN
    )
    audit.begin(began)
    if end:
        audit.end(
            replace(began, state=state, finished_at=ended, message=SafeText("agent is healthy"))
        )
