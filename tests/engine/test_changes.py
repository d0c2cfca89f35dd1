"""Actions as they are carried out: in order, and told the truth about when they fail."""

import ctypes
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import OperationError
from pixel_tui.facts.start import read_held_ports
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.stack.engine import http_probe
from pixel_tui.stack.engine.http_probe import ProbeRequest, ProbeResponse
from pixel_tui.stack.model.snapshot import Service, ServiceState
from tests.builders.engine_changes import QUICK, desk_of
from tests.builders.engine_readers import engine_reader
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, eventually

pytestmark = pytest.mark.engine


# Their names are in another order than their dependencies. Each takes a moment to stop.
CHAIN = f"""
x-part: &part
  image: {BASE_IMAGE}
  command: [sh, -c, 'trap "sleep 0.2; exit 0" TERM; while :; do sleep 1 & wait $$!; done']
  stop_grace_period: 5s
services:
  a-web: {{<<: *part, depends_on: [b-api]}}
  b-api: {{<<: *part, depends_on: [c-db]}}
  c-db: *part
"""
NAMES = ("c-db", "b-api", "a-web")
"""Dependencies first."""
KEY = "StartedAt"


def times(project: Project, names: Sequence[str], key: str) -> list[str]:
    return [str(project.inspect(name)["State"][key]) for name in names]


def ordered(project: Project, key: str, names: Sequence[str] = NAMES) -> bool:
    found = times(project, names, key)
    return found == sorted(found)


def test_several_are_changed_in_the_order_of_their_dependencies(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(CHAIN, up=True)
    with desk_of(project, tmp_path / "state") as desk:
        assert desk.run("restart").state is JobState.SUCCEEDED
        assert ordered(project, "StartedAt"), "what is depended on is there again first"
        assert desk.run("stop").state is JobState.SUCCEEDED
        assert ordered(project, "FinishedAt", NAMES[::-1]), "dependants stop first"
        services = desk.watcher.snapshot.services
        assert not any(item.running for service in services for item in service.containers)
        assert desk.run("start", "a-web", "b-api", "c-db").state is JobState.SUCCEEDED
        assert ordered(project, "StartedAt")


SLOW = f"""
services:
  db:
    image: {BASE_IMAGE}
    command: [sh, -c, 'rm -f /ready; sleep 1.5; touch /ready; exec sleep 100000']
    stop_grace_period: 0s
    healthcheck: {{test: [CMD, test, -e, /ready], interval: 0.2s, retries: 100}}
  api:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    depends_on: {{db: {{condition: service_healthy}}}}
"""


def test_what_is_depended_on_is_healthy_again_before_its_dependants_are_restarted(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(SLOW, up=True)
    with desk_of(project, tmp_path / "state") as desk:
        eventually(lambda: desk.watcher.snapshot.service("api"))
        status = desk.run("restart")
        assert status.state is JobState.SUCCEEDED, status.message
        assert "db-1  healthy" in status.output.read_text()
    db, api = (datetime.fromisoformat(item[:26]) for item in times(project, ["db", "api"], KEY))
    assert (api - db).total_seconds() > 1.5


BUILT = f"""
services:
  app:
    build: .
    command: [sleep, '100000']
    stop_grace_period: 0s
  nginx:
    image: {BASE_IMAGE}
    command: [sleep, '100000']
    stop_grace_period: 0s
    volumes: ['./nginx.conf:/etc/nginx/conf.d/default.conf:ro']
    depends_on: [app]
"""
DOCKERFILE = f"FROM {BASE_IMAGE}\nCOPY version /version\n"
FILES = {"Dockerfile": DOCKERFILE, "version": "1", "nginx.conf": "proxy_pass http://app:3000;"}


def test_a_build_that_fails_leaves_what_ran_running_and_says_its_last_words(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(BUILT, files=FILES, up=True)
    before = project.inspect("app")["State"]["StartedAt"]
    (project.directory / "version").unlink()
    with desk_of(project, tmp_path / "state") as desk:
        status = desk.run("rebuild", "app")
        assert status.state is JobState.FAILED
        assert "version" in status.message, "the last words of the build"
        assert "app is running" in status.message
    assert project.inspect("app")["State"]["StartedAt"] == before


def test_an_nginx_that_keeps_the_address_is_restarted_after_a_rebuild(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(BUILT, files=FILES, up=True)
    before = project.inspect("nginx")["State"]["StartedAt"]
    (project.directory / "version").write_text("2")
    with desk_of(project, tmp_path / "state") as desk:
        assert [step.title for step in desk.plan("rebuild", "app").steps][-1] == "Restart nginx"
        status = desk.run("rebuild", "app")
        assert status.state is JobState.SUCCEEDED, status.message
        assert "nginx" in status.message
        expected, asked = desk.plan("restart", "app").checks_after
        assert asked.sentence == "nginx answers (GET /), not with 502 or 504"
        assert expected.addresses, "where nginx looks for it from now on"
        status = desk.run("restart", "app")
        assert status.state is JobState.SUCCEEDED, status.message
    assert project.inspect("nginx")["State"]["StartedAt"] > before


# What plays nginx keeps the address that it found at its start, whatever its file says.
BEHIND = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [nc, -ll, -p, "3000", -e, "true"]
    stop_grace_period: 0s
    networks: {{default: {{ipv4_address: 10.213.7.10}}}}
    healthcheck: {{test: [CMD, "true"], interval: 0.3s}}
  nginx:
    image: {BASE_IMAGE}
    command: [sh, /proxy]
    stop_grace_period: 0s
    ports: ["127.0.0.1:18080:80"]
    volumes: ['./nginx.conf:/etc/nginx/conf.d/default.conf:ro', './proxy:/proxy:ro']
    depends_on: [app]
    healthcheck: {{test: [CMD, "true"], interval: 0.3s}}
networks:
  default: {{ipam: {{config: [{{subnet: 10.213.7.0/24}}]}}}}
"""
PROXY = """
if [ -z "$1" ]; then
  app=$(ping -c 1 -W 1 app | sed -n 's/^PING[^(]*(\\([0-9.]*\\)).*/\\1/p')
  printf '#!/bin/sh\\nexec sh /proxy %s\\n' "$app" > /answer; chmod +x /answer
  exec nc -ll -p 80 -e /answer
fi
read -r method path version
while read -r name value && [ "${#name}" -gt 1 ]; do [ "$name" = Host: ] && host=$value; done
status="502 Bad Gateway"
nc -w 1 "$1" 3000 < /dev/null && status="200 OK"
case $path$host in /api/pixel.example*) ;; *) status="404 Not Found" ;; esac
printf 'HTTP/1.1 %s\\r\\nContent-Length: 0\\r\\n\\r\\n' "$status"
"""
LOOKS_UP = """
server {
  server_name pixel.example;
  resolver 127.0.0.11;
  location /api/ { set $up http://app:3000; proxy_pass $up; }
}
"""


class Within:
    """Asks from where the engine's published ports are."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _enter(self) -> None:
        """For this thread alone."""
        if self._engine.daemon is not None:
            with Path(f"/proc/{self._engine.daemon.namespaces.first_pid}/ns/net").open() as net:
                assert ctypes.CDLL(None).setns(net.fileno(), 0) == 0

    def probe_all(
        self, requests: Sequence[ProbeRequest], seconds: float
    ) -> Sequence[ProbeResponse]:
        with ThreadPoolExecutor(1, initializer=self._enter) as thread:
            return thread.submit(http_probe.probe_all, requests, seconds).result()


def test_what_a_proxy_does_not_reach_any_more_is_told(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(BEHIND, files={"nginx.conf": LOOKS_UP, "proxy": PROXY}, up=True)
    request = "app is reached through nginx (GET /api/ as pixel.example)"
    quick = replace(QUICK, deadline=4)
    with desk_of(project, tmp_path / "state", Within(project.engine), quick) as desk:
        assert request in [item.sentence for item in desk.plan("recreate", "app").checks_after]
        status = desk.run("recreate", "app")
        assert status.state is JobState.SUCCEEDED, status.message
        assert "app is reached through nginx (200)" in status.message
        moved = BEHIND.replace("10.213.7.10", "10.213.7.77")
        (project.directory / "docker-compose.yml").write_text(moved)
        desk.watcher.refresh()
        status = desk.run("recreate", "app")
        assert status.state is JobState.FAILED
        assert "not reached through nginx, which answers 502; restart nginx" in status.message
        assert "nginx is running and healthy" in status.message
        status = desk.run("restart", "nginx")
        assert status.state is JobState.SUCCEEDED, status.message
        assert "app is reached through nginx (200)" in status.message
        last = desk.audit()[-1]
        assert "app is reached through nginx (200)" in str(last.fields["verification"])


NEVER = f"""
services:
  db:
    image: {BASE_IMAGE}
    command: [sleep, '100000']
    stop_grace_period: 0s
    healthcheck: {{test: [CMD, test, -e, /ready], interval: 0.3s, retries: 2}}
  app:
    image: {BASE_IMAGE}
    command: [sleep, '100000']
    stop_grace_period: 0s
    depends_on: {{db: {{condition: service_healthy}}}}
"""


def test_a_dependency_that_never_becomes_healthy_is_told(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(NEVER)
    project.compose("up", "--detach", "--no-start")
    with desk_of(project, tmp_path / "state") as desk:
        status = desk.run("start", "app")
        assert status.state is JobState.FAILED
        assert "db" in status.message
        assert "unhealthy" in status.message
        assert not project.inspect("app")["State"]["Running"]


STUBBORN = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sh, -c, 'trap "" TERM; echo up >> /data/starts; while :; do sleep 1; done']
    stop_grace_period: 2s
    volumes: [./data:/data]
"""


def test_what_a_cancelled_or_killed_recreate_leaves_is_removed_and_never_started(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(STUBBORN, up=True)
    old = project.container("app")
    with desk_of(project, tmp_path / "state") as desk:

        def service() -> Service:
            found = desk.watcher.snapshot.service("app")
            assert found is not None
            return found

        def ended_early() -> JobStatus:
            job = desk.operator.run(desk.plan("recreate", "app"))
            eventually(lambda: service().leftovers)
            job.cancel()
            return job.wait(60)

        def killed() -> JobStatus:
            job = desk.operator.run(desk.plan("recreate", "app"))
            eventually(lambda: service().leftovers)
            for process in psutil.process_iter(["cmdline"]):
                if {project.name, "up"} <= set(process.info["cmdline"] or ()):
                    process.kill()
            return job.wait(60)

        assert ended_early().state is JobState.CANCELLED
        eventually(lambda: service().state is ServiceState.EXITED)  # the engine finishes the stop
        left = service().leftovers[0]
        assert left.name.startswith(f"{old[:12]}_")
        assert [item.id[:12] for item in service().regular] == [old[:12]]
        start = desk.plan("start", "app")
        assert [step.command[-2:] for step in start.steps] == [("rm", left.name), ("start", "app")]
        status = desk.operator.run(start).wait(60)
        assert status.state is JobState.SUCCEEDED, status.message
        assert project.container("app") == old, "the old one runs again"
        assert [item.id for item in service().containers] == [old]
        assert killed().state is JobState.FAILED
        status = desk.run("recreate", "app")
        assert status.state is JobState.SUCCEEDED, status.message
        assert len(service().containers) == 1
    assert (project.directory / "data/starts").read_text() == "up\n" * 3, "never two of them"


TASK = f"""
services:
  migrate:
    image: {BASE_IMAGE}
    command: [sh, -c, 'sleep 1.5; exit "$$(cat /code)"']
    volumes: ['./code:/code:ro']
  api:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    depends_on: {{migrate: {{condition: service_completed_successfully}}}}
"""


def test_a_task_has_ended_well_before_what_waits_for_it_is_restarted(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TASK, files={"code": "0"})
    project.compose("up", "--detach")
    with desk_of(project, tmp_path / "state") as desk:
        status = desk.run("restart")
        assert status.state is JobState.SUCCEEDED, status.message
        done, begun = project.inspect("migrate")["State"], project.inspect("api")["State"]
        assert begun["StartedAt"] > done["FinishedAt"]
        (project.directory / "code").write_text("3")
        status = desk.run("restart")
        assert status.state is JobState.FAILED
        assert "migrate" in status.message
        assert project.inspect("api")["State"]["StartedAt"] == begun["StartedAt"], "left alone"


TESTED = f"""
services:
  nginx:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    volumes:
      - './nginx.conf:/etc/nginx/conf.d/default.conf:ro'
      - './program:/bin/nginx:ro'
"""
PROGRAM = """#!/bin/sh
grep -q broken /etc/nginx/conf.d/default.conf || exit 0
echo 'nginx: [emerg] unknown directive "broken" in /etc/nginx/conf.d/default.conf:1' >&2
exit 1
"""


def test_an_nginx_whose_configuration_is_broken_is_not_restarted(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TESTED, files={"nginx.conf": "fine", "program": PROGRAM})
    (project.directory / "program").chmod(0o755)
    project.compose("up", "--detach")
    with desk_of(project, tmp_path / "state") as desk:
        nobody = replace(desk.plan("restart", "nginx"), checks_after=())
        assert desk.operator.run(nobody).wait(60).state is JobState.SUCCEEDED
        before = project.inspect("nginx")["State"]["StartedAt"]
        (project.directory / "nginx.conf").write_text("broken")
        desk.watcher.refresh()
        eventually(lambda: desk.watcher.snapshot.complete)
        status = desk.run("restart", "nginx")
        assert status.state is JobState.FAILED
        assert 'unknown directive "broken"' in status.message
        assert "nginx keeps running unchanged" in status.message
        assert project.inspect("nginx")["State"]["StartedAt"] == before


HOLDS = f"""
services:
  web:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    ports: ["127.0.0.1:18099:80"]
  needs:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    depends_on: [base]
    profiles: [tools]
  base: {{image: {BASE_IMAGE}, command: [sleep, "100000"], profiles: [data]}}
"""


MOVED = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    networks: [shared]
networks: {{shared: {{external: true, name: NAME}}}}
"""


def test_a_start_on_a_network_that_was_made_again_is_refused_and_a_recreate_works(
    make_project: MakeProject, tmp_path: Path
) -> None:
    name = f"shared-{uuid4().hex[:8]}"
    project = make_project(MOVED.replace("NAME", name))
    engine = project.engine
    engine.docker("network", "create", name)
    try:
        project.compose("up", "--detach")
        project.compose("stop")
        engine.docker("network", "rm", name)
        engine.docker("network", "create", name)
        said = project.compose("start", check=False)
        assert "not found" in said.stderr, "what would happen"
        with desk_of(project, tmp_path / "state") as desk:
            ids = engine_reader(engine).known_networks()
            with pytest.raises(OperationError, match="which is gone \\(recreate it\\)"):
                plan_action(
                    "start", ["app"], desk.watcher.snapshot, desk.command,
                    now=SystemClock().now(), facts=Facts(networks=ids),
                )  # fmt: skip
            status = desk.run("recreate", "app")
            assert status.state is JobState.SUCCEEDED, status.message
    finally:
        project.down()
        engine.docker("network", "rm", name, check=False)


def test_a_start_that_can_not_work_is_refused_before_as_compose_would_after(
    make_project: MakeProject, tmp_path: Path
) -> None:
    other = make_project(HOLDS)
    other.compose("up", "--detach", "web")
    holder = other.inspect("web")["Name"].removeprefix("/")
    project = make_project(HOLDS)
    said = project.compose("up", "--detach", "web", check=False)
    assert "port is already allocated" in said.stderr, "what would happen"
    said = project.compose("up", "--detach", "needs", check=False)
    assert "no such service: base" in said.stderr, "what would happen"
    for words in (("build",), ("up", "--detach", "--force-recreate", "--no-deps")):
        said = project.compose(*words, "needs", check=False)
        assert "no such service: base" in said.stderr, "what would happen"
    with desk_of(project, tmp_path / "state") as desk:
        engine = engine_reader(other.engine)
        facts = Facts(held_ports=read_held_ports(engine))
        for action in ("start", "recreate"):
            for name, reason in (("web", f"needs port 18099, which {holder} holds"),
                                 ("needs", "base, whose profile is not active")):  # fmt: skip
                with pytest.raises(OperationError, match=reason):
                    plan_action(
                        action, [name], desk.watcher.snapshot, desk.command,
                        now=SystemClock().now(), facts=facts,
                    )  # fmt: skip


MISNAMED = f"""
services:
  tag: {{image: "busybox:", command: [sleep, "1"]}}
  large: {{image: "Busybox", command: [sleep, "1"]}}
  space: {{image: "busy box", command: [sleep, "1"]}}
  needs: {{image: {BASE_IMAGE}, command: [sleep, "1"], depends_on: [large]}}
  alone: {{image: {BASE_IMAGE}, command: [sleep, "100000"], stop_grace_period: 0s}}
"""


def test_an_image_name_that_compose_refuses_is_refused_before(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(MISNAMED)
    with desk_of(project, tmp_path / "state") as desk:
        for name in ("tag", "large", "space", "needs"):
            said = project.compose("up", "--detach", name, check=False)
            assert "invalid reference format" in said.stderr, "what would happen"
            with pytest.raises(OperationError, match="image name that is not valid, “"):
                desk.plan("start", name)
        for name in ("tag", "large", "space"):
            with pytest.raises(OperationError, match="image name that is not valid, “"):
                desk.plan("recreate", name)
        assert desk.run("start", "alone").state is JobState.SUCCEEDED


SCALED = f"""
x-part: &part {{image: {BASE_IMAGE}, command: [sleep, '100000'], stop_grace_period: 0s}}
services:
  w: *part
  front: {{<<: *part, depends_on: [w]}}
"""


def test_what_was_scaled_by_hand_keeps_its_number_through_a_recreate(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(SCALED)
    project.compose("up", "--detach", "--scale", "w=3")
    before = set(project.compose("ps", "--quiet", "w").stdout.split())
    with desk_of(project, tmp_path / "state") as desk:
        status = desk.run("recreate", "w", "front")
        assert status.state is JobState.SUCCEEDED, status.message
    after = set(project.compose("ps", "--quiet", "w").stdout.split())
    assert len(after) == 3
    assert not after & before
