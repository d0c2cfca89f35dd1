"""The pauses and sizes of following logs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowLimits:
    """How soon, and how much at a time, logs are read."""

    retry_seconds: tuple[float, ...] = (0.2, 1.0, 2.0, 5.0, 10.0)
    """The pauses after one failure, two, and so on."""
    settle_seconds: float = 1.5
    """When a stream is opened again that ended although its container runs."""
    near_lines: int = 5000
    """A resumed log is looked for in so many last lines first: an engine that is only given a
    time reads the complete file to find it."""

    def retry_pause(self, failures: int) -> float:
        """How many seconds to wait after so many failures in a row (at least one)."""
        return self.retry_seconds[min(failures, len(self.retry_seconds)) - 1]
