"""The simulated stack's compose file, as `docker compose config --format json` prints it."""

import hashlib
import json
from typing import Final

from pixel_tui.demo.stack.services import DIRECTORY, NETWORK, PROJECT, SERVICES, DemoService
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
        "services": {service.name: service_model(service) for service in SERVICES},
    }


def config_hash(service: DemoService) -> str:
    """Return the value of compose's config-hash label for a service."""
    return hashlib.sha256(json.dumps(service_model(service), sort_keys=True).encode()).hexdigest()


def service_model(service: DemoService) -> JsonObject:
    """Return a service of the resolved model."""
    where_given: JsonObject = {
        "build": {} if service.image else _build(service),
        "container_name": service.container_name,
        "depends_on": _depends_on(service),
        "deploy": _deploy(service),
        "environment": dict(service.environment),
        "expose": [str(service.port)] if service.port else [],
        "group_add": ["999"] if service.name == "syntropy" else [],
        "healthcheck": _healthcheck(service),
        "image": service.image,
        "mem_limit": str(service.memory_limit or ""),
        "ports": _ports(service),
        "profiles": [service.profile] if service.profile else [],
        "stop_grace_period": service.grace,
        "volumes": _volumes(service),
    }
    return {
        "command": list(service.command),
        "entrypoint": None,
        "logging": _logging(service),
        "networks": {NETWORK: None},
        "restart": service.restart,
        **{name: value for name, value in where_given.items() if value},
    }


def _depends_on(service: DemoService) -> JsonObject:
    return {
        name: {"condition": f"service_{condition}", "required": True}
        for name, condition in service.depends_on
    }


def _deploy(service: DemoService) -> JsonObject:
    if service.replicas == 1:
        return {}
    return {"replicas": service.replicas, "resources": {}, "placement": {}}


def _build(service: DemoService) -> JsonObject:
    build: JsonObject = {
        "context": f"{DIRECTORY}/{_CONTEXTS.get(service.name, service.name)}",
        "dockerfile": "Dockerfile.worker" if service.name == "worker" else "Dockerfile",
    }
    if service.arguments:
        build["args"] = dict(service.arguments)
    return build


def _logging(service: DemoService) -> JsonObject:
    if service.log_driver == "none":
        return {"driver": "none"}
    return {"driver": service.log_driver, "options": {"max-file": "3", "max-size": "10m"}}


def _healthcheck(service: DemoService) -> JsonObject:
    if service.check is None:
        return {}
    return {
        "test": list(service.check.test),
        "timeout": "5s",
        "interval": f"{service.check.interval:g}s",
        "retries": service.check.retries,
        "start_period": f"{service.check.start_period:g}s",
        "start_interval": f"{service.check.start_interval:g}s",
    }


def _ports(service: DemoService) -> list[JsonValue]:
    return [
        {
            "mode": "ingress",
            "host_ip": service.host_ip,
            "target": inside,
            "published": str(outside),
            "protocol": "tcp",
        }
        for inside, outside in service.published
    ]


def _volumes(service: DemoService) -> list[JsonValue]:
    found: list[JsonValue] = []
    for source, target, writable in service.volumes:
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
