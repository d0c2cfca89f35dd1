"""A stack whose workers do to the ledger what those of the ecosystem do."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixel_tui.clock import SystemClock
from pixel_tui.errors import PlanOutdated
from pixel_tui.facts.live import live_facts
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.ledger.view.watch import LedgerPace, LedgerWatch
from pixel_tui.ledger.writing.drafts import new_task
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.job import Job, JobStatus
from pixel_tui.operations.planning.facts import FactReader
from pixel_tui.operations.planning.plan import Plan
from tests.builders.engine_changes import Desk, desk_of
from tests.builders.sessions import session
from tests.engine.private_engine import BASE_IMAGE, Project, eventually

YAML = f"""
services:
  syntropy:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    healthcheck: {{test: ["CMD", "true"], interval: 1s}}
  worker:
    image: {BASE_IMAGE}
    profiles: [worker]
    restart: "no"
    mem_limit: 24m
    memswap_limit: 24m
    entrypoint: [sh, /pixel/entry]
    volumes: [".:/pixel"]
"""
# What is to be done is a command here; one that begins with `exec` takes the worker's place.
ENTRY = r"""
LEDGER=/pixel/data/task-ledger.json LOCK=/pixel/data/worker-lock.json
trap 'grep -q "$TASK_ID" $LOCK 2>/dev/null && rm -f $LOCK' EXIT
trap 'exit 143' TERM
rewrite() {
  awk -v id="\"id\": \"$TASK_ID\"" -v status="$1" -v more="$2" '
    index($0, id) { mine = 1 }
    mine && /"status":/ { print "      \"status\": \"" status "\"," more; mine = 0; next }
    { print }' $LEDGER >$LEDGER.tmp && mv $LEDGER.tmp $LEDGER
}
grep -q "\"id\": \"$TASK_ID\"" $LEDGER || exit 1
TASK=$(awk -v id="\"id\": \"$TASK_ID\"" '
  index($0, id) { mine = 1 }
  mine && /"task":/ { sub(/.*"task": "/, ""); sub(/",?$/, ""); print; exit }' $LEDGER)
case $(grep -A3 "$TASK_ID" $LEDGER) in *syntropy-rebuild*)
  TASK='until [ -e /pixel/rebuilt ]; do sleep 0.1; done';;
esac
rewrite running "\"startedAt\": \"$(date -u +%FT%TZ)\", \"workerId\": \"$(hostname)\","
LOG=/pixel/logs/worker-$(echo "$TASK_ID" | cut -c1-8).log
OUTPUT=/pixel/data/worker-output-$TASK_ID.txt
echo "at work: $TASK" | tee "$LOG" >"$OUTPUT"
case $TASK in exec*) eval "$TASK";; esac
(eval "$TASK") & wait $!
CODE=$?
[ $CODE = 0 ] && STATUS=completed || STATUS=failed
NOW=$(date -u +%FT%TZ)
rewrite $STATUS "\"completedAt\": \"$NOW\", \"exitCode\": $CODE, \"output\": \"done\","
exit $CODE
"""


@dataclass(frozen=True)
class LedgerDesk:
    """The stack as a console sees it, with its ledger, and the door to change both."""

    project: Project
    desk: Desk
    watch: LedgerWatch
    facts: FactReader
    place: LedgerPlace

    @property
    def view(self) -> LedgerView:
        return self.watch.view

    def task(self, task_id: str) -> dict[str, Any]:
        found = json.loads(self.place.ledger.read_bytes())["tasks"]
        return next(item for item in found if item["id"] == task_id)

    def queue(self, command: str, **changes: Any) -> str:
        """Put a task into the ledger, as syntropy would."""
        task_id = str(uuid.uuid4())
        value = new_task(command, now=datetime.now(UTC), task_id=task_id)
        ledger = json.loads(self.place.ledger.read_bytes())
        ledger["tasks"].append({**value, **changes})
        temporary = self.place.ledger.with_suffix(".json.tmp")
        temporary.write_text(json.dumps(ledger, indent=2))
        temporary.rename(self.place.ledger)
        return task_id

    def plan(self, action: str, *targets: str) -> Plan:
        snapshot = self.desk.watcher.snapshot
        facts = self.facts(snapshot)
        now = SystemClock().now()
        return plan_action(action, targets, snapshot, self.desk.command, now=now, facts=facts)

    def run(self, action: str, *targets: str) -> JobStatus:
        status = self.begin(action, *targets).wait(60)
        assert status.state.finished
        return status

    def begin(self, action: str, *targets: str) -> Job:
        """Run an action; where the stack has moved since, its plan is made anew, as people do."""
        for _ in range(5):
            with suppress(PlanOutdated):
                return self.desk.operator.run(self.plan(action, *targets))
        return self.desk.operator.run(self.plan(action, *targets))

    def container(self, task_id: str) -> str:
        return f"pixel-worker-{task_id[:8]}"

    def seen(self, rule: str, task_id: str) -> str:
        """The hint of a finding about a task, once there is one."""

        def found() -> str:
            items = [item for item in self.view.findings if item.task == task_id]
            return next((item.hint for item in items if item.rule == rule), "")

        return eventually(found)

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        state = str(self.project.directory.parent / "state")
        return self.project.engine.run(
            [sys.executable, "-m", "pixel_tui", *words, "-p", self.project.name],
            cwd=self.project.directory,
            env={"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state},
            check=False,
        )


@contextmanager
def ledger_desk(project: Project, state: Path) -> Iterator[LedgerDesk]:
    """A console on a project with an empty ledger; every worker is removed in the end."""
    for name in ("data", "logs"):
        (project.directory / name).mkdir(exist_ok=True)
    (project.directory / "entry").write_text(ENTRY)
    place = LedgerPlace(project.directory)
    place.ledger.write_text('{\n  "version": 1,\n  "tasks": []\n}')
    project.compose("up", "--detach", "--wait")
    environment = {**os.environ, **project.engine.env}
    with desk_of(project, state) as desk:
        reader = LedgerReader(place, SystemClock())
        watch = LedgerWatch(reader, desk.watcher, SystemClock(), LedgerPace(poll=0.5))
        facts = live_facts(
            desk.command, session(environment=environment, folder=state), ledger=reader
        )
        watch.start()
        try:
            yield LedgerDesk(project, desk, watch, facts, place)
        finally:
            watch.close()
            label = f"label=com.docker.compose.project={project.name}"
            engine = project.engine
            engine.start() if engine.daemon is not None else None
            left = engine.docker("ps", "--all", "--quiet", "--filter", label).stdout.split()
            if left:
                engine.docker("rm", "--force", *left)
