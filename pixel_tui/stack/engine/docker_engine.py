"""A read-only client of the Docker Engine's HTTP API.

The requests are here; a `Transport` sends them: the standard library's HTTP client for a local
socket, the Docker SDK for TCP, TLS and ssh. Neither can send anything but GET and HEAD: a request
that would change something is refused below every caller.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

from pixel_tui.errors import EngineAnswerInvalid, EngineError, EngineRefused
from pixel_tui.json_reading import parse_json
from pixel_tui.stack.engine.endpoint import Endpoint
from pixel_tui.stack.engine.local_transport import LocalTransport
from pixel_tui.stack.engine.transport import EngineResponse, Transport
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.source import ByteStream, EventStream, LogRequest
from pixel_tui.text import SafeText, plain

PING_SECONDS: Final = 3.0
NEWEST_API: Final = (1, 47)
"""The newest API version that the parsers are tested with."""

WATCHED_ACTIONS: Final = (
    "create", "destroy", "die", "health_status", "kill", "oom", "pause", "rename",
    "restart", "start", "stop", "unpause", "update",
)  # fmt: skip
"""Without `exec_*`, which each health check sends: it would wake the console twice."""
RUN_ACTIONS: Final = ("start", "die", "oom")


class DockerEngine:
    """An `EngineReader` over HTTP.

    Args:
        endpoint: The engine's address and credentials.
        transport: The transport to use; by default, it is chosen by the address.
    """

    def __init__(self, endpoint: Endpoint, transport: Transport | None = None) -> None:
        self.address = plain(endpoint.address)
        self.context: SafeText = endpoint.context
        self._transport = transport or _transport(endpoint, self.address)
        self._api = ""

    def ping(self) -> None:
        """`GET /_ping`."""
        answer = self._transport.get("/_ping", timeout=PING_SECONDS)
        if not answer.ok:
            raise _refused(answer, "/_ping")

    def version(self) -> JsonObject:
        """`GET /version`; also sets the API version for later requests."""
        answer = self._object("/version", versioned=False)
        self._api = _common_api(Node(answer))
        return answer

    def info(self) -> JsonObject:
        """`GET /info`."""
        return self._object("/info")

    def containers(self, project: str) -> list[JsonObject]:
        """`GET /containers/json` of one project, or of all for an empty name; also stopped ones."""
        label = f"{LABEL}project={project}" if project else f"{LABEL}project"
        return self._containers({"all": "1", "filters": json.dumps({"label": [label]})})

    def containers_on(self, network: str) -> list[JsonObject]:
        """`GET /containers/json` of a network, stopped ones included."""
        return self._containers({"all": "1", "filters": json.dumps({"network": [network]})})

    def inspect(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/json`."""
        return self._object(f"/containers/{container_id}/json")

    def image(self, reference: str) -> JsonObject | None:
        """`GET /images/{name}/json`."""
        return self._object_or_none(f"/images/{quote(reference, safe='/:@')}/json")

    def image_history(self, reference: str) -> list[JsonObject]:
        """`GET /images/{name}/history`."""
        path = f"/images/{quote(reference, safe='/:@')}/history"
        try:
            answer = self._json(path)
        except EngineRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise
        items = answer if isinstance(answer, list) else []
        return [item for item in items if isinstance(item, dict)]

    def all_containers(self) -> list[JsonObject]:
        """`GET /containers/json` of the engine, stopped ones included."""
        return self._containers({"all": "1"})

    def all_volumes(self) -> list[JsonObject]:
        """`GET /volumes` of the engine."""
        answer = Node(self._json("/volumes"))
        return [item.value for item in answer["Volumes"] if isinstance(item.value, dict)]

    def known_networks(self) -> frozenset[str]:
        """`GET /networks`: the ids and names of all networks."""
        nodes = list(Node(self._json("/networks")))
        return frozenset(node[key].raw for node in nodes for key in ("Id", "Name"))

    def published_ports(self) -> list[JsonObject]:
        """`GET /containers/json`: the running containers of any project, with their ports."""
        answer = self._json("/containers/json")
        items = answer if isinstance(answer, list) else []
        return [item for item in items if isinstance(item, dict)]

    def labelled_volumes(self) -> list[JsonObject]:
        """`GET /volumes` of those that compose created, of any project."""
        filters = json.dumps({"label": [f"{LABEL}volume"]})
        answer = Node(self._json("/volumes", {"filters": filters}))
        return [item.value for item in answer["Volumes"] if isinstance(item.value, dict)]

    def networks(self) -> list[JsonObject]:
        """`GET /networks` of those that compose created, of any project."""
        filters = json.dumps({"label": [f"{LABEL}network"]})
        answer = Node(self._json("/networks", {"filters": filters}))
        return [item.value for item in answer if isinstance(item.value, dict)]

    def volume_sizes(self) -> Mapping[str, int]:
        """`GET /system/df?type=volume`: bytes by name. Slow: the engine reads every file's size."""
        answer = Node(self._json("/system/df", {"type": "volume"}))
        return {
            item["Name"].raw: item["UsageData"]["Size"].integer
            for item in answer["Volumes"]
            if item["UsageData"]["Size"].integer >= 0
        }

    def network(self, name: str) -> JsonObject | None:
        """`GET /networks/{name}`."""
        return self._object_or_none(f"/networks/{quote(name, safe='')}")

    def volume(self, name: str) -> JsonObject | None:
        """`GET /volumes/{name}`."""
        return self._object_or_none(f"/volumes/{quote(name, safe='')}")

    def stats(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/stats?stream=false&one-shot=true`."""
        return self._object(
            f"/containers/{container_id}/stats", {"stream": "false", "one-shot": "true"}
        )

    def events(self, project: str) -> EventStream:
        """`GET /events`, filtered by the engine."""
        filters = json.dumps(
            {
                "type": ["container"],
                "label": [f"{LABEL}project={project}"],
                "event": list(WATCHED_ACTIONS),
            }
        )
        return _Events(self._stream("/events", {"filters": filters}, endless=True))

    def past_events(self, container_id: str, since: datetime, until: datetime) -> list[JsonObject]:
        """`GET /events` with `until`: past events, of which the engine keeps 256 in total."""
        filters = json.dumps(
            {"type": ["container"], "container": [container_id], "event": list(RUN_ACTIONS)}
        )
        query = {"filters": filters, "since": _unix(since), "until": _unix(until)}
        return list(_Events(self._stream("/events", query, endless=False)))

    def logs(self, request: LogRequest) -> ByteStream:
        """`GET /containers/{id}/logs`."""
        query = {
            "stdout": "1",
            "stderr": "1",
            "timestamps": "1",
            "follow": "1" if request.follow else "0",
            "tail": "all" if request.tail is None else str(request.tail),
        }
        if request.since:
            query["since"] = request.since
        path = f"/containers/{request.container_id}/logs"
        return self._stream(path, query, endless=request.follow)

    def is_reachable(self) -> bool:
        """Return whether the engine responds to a request now."""
        try:
            self.version()
        except EngineError:
            return False
        return True

    def close(self) -> None:
        """Close the kept connections; later requests open new ones."""
        self._transport.close()

    def _containers(self, query: Mapping[str, str]) -> list[JsonObject]:
        answer = self._json("/containers/json", query)
        if not isinstance(answer, list):
            raise EngineAnswerInvalid("Docker's container list is not a list.")
        return [item for item in answer if isinstance(item, dict)]

    def _object(
        self, path: str, query: Mapping[str, str] | None = None, *, versioned: bool = True
    ) -> JsonObject:
        answer = self._json(path, query, versioned=versioned)
        if not isinstance(answer, dict):
            raise EngineAnswerInvalid("Docker's response is not a JSON object.", on=path)
        return answer

    def _object_or_none(self, path: str) -> JsonObject | None:
        try:
            return self._object(path)
        except EngineRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _json(
        self, path: str, query: Mapping[str, str] | None = None, *, versioned: bool = True
    ) -> JsonValue:
        answer = self._transport.get(self._target(path, query, versioned=versioned))
        if not answer.ok:
            raise _refused(answer, path)
        try:
            value: JsonValue = parse_json(answer.body)
        except ValueError as error:
            raise EngineAnswerInvalid(
                "Docker's response is not JSON.",
                on=path,
                hint="Is this the address of a Docker daemon?",
            ) from error
        return value

    def _stream(self, path: str, query: Mapping[str, str], *, endless: bool) -> ByteStream:
        body = self._transport.open(self._target(path, query), endless=endless)
        if isinstance(body, EngineResponse):
            raise _refused(body, path)
        return body

    def _target(self, path: str, query: Mapping[str, str] | None, *, versioned: bool = True) -> str:
        if versioned and not self._api:
            self.version()
        prefix = f"/v{self._api}" if versioned else ""
        return f"{prefix}{path}?{urlencode(query)}" if query else f"{prefix}{path}"


def _transport(endpoint: Endpoint, address: SafeText) -> Transport:
    """Return the transport for an engine: the SDK only if its address is not a local socket."""
    scheme, _, path = endpoint.address.partition("://")
    if scheme == "unix":
        return LocalTransport(path, address)
    # Importing the Docker SDK takes longer than a complete start without it.
    from pixel_tui.stack.engine.sdk_transport import SdkTransport

    return SdkTransport(endpoint.address, endpoint.tls, address)


def _unix(at: datetime) -> str:
    """Format a time for the engine's `since` and `until`: seconds, dot, microseconds."""
    return f"{int(at.timestamp())}.{at.microsecond:06}"


class _Events:
    """An `EventStream` that splits a byte stream into JSON lines."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[JsonObject]:
        rest = b""
        while chunk := self._stream.read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                with suppress(ValueError):
                    event: JsonValue = parse_json(line)
                    if isinstance(event, dict):
                        yield event

    def close(self) -> None:
        self._stream.close()


def _common_api(version: Node) -> str:
    """Return the newest API version that both sides support."""
    served = _version_pair(version["ApiVersion"].raw)
    oldest = _version_pair(version["MinAPIVersion"].raw)
    if served is None:
        raise EngineAnswerInvalid(
            "The Docker daemon does not report its API version.",
            hint="Is this the address of a Docker daemon?",
        )
    chosen = max(min(served, NEWEST_API), oldest or (0, 0))
    return f"{chosen[0]}.{chosen[1]}"


def _version_pair(raw: str) -> tuple[int, int] | None:
    major, _, minor = raw.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        return None
    return int(major), int(minor)


def _refused(answer: EngineResponse, path: str) -> EngineRefused:
    try:
        message = Node(parse_json(answer.body))["message"].text
    except ValueError:
        message = plain("")
    return EngineRefused(
        answer.status,
        message or f"The Docker daemon answered {answer.status} {answer.reason}.",
        on=path,
    )
