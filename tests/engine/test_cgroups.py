"""The kernel's own counters are those that the engine tells."""

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.usage_parse import parse_sample
from pixel_tui.stack.watch.cgroups import Cgroups
from tests.builders.engine_readers import engine_reader
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine

pytestmark = pytest.mark.engine

BUSY = """
services:
  busy:
    image: pixel-tui-test:latest
    command: [sh, -c, 'dd if=/dev/zero of=/tmp/file bs=1M count=8 conv=fsync; while :; do :; done']
    stop_grace_period: 0s
"""


def test_a_container_of_this_host_is_read_from_the_kernel_as_the_engine_counts_it(
    engine: Engine, base_image: str, make_project: MakeProject
) -> None:
    project = make_project(BUSY, up=True)
    reader = engine_reader(engine)
    container_id = str(project.inspect("busy")["Id"])
    container = parse_container(reader.inspect(container_id))
    cgroups = Cgroups(SystemClock())
    before = cgroups.sample(container)
    told = parse_sample(reader.stats(container_id))
    after = cgroups.sample(container)
    reader.close()
    assert before is not None
    assert told is not None
    assert after is not None
    assert 0 < before.cpu <= told.cpu <= after.cpu
    assert before.received <= told.received <= after.received
    assert before.sent <= told.sent <= after.sent
    assert before.written <= told.written <= after.written
    assert told.processes == after.processes
    # The page cache comes and goes between the two questions.
    assert after.memory == pytest.approx(told.memory, abs=12 * 1024 * 1024)
