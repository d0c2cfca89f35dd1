"""The record of a job as JSON, which outlives its pixel-tui. Pure."""

import json
from pathlib import Path
from typing import Final

from pixel_tui.operations.jobs.job import Downtime, JobState, JobStatus, Runner, StepTime
from pixel_tui.operations.planning.plan_record import parse_time, plan_as_json, plan_from_json
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.model.json_value import JsonValue, Node, load_object
from pixel_tui.stack.programs.process_mark import ProcessMark

VERSION: Final = 1


def as_record(status: JobStatus) -> bytes:
    """Return the record of a job, without secrets."""
    return json.dumps(
        {
            "version": VERSION,
            "id": status.id,
            "state": status.state.value,
            "step": status.step,
            "started": status.started_at and status.started_at.isoformat(),
            "ended": status.finished_at and status.finished_at.isoformat(),
            "exit_code": status.exit_code,
            "cancelling": status.cancel_requested,
            "message": redact(status.message),
            "times": [
                {
                    "began": time.started_at.isoformat(),
                    "ended": time.finished_at and time.finished_at.isoformat(),
                    "seconds": time.seconds,
                }
                for time in status.step_times
            ],
            "command": _mark_as_json(status.command),
            "by": status.runner
            and {
                "user": status.runner.user,
                "host": status.runner.host,
                "process": _mark_as_json(status.runner.process),
            },
            "away": [
                {"service": item.service, "seconds": item.seconds} for item in status.downtimes
            ],
            "plan": plan_as_json(status.plan),
        }
    ).encode()


def from_record(content: bytes, output: Path) -> JobStatus:
    """Parse the record of a job.

    Args:
        content: The record.
        output: The output file beside it. Its name is the job's id, whatever the record says.

    Raises:
        ValueError: It is not valid, or of a later version.
    """
    try:
        node = Node(load_object(content))
        if node["version"].integer > VERSION:
            raise ValueError("written by a later version")
        code = node["exit_code"]
        plan = plan_from_json(node["plan"])
        return JobStatus(
            id=output.stem,
            plan=plan,
            output=output,
            state=JobState(node["state"].raw),
            step=max(0, min(node["step"].integer, len(plan.steps) - 1)),
            started_at=parse_time(node["started"].raw),
            finished_at=parse_time(node["ended"].raw),
            exit_code=None if code.value is None else code.integer,
            cancel_requested=node["cancelling"].flag,
            message=node["message"].text,
            step_times=_times(node["times"]),
            command=_mark(node["command"]),
            runner=_runner(node["by"]),
            downtimes=tuple(
                Downtime(item["service"].text, float(item["seconds"].value))
                for item in node["away"]
                if isinstance(item["seconds"].value, int | float)
            ),
        )
    except (OverflowError, RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error


def _times(node: Node) -> tuple[StepTime, ...]:
    pairs = ((parse_time(item["began"].raw), parse_time(item["ended"].raw)) for item in node)
    return tuple(StepTime(began, ended) for began, ended in pairs if began is not None)


def _runner(node: Node) -> Runner | None:
    if not node:
        return None
    return Runner(node["user"].text, node["host"].text, _mark(node["process"]))


def _mark_as_json(mark: ProcessMark | None) -> JsonValue:
    if mark is None:
        return None
    return {"pid": mark.pid, "started": mark.started, "boot": mark.boot}


def _mark(node: Node) -> ProcessMark | None:
    if not node:
        return None
    return ProcessMark(node["pid"].integer, node["started"].integer, node["boot"].raw)
