"""Probing the upstreams of a proxy: the requests and the results."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.clock import SystemClock
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.expectations import (
    ExpectationResult,
    ExpectationState,
    describe_results,
)
from pixel_tui.operations.jobs.proxy_probe import ProxyProbe, published_host
from pixel_tui.operations.jobs.verification import Timeouts, Verification
from pixel_tui.operations.nginx.routes import Route, find_routes
from pixel_tui.operations.planning.facts import Facts, Proxy
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.operations.planning.plan_record import plan_as_json, plan_from_json
from pixel_tui.stack.engine.http_probe import ProbeRequest
from pixel_tui.stack.engine.http_probe import ProbeResponse as Response
from pixel_tui.stack.model.container import NetworkAddress, Port
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText
from tests.builders.actions import COMMAND, NOW, container, spec, stack
from tests.builders.job import FakeObserver

CONFIGURATION = """
http {
  upstream front { server web:3002 max_fails=3; server landing:3001; }
  server { listen 80 default_server; return 301 https://$host$request_uri; }
  server {
    listen 443 ssl; listen [::]:8443 ssl; server_name pixel.example www.pixel.example;
    location / { proxy_pass http://front; }
    location /api/ { set $up "http://api:3000"; proxy_pass $up; }
    location = /api/stats { proxy_pass http://api:3000; }
    location ~ ^/agent/(.*)$ { proxy_pass http://agent:3003/$1; }
    location "/with space/" { proxy_pass http://spaced; }
    location /old/ { return 410; proxy_pass http://old; }
  }
  server { listen 127.0.0.1:8081; server_name *.admin.example; location / { proxy_pass http://x; } }
  server { listen 8080; location /in/ { if ($a) { set $b c; } proxy_pass http://inner:1; } }
}
"""


def test_one_certain_request_for_each_host() -> None:
    assert find_routes(CONFIGURATION) == (
        Route("web", "/", "pixel.example", 443, tls=True),
        Route("landing", "/", "pixel.example", 443, tls=True),
        Route("api", "/api/", "pixel.example", 443, tls=True),
        Route("inner", "/in/", port=8080),
    )


def test_a_request_without_tls_is_preferred() -> None:
    server = "server {{ listen {}; location {} {{ proxy_pass http://api; }} }}"
    both = server.format("443 ssl", "/") + server.format("8080", "/api/v1/")
    assert find_routes(both) == (Route("api", "/api/v1/", port=8080),)


@given(st.text(alphabet="server{}; location/\n#\"'$a:80proxy_pass http://api"))
def test_any_configuration_is_parsed(text: str) -> None:
    find_routes(text)
    find_routes("{" * 2000 + text)


class Script:
    """Returns these answers in turn, and then the last one again."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.asked: list[ProbeRequest] = []

    def probe_all(self, requests: Sequence[ProbeRequest], seconds: float) -> Sequence[Response]:
        self.asked += requests
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0] for _ in requests]


API = Expectation(
    SafeText("api"),
    ExpectedState.REACHED,
    proxy=SafeText("nginx"),
    path=SafeText("/api/"),
    port=80,
)
PROXY_ITSELF = Expectation(SafeText("nginx"), ExpectedState.REACHED, proxy=SafeText("nginx"))
REFUSED = Response(0, SafeText("connection refused"), connected=False)


def seen(*ports: Port, address: str = "unix:///run/docker.sock") -> StackSnapshot:
    place = NetworkAddress(SafeText("net"), SafeText("172.18.0.9"))
    proxy = container("nginx", ports=ports, networks=(place,))
    snapshot = stack(container("api"), proxy, specs=(spec("api"), spec("nginx", "api")))
    return replace(snapshot, engine=replace(snapshot.engine, address=SafeText(address)))


@pytest.mark.parametrize(
    ("item", "before", "now", "expected_state", "words"),
    [
        (
            API,
            Response(200),
            Response(200),
            ExpectationState.MET,
            "api is reached through nginx (200)",
        ),
        (
            API,
            Response(200),
            Response(200, certificate=SafeText("expired certificate")),
            ExpectationState.MET,
            "api is reached through nginx (200, expired certificate)",
        ),
        (
            API,
            Response(502),
            Response(401),
            ExpectationState.MET,
            "api is reached through nginx (401)",
        ),
        (
            API,
            Response(502),
            Response(502),
            ExpectationState.WAITING,
            "which answers 502; restart nginx",
        ),
        (
            API,
            Response(200),
            Response(504),
            ExpectationState.WAITING,
            "which answers 504; restart nginx",
        ),
        (
            API,
            Response(200),
            REFUSED,
            ExpectationState.WAITING,
            "does not answer (connection refused)",
        ),
        (
            API,
            REFUSED,
            REFUSED,
            ExpectationState.MET,
            "unreachable from here (connection refused)",
        ),
        (
            PROXY_ITSELF,
            Response(200),
            Response(200),
            ExpectationState.MET,
            "nginx is answering (200)",
        ),
        (
            PROXY_ITSELF,
            Response(200),
            Response(502),
            ExpectationState.WAITING,
            "can't reach its upstream",
        ),
        (
            PROXY_ITSELF,
            Response(502),
            Response(502),
            ExpectationState.MET,
            "answering 502, as before",
        ),
    ],
)
def test_results_of_answers(
    item: Expectation,
    before: Response,
    now: Response,
    expected_state: ExpectationState,
    words: str,
) -> None:
    looking = ProxyProbe([item], Script(before, now))
    looking.record_baseline(seen())
    (finding,) = looking.probe(seen())
    assert finding.state is expected_state
    assert words in describe_results([finding])


@pytest.mark.parametrize(
    ("snapshot", "place"),
    [
        (seen(Port(80, host_ip=SafeText("0.0.0.0"), host_port=8080)), ("127.0.0.1", 8080)),
        (seen(Port(80, host_ip=SafeText("10.0.0.5"), host_port=8080)), ("10.0.0.5", 8080)),
        (seen(Port(443, host_port=8443)), ("172.18.0.9", 80)),
        (seen(), ("172.18.0.9", 80)),
        (seen(Port(80, host_port=81), address="ssh://me@vps:22"), ("vps", 81)),
        (seen(Port(80, host_ip=SafeText("127.0.0.1"), host_port=8), address="tcp://vps:1"), None),
        (seen(address="tcp://vps:2375"), None),
    ],
)
def test_the_address_of_a_probe(snapshot: StackSnapshot, place: tuple[str, int] | None) -> None:
    script = Script(Response(200))
    ProxyProbe([API], script).probe(snapshot)
    assert [(item.address, item.port) for item in script.asked] == ([place] if place else [])


def test_the_host_of_published_ports() -> None:
    assert published_host("unix:///var/run/docker.sock") == "127.0.0.1"
    assert published_host("demo") == ""


def verified(script: Script, *, deadline: float = 5.0) -> tuple[ExpectationResult, ...]:
    quick = Timeouts(settle=0, deadline=deadline, health=5, refresh=1, probe_interval=0.01)
    looking = Verification(
        [API], FakeObserver(seen()), SystemClock(), quick, ProxyProbe([API], script)
    )
    return looking.wait(threading.Event(), cancelled=lambda: False, report=lambda _: None)


def test_a_proxy_is_probed_until_it_reaches_its_upstream() -> None:
    (finding,) = verified(Script(Response(502), Response(502), Response(200)))
    assert finding.description == "reached through nginx (200)"


def test_a_proxy_is_probed_until_the_deadline() -> None:
    (finding,) = verified(Script(Response(502)), deadline=0.1)
    assert finding.state is ExpectationState.WAITING


def test_a_proxy_is_not_probed_before_the_services_are_running() -> None:
    script = Script(Response(200))
    absent = Expectation(SafeText("db"), ExpectedState.RUNNING)
    quick = Timeouts(settle=0, deadline=0.05, health=0.05)
    looking = Verification(
        [absent, API], FakeObserver(seen()), SystemClock(), quick, ProxyProbe([API], script)
    )
    looking.wait(threading.Event(), cancelled=lambda: False, report=lambda _: None)
    assert script.asked == []


@pytest.mark.parametrize("action", ["rebuild", "hard-rebuild", "recreate", "restart"])
def test_the_plan_shows_the_probe(action: str) -> None:
    facts = Facts(proxies=(Proxy(SafeText("nginx"), routes=(Route("api", "/api/", "pixel"),)),))
    snapshot = stack(
        container("api"), container("nginx"),
        specs=(spec("api", builds=True), spec("nginx", "api")),
    )  # fmt: skip
    plan = plan_action(action, ["api"], snapshot, COMMAND, now=NOW, facts=facts)
    asked = [item for item in plan.checks_after if item.state is ExpectedState.REACHED]
    assert [item.sentence for item in asked] == [
        "api is reached through nginx (GET /api/ as pixel)"
    ]
    assert plan_from_json(Node(plan_as_json(plan))).checks_after == plan.checks_after
