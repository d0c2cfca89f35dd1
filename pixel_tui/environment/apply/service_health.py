"""Reads from the engine whether services that were just recreated are healthy."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pixel_tui.environment.apply.apply_request import ServiceHealth
from pixel_tui.errors import EngineAnswerInvalid, EngineRefused
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.replacements import listed_leftovers
from pixel_tui.stack.model.resource_model import Diverged, ResourceKind
from pixel_tui.stack.model.resources import with_attached
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.words import exit_words
from pixel_tui.stack.watch.container_reading import NOT_FOUND
from pixel_tui.text import plain

SETTLE_SECONDS: Final = 5.0
"""How long a container without a health check must be running."""
TIMEOUT_SECONDS: Final = 60.0
MAX_TIMEOUT_SECONDS: Final = 900.0
MAX_RESTARTS: Final = 3
"""After this many restarts a service has failed."""
_DEFAULT_INTERVAL: Final = 30.0
_DEFAULT_RETRIES: Final = 3


class EngineContainers:
    """The containers of one project, read from the engine.

    Args:
        engine: The engine.
        project: The project's name.
        now: A clock in seconds of this machine; the engine's may differ.
    """

    def __init__(
        self, engine: EngineReader, project: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_seen: dict[tuple[str, str], float] = {}
        """When each run of a container was seen first."""
        self._engine = engine
        self._project = project
        self._now = now

    def images(self, services: Sequence[str]) -> Mapping[str, str]:
        """Return the image references of services, with the image ids of their containers."""
        found: dict[str, str] = {}
        for containers in self._inspected(services).values():
            for node in containers:
                reference = node["Config"]["Image"].raw
                if reference and "@" not in reference and not reference.startswith("sha256:"):
                    found[reference] = node["Image"].raw
        return found

    def image_id(self, reference: str) -> str:
        """Return the id of an image reference; empty if there is no such image."""
        image = self._engine.image(reference)
        return Node(image)["Id"].raw if image is not None else ""

    def network_id(self, name: str) -> str:
        """Return the id of a network; empty if there is none of that name."""
        network = self._engine.network(name)
        return Node(network)["Id"].raw if network is not None else ""

    def others_on(self, networks: Sequence[str], services: Sequence[str]) -> Sequence[str]:
        """Return the containers on the networks that don't belong to these services, by name."""
        own_ids = {
            item["Id"].raw
            for item in map(Node, self._engine.containers(self._project))
            if item["Labels"][f"{LABEL}service"].raw in services
            and item["Labels"][f"{LABEL}oneoff"].raw != "True"
        }
        found: set[str] = set()
        for name in networks:
            network = Diverged(ResourceKind.NETWORK, plain(name), plain(name))
            with_containers = with_attached(self._engine, network, {})
            if with_containers.unread:
                raise EngineAnswerInvalid(
                    f"The containers on network {name} are unknown: {with_containers.unread}"
                )
            found |= {
                item.name for item in with_containers.attached if item.container_id not in own_ids
            }
        return sorted(found)

    def health(self, services: Sequence[str]) -> ServiceHealth:
        """Return the health of services."""
        found = self._inspected(services)
        healths = [self._service_health(name, found.get(name, [])) for name in services]
        return ServiceHealth(
            failure=next((item.failure for item in healths if item.failure), ""),
            pending=next((item.pending for item in healths if item.pending), ""),
            timeout=max((item.timeout for item in healths), default=TIMEOUT_SECONDS),
        )

    def _inspected(self, services: Sequence[str]) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        listed = self._engine.containers(self._project)
        leftovers = listed_leftovers(listed)
        for item in map(Node, listed):
            labels = item["Labels"]
            name = labels[f"{LABEL}service"].raw
            oneoff = labels[f"{LABEL}oneoff"].raw == "True"
            if name not in services or oneoff or item["Id"].raw in leftovers:
                continue
            try:
                inspected: JsonObject = self._engine.inspect(item["Id"].raw)
            except EngineRefused as error:
                if error.status != NOT_FOUND:  # it was removed after it was listed
                    raise
                continue
            found.setdefault(name, []).append(Node(inspected))
        return found

    def _service_health(self, service: str, containers: Sequence[Node]) -> ServiceHealth:
        if not containers:
            return ServiceHealth(pending=f"{service} has no container")
        healths = [self._container_health(service, node) for node in containers]
        return ServiceHealth(
            failure=next((item.failure for item in healths if item.failure), ""),
            pending=next((item.pending for item in healths if item.pending), ""),
            timeout=max(item.timeout for item in healths),
        )

    def _container_health(self, service: str, node: Node) -> ServiceHealth:
        state, check = node["State"], node["Config"]["Healthcheck"]
        health = state["Health"]["Status"].raw
        timeout = _check_timeout(check) if health else TIMEOUT_SECONDS
        restarts = node["RestartCount"].integer
        if health == "unhealthy":
            return ServiceHealth(failure=f"{service} is unhealthy", timeout=timeout)
        if restarts >= MAX_RESTARTS:
            return ServiceHealth(failure=f"{service} exits again and again", timeout=timeout)
        if state["Restarting"].flag:
            return ServiceHealth(pending=f"{service} restarts", timeout=timeout)
        if not state["Running"].flag:
            return _stopped(service, node)
        if health in {"", "none"}:
            run = (node["Id"].raw, state["StartedAt"].raw)
            age = self._now() - self._first_seen.setdefault(run, self._now())
            settled = age >= SETTLE_SECONDS
            return ServiceHealth(pending="" if settled else f"{service} has just been started")
        if health == "healthy":
            return ServiceHealth()
        return ServiceHealth(pending=f"{service} is {health}", timeout=timeout)


def _stopped(service: str, node: Node) -> ServiceHealth:
    state = node["State"]
    if state["Status"].raw not in {"exited", "dead"}:
        return ServiceHealth(pending=f"{service} is {state['Status'].raw or 'not there'}")
    code = state["ExitCode"].integer
    policy = node["HostConfig"]["RestartPolicy"]["Name"].raw
    if code == 0 and policy in {"", "no", "on-failure"}:
        return ServiceHealth()  # a task that has finished
    return ServiceHealth(failure=f"{service} exited with {exit_words(code)}")


def _check_timeout(check: Node) -> float:
    """Return how many seconds a health check may take."""
    interval = check["Interval"].integer / 1e9 or _DEFAULT_INTERVAL
    timeout = check["Timeout"].integer / 1e9 or _DEFAULT_INTERVAL
    retries = check["Retries"].integer or _DEFAULT_RETRIES
    decided = check["StartPeriod"].integer / 1e9 + (interval + timeout) * (retries + 1)
    return min(max(decided, TIMEOUT_SECONDS), MAX_TIMEOUT_SECONDS)
