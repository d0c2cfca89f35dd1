"""Whether services that were just made anew are well, from what the engine tells of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pixel_tui.environment.apply.wanted import Wellness
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
"""What has no health check has to run that long."""
PATIENCE_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 900.0
TRIES: Final = 3
"""After so many restarts it is not waited for any longer."""
_DEFAULT_INTERVAL: Final = 30.0
_DEFAULT_RETRIES: Final = 3


class EngineContainers:
    """The containers of one project, asked of the engine.

    Args:
        engine: The engine.
        project: The project's name.
        now: Seconds on a clock of this machine; the engine's may be set otherwise.
    """

    def __init__(
        self, engine: EngineReader, project: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_seen: dict[tuple[str, str], float] = {}
        """When each life of a container was seen first."""
        self._engine = engine
        self._project = project
        self._now = now

    def images(self, services: Sequence[str]) -> Mapping[str, str]:
        """The image references of these services, and the ids that their containers run."""
        found: dict[str, str] = {}
        for containers in self._inspected(services).values():
            for node in containers:
                reference = node["Config"]["Image"].raw
                if reference and "@" not in reference and not reference.startswith("sha256:"):
                    found[reference] = node["Image"].raw
        return found

    def image_id(self, reference: str) -> str:
        """What a reference means now; empty where it means nothing."""
        image = self._engine.image(reference)
        return Node(image)["Id"].raw if image is not None else ""

    def network_id(self, name: str) -> str:
        """The id of a network; empty where there is none of that name."""
        network = self._engine.network(name)
        return Node(network)["Id"].raw if network is not None else ""

    def others_on(self, networks: Sequence[str], services: Sequence[str]) -> Sequence[str]:
        """The names of what runs on one of these networks, and is not of these services."""
        own = {
            item["Id"].raw
            for item in map(Node, self._engine.containers(self._project))
            if item["Labels"][f"{LABEL}service"].raw in services
            and item["Labels"][f"{LABEL}oneoff"].raw != "True"
        }
        found: set[str] = set()
        for name in networks:
            network = Diverged(ResourceKind.NETWORK, plain(name), plain(name))
            read = with_attached(self._engine, network, {})
            if read.unread:
                raise EngineAnswerInvalid(
                    f"The containers on network {name} are unknown: {read.unread}"
                )
            found |= {item.name for item in read.attached if item.container_id not in own}
        return sorted(found)

    def wellness(self, services: Sequence[str]) -> Wellness:
        """How these services are."""
        found = self._inspected(services)
        verdicts = [self._of(name, found.get(name, [])) for name in services]
        return Wellness(
            ill=next((item.ill for item in verdicts if item.ill), ""),
            waiting=next((item.waiting for item in verdicts if item.waiting), ""),
            patience=max((item.patience for item in verdicts), default=PATIENCE_SECONDS),
        )

    def _inspected(self, services: Sequence[str]) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        listed = self._engine.containers(self._project)
        left = listed_leftovers(listed)
        for item in map(Node, listed):
            labels = item["Labels"]
            name = labels[f"{LABEL}service"].raw
            oneoff = labels[f"{LABEL}oneoff"].raw == "True"
            if name not in services or oneoff or item["Id"].raw in left:
                continue
            try:
                inspected: JsonObject = self._engine.inspect(item["Id"].raw)
            except EngineRefused as error:
                if error.status != NOT_FOUND:  # else it went between the list and the question
                    raise
                continue
            found.setdefault(name, []).append(Node(inspected))
        return found

    def _of(self, service: str, containers: Sequence[Node]) -> Wellness:
        if not containers:
            return Wellness(waiting=f"{service} has no container")
        verdicts = [self._of_container(service, node) for node in containers]
        return Wellness(
            ill=next((item.ill for item in verdicts if item.ill), ""),
            waiting=next((item.waiting for item in verdicts if item.waiting), ""),
            patience=max(item.patience for item in verdicts),
        )

    def _of_container(self, service: str, node: Node) -> Wellness:
        state, check = node["State"], node["Config"]["Healthcheck"]
        health = state["Health"]["Status"].raw
        patience = _patience(check) if health else PATIENCE_SECONDS
        restarts = node["RestartCount"].integer
        if health == "unhealthy":
            return Wellness(ill=f"{service} is unhealthy", patience=patience)
        if restarts >= TRIES:
            return Wellness(ill=f"{service} exits again and again", patience=patience)
        if state["Restarting"].flag:
            return Wellness(waiting=f"{service} restarts", patience=patience)
        if not state["Running"].flag:
            return _stopped(service, node)
        if health in {"", "none"}:
            life = (node["Id"].raw, state["StartedAt"].raw)
            age = self._now() - self._first_seen.setdefault(life, self._now())
            settled = age >= SETTLE_SECONDS
            return Wellness(waiting="" if settled else f"{service} has just been started")
        if health == "healthy":
            return Wellness()
        return Wellness(waiting=f"{service} is {health}", patience=patience)


def _stopped(service: str, node: Node) -> Wellness:
    state = node["State"]
    if state["Status"].raw not in {"exited", "dead"}:
        return Wellness(waiting=f"{service} is {state['Status'].raw or 'not there'}")
    code = state["ExitCode"].integer
    policy = node["HostConfig"]["RestartPolicy"]["Name"].raw
    if code == 0 and policy in {"", "no", "on-failure"}:
        return Wellness()  # a task that has done its work
    return Wellness(ill=f"{service} exited with {exit_words(code)}")


def _patience(check: Node) -> float:
    """How long a health check may take to decide, in seconds."""
    interval = check["Interval"].integer / 1e9 or _DEFAULT_INTERVAL
    timeout = check["Timeout"].integer / 1e9 or _DEFAULT_INTERVAL
    retries = check["Retries"].integer or _DEFAULT_RETRIES
    decided = check["StartPeriod"].integer / 1e9 + (interval + timeout) * (retries + 1)
    return min(max(decided, PATIENCE_SECONDS), LONGEST_SECONDS)
