"""A job as it is written down, so that it is known when its console is not. Pure."""

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
    """The record of a job; no secret is in it."""
    return json.dumps(
        {
            "version": VERSION,
            "id": status.id,
            "state": status.state.value,
            "step": status.step,
            "started": status.started and status.started.isoformat(),
            "ended": status.ended and status.ended.isoformat(),
            "exit_code": status.exit_code,
            "cancelling": status.cancelling,
            "message": redact(status.message),
            "times": [
                {
                    "began": time.began.isoformat(),
                    "ended": time.ended and time.ended.isoformat(),
                    "seconds": time.seconds,
                }
                for time in status.times
            ],
            "command": _mark_as_json(status.command),
            "by": status.by
            and {
                "user": status.by.user,
                "host": status.by.host,
                "process": _mark_as_json(status.by.process),
            },
            "away": [{"service": item.service, "seconds": item.seconds} for item in status.away],
            "plan": plan_as_json(status.plan),
        }
    ).encode()


def from_record(content: bytes, output: Path) -> JobStatus:
    """The job of a record.

    Args:
        content: The record.
        output: The output beside it, whose name is the job's: what the record says is not
            asked.

    Raises:
        ValueError: It can't be read, or is of a later version.
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
            started=parse_time(node["started"].raw),
            ended=parse_time(node["ended"].raw),
            exit_code=None if code.value is None else code.integer,
            cancelling=node["cancelling"].flag,
            message=node["message"].text,
            times=_times(node["times"]),
            command=_mark(node["command"]),
            by=_runner(node["by"]),
            away=tuple(
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
