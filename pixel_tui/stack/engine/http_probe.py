"""HTTP probes of web servers: whether they respond, and with which status."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixel_tui.text import SafeText


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """An HTTP request to one server."""

    address: str
    """An IP address or a host name."""
    port: int
    path: str = "/"
    host: str = ""
    """The name to ask as, also in TLS; the address if it is empty."""
    tls: bool = False


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """The result of a request."""

    status: int = 0
    """The HTTP status; 0 if there was none."""
    trouble: SafeText = SafeText("")
    """Why there was none."""
    connected: bool = True
    """Whether a server took the connection, and agreed on TLS if it was to."""
    certificate: SafeText = SafeText("")
    """What is wrong with its certificate: `expired certificate`. Empty if nothing is."""


def probe_all(requests: Sequence[ProbeRequest], seconds: float) -> Sequence[ProbeResponse]:
    """Send a GET for each request, all at once, and read the statuses. Blocks.

    No content is read, no redirect followed, and no proxy of the environment used. A certificate
    that fails verification is reported, and does not keep the server from being asked: it gets
    nothing that would be worth hiding.

    Args:
        requests: The requests.
        seconds: How long each complete answer may take, from the connection to the status.

    Returns:
        A response for each request, in the same order.
    """
    if not requests:
        return ()
    # Most starts of the program never probe anything.
    import asyncio

    from pixel_tui.stack.engine.http_exchange import probe_each

    return asyncio.run(probe_each(requests, seconds))
