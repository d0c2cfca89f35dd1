"""Work that is done again until it is of now."""

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode


class CoalescingWorker:
    """Does a piece of work, and once more where that was asked for meanwhile.

    Nothing is broken off half way, and of many wishes that come at once only the last counts.

    Args:
        node: Whose work it is; it ends with that.
        work: Does it.
        group: The name of its workers' group.
    """

    def __init__(self, node: DOMNode, work: Callable[[], Awaitable[None]], group: str) -> None:
        self._node = node
        self._work = work
        self._group = group
        self._asked = self._running = False

    @property
    def busy(self) -> bool:
        """Whether it is not of now yet."""
        return self._running

    def ask(self) -> None:
        """What it was done from is another by now."""
        self._asked = True
        if not self._running:
            self._running = True
            self._node.run_worker(self._keep_on(), group=self._group)

    async def _keep_on(self) -> None:
        try:
            while self._asked:
                self._asked = False
                await self._work()
        finally:
            self._running = False
