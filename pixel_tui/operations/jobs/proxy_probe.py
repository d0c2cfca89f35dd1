"""Checks with HTTP requests whether a proxy reaches its upstream services.

Requests go to the port that the proxy publishes, or to its container's address if it publishes
none; nothing runs in a container. A proxy answers 502 or 504 for an upstream that it does not
reach; any other answer counts as reached.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

from pixel_tui.operations.jobs.expectations import ExpectationResult, ExpectationState
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.engine.http_probe import ProbeRequest, ProbeResponse
from pixel_tui.stack.model.container import Container, Port
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

REQUEST_SECONDS: Final = 5.0
"""The timeout of a request."""
CONNECT_SECONDS: Final = 0.4
"""The timeout of the requests before a change, which delay it."""
GATEWAY_ERRORS: Final = frozenset({502, 504})
_ANYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  as the engine writes them
_LOOPBACK: Final = ("127.", "::1")
_LOCAL: Final = "unix://"
_NOWHERE: Final = ProbeResponse(trouble=SafeText("it has no address to probe"), connected=False)


class Prober(Protocol):
    """Sends HTTP requests."""

    def probe_all(
        self, requests: Sequence[ProbeRequest], seconds: float
    ) -> Sequence[ProbeResponse]:
        """Send all requests at once; returns the answers in order, after at most `seconds`."""
        ...


class ProxyProbe:
    """Probes the upstream services of proxies.

    Args:
        expectations: The expectations; only those of proxies (`REACHED`) are used.
        prober: Sends the requests.
    """

    def __init__(self, expectations: Sequence[Expectation], prober: Prober = http_probe) -> None:
        self._expectations = [item for item in expectations if item.state is ExpectedState.REACHED]
        self._prober = prober
        self._listened: set[SafeText] = set()
        """The proxies that accepted connections before the change."""
        self._failed: set[Expectation] = set()
        """The expectations that failed before the change."""

    def __bool__(self) -> bool:
        return bool(self._expectations)

    def record_baseline(self, snapshot: StackSnapshot) -> None:
        """Record, before a change, which proxies are reachable from here. Blocks briefly."""
        for item, answer in self._send(snapshot, CONNECT_SECONDS).items():
            if answer.connected:
                self._listened.add(item.proxy)
            if answer.status in GATEWAY_ERRORS:
                self._failed.add(item)

    def probe(self, snapshot: StackSnapshot) -> tuple[ExpectationResult, ...]:
        """Probe every service. Blocks for at most `REQUEST_SECONDS`."""
        answers = self._send(snapshot, REQUEST_SECONDS)
        return tuple(self._result(item, answers.get(item, _NOWHERE)) for item in self._expectations)

    def _send(self, snapshot: StackSnapshot, seconds: float) -> Mapping[Expectation, ProbeResponse]:
        """Send the requests that are possible; returns their answers."""
        found = {item: _request(item, snapshot) for item in self._expectations}
        requests = {item: request for item, request in found.items() if request is not None}
        answers = self._prober.probe_all(tuple(requests.values()), seconds)
        return dict(zip(requests, answers, strict=True))

    def _result(self, item: Expectation, answer: ProbeResponse) -> ExpectationResult:
        itself = item.name == item.proxy
        if answer.status and answer.status not in GATEWAY_ERRORS:
            words = "answering" if itself else f"reached through {item.proxy}"
            return ExpectationResult(
                item.name, ExpectationState.MET, plain(f"{words} ({_status(answer)})")
            )
        if not answer.connected and item.proxy not in self._listened:
            through = "" if itself else f" through {item.proxy}"
            words = f"not probed{through}: unreachable from here ({answer.trouble})"
            return ExpectationResult(item.name, ExpectationState.MET, plain(words))
        if itself and answer.status and item in self._failed:
            # It is unknown which upstream failed, and whether the plan is about it.
            words = f"answering {answer.status}, as before: it can't reach its upstream"
            return ExpectationResult(item.name, ExpectationState.MET, plain(words))
        why = f"answers {answer.status}" if answer.status else f"does not answer ({answer.trouble})"
        words = f"not reached through {item.proxy}, which {why}"
        if itself:
            words = (
                f"answering {answer.status}: it can't reach its upstream"
                if answer.status
                else f"not answering ({answer.trouble})"
            )
        advice = f"restart {item.proxy}, or check its logs"
        return ExpectationResult(item.name, ExpectationState.WAITING, plain(words), plain(advice))


def _status(answer: ProbeResponse) -> str:
    """Return the status code, and the problem with the certificate if there is one."""
    return ", ".join(filter(None, (str(answer.status), answer.certificate)))


def _request(item: Expectation, snapshot: StackSnapshot) -> ProbeRequest | None:
    """Return the request for a proxy; None if it has no known address."""
    proxy = snapshot.service(item.proxy)
    running = [found for found in proxy.regular if found.running] if proxy else []
    for container in running:
        place = _published(container, item.port, snapshot) or _inside(container, item, snapshot)
        if place is not None:
            address, port, inner = place
            tls = item.tls or (not item.port and inner == 443)
            return ProbeRequest(address, port, item.path or "/", item.host_name, tls)
    return None


def _published(
    container: Container, wanted: int, snapshot: StackSnapshot
) -> tuple[str, int, int] | None:
    host = published_host(snapshot.engine.address)
    ports = [port for port in container.ports if port.host_port and port.protocol == "tcp"]
    if wanted:
        ports = [port for port in ports if port.container_port == wanted]
    for port in sorted(ports, key=_web_first):
        address = host if port.host_ip in _ANYWHERE else str(port.host_ip)
        reachable = host.startswith(_LOOPBACK) or not address.startswith(_LOOPBACK)
        if host and reachable and port.host_port:
            return address, port.host_port, port.container_port
    return None


def _inside(
    container: Container, item: Expectation, snapshot: StackSnapshot
) -> tuple[str, int, int] | None:
    """Return the container's own address, which is reachable only from its host."""
    addresses = [place.address for place in container.networks if place.address]
    if not addresses or not snapshot.engine.address.startswith(_LOCAL):
        return None
    port = item.port or 80
    return addresses[0], port, port


def published_host(address: str) -> str:
    """Return the host on which an engine publishes ports; empty if unknown."""
    return "127.0.0.1" if address.startswith(_LOCAL) else urlsplit(address).hostname or ""


def _web_first(port: Port) -> tuple[bool, bool, int]:
    return port.container_port != 80, port.container_port == 443, port.container_port
