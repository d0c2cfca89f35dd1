"""Volumes as the engine lists them."""

from typing import Any

from pixel_tui.backups.stack_view import SeenContainer

CONTAINER = "c" * 64


def seen(**changes: Any) -> SeenContainer:
    known: dict[str, Any] = {
        "id": CONTAINER, "name": "pixel-api-1", "service": "api", "image": "api", "image_id": "x",
        "running": True, "environment": (), "binds": (), "volumes": (("held", "/data"),),
    }  # fmt: skip
    return SeenContainer(**{**known, **changes})
