"""Samples the stats of running containers at regular intervals on its own thread."""

import logging
import threading
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

from pixel_tui.errors import EngineError
from pixel_tui.stack.model.container import Container, Usage, UsageTable
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.usage_parse import Sample, parse_sample, usage_between
from pixel_tui.stack.watch.cgroups import SampleSource

log = logging.getLogger(__name__)

MAX_PARALLEL: Final = 64
FIRST_SECONDS: Final = 0.25
"""The delay before a container's second sample."""


class UsageSampler:
    """Samples each running container and computes rates.

    Containers on this host are read from the kernel, others from the engine. Single samples cost
    the engine much less than a `stats` stream per container, for which it measures every second
    even if nothing is read. Docker up to version 20.10 responds at the next full second only, so
    the containers of a round are read in parallel.

    Args:
        engine: The engine to read from.
        containers: Returns the running containers; called before each round.
        interval: Seconds between two rounds.
        publish: Called after each round with changed values.
        local: Reads the stats of containers on this host; None to read all from the engine.
    """

    def __init__(
        self,
        engine: EngineReader,
        *,
        containers: Callable[[], Sequence[Container]],
        interval: float,
        publish: Callable[[], None],
        local: SampleSource | None = None,
    ) -> None:
        self._engine = engine
        self._local = local
        self._containers = containers
        self._interval = interval
        self._publish = publish
        self._samples: dict[str, Sample] = {}
        self._table: UsageTable = MappingProxyType({})
        self._lock = threading.Lock()
        """Keeps a late call of `want` from pausing a thread that must end."""
        self._closed = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()

    @property
    def table(self) -> UsageTable:
        """The newest stats, as an immutable mapping."""
        return self._table

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="stack-usage", daemon=True).start()

    def close(self) -> None:
        """Stop the thread."""
        with self._lock:
            self._closed.set()
            self._wanted.set()

    def want(self, *, wanted: bool) -> None:
        """Pause or resume sampling."""
        with self._lock:
            if wanted:
                self._wanted.set()
            elif not self._closed.is_set():
                self._wanted.clear()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wanted.wait()
            if self._closed.is_set():
                return
            containers = self._containers()
            table = self._sample_all(containers)
            if table != self._table:
                self._table = MappingProxyType(table)
                self._publish()
            # Rates need two samples, so the second one is taken soon after the first.
            settled = containers and all(item.cpu is not None for item in table.values())
            self._closed.wait(self._interval if settled else min(self._interval, FIRST_SECONDS))

    def _sample_all(self, containers: Sequence[Container]) -> dict[str, Usage]:
        samples = self._read_locally(containers)
        remaining = [container for container in containers if container.id not in samples]
        for start in range(0, len(remaining), MAX_PARALLEL):
            if self._closed.is_set():
                break
            threads = [
                threading.Thread(
                    target=self._read_from_engine,
                    args=(container, samples),
                    name="stack-sample",
                    daemon=True,
                )
                for container in remaining[start : start + MAX_PARALLEL]
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        table = {
            container.id: usage_between(
                self._samples.get(container.id),
                samples[container.id],
                limit=container.memory_limit,
                shown=self._table.get(container.id),
            )
            for container in containers
            if container.id in samples
        }
        self._samples = samples
        return table

    def _read_locally(self, containers: Sequence[Container]) -> dict[str, Sample]:
        """Return the samples that can be read without the engine."""
        if self._local is None:
            return {}
        found = ((container.id, self._local.sample(container)) for container in containers)
        return {container_id: sample for container_id, sample in found if sample is not None}

    def _read_from_engine(self, container: Container, samples: dict[str, Sample]) -> None:
        try:
            sample = parse_sample(self._engine.stats(container.id))
        except EngineError as error:
            # The container may have just been removed; a lost engine is reported by the watcher.
            log.debug("no stats of %s: %s", container.name, error)
            return
        except Exception:
            log.exception("the stats of %s can't be read", container.name)
            return
        if sample is not None:
            samples[container.id] = sample
