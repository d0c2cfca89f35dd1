"""Hashes of what `config` can't hash as `up` does. Pure.

Compose labels a container with the SHA-256 of its service as JSON. `config --hash` gives the
same for nearly every service, but `up` hashes some as they are nowhere printed: bytes that are
no UTF-8, label files beside the labels that they give, and the ids of the containers whose
namespaces are shared. Their JSON is made here from the resolved model. That is trusted only
for a service of which the JSON as it was printed has the hash that compose gives for it. Seen
with compose 2.40.3.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final

from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node

NOT_UTF8: Final = "\N{REPLACEMENT CHARACTER}"
"""What compose prints for bytes that are no UTF-8."""
NAMESPACES: Final = ("network_mode", "pid", "ipc")
_NOT_HASHED: Final = {"build", "pull_policy", "scale", "depends_on", "profiles"}
_ESCAPED_BY_GO: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}

Ids = Mapping[str, str]
"""Service to the id of its first container."""


def as_up_hashes(
    service: JsonObject,
    told: str,
    *,
    label_files: Iterable[str] = (),
    ids: Ids | None = None,
) -> str:
    """The hash that `up` would write for a service; empty where that can't be told.

    Args:
        service: The service in the resolved model.
        told: What `config --hash` says of it.
        label_files: Its label files, absolute.
        ids: The containers whose namespaces or volumes it may share; where they are not
            known yet, what was told is returned, to be given again with them.
    """
    hashed = {key: item for key, item in service.items() if key not in _NOT_HASHED}
    files: list[JsonValue] = [*label_files]
    shares = bool(list(partners(service)))
    if not (files or shares or Node(service).mentions(NOT_UTF8)):
        return told
    if shares and ids is None:
        return "" if files else told
    if _digest(_json(hashed)) != told:
        return ""
    if files:
        hashed = _with_label_files(hashed, files)
    if shares:
        joined = _joined(hashed, ids or {})
        if joined is None:
            return ""
        hashed = joined
    return _digest(_json(hashed).replace(NOT_UTF8, "\\ufffd"))


def partners(service: JsonObject) -> Iterable[str]:
    """The services whose namespaces or volumes a service shares."""
    for key in NAMESPACES:
        kind, _, name = Node(service)[key].raw.partition(":")
        if kind == "service":
            yield name
    for item in Node(service)["volumes_from"]:
        name = item.raw.partition(":")[0]
        if name != "container":
            yield name


def _joined(service: JsonObject, ids: Ids) -> JsonObject | None:
    """With the ids that compose puts in; None where a container is missing."""
    found = dict(service)
    for name in partners(service):
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
    """Where compose has them: right after the labels that they gave."""
    found: JsonObject = {}
    for key, item in service.items():
        found[key] = item
        if key == "labels":
            found["label_file"] = files
    return found


def _json(service: JsonObject) -> str:
    """As Go writes it; `config` doubles each dollar that it prints."""
    text = json.dumps(service, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPED_BY_GO).replace("$$", "$")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
