"""Containers that mount folders of the machine."""

from pixel_tui.stack.model.json_value import JsonObject


def container(service: str, *mounts: tuple[str, str], image: str = "app") -> JsonObject:
    return {
        "Id": service, "Name": f"/pixel-{service}-1", "Image": "sha256:x",
        "Config": {"Image": image, "Env": [], "Labels": {"com.docker.compose.service": service}},
        "State": {"Running": True},
        "Mounts": [{"Type": "bind", "Source": a, "Destination": b} for a, b in mounts],
    }  # fmt: skip
