"""What runs with another environment than the file gives now is told, by names alone."""

from dataclasses import replace
from datetime import UTC, datetime

from pixel_tui.health.findings import findings
from pixel_tui.stack.join import join
from pixel_tui.stack.model import EngineStatus, Link, Project, SyncAction
from pixel_tui.stack.parse import parse_container, parse_project
from pixel_tui.stack.source import ResolvedProject
from pixel_tui.stack.sync import sync
from pixel_tui.stack.value_mark import marks, value_mark
from pixel_tui.text import plain
from tests.unit.test_actions import CHAIN, plan, running, stack
from tests.unit.test_actions import warnings as warnings_of
from tests.unit.test_join import container, spec

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOKEN = "a-token-that-nobody-may-see"
WEB = spec(baked=marks([("NEXT_PUBLIC_API_URL", "http://b")]))
IMAGES = {"api:1": "sha256:now"}


def test_a_recreate_names_the_variables_that_differ() -> None:
    wanted = spec(variables=marks([("A", "2"), ("B", "1"), ("C", "")]))
    has = container(
        config_hash="other", variables=marks([("A", "1"), ("B", "1"), ("PATH", "/bin")])
    )
    found = sync(wanted, [has], IMAGES)
    assert (found.action, found.reason) == (
        SyncAction.RECREATE, "its environment has changed (A, C)"
    )  # fmt: skip


def test_a_recreate_names_the_variables_that_are_gone() -> None:
    has = container(
        config_hash="other",
        variables=marks([("A", "1"), ("GONE", "x"), ("PATH", "/bin"), ("https_proxy", "p")]),
    )
    wanted, own = spec(variables=marks([("A", "1")])), {"sha256:now": frozenset({"PATH"})}
    found = sync(wanted, [has], IMAGES, own_variables=own)
    assert found.reason == "its environment has changed (GONE)"
    unknown = sync(wanted, [has], IMAGES)
    assert unknown.reason == "its configuration has changed"


def test_many_variables_are_counted() -> None:
    wanted = spec(variables=marks([(f"KEY_{n}", "1") for n in range(8)]))
    found = sync(wanted, [container(config_hash="other")], IMAGES)
    assert found.reason.endswith("KEY_4 and 3 more)")


def test_where_the_environment_is_the_same_something_else_has_changed() -> None:
    same = marks([("A", "1")])
    found = sync(spec(variables=same), [container(config_hash="other", variables=same)], IMAGES)
    assert found.reason == "its configuration has changed"


def test_an_image_that_was_built_with_another_value_is_told() -> None:
    old = {"sha256:now": marks([("NEXT_PUBLIC_API_URL", "http://a")])}
    found = sync(WEB, [container()], IMAGES, built=old)
    assert (found.action, found.reason) == (
        SyncAction.REBUILD, "image built with another NEXT_PUBLIC_API_URL"
    )  # fmt: skip
    same = {"sha256:now": marks([("NEXT_PUBLIC_API_URL", "http://b"), ("OTHER", "x")])}
    assert sync(WEB, [container()], IMAGES, built=same).action is SyncAction.NOTHING


def test_a_recreate_for_a_key_that_is_built_in_says_that_it_is_not_enough() -> None:
    wanted = replace(WEB, variables=marks([("NEXT_PUBLIC_API_URL", "http://b"), ("A", "2")]))
    has = container(
        config_hash="other",
        variables=marks([("NEXT_PUBLIC_API_URL", "http://a"), ("A", "1")]),
    )
    found = sync(wanted, [has], IMAGES)
    assert found.action is SyncAction.RECREATE
    assert found.reason.endswith("NEXT_PUBLIC_API_URL is built into its image: rebuild it")
    other = replace(has, variables=marks([("NEXT_PUBLIC_API_URL", "http://b"), ("A", "1")]))
    assert "built into" not in sync(wanted, [other], IMAGES).reason


def test_the_plan_of_such_a_recreate_warns_that_the_image_keeps_the_old_value() -> None:
    key = "NEXT_PUBLIC_API_URL"
    wanted = tuple(
        replace(item, baked=marks([(key, "b")]), variables=marks([(key, "b")]))
        if item.name == "api"
        else item
        for item in CHAIN
    )
    for value, warned in (("a", True), ("b", False)):
        has = [container(item.name, variables=marks([(key, value)])) for item in wanted]
        made = plan("recreate", stack(*has, specs=wanted), "api")
        assert ("is built into the image of api" in warnings_of(made)) is warned


def test_an_image_that_tells_nothing_is_not_suspected() -> None:
    assert sync(WEB, [container()], IMAGES, built={}).action is SyncAction.NOTHING
    assert sync(WEB, [container()], IMAGES, built={"sha256:now": ()}).action is SyncAction.NOTHING


def test_it_is_a_finding_with_its_remedy() -> None:
    snapshot = join(
        engine=EngineStatus(plain("x"), plain("x"), link=Link.READY),
        project=Project(plain("p"), plain("/srv"), services=(WEB,)),
        project_name=plain("p"),
        project_trouble=None,
        containers=[container()],
        images=IMAGES,
        taken_at=NOW,
        built={"sha256:now": marks([("NEXT_PUBLIC_API_URL", "http://a")])},
    )
    (found,) = findings(snapshot, NOW)
    assert "baked into its image" in found.what
    assert found.why == "image built with another NEXT_PUBLIC_API_URL"
    assert "docker compose build api" in found.remedy


def test_a_restart_says_which_variables_it_does_not_bring_into_force() -> None:
    stack = running(container("api", config_hash=plain("old"), variables=()))
    service = stack.service("api")
    assert service is not None
    changed = replace(service.sync, reason=plain("its environment has changed (A)"))
    others = tuple(item for item in stack.services if item.name != "api")
    stack = replace(stack, services=(replace(service, sync=changed), *others))
    assert "its environment has changed (A), and only `up`" in warnings_of(
        plan("restart", stack, "api")
    )
    rebuilt = replace(service.sync, action=SyncAction.REBUILD, reason=plain("image built with X"))
    stack = replace(stack, services=(replace(service, sync=rebuilt), *others))
    assert "only a rebuild puts that into force" in warnings_of(plan("restart", stack, "api"))


def test_the_model_of_compose_and_the_container_are_compared_as_the_container_has_it() -> None:
    inspected = parse_container({"Config": {"Env": ["D=a$b", f"API_TOKEN={TOKEN}", "E="]}})
    config = {"name": "p", "services": {"api": {"environment": {
        "D": "a$$b", "API_TOKEN": TOKEN, "E": "", "NONE": None,
    }}}}  # fmt: skip
    resolved = ResolvedProject(config, frozenset({"api"}), "/srv")  # type: ignore[arg-type]
    (wanted,) = parse_project(resolved, {}).services
    assert wanted.variables == inspected.variables
    assert TOKEN not in repr((wanted, inspected, wanted.variables))


def test_a_mark_is_of_this_process_alone_and_short() -> None:
    assert value_mark(TOKEN) == value_mark(TOKEN)
    assert value_mark(TOKEN) != value_mark(TOKEN + " ")
    assert len(value_mark("")) == 16
