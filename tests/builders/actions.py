"""Stacks, services and containers for plans of actions."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.built_with import NOTHING_BUILT, KnownBuild
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.project import Dependency, Project, ServiceSpec
from pixel_tui.stack.model.resource_model import Diverged, Resource
from pixel_tui.stack.model.snapshot import Connection, EngineStatus, StackSnapshot, Trouble
from pixel_tui.text import SafeText, plain

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


STARTED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


ENGINE = EngineStatus(plain("unix:///x"), plain("default"), connection=Connection.READY)


TROUBLE = Trouble(plain("It broke."), plain("Fix it."), NOW)


COMMAND = ComposeCommand(
    docker=("docker", "--host", "unix:///x"),
    compose=("docker", "--host", "unix:///x", "compose"),
    directory="/srv/pixel",
    project="pixel",
)


DOCKER = COMMAND.docker


COMPOSE = (*COMMAND.compose, "--project-directory", "/srv/pixel", "--project-name", "pixel")


def spec(name: str, *needs: str | Dependency, **changes: object) -> ServiceSpec:
    fields: dict[str, object] = {
        "name": SafeText(name),
        "image": SafeText(f"{name}:1"),
        "config_hash": SafeText("hash"),
        "depends_on": tuple(
            need if isinstance(need, Dependency) else Dependency(SafeText(need)) for need in needs
        ),
    }
    return ServiceSpec(**(fields | changes))  # type: ignore[arg-type]


def restarting_with(name: str) -> Dependency:
    return Dependency(SafeText(name), restart=True)


def container(service: str, number: int = 1, **changes: object) -> Container:
    fields: dict[str, object] = {
        "id": f"{service}-{number}".encode().hex().ljust(64, "0"),
        "name": SafeText(f"pixel-{service}-{number}"),
        "service": SafeText(service),
        "state": ContainerState.RUNNING,
        "number": number,
        "started_at": STARTED,
        "config_hash": SafeText("hash"),
    }
    return Container(**(fields | changes))  # type: ignore[arg-type]


def exited(service: str, number: int = 1, **changes: object) -> Container:
    stopped: dict[str, object] = {"state": ContainerState.EXITED, "exit_code": 1}
    return container(service, number, **(stopped | changes))


def worker(name: str = "pixel-worker-1234", **changes: object) -> Container:
    return container("worker", 9, oneoff=True, name=SafeText(name), **changes)


def stack(
    *containers: Container,
    specs: tuple[ServiceSpec, ...],
    image: str | None = "sha256:now",
    diverged: tuple[Diverged, ...] = (),
    resources: tuple[Resource, ...] = (),
    built: Mapping[str, KnownBuild] = NOTHING_BUILT,
    removed_networks: frozenset[str] = frozenset(),
) -> StackSnapshot:
    return join(
        engine=ENGINE,
        project=Project(
            SafeText("pixel"), SafeText("/srv/pixel"), services=specs, resources=resources
        ),
        project_name=SafeText("pixel"),
        project_trouble=None,
        containers=containers,
        images={item.image: image for item in specs},
        taken_at=NOW,
        diverged=diverged,
        built=built,
        removed_networks=removed_networks,
    )


CHAIN = (spec("postgres"), spec("api", "postgres"), spec("web", "api"), spec("landing"))
"""web depends on api, api on postgres; landing has no dependencies."""


def running(*changed: Container) -> StackSnapshot:
    """The chain with all services running, except the given containers."""
    known = {item.name: container(item.name) for item in CHAIN}
    return stack(*(known | {item.service: item for item in changed}).values(), specs=CHAIN)


def plan(action: str, snapshot: StackSnapshot, *targets: str) -> Plan:
    return plan_action(action, targets, snapshot, COMMAND, now=NOW)


def commands(made: Plan) -> list[tuple[str, ...]]:
    return [step.command for step in made.steps]


def effects(made: Plan) -> dict[str, str]:
    return {effect.service: effect.change for effect in made.affects}


def warnings(made: Plan) -> str:
    return "; ".join(check.message for check in made.checks_before if not check.ok)
