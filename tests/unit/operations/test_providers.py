"""Services with a provider: each `up` runs it, and they have no container."""

import pytest

from pixel_tui.errors import NothingToDo
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import Dependency
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText
from tests.builders.actions import (
    COMPOSE,
    commands,
    container,
    effects,
    exited,
    plan,
    spec,
    stack,
)

CLOUD = SafeText("cloud")
RUNS = "runs its provider cloud"


def provided(*containers: Container) -> StackSnapshot:
    """`app` depends on `db`, which has a provider, as `idle` has."""
    specs = (
        spec("app", "db", builds=True),
        spec("db", image=SafeText(""), provider=CLOUD),
        spec("idle", image=SafeText(""), provider=CLOUD),
    )
    return stack(*containers, specs=specs)


def test_only_services_with_a_container_are_verified() -> None:
    made = plan("start", provided())
    assert commands(made) == [
        (*COMPOSE, "up", "--detach", "--no-recreate", "app", "db", "idle"),
    ]
    assert effects(made) == {"app": "is created and started", "db": RUNS, "idle": RUNS}
    assert [item.name for item in made.checks_after] == ["app"]


def test_a_provider_alone_does_not_make_a_start_possible() -> None:
    with pytest.raises(NothingToDo, match=r"^Nothing to start: app is already running\.$"):
        plan("start", provided(container("app")))


def test_a_named_provider_runs_and_nothing_is_verified() -> None:
    made = plan("start", provided(), "db")
    assert commands(made) == [(*COMPOSE, "up", "--detach", "--no-recreate", "db")]
    assert effects(made) == {"db": RUNS}
    assert not made.checks_after


def test_a_dependant_with_a_container_is_started_without_the_provider() -> None:
    made = plan("start", provided(exited("app")), "app")
    assert commands(made) == [(*COMPOSE, "start", "app")]
    assert effects(made) == {"app": "is started"}


def test_the_provider_runs_for_a_dependant() -> None:
    made = plan("start", provided(), "app")
    assert commands(made) == [(*COMPOSE, "up", "--detach", "--no-recreate", "app")]
    assert effects(made) == {"app": "is created and started", "db": RUNS}
    assert effects(plan("rebuild", provided(container("app")), "app"))["db"] == RUNS


def test_a_recreate_with_no_deps_names_the_provider() -> None:
    for targets in (("app",), ()):
        made = plan("recreate", provided(container("app")), *targets)
        up = ("up", "--detach", "--force-recreate", "--no-deps")
        assert commands(made) == [(*COMPOSE, *up, "app", "db")]
        assert effects(made) == {"app": "is recreated", "db": RUNS}
        assert [item.name for item in made.checks_after] == ["app"]


def test_an_inactive_provider_is_not_named() -> None:
    need = Dependency(SafeText("db"), required=False)
    db = spec("db", provider=CLOUD, active=False, profiles=(SafeText("x"),))
    seen = stack(container("app"), specs=(spec("app", need), db))
    up = ("up", "--detach", "--force-recreate", "--no-deps")
    assert commands(plan("recreate", seen, "app")) == [(*COMPOSE, *up, "app")]


@pytest.mark.parametrize("action", ["stop", "restart", "recreate", "rebuild", "hard-rebuild"])
def test_actions_on_containers_report_why_a_provider_has_none(action: str) -> None:
    with pytest.raises(NothingToDo, match="db has no container: cloud provides it"):
        plan(action, provided(container("app")), "db")
