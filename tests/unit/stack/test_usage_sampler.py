"""Sampling stats at regular intervals."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineRefused
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.usage_parse import Sample, parse_sample
from pixel_tui.stack.watch.usage_sampler import UsageSampler
from tests.engine.private_engine import eventually
from tests.own_threads import own_threads


class Engine(DemoEngine):
    """The demo engine, with counted and refused requests."""

    def __init__(self, world: DemoWorld) -> None:
        super().__init__(world)
        self.asked = 0
        self.refused: set[str] = set()
        self.surprise: Exception | None = None

    def stats(self, container_id: str) -> JsonObject:
        self.asked += 1
        if self.surprise is not None:
            raise self.surprise
        if container_id in self.refused:
            raise EngineRefused(404, "No such container")
        return super().stats(container_id)


class Kernel:
    """Has stats of the containers that a test adds."""

    def __init__(self) -> None:
        self.samples: dict[str, Sample] = {}

    def sample(self, container: Container) -> Sample | None:
        return self.samples.get(container.id)


class Stage:
    """A sampler of all running containers of the demo stack."""

    def __init__(self, interval: float = 0.05) -> None:
        self.world = DemoWorld(SystemClock())
        self.engine = Engine(self.world)
        self.kernel = Kernel()
        self.containers = self._running()
        self.told = 0
        self.looked = 0
        self.sampler = UsageSampler(
            self.engine,
            containers=self._containers,
            interval=interval,
            publish=self._tell,
            local=self.kernel,
        )

    def _running(self) -> list[Container]:
        with self.world.locked() as (containers, _):
            ids = [container.id for container in containers if container.running]
        return [parse_container(self.engine.inspect(item)) for item in ids]

    def _containers(self) -> list[Container]:
        self.looked += 1
        return self.containers

    def _tell(self) -> None:
        self.told += 1


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.sampler.close()


def test_rates_come_with_the_second_sample(stage: Stage) -> None:
    stage.sampler.start()
    eventually(lambda: len(stage.sampler.table) == len(stage.containers))
    eventually(lambda: all(item.cpu is not None for item in stage.sampler.table.values()))
    assert stage.told >= 2


def test_a_container_that_no_longer_runs_has_no_stats(stage: Stage) -> None:
    stage.sampler.start()
    eventually(lambda: stage.sampler.table)
    gone = stage.containers[0].id
    stage.containers = stage.containers[1:]
    eventually(lambda: gone not in stage.sampler.table)
    stage.containers = []
    eventually(lambda: not stage.sampler.table)


def test_stats_from_the_kernel_are_not_requested_from_the_engine(stage: Stage) -> None:
    known = stage.containers[0]
    sample = parse_sample(stage.engine.stats(known.id))
    assert sample is not None
    stage.engine.refused.add(known.id)
    stage.kernel.samples[known.id] = replace(sample, memory=4242)
    stage.sampler.start()
    eventually(lambda: len(stage.sampler.table) == len(stage.containers))
    assert stage.sampler.table[known.id].memory == 4242


def test_a_removed_container_does_not_affect_others(stage: Stage) -> None:
    gone = stage.containers[0].id
    stage.engine.refused.add(gone)
    stage.sampler.start()
    eventually(lambda: len(stage.sampler.table) == len(stage.containers) - 1)
    assert gone not in stage.sampler.table


def test_an_unexpected_error_is_logged_and_sampling_continues(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.engine.surprise = ValueError("never foreseen")
    stage.sampler.start()
    eventually(lambda: "never foreseen" in caplog.text)
    stage.engine.surprise = None
    eventually(lambda: stage.sampler.table)


def test_sampling_pauses_while_stats_are_not_wanted(stage: Stage) -> None:
    stage.sampler.start()
    eventually(lambda: stage.sampler.table)
    stage.sampler.want(wanted=False)
    looked = stage.looked
    time.sleep(0.3)  # six rounds; one may have been under way, or just about to begin
    assert stage.looked <= looked + 1
    asked = stage.engine.asked
    stage.sampler.want(wanted=True)
    eventually(lambda: stage.engine.asked > asked)


def test_without_containers_the_normal_interval_is_used() -> None:
    stage = Stage(interval=30.0)
    stage.containers = []
    stage.sampler.start()
    eventually(lambda: stage.looked)
    time.sleep(0.6)
    assert stage.looked <= 4
    stage.sampler.close()


@pytest.mark.parametrize("wanted", [True, False])
def test_closing_ends_its_thread(stage: Stage, *, wanted: bool) -> None:
    stage.sampler.start()
    stage.sampler.want(wanted=wanted)
    stage.sampler.close()
    stage.sampler.want(wanted=False)
    eventually(lambda: not own_threads("stack-usage"))
