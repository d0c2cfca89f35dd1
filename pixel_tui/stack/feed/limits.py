"""The delays and sizes of following logs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowLimits:
    """Delays and sizes of following logs."""

    retry_seconds: tuple[float, ...] = (0.2, 1.0, 2.0, 5.0, 10.0)
    """The delays after the first failure, the second, and so on."""
    settle_seconds: float = 1.5
    """The delay before a stream that ended is reopened, if its container still runs."""
    near_lines: int = 5000
    """A log is resumed with this many last lines first: with a time only, the engine reads the
    complete file to find it."""

    def retry_pause(self, failures: int) -> float:
        """Return the seconds to wait after this many failures in a row (at least one)."""
        return self.retry_seconds[min(failures, len(self.retry_seconds)) - 1]
