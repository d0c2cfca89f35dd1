"""The simulated containers in the JSON of Docker's API."""

from typing import Final

from pixel_tui.demo.stack.compose_file import host_path
from pixel_tui.demo.stack.container import DemoHealth, FakeContainer, Status
from pixel_tui.demo.stack.seeded_time import ZERO_TIME, docker_duration, nanoseconds, stamp
from pixel_tui.demo.stack.services import NETWORK, PROJECT, DemoHealthCheck
from pixel_tui.demo.stack.usage import HOST_MEMORY
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

HOST_CPUS: Final = 4
_PROBE_SECONDS: Final = 0.043
NETWORK_ID: Final = "5f0c7f6d2f7e4a5fb1c3" + "0" * 44


def list_item(container: FakeContainer, now: float) -> JsonObject:
    """An item of `GET /containers/json`."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.service.image_name,
        "ImageID": container.image_id,
        "Command": " ".join(container.service.command),
        "Created": int(container.created),
        "Ports": _listed_ports(container),
        "Labels": dict(container.labels()),
        "State": container.status.value,
        "Status": _status_words(container, now),
        "HostConfig": {"NetworkMode": f"{PROJECT}_{NETWORK}"},
        "NetworkSettings": {"Networks": _networks(container)},
        "Mounts": _mounts(container),
    }


def inspection(container: FakeContainer) -> JsonObject:
    """`GET /containers/{id}/json`."""
    service = container.service
    path, *arguments = service.command
    return {
        "Id": container.id,
        "Created": stamp(container.created),
        "Path": path,
        "Args": list(arguments),
        "State": _state(container),
        "Image": container.image_id,
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "HostConfig": {
            "NetworkMode": f"{PROJECT}_{NETWORK}",
            "Memory": service.memory_limit,
            "LogConfig": {"Type": service.log_driver, "Config": {}},
            "PortBindings": _bindings(container),
            "RestartPolicy": {"Name": service.restart, "MaximumRetryCount": 0},
            "AutoRemove": False,
        },
        "Mounts": _mounts(container),
        "Config": {
            "Hostname": container.id[:12],
            "Tty": False,
            "Env": [f"{name}={value}" for name, value in service.environment],
            "Cmd": list(service.command),
            "Image": service.image_name,
            "Labels": dict(container.labels()),
            **({"Healthcheck": _healthcheck(service.check)} if service.check else {}),
        },
        "NetworkSettings": {
            "Ports": _live_ports(container) if container.running else {},
            "Networks": _networks(container),
        },
    }


def stats(container: FakeContainer, now: float) -> JsonObject:
    """`GET /containers/{id}/stats`, one sample, on a host with cgroup 2."""
    use = container.use(now)
    base: JsonObject = {
        "name": f"/{container.name}",
        "id": container.id,
        "preread": ZERO_TIME,
        "num_procs": 0,
        "storage_stats": {},
    }
    if use is None:
        return {**base, "read": ZERO_TIME, "cpu_stats": {}, "memory_stats": {}, "pids_stats": {}}
    limit = container.service.memory_limit or HOST_MEMORY
    cache = min(use.cache, limit - use.memory)
    return {
        **base,
        "read": stamp(now),
        "cpu_stats": {
            "cpu_usage": {
                "total_usage": use.cpu,
                "usage_in_kernelmode": use.cpu // 5,
                "usage_in_usermode": use.cpu - use.cpu // 5,
            },
            "system_cpu_usage": nanoseconds(now) * HOST_CPUS,
            "online_cpus": HOST_CPUS,
            "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        },
        "memory_stats": {
            "usage": use.memory + cache,
            "limit": limit,
            "stats": {"anon": use.memory, "file": cache, "inactive_file": cache},
        },
        "networks": {
            "eth0": {
                "rx_bytes": use.received,
                "rx_packets": use.received // 700,
                "tx_bytes": use.sent,
                "tx_packets": use.sent // 700,
            }
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"major": 259, "minor": 0, "op": "read", "value": use.read},
                {"major": 259, "minor": 0, "op": "write", "value": use.written},
            ]
        },
        "pids_stats": {"current": use.processes, "limit": 9448},
    }


def event(container: FakeContainer, action: str, at: float, **attributes: str) -> JsonObject:
    """A message of `GET /events`."""
    image = container.service.image_name
    return {
        "status": action,
        "id": container.id,
        "from": image,
        "Type": "container",
        "Action": action,
        "Actor": {
            "ID": container.id,
            "Attributes": {
                **container.labels(),
                "image": image,
                "name": container.name,
                **attributes,
            },
        },
        "scope": "local",
        "time": int(at),
        "timeNano": nanoseconds(at),
    }


def _status_words(container: FakeContainer, now: float) -> str:
    match container.status:
        case Status.CREATED:
            return "Created"
        case Status.RUNNING:
            text = f"Up {docker_duration(now - container.started)}"
            if container.health is None:
                return text
            result = container.health.result.value
            return f"{text} ({'health: starting' if result == 'starting' else result})"
        case Status.RESTARTING:
            ended = docker_duration(now - container.finished)
            return f"Restarting ({container.exit_code}) {ended} ago"
        case Status.EXITED:
            ended = docker_duration(now - container.finished)
            return f"Exited ({container.exit_code}) {ended} ago"


def _state(container: FakeContainer) -> JsonObject:
    state: JsonObject = {
        "Status": container.status.value,
        # The engine reports a container that waits for its restart as running.
        "Running": container.up,
        "Paused": False,
        "Restarting": container.status is Status.RESTARTING,
        "OOMKilled": container.oom_killed,
        "Dead": False,
        "Pid": 1000 + int(container.id[:3], 16) if container.running else 0,
        "ExitCode": container.exit_code,
        "Error": "",
        "StartedAt": stamp(container.started),
        "FinishedAt": stamp(container.finished),
    }
    if container.health is not None:
        state["Health"] = _health(container.health)
    return state


def _health(health: DemoHealth) -> JsonObject:
    log: list[JsonValue] = [
        {
            "Start": stamp(run.at),
            "End": stamp(run.at + _PROBE_SECONDS),
            "ExitCode": 0 if run.passed else 1,
            "Output": health.check.passing if run.passed else health.check.failing,
        }
        for run in health.runs
    ]
    return {"Status": health.result.value, "FailingStreak": health.streak, "Log": log}


def _healthcheck(check: DemoHealthCheck) -> JsonObject:
    return {
        "Test": list(check.test),
        "Interval": nanoseconds(check.interval),
        "Timeout": nanoseconds(5.0),
        "StartPeriod": nanoseconds(check.start_period),
        "StartInterval": nanoseconds(check.start_interval),
        "Retries": check.retries,
    }


def _mounts(container: FakeContainer) -> list[JsonValue]:
    return [
        {
            "Type": "bind",
            "Source": host_path(source),
            "Destination": target,
            "Mode": "rw" if writable else "ro",
            "RW": writable,
            "Propagation": "rprivate",
        }
        for source, target, writable in container.service.volumes
    ]


def _bindings(container: FakeContainer) -> JsonObject:
    if container.oneoff:
        return {}
    host_ip = container.service.host_ip
    return {
        f"{inside}/tcp": [{"HostIp": host_ip, "HostPort": str(outside)}]
        for inside, outside in container.service.published
    }


def _live_ports(container: FakeContainer) -> JsonObject:
    exposed: JsonObject = {f"{container.service.port}/tcp": None} if container.service.port else {}
    return {**exposed, **_bindings(container)}


def _listed_ports(container: FakeContainer) -> list[JsonValue]:
    if not container.running:
        return []
    if not container.service.published and container.service.port:
        return [{"PrivatePort": container.service.port, "Type": "tcp"}]
    return [
        {
            "IP": container.service.host_ip,
            "PrivatePort": inside,
            "PublicPort": outside,
            "Type": "tcp",
        }
        for inside, outside in container.service.published
    ]


def _networks(container: FakeContainer) -> JsonObject:
    return {
        f"{PROJECT}_{NETWORK}": {
            "Aliases": [container.name, container.service.name],
            "NetworkID": NETWORK_ID,
            "Gateway": "172.20.0.1" if container.running else "",
            "IPAddress": container.address if container.running else "",
            "IPPrefixLen": 16 if container.running else 0,
            "GlobalIPv6Address": "",
        }
    }
