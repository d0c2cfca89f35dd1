"""Async jobs that coalesce requests."""

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode


class CoalescingWorker:
    """Reruns an async job until its result reflects the newest request.

    A run is never cancelled; requests that come during a run cause one more.

    Args:
        node: The owner of the worker, which ends with it.
        work: The job.
        group: The group of the worker.
    """

    def __init__(self, node: DOMNode, work: Callable[[], Awaitable[None]], group: str) -> None:
        self._node = node
        self._work = work
        self._group = group
        self._requested = self._running = False

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self._running

    def request(self) -> None:
        """Run the job, again if it is running."""
        self._requested = True
        if not self._running:
            self._running = True
            self._node.run_worker(self._run(), group=self._group)

    async def _run(self) -> None:
        try:
            while self._requested:
                self._requested = False
                await self._work()
        finally:
            self._running = False
