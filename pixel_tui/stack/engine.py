"""Looking at a stack through the Docker Engine's HTTP API.

The client in here can send GET and HEAD and nothing else: whatever would change
something is refused before the socket is opened, by the one method through which
every request of the Docker SDK goes.
"""

import errno
import grp
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import requests
import urllib3
from docker import APIClient
from docker.errors import DockerException

from pixel_tui.errors import (
    EngineAnswerInvalid,
    EngineDenied,
    EngineError,
    EngineRefused,
    EngineUnreachable,
)
from pixel_tui.stack.endpoint import Endpoint
from pixel_tui.stack.json_value import JsonObject, JsonValue, Node
from pixel_tui.stack.parse import LABEL
from pixel_tui.stack.source import ByteStream, EventStream, LogRequest
from pixel_tui.text import SafeText, plain

READING: Final = frozenset({"GET", "HEAD"})
NEWEST_API: Final = (1, 47)
"""The newest API version whose answers `parse` has been tried with."""
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10
CHUNK: Final = 256 * 1024
POOL_SIZE: Final = 64

WATCHED_ACTIONS: Final = (
    "create", "destroy", "die", "health_status", "kill", "oom", "pause", "rename",
    "restart", "start", "stop", "unpause", "update",
)  # fmt: skip
"""Without `exec_*`: each health check would else wake the console twice."""


class ReadOnlySession(APIClient):
    """The Docker SDK's client, unable to change anything."""

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """Send a request that only reads.

        Raises:
            EngineError: The request would change something. Nothing was sent.
        """
        if request.method not in READING:
            raise EngineError(
                "A request that could change something was held back: "
                f"this part of the console only looks ({request.method})."
            )
        return super().send(request, **kwargs)  # type: ignore[arg-type]


class DockerEngine:
    """An `EngineReader` over the Docker SDK.

    Args:
        endpoint: Which engine.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.address = plain(endpoint.address)
        self.context: SafeText = endpoint.context
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._session: ReadOnlySession | None = None
        self._api = ""

    def version(self) -> JsonObject:
        """`GET /version`; agrees on the API version for the requests that follow."""
        answer = self._object("/version", versioned=False)
        self._api = _common_api(Node(answer))
        return answer

    def info(self) -> JsonObject:
        """`GET /info`."""
        return self._object("/info")

    def containers(self, project: str) -> list[JsonObject]:
        """`GET /containers/json` of one project or of each, stopped ones included."""
        label = f"{LABEL}project={project}" if project else f"{LABEL}project"
        filters = json.dumps({"label": [label]})
        answer = self._json("/containers/json", {"all": "1", "filters": filters})
        if not isinstance(answer, list):
            raise EngineAnswerInvalid("The engine's list of containers is no list.")
        return [item for item in answer if isinstance(item, dict)]

    def inspect(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/json`."""
        return self._object(f"/containers/{container_id}/json")

    def image(self, reference: str) -> JsonObject | None:
        """`GET /images/{name}/json`."""
        path = quote(reference, safe="/:@")
        try:
            return self._object(f"/images/{path}/json")
        except EngineRefused as error:
            if error.status == requests.codes.not_found:
                return None
            raise

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
        return _Events(_without_end(self._stream("/events", {"filters": filters})))

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
        response = self._stream(f"/containers/{request.container_id}/logs", query)
        return _Stream(_without_end(response) if request.follow else response)

    def answers(self) -> bool:
        """Whether there is an engine, asked now."""
        try:
            self.version()
        except EngineError:
            return False
        return True

    def close(self) -> None:
        """Drop the pooled connections; a later request makes new ones."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _object(
        self, path: str, query: Mapping[str, str] | None = None, *, versioned: bool = True
    ) -> JsonObject:
        answer = self._json(path, query, versioned=versioned)
        if not isinstance(answer, dict):
            raise EngineAnswerInvalid("The engine's answer is no JSON object.", on=path)
        return answer

    def _json(
        self, path: str, query: Mapping[str, str] | None = None, *, versioned: bool = True
    ) -> JsonValue:
        response = self._get(path, query, stream=False, versioned=versioned)
        try:
            value: JsonValue = json.loads(response.content)
        except ValueError as error:
            raise EngineAnswerInvalid(
                "The engine's answer is no JSON.",
                on=path,
                remedy="Is it a Docker Engine that listens at this address?",
            ) from error
        return value

    def _stream(self, path: str, query: Mapping[str, str]) -> requests.Response:
        return self._get(path, query, stream=True)

    def _get(
        self, path: str, query: Mapping[str, str] | None, *, stream: bool, versioned: bool = True
    ) -> requests.Response:
        if versioned and not self._api:
            self.version()
        try:
            session = self._connected()
            prefix = f"/v{self._api}" if versioned else ""
            response = session.get(
                f"{session.base_url}{prefix}{path}",
                params=query,
                stream=stream,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, DockerException) as error:
            raise _translate(error, self.address) from error
        if not response.ok:
            raise _refusal(response, path)
        return response

    def _connected(self) -> ReadOnlySession:
        with self._lock:
            if self._session is None:
                # A version given here keeps the constructor from asking the engine.
                self._session = ReadOnlySession(
                    base_url=self._endpoint.address,
                    version="1.41",
                    timeout=READ_SECONDS,
                    tls=self._endpoint.tls or False,
                    use_ssh_client=True,
                    max_pool_size=POOL_SIZE,
                )
            return self._session


def _without_end(response: requests.Response) -> requests.Response:
    """An answer whose body may be silent for days; its head was awaited as any other's."""
    socket = getattr(response.raw.connection, "sock", None)
    if socket is not None:
        socket.settimeout(None)
    return response


class _Stream:
    """The body of an answer, read as it comes."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._closed = False

    def read(self) -> bytes:
        try:
            chunk = bytes(self._response.raw.read1(CHUNK, decode_content=False))
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            self._response.close()
            if self._closed:
                return b""
            raise EngineUnreachable("The engine broke the connection off.") from error
        if not chunk:
            self._response.close()
        return chunk

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with suppress(
            urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError, RuntimeError
        ):
            # Wakes a reader on another thread; closing alone would not. A stream that
            # has ended by itself has no socket any more, which is a RuntimeError.
            self._response.raw.shutdown()


class _Events:
    """Events, cut from the stream at line ends."""

    def __init__(self, response: requests.Response) -> None:
        self._stream = _Stream(response)

    def __iter__(self) -> Iterator[JsonObject]:
        rest = b""
        while chunk := self._stream.read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                with suppress(ValueError):
                    event: JsonValue = json.loads(line)
                    if isinstance(event, dict):
                        yield event

    def close(self) -> None:
        self._stream.close()


def _common_api(version: Node) -> str:
    """The newest API version that both sides speak."""
    served = _version_pair(version["ApiVersion"].raw)
    oldest = _version_pair(version["MinAPIVersion"].raw)
    if served is None:
        raise EngineAnswerInvalid(
            "The engine does not tell its API version.",
            remedy="Is it a Docker Engine that listens at this address?",
        )
    chosen = max(min(served, NEWEST_API), oldest or (0, 0))
    return f"{chosen[0]}.{chosen[1]}"


def _version_pair(raw: str) -> tuple[int, int] | None:
    major, _, minor = raw.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        return None
    return int(major), int(minor)


def _refusal(response: requests.Response, path: str) -> EngineRefused:
    try:
        message = Node(json.loads(response.content))["message"].text
    except (ValueError, requests.RequestException):
        message = plain("")
    return EngineRefused(
        response.status_code,
        message or f"The engine answered {response.status_code} {response.reason}.",
        on=path,
    )


def _translate(error: Exception, address: SafeText) -> EngineError:
    """What a failure of the connection means to a person."""
    cause = _root_cause(error)
    if isinstance(cause, PermissionError) or (
        isinstance(cause, OSError) and cause.errno in {errno.EACCES, errno.EPERM}
    ):
        return EngineDenied(
            "This user may not use the engine's socket.",
            on=address,
            remedy=_permission_remedy(address),
        )
    if isinstance(cause, FileNotFoundError):
        return EngineUnreachable(
            "There is no socket at the engine's address.",
            on=address,
            remedy="Is Docker installed and started (`systemctl start docker`)? "
            "Is DOCKER_HOST or the context right?",
        )
    if isinstance(cause, ConnectionRefusedError):
        return EngineUnreachable(
            "Nobody listens at the engine's address.",
            on=address,
            remedy="Start the engine: `systemctl start docker`.",
        )
    if isinstance(error, requests.Timeout) or isinstance(cause, TimeoutError):
        return EngineUnreachable(
            "The engine does not answer.",
            on=address,
            remedy="Is the host overloaded? See `journalctl -u docker`.",
        )
    if isinstance(error, DockerException):
        return EngineUnreachable(str(error), on=address, remedy="Check DOCKER_HOST or the context.")
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return EngineUnreachable(
        f"The engine can't be reached: {reason}.",
        on=address,
        remedy="Check the address and whether the engine runs.",
    )


def _root_cause(error: BaseException) -> BaseException:
    seen = {id(error)}
    while True:
        inner = error.__cause__ or error.__context__
        if inner is None or id(inner) in seen:
            return error
        seen.add(id(inner))
        error = inner


def _permission_remedy(address: str) -> str:
    path = Path(address.removeprefix("unix://"))
    group = "docker"
    with suppress(OSError, KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    return f"Join the socket's group: `sudo usermod -aG {group} $USER`, then log in again."
