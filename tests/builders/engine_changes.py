"""Actions planned and run on a real engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.clock import SystemClock
from pixel_tui.facts.proxies import read_proxies
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.audit.chain import AuditRecord
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.jobs.proxy_probe import Prober
from pixel_tui.operations.jobs.verification import Timeouts
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.build_records import build_records
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.programs.process import ProcessRunner
from pixel_tui.stack.watch.live_build_recorder import live_build_recorder
from pixel_tui.stack.watch.watcher import Watcher
from tests.builders.engine_readers import command_of, engine_reader, environment_of
from tests.engine.private_engine import Project, eventually

QUICK = Timeouts(settle=0.3, deadline=10, health=8, refresh=1)


@dataclass(frozen=True)
class Desk:
    """A watched stack and the operations on it."""

    watcher: Watcher
    operator: Operator
    command: ComposeCommand

    def plan(self, action: str, *targets: str) -> Plan:
        snapshot = self.watcher.snapshot
        facts = Facts(proxies=read_proxies(snapshot))
        return plan_action(
            action, targets, snapshot, self.command, now=SystemClock().now(), facts=facts
        )

    def audit(self) -> Sequence[AuditRecord]:
        return self.operator._audit.read().records

    def run(self, action: str, *targets: str) -> JobStatus:
        status = self.operator.run(self.plan(action, *targets)).wait(60)
        assert status.state.finished
        return status


def is_known(snapshot: StackSnapshot) -> bool:
    """Return whether compose's hashes are known, so that a plan stays valid."""
    project = snapshot.project
    return snapshot.complete and project is not None and not project.awaits_hashes


@contextmanager
def desk_of(
    project: Project, folder: Path, prober: Prober = http_probe, timeouts: Timeouts = QUICK
) -> Iterator[Desk]:
    environment = environment_of(project.engine)
    command = command_of(project)
    clock = SystemClock()
    watcher = Watcher(
        engine_reader(project.engine),
        ComposeProject(command, environment, folder),
        clock,
        records=build_records(command, folder),
    )
    operator = Operator(
        ProcessRunner(environment), watcher, command, folder, clock, timeouts=timeouts,
        locks=folder / "locks", prober=prober,
        build_observer=live_build_recorder(command, environment, folder),
    )  # fmt: skip
    watcher.start()
    try:
        eventually(lambda: is_known(watcher.snapshot))
        yield Desk(watcher, operator, command)
    finally:
        operator.close()
        watcher.close()
