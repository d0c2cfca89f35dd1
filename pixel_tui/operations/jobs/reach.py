"""Whether a proxy still hands requests on to the services behind it, seen by asking it.

Nothing runs inside of a container for that: the port that the proxy publishes is asked, or its
container's address where it publishes none. 502 and 504 are a proxy's own words for a service
that it does not reach; any other answer is taken as reached.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

from pixel_tui.operations.jobs.outcomes import ExpectationResult, ExpectationState
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.engine.http_probe import Answer, Request
from pixel_tui.stack.model.container import Container, Port
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

ASK_SECONDS: Final = 5.0
"""How long one request may take."""
CONNECT_SECONDS: Final = 0.4
"""Before a change: how long it may be held up by looking whether a proxy listens."""
NOT_REACHED: Final = frozenset({502, 504})
_ANYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  as the engine writes them
_LOOPBACK: Final = ("127.", "::1")
_LOCAL: Final = "unix://"
_NOWHERE: Final = Answer(trouble=SafeText("it has no address to probe"), connected=False)


class Asker(Protocol):
    """What sends requests."""

    def ask_all(self, requests: Sequence[Request], seconds: float) -> Sequence[Answer]:
        """Send all of them at once, and wait for at most so long for the answers, in order."""
        ...


class ProxyProbe:
    """Asks proxies for the services behind them.

    Args:
        expectations: Those that are about something else are left alone.
        asker: What sends requests.
    """

    def __init__(self, expectations: Sequence[Expectation], asker: Asker = http_probe) -> None:
        self._expectations = [item for item in expectations if item.state is ExpectedState.REACHED]
        self._asker = asker
        self._listened: set[SafeText] = set()
        """Proxies that took connections before anything was changed."""
        self._failed: set[Expectation] = set()
        """What was not reached before either."""

    def __bool__(self) -> bool:
        return bool(self._expectations)

    def note(self, snapshot: StackSnapshot) -> None:
        """Before the change: see which proxies can be asked from here at all. Blocks shortly."""
        for item, answer in self._ask(snapshot, CONNECT_SECONDS).items():
            if answer.connected:
                self._listened.add(item.proxy)
            if answer.status in NOT_REACHED:
                self._failed.add(item)

    def look(self, snapshot: StackSnapshot) -> tuple[ExpectationResult, ...]:
        """Ask for every service. Blocks for at most `ASK_SECONDS`."""
        answers = self._ask(snapshot, ASK_SECONDS)
        return tuple(
            self._finding(item, answers.get(item, _NOWHERE)) for item in self._expectations
        )

    def _ask(self, snapshot: StackSnapshot, seconds: float) -> Mapping[Expectation, Answer]:
        """The answers to what can be asked."""
        found = {item: _request(item, snapshot) for item in self._expectations}
        requests = {item: request for item, request in found.items() if request is not None}
        answers = self._asker.ask_all(tuple(requests.values()), seconds)
        return dict(zip(requests, answers, strict=True))

    def _finding(self, item: Expectation, answer: Answer) -> ExpectationResult:
        itself = item.name == item.proxy
        if answer.status and answer.status not in NOT_REACHED:
            words = "answering" if itself else f"reached through {item.proxy}"
            return ExpectationResult(
                item.name, ExpectationState.MET, plain(f"{words} ({_status(answer)})")
            )
        if not answer.connected and item.proxy not in self._listened:
            through = "" if itself else f" through {item.proxy}"
            words = f"not probed{through}: unreachable from here ({answer.trouble})"
            return ExpectationResult(item.name, ExpectationState.MET, plain(words))
        if itself and answer.status and item in self._failed:
            # Which of the services behind it is meant is not known, nor whether one of these.
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


def _status(answer: Answer) -> str:
    """Its status, and what is wrong with its certificate."""
    return ", ".join(filter(None, (str(answer.status), answer.certificate)))


def _request(item: Expectation, snapshot: StackSnapshot) -> Request | None:
    """Where a proxy is asked; None where that can't be known."""
    proxy = snapshot.service(item.proxy)
    running = [found for found in proxy.regular if found.running] if proxy else []
    for container in running:
        place = _published(container, item.port, snapshot) or _inside(container, item, snapshot)
        if place is not None:
            address, port, inner = place
            tls = item.tls or (not item.port and inner == 443)
            return Request(address, port, item.path or "/", item.host_name, tls)
    return None


def _published(
    container: Container, wanted: int, snapshot: StackSnapshot
) -> tuple[str, int, int] | None:
    host = engine_host(snapshot.engine.address)
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
    """The container's own address, which only its host has a way to."""
    addresses = [place.address for place in container.networks if place.address]
    if not addresses or not snapshot.engine.address.startswith(_LOCAL):
        return None
    port = item.port or 80
    return addresses[0], port, port


def engine_host(address: str) -> str:
    """The machine that an engine publishes ports on; empty where the address does not say."""
    return "127.0.0.1" if address.startswith(_LOCAL) else urlsplit(address).hostname or ""


def _web_first(port: Port) -> tuple[bool, bool, int]:
    return port.container_port != 80, port.container_port == 443, port.container_port
