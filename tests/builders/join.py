"""Containers and services for joining."""

from pixel_tui.stack.model.container import (
    Container,
    ContainerState,
)
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.text import SafeText


def spec(name: str = "api", **changes: object) -> ServiceSpec:
    fields: dict[str, object] = {
        "name": SafeText(name),
        "image": SafeText(f"{name}:1"),
        "config_hash": SafeText("hash"),
    }
    return ServiceSpec(**(fields | changes))  # type: ignore[arg-type]


def container(service: str = "api", number: int = 1, **changes: object) -> Container:
    fields: dict[str, object] = {
        "id": f"{number:064x}",
        "name": SafeText(f"p-{service}-{number}"),
        "service": SafeText(service),
        "state": ContainerState.RUNNING,
        "number": number,
        "image_id": SafeText("sha256:now"),
        "config_hash": SafeText("hash"),
        "restart_policy": SafeText("no"),
    }
    return Container(**(fields | changes))  # type: ignore[arg-type]
