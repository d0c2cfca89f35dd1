"""An nginx that keeps old addresses is restarted after its upstreams."""

from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.facts.proxies import read_proxies
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.expectations import (
    ExpectationState,
    check_expectation,
    describe_results,
)
from pixel_tui.operations.nginx.pinned_names import pinned_hosts
from pixel_tui.operations.nginx.routes import Route
from pixel_tui.operations.planning.facts import Facts, Proxy
from pixel_tui.operations.planning.plan import ExpectedState, Plan
from pixel_tui.stack.model.container import (
    Container,
    EnvironmentEntry,
    Health,
    HealthStatus,
    Mount,
    NetworkAddress,
)
from pixel_tui.text import SafeText, plain
from tests.builders.actions import COMMAND, NOW, STARTED, container, exited, spec, stack

GOOD = """
server {
  resolver 127.0.0.11 valid=10s ipv6=off;
  location /api/ { set $api_upstream http://api:3000; proxy_pass $api_upstream; }
  # proxy_pass http://web:3002;
}
"""
BAD = """
upstream front { server web:3002 max_fails=3; server landing:3001; }
upstream looked_up { zone z 64k; server agent:3003 resolve; }
server {
  location / { proxy_pass http://front; }
  location /api/ { proxy_pass http://api:3000/; }
  location /agent/ { proxy_pass http://looked_up; }
}
"""


def test_a_variable_is_resolved_again() -> None:
    assert pinned_hosts(GOOD) == ()


def test_an_upstream_and_a_literal_name_are_pinned() -> None:
    assert pinned_hosts(BAD) == ("web", "landing", "api")


@pytest.mark.parametrize(
    ("line", "hosts"),
    [
        ("proxy_pass http://api;", ("api",)),
        ("proxy_pass https://api:443/x;", ("api",)),
        ("proxy_pass http://$host:3000;", ()),
        ("proxy_pass http://api:$port;", ()),
        ("fastcgi_pass php:9000;", ("php",)),
        ("proxy_pass http://unix:/run/x.sock;", ("unix",)),
        ("fastcgi_pass unix:/run/x.sock;", ()),
        ("proxy_pass", ()),
        ("upstream x { server", ()),
    ],
)
def test_each_way_to_name_a_host(line: str, hosts: tuple[str, ...]) -> None:
    assert pinned_hosts(line) == hosts


def plan(action: str, facts: Facts, *, nginx: Container | None = None) -> Plan:
    seen = stack(
        container("api"),
        nginx or container("nginx"),
        specs=(spec("api", builds=True), spec("nginx", "api")),
    )
    return plan_action(action, ["api"], seen, COMMAND, now=NOW, facts=facts)


PINNING = Facts(
    proxies=(Proxy(SafeText("nginx"), (SafeText("api"),), SafeText("/srv/pixel/nginx.conf")),)
)


@pytest.mark.parametrize("action", ["rebuild", "hard-rebuild", "recreate"])
def test_a_proxy_that_keeps_the_address_is_restarted_last(action: str) -> None:
    made = plan(action, PINNING)
    assert made.steps[-1].title == "Restart nginx"
    assert made.steps[-1].command[-2:] == ("restart", "nginx")
    assert [item.change for item in made.affects if item.service == "nginx"] == [
        "is restarted at the end"
    ]
    expected, asked = [item for item in made.checks_after if item.name == "nginx"]
    assert asked.state is ExpectedState.REACHED
    assert expected.previous_runs, "it has to be another life of it"
    assert any("/srv/pixel/nginx.conf" in check.message for check in made.checks_before)
    assert any(line.startswith("nginx:") for line in made.interrupts)


def test_an_unhealthy_proxy_does_not_fail_the_job() -> None:
    ill = container("nginx", health=Health(HealthStatus.UNHEALTHY))
    expected, _ = [
        i for i in plan("recreate", PINNING, nginx=ill).checks_after if i.name == "nginx"
    ]
    assert expected.incidental


def test_a_proxy_that_resolves_names_again_is_not_restarted() -> None:
    made = plan("rebuild", Facts(proxies=(Proxy(SafeText("nginx")),)))
    assert [step.command[-1] for step in made.steps] == ["api", "api"]
    assert not [check for check in made.checks_before if check.name == "proxy"]


def test_it_warns_of_an_unknown_configuration() -> None:
    unknown = Facts(proxies=(Proxy(SafeText("nginx"), unknown=SafeText("it is in the image")),))
    made = plan("rebuild", unknown)
    assert len(made.steps) == 2
    (check,) = [check for check in made.checks_before if check.name == "proxy"]
    assert "it is in the image" in check.message
    assert "restart nginx" in check.message


def test_a_stopped_proxy_is_not_restarted() -> None:
    assert len(plan("rebuild", PINNING, nginx=exited("nginx")).steps) == 2


def at(address: str, **changes: object) -> Container:
    place = NetworkAddress(SafeText("pixel-net"), SafeText(address))
    return container("api", 1, networks=(place,), **changes)


def test_a_restarted_service_must_keep_its_pinned_address() -> None:
    specs = (spec("api"), spec("nginx", "api"))
    seen = stack(at("172.18.0.3"), container("nginx"), specs=specs)
    made = plan_action("restart", ["api"], seen, COMMAND, now=NOW, facts=PINNING)
    assert len(made.steps) == 1
    assert any("nginx keeps the address of api" in check.message for check in made.checks_before)
    expected, _asked = made.checks_after
    assert expected.sentence == "api is running, where nginx looks for it"
    later = STARTED + timedelta(seconds=9)
    same = stack(at("172.18.0.3", started_at=later), container("nginx"), specs=specs)
    assert check_expectation(expected, same).state is ExpectationState.MET
    moved = stack(at("172.18.0.7", started_at=later), container("nginx"), specs=specs)
    found = check_expectation(expected, moved)
    assert found.state is ExpectationState.BROKEN
    assert describe_results([found]) == (
        "api is running again, but nginx has its old address; restart nginx"
    )


def test_any_address_is_good_without_a_pinning_proxy() -> None:
    (expected,) = plan("restart", Facts()).checks_after
    assert not expected.addresses


def mounted(source: Path) -> Container:
    mount = Mount(SafeText("bind"), plain(str(source)), SafeText("/etc/nginx/conf.d"), False)
    return container("nginx", image=SafeText("nginx:alpine"), mounts=(mount,))


def test_the_configuration_is_read_where_it_is_mounted_from(tmp_path: Path) -> None:
    (tmp_path / "default.conf").write_text(BAD)
    (tmp_path / "notes.txt").write_text("proxy_pass http://notes;")
    (found,) = read_proxies(stack(mounted(tmp_path), specs=(spec("nginx"),)))
    assert found.pinned == ("web", "landing", "api")
    assert found.file == str(tmp_path / "default.conf")
    assert not found.unknown


def test_a_configuration_that_can_not_be_read_is_unknown(tmp_path: Path) -> None:
    (gone,) = read_proxies(stack(mounted(tmp_path / "gone"), specs=(spec("nginx"),)))
    assert "gone can't be read" in gone.unknown
    (inside,) = read_proxies(stack(container("nginx"), specs=(spec("nginx"),)))
    assert "not in a folder of this host" in inside.unknown


def test_another_folder_is_no_configuration_of_nginx(tmp_path: Path) -> None:
    (tmp_path / "default.conf").write_text(BAD)
    mount = Mount(plain("bind"), plain(str(tmp_path)), plain("/etc/nginx-old"), False)
    (found,) = read_proxies(stack(container("nginx", mounts=(mount,)), specs=(spec("nginx"),)))
    assert "not in a folder of this host" in found.unknown


def test_other_services_are_no_proxies() -> None:
    assert read_proxies(stack(container("api"), specs=(spec("api"),))) == ()


def test_nginx_is_tested_right_before_it_is_restarted() -> None:
    steps = plan("rebuild", PINNING).steps
    assert [step.title for step in steps][-2:] == [
        "Test the configuration of pixel-nginx-1", "Restart nginx",
    ]  # fmt: skip
    assert [step.changes_nothing for step in steps[-2:]] == [True, False]
    assert steps[-2].command[-2:] == ("--", "pixel-nginx-1")
    assert steps[-2].command[2:4] == ("-m", "pixel_tui.stack.programs.nginx_test")


@pytest.mark.parametrize("targets", [["nginx"], ["api", "nginx"], ["pixel-nginx-1"]])
def test_every_restart_of_nginx_is_tested(targets: list[str]) -> None:
    two = container("nginx", 2)
    seen = stack(
        container("api"), container("nginx"), two, specs=(spec("api"), spec("nginx", "api"))
    )
    wanted = [container("nginx").id if name == "pixel-nginx-1" else name for name in targets]
    titles = [
        step.title
        for step in plan_action("restart", wanted, seen, COMMAND, now=NOW, facts=PINNING).steps
    ]
    tested = [index for index, title in enumerate(titles) if title.startswith("Test ")]
    restarted = next(i for i, title in enumerate(titles) if "nginx" in title and i not in tested)
    assert tested
    assert all(index < restarted for index in tested)


def test_a_stopped_nginx_is_not_tested() -> None:
    seen = stack(exited("nginx"), specs=(spec("nginx"),))
    made = plan_action("restart", ["nginx"], seen, COMMAND, now=NOW, facts=PINNING)
    assert len(made.steps) == 1


def test_names_in_templates_and_included_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "default.conf.template").write_text(
        "server { location / { proxy_pass http://${APP_HOST}:3000; }\n"
        "  location /x { proxy_pass http://$upstream; } }"
    )
    (tmp_path / "nginx.conf").write_text("http {\n  include snippets/*.inc;\n}")
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "web.inc").write_text("upstream u { server web:3002; }")
    (tmp_path / "snippets" / "unused").write_text("upstream v { server unused:1; }")
    targets = {
        "templates": "/etc/nginx/templates",
        "nginx.conf": "/etc/nginx/nginx.conf",
        "snippets": "/etc/nginx/snippets",
    }
    box = container(
        "nginx",
        mounts=tuple(
            Mount(plain("bind"), plain(str(tmp_path / name)), plain(target), writable=False)
            for name, target in targets.items()
        ),
        environment=(EnvironmentEntry(plain("APP_HOST"), plain("app")),),
    )
    (proxy,) = read_proxies(stack(box, specs=(spec("nginx"),)))
    assert set(proxy.pinned) == {"app", "web"}


def test_an_include_does_not_leave_the_mount(tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("upstream u { server secret:1; }")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "nginx.conf").write_text(
        "include ../secret.conf; include /etc/nginx/../secret.conf; include nginx.conf;"
    )
    mount = Mount(plain("bind"), plain(str(tmp_path / "inside")), plain("/etc/nginx"), False)
    (proxy,) = read_proxies(stack(container("nginx", mounts=(mount,)), specs=(spec("nginx"),)))
    assert proxy.pinned == ()


def test_an_upstream_that_was_unreachable_before_does_not_fail_the_job() -> None:
    routes = (Route("api", "/api/"), Route("web", "/"))
    facts = Facts(proxies=(Proxy(SafeText("nginx"), routes=routes),))
    specs = (spec("api"), spec("web"), spec("nginx"))
    seen = stack(container("api"), exited("web"), container("nginx"), specs=specs)
    made = plan_action("restart", ["nginx"], seen, COMMAND, now=NOW, facts=facts)
    asked = [item.name for item in made.checks_after if item.state is ExpectedState.REACHED]
    assert asked == ["api"]
