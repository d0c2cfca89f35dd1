"""Leftovers of an interrupted recreate."""

import pytest

from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.replacements import listed_leftovers


@pytest.mark.parametrize(
    ("name", "label", "replaces"),
    [
        ("0123456789ab_pixel-api-1", "api-1", "0123456789ab"),
        ("pixel-api-1", "api-1", ""),  # it keeps the label when it is in its place
        ("0123456789ab_pixel-api-1", None, ""),  # a name chosen by the user
        ("0123456789AB_api", "api-1", ""),
    ],
)
def test_a_replacement_is_recognised_by_label_and_name(
    name: str, label: str | None, replaces: str
) -> None:
    labels: JsonObject = {"com.docker.compose.replace": label} if label else {}
    raw: JsonObject = {"Id": "f" * 64, "Name": f"/{name}", "Config": {"Labels": labels}}
    assert parse_container(raw).replaces == replaces


def test_leftovers_are_found_in_a_list_of_containers() -> None:
    def item(container_id: str, name: str, service: str, label: str = "") -> JsonObject:
        labels = {"com.docker.compose.service": service, "com.docker.compose.replace": label}
        return {"Id": container_id, "Names": [f"/{name}"], "Labels": dict(labels)}

    old, new, other = "0" * 64, "1" * 64, "2" * 64
    found = listed_leftovers(
        [
            item(old, "p-api-1", "api"),
            item(new, f"{old[:12]}_p-api-1", "api", "api-1"),
            item(other, "aaaaaaaaaaaa_p-web-1", "web", "web-1"),  # the replaced one is removed
        ]
    )
    assert found == {new}
