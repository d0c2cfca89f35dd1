"""The simulated stack's compose file, as `docker compose config --format json` prints it."""

import hashlib
import json
from typing import Final

from pixel_tui.demo.stack.services import CAST, DIRECTORY, NETWORK, PROJECT, DemoService
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

_CONTEXTS: Final = {
    "agent": "pixel-agent",
    "api": "lnpixels/api",
    "landing": "pixel-landing",
    "syntropy": "syntropy-core",
    "web": "lnpixels/lnpixels-app",
    "worker": "syntropy-core",
}


def config() -> JsonObject:
    """Return the resolved model, with all profiles."""
    return {
        "name": PROJECT,
        "networks": {NETWORK: {"name": f"{PROJECT}_{NETWORK}", "driver": "bridge", "ipam": {}}},
        "services": {part.name: service(part) for part in CAST},
    }


def config_hash(part: DemoService) -> str:
    """Return the value of compose's config-hash label for a service."""
    return hashlib.sha256(json.dumps(service(part), sort_keys=True).encode()).hexdigest()


def service(part: DemoService) -> JsonObject:
    """Return a service of the resolved model."""
    where_given: JsonObject = {
        "build": {} if part.image else _build(part),
        "container_name": part.container_name,
        "depends_on": _depends_on(part),
        "deploy": _deploy(part),
        "environment": dict(part.environment),
        "expose": [str(part.port)] if part.port else [],
        "group_add": ["999"] if part.name == "syntropy" else [],
        "healthcheck": _healthcheck(part),
        "image": part.image,
        "mem_limit": str(part.memory_limit or ""),
        "ports": _ports(part),
        "profiles": [part.profile] if part.profile else [],
        "stop_grace_period": part.grace,
        "volumes": _volumes(part),
    }
    return {
        "command": list(part.command),
        "entrypoint": None,
        "logging": _logging(part),
        "networks": {NETWORK: None},
        "restart": part.restart,
        **{name: value for name, value in where_given.items() if value},
    }


def _depends_on(part: DemoService) -> JsonObject:
    return {
        name: {"condition": f"service_{condition}", "required": True}
        for name, condition in part.depends_on
    }


def _deploy(part: DemoService) -> JsonObject:
    if part.replicas == 1:
        return {}
    return {"replicas": part.replicas, "resources": {}, "placement": {}}


def _build(part: DemoService) -> JsonObject:
    build: JsonObject = {
        "context": f"{DIRECTORY}/{_CONTEXTS.get(part.name, part.name)}",
        "dockerfile": "Dockerfile.worker" if part.name == "worker" else "Dockerfile",
    }
    if part.arguments:
        build["args"] = dict(part.arguments)
    return build


def _logging(part: DemoService) -> JsonObject:
    if part.log_driver == "none":
        return {"driver": "none"}
    return {"driver": part.log_driver, "options": {"max-file": "3", "max-size": "10m"}}


def _healthcheck(part: DemoService) -> JsonObject:
    if part.check is None:
        return {}
    return {
        "test": list(part.check.test),
        "timeout": "5s",
        "interval": f"{part.check.interval:g}s",
        "retries": part.check.retries,
        "start_period": f"{part.check.start_period:g}s",
        "start_interval": f"{part.check.start_interval:g}s",
    }


def _ports(part: DemoService) -> list[JsonValue]:
    return [
        {
            "mode": "ingress",
            "host_ip": part.host_ip,
            "target": inside,
            "published": str(outside),
            "protocol": "tcp",
        }
        for inside, outside in part.published
    ]


def _volumes(part: DemoService) -> list[JsonValue]:
    found: list[JsonValue] = []
    for source, target, writable in part.volumes:
        volume: JsonObject = {
            "type": "bind",
            "source": host_path(source),
            "target": target,
            "bind": {"create_host_path": True},
        }
        if not writable:
            volume["read_only"] = True
        found.append(volume)
    return found


def host_path(source: str) -> str:
    """Return the source of a volume as a path on the host."""
    if source.startswith("/"):
        return source
    return DIRECTORY if source == "." else f"{DIRECTORY}/{source}"
