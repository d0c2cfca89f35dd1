"""The embedded stack as a Docker Engine: its answers have the shape of the API's own."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.errors import EngineRefused
from pixel_tui.stack.demo.cast import DIRECTORY, MIB, NETWORK, PROJECT, Part
from pixel_tui.stack.demo.log import DemoLog
from pixel_tui.stack.demo.project import config_hash
from pixel_tui.stack.demo.world import PROBE_SECONDS, Actor, DemoWorld, Fault, stamp
from pixel_tui.stack.json_value import JsonObject, JsonValue
from pixel_tui.stack.source import ByteStream, EventStream, LogRequest
from pixel_tui.text import plain

LABEL: Final = "com.docker.compose."
WAIT_SECONDS: Final = 0.5
_PROBE_FAILED: Final = "wget: server returned error: HTTP/1.1 503 Service Unavailable\n"


class DemoEngine:
    """An `EngineReader` on the embedded stack.

    Args:
        world: The stack.
    """

    def __init__(self, world: DemoWorld) -> None:
        self.address = plain("embedded")
        self.context = plain("demo")
        self._world = world

    def version(self) -> JsonObject:
        """The shape of `GET /version`."""
        with self._world.changed:
            self._world.require_engine()
        return {"Version": "28.2.2", "ApiVersion": "1.50", "MinAPIVersion": "1.24"}

    def info(self) -> JsonObject:
        """The shape of `GET /info`."""
        with self._world.changed:
            self._world.require_engine()
        return {"Name": "demonstration", "NCPU": 4, "MemTotal": 8192 * MIB}

    def containers(self, project: str) -> list[JsonObject]:
        """The shape of `GET /containers/json`."""
        if project != PROJECT:
            return []
        return [
            {"Id": actor.id, "Names": [f"/{actor.name}"], "State": _state_word(actor)}
            for actor in self._world.look()
        ]

    def inspect(self, container_id: str) -> JsonObject:
        """The shape of `GET /containers/{id}/json`."""
        return inspected(self._actor(container_id), self._world)

    def image(self, reference: str) -> JsonObject | None:
        """The shape of `GET /images/{name}/json`."""
        return {"Id": f"sha256:{self._world.hex_id(reference)}"}

    def stats(self, container_id: str) -> JsonObject:
        """The shape of `GET /containers/{id}/stats` on a host with cgroup 2."""
        actor = self._actor(container_id)
        used = self._world.used(actor)
        return {
            "read": stamp(self._world.now),
            "cpu_stats": {"cpu_usage": {"total_usage": used["cpu"]}, "online_cpus": 4},
            "memory_stats": {"usage": used["memory"], "stats": {"inactive_file": 0}},
            "networks": {"eth0": {"rx_bytes": used["received"], "tx_bytes": used["sent"]}},
            "blkio_stats": {
                "io_service_bytes_recursive": [
                    {"op": "read", "value": used["read"]},
                    {"op": "write", "value": used["written"]},
                ]
            },
            "pids_stats": {"current": 11},
        }

    def events(self, project: str) -> EventStream:  # noqa: ARG002  there is only one
        """The shape of `GET /events`."""
        with self._world.changed:
            self._world.require_engine()
        return _Events(self._world)

    def logs(self, request: LogRequest) -> ByteStream:
        """The frames of `GET /containers/{id}/logs`."""
        actor = self._actor(request.container_id)
        if actor.part.log_driver == "none":
            raise EngineRefused(501, "configured logging driver does not support reading")
        return DemoLog(self._world, actor, request)

    def close(self) -> None:
        """Nothing to drop."""

    def _actor(self, container_id: str) -> Actor:
        for actor in self._world.look():
            if container_id in {actor.id, actor.name}:
                return actor
        raise EngineRefused(404, f"No such container: {container_id}")


class _Events:
    """Waits for the world's events."""

    def __init__(self, world: DemoWorld) -> None:
        self._world = world
        self._next = world.next_event
        self._closed = False

    def __iter__(self) -> Iterator[JsonObject]:
        while not self._closed:
            with self._world.changed:
                self._world.require_engine()
            for number, event in self._world.events_since(self._next):
                self._next = number + 1
                yield dict(event)  # type: ignore[arg-type]
            with self._world.changed:
                if not self._closed:
                    self._world.changed.wait(WAIT_SECONDS)

    def close(self) -> None:
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()


def _state_word(actor: Actor) -> str:
    if actor.running:
        return "running"
    return "restarting" if actor.fault is Fault.CRASH_LOOP else "exited"


def inspected(actor: Actor, world: DemoWorld) -> JsonObject:
    """A container as the engine would describe it."""
    part = actor.part
    labels: JsonObject = {
        f"{LABEL}project": PROJECT,
        f"{LABEL}service": part.name,
        f"{LABEL}container-number": str(actor.number),
        f"{LABEL}oneoff": "True" if actor.oneoff else "False",
        f"{LABEL}config-hash": config_hash(part) if actor.current else "0" * 64,
        f"{LABEL}project.working_dir": DIRECTORY,
    }
    image = f"sha256:{world.hex_id(part.image)}"
    return {
        "Id": actor.id,
        "Name": f"/{actor.name}",
        "Created": stamp(actor.created),
        "Path": "docker-entrypoint.sh",
        "Args": [part.name],
        "Image": image,
        "RestartCount": actor.restarts,
        "State": _state(actor, world),
        "Config": {
            "Image": part.image,
            "Tty": False,
            "Env": _environment(part),
            "Labels": labels,
            "Healthcheck": {"Test": ["CMD-SHELL", "probe"]} if part.probe else None,
        },
        "HostConfig": {
            "Memory": part.memory_limit,
            "LogConfig": {"Type": part.log_driver},
            "RestartPolicy": {"Name": part.restart},
        },
        "Mounts": [
            {
                "Type": "bind",
                "Source": f"{DIRECTORY}/data",
                "Destination": "/app/data",
                "RW": True,
            }
        ],
        "NetworkSettings": {"Ports": _ports(part), "Networks": _networks(actor)},
    }


def _state(actor: Actor, world: DemoWorld) -> JsonObject:
    state: JsonObject = {
        "Status": _state_word(actor),
        "Running": actor.running,
        "OOMKilled": actor.oom_killed,
        "ExitCode": actor.exit_code,
        "Error": "",
        "StartedAt": stamp(actor.started),
        "FinishedAt": stamp(actor.finished),
    }
    if health := actor.health(world.now):
        state["Health"] = _health(actor, health, world.now)
    return state


def _health(actor: Actor, status: str, now: float) -> JsonObject:
    last = now - now % PROBE_SECONDS
    probes: list[JsonValue] = []
    streak = 0
    for at in (last - PROBE_SECONDS * back for back in range(4, -1, -1)):
        if at < actor.started:
            continue
        failed = actor.fault is Fault.UNHEALTHY and at >= actor.ill_since
        probes.append(
            {
                "Start": stamp(at),
                "End": stamp(at + 0.04),
                "ExitCode": 1 if failed else 0,
                "Output": _PROBE_FAILED if failed else f"{actor.part.probe}\n",
            }
        )
    if actor.fault is Fault.UNHEALTHY:
        streak = int((now - actor.ill_since) // PROBE_SECONDS) + 1
    return {"Status": status, "FailingStreak": streak, "Log": probes}


def _environment(part: Part) -> list[JsonValue]:
    values = {"NODE_ENV": "production", "LOG_LEVEL": "info"}
    if part.name in {"agent", "syntropy", "worker"}:
        values["OPENAI_API_KEY"] = "not-a-real-key"
        values["POSTGRES_URL"] = "postgres://agent:not-a-real-word@postgres:5432/pixel_agent"
    return [f"{name}={value}" for name, value in values.items()]


def _ports(part: Part) -> JsonObject:
    if not part.port:
        return {}
    host = "0.0.0.0" if part.name == "nginx" else "127.0.0.1"  # noqa: S104  a label, not a socket
    if not part.host_port or part.replicas > 1:
        return {f"{part.port}/tcp": None}
    return {f"{part.port}/tcp": [{"HostIp": host, "HostPort": str(part.host_port)}]}


def _networks(actor: Actor) -> JsonObject:
    last = int(actor.id[:2], 16) % 250 + 2
    address = f"172.20.0.{last}" if actor.running else ""
    return {NETWORK: {"IPAddress": address, "Aliases": [actor.part.name, actor.name]}}
