"""Hashes of services that `config --hash` hashes differently from `up`. Pure.

Compose labels a container with the SHA-256 of its service as JSON. `config --hash` prints the same
hash for nearly every service, but `up` also hashes things that `config` does not print: bytes that
are not UTF-8, the names of label files next to their labels, and the ids of the containers whose
namespaces are shared. For such services the JSON is made here from the resolved model. The result
is trusted only if the JSON as printed has the hash that compose printed. Observed with compose
2.40.3.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final

from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node

NOT_UTF8: Final = "\N{REPLACEMENT CHARACTER}"
"""What compose prints for bytes that are not UTF-8."""
NAMESPACES: Final = ("network_mode", "pid", "ipc")
_NOT_HASHED: Final = {"build", "pull_policy", "scale", "depends_on", "profiles"}
_ESCAPED_BY_GO: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}

Ids = Mapping[str, str]
"""Service to the id of its first container."""


def up_hash(
    service: JsonObject,
    printed: str,
    *,
    label_files: Iterable[str] = (),
    ids: Ids | None = None,
) -> str:
    """Return the hash that `up` would write for a service; empty if it can't be computed.

    Args:
        service: The service in the resolved model.
        printed: Its hash as `config --hash` printed it.
        label_files: The absolute paths of its label files.
        ids: The containers whose namespaces or volumes it may share. If they are not known yet
            (None), the printed hash is returned; call again when they are.
    """
    hashed = {key: item for key, item in service.items() if key not in _NOT_HASHED}
    files: list[JsonValue] = [*label_files]
    shares = bool(list(shared_services(service)))
    if not (files or shares or Node(service).mentions(NOT_UTF8)):
        return printed
    if shares and ids is None:
        return "" if files else printed
    if _digest(_json(hashed)) != printed:
        return ""
    if files:
        hashed = _with_label_files(hashed, files)
    if shares:
        joined = _with_container_ids(hashed, ids or {})
        if joined is None:
            return ""
        hashed = joined
    return _digest(_json(hashed).replace(NOT_UTF8, "\\ufffd"))


def shared_services(service: JsonObject) -> Iterable[str]:
    """Yield the services whose namespaces or volumes a service shares."""
    for key in NAMESPACES:
        kind, _, name = Node(service)[key].raw.partition(":")
        if kind == "service":
            yield name
    for item in Node(service)["volumes_from"]:
        name = item.raw.partition(":")[0]
        if name != "container":
            yield name


def _with_container_ids(service: JsonObject, ids: Ids) -> JsonObject | None:
    """Return the service with the container ids that compose inserts; None if one is missing."""
    found = dict(service)
    for name in shared_services(service):
        if name not in ids:
            return None
    for key in NAMESPACES:
        kind, _, name = Node(service)[key].raw.partition(":")
        if kind == "service":
            found[key] = f"container:{ids[name]}"
    if service.get("volumes_from"):
        found["volumes_from"] = [
            _volumes_from(item.raw, ids) for item in Node(service)["volumes_from"]
        ]
    return found


def _volumes_from(entry: str, ids: Ids) -> str:
    name, _, rest = entry.partition(":")
    return rest.partition(":")[0] if name == "container" else ids[name]


def _with_label_files(service: JsonObject, files: list[JsonValue]) -> JsonObject:
    """Return the service with its label files right after its labels, as compose has them."""
    found: JsonObject = {}
    for key, item in service.items():
        found[key] = item
        if key == "labels":
            found["label_file"] = files
    return found


def _json(service: JsonObject) -> str:
    """Return the JSON as Go writes it, without the doubled dollars that `config` prints."""
    text = json.dumps(service, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPED_BY_GO).replace("$$", "$")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
