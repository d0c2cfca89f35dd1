"""Differences between running containers and the present environment, by name only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from pixel_tui.health.findings import findings
from pixel_tui.stack.model.build_record import BuildRecord, build_mark
from pixel_tui.stack.model.built_with import KnownBuild, built_with
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.fingerprints import fingerprint, fingerprints
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    StackSnapshot,
    Sync,
    SyncAction,
)
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.stack.model.sync import sync
from pixel_tui.text import plain
from tests.builders import actions
from tests.builders.actions import CHAIN, plan, running
from tests.builders.actions import warnings as warnings_of
from tests.builders.join import container, spec

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOKEN = "a-token-that-nobody-may-see"
URL = "NEXT_PUBLIC_API_URL"
WEB = spec(builds=True, build_arguments=fingerprints([(URL, "http://b")]))
IMAGES = {"api:1": "sha256:now"}


def test_a_recreate_names_the_variables_that_differ() -> None:
    wanted = spec(variables=fingerprints([("A", "2"), ("B", "1"), ("C", "")]))
    has = container(
        config_hash="other", variables=fingerprints([("A", "1"), ("B", "1"), ("PATH", "/bin")])
    )
    found = sync(wanted, [has], IMAGES)
    assert (found.action, found.reason) == (
        SyncAction.RECREATE, "its environment has changed (A, C)"
    )  # fmt: skip


def test_a_recreate_names_the_removed_variables() -> None:
    has = container(
        config_hash="other",
        variables=fingerprints([("A", "1"), ("GONE", "x"), ("PATH", "/bin"), ("https_proxy", "p")]),
    )
    wanted, own = spec(variables=fingerprints([("A", "1")])), {"sha256:now": frozenset({"PATH"})}
    found = sync(wanted, [has], IMAGES, own_variables=own)
    assert found.reason == "its environment has changed (GONE)"
    unknown = sync(wanted, [has], IMAGES)
    assert unknown.reason == "its configuration has changed"


def test_many_variables_are_counted() -> None:
    wanted = spec(variables=fingerprints([(f"KEY_{n}", "1") for n in range(8)]))
    found = sync(wanted, [container(config_hash="other")], IMAGES)
    assert found.reason.endswith("KEY_4 and 3 more)")


def test_with_the_same_environment_the_configuration_has_changed() -> None:
    same = fingerprints([("A", "1")])
    found = sync(spec(variables=same), [container(config_hash="other", variables=same)], IMAGES)
    assert found.reason == "its configuration has changed"


def snapshot_of(
    wanted: ServiceSpec, has: Container, built: Mapping[str, KnownBuild]
) -> StackSnapshot:
    return join(
        engine=EngineStatus(plain("x"), plain("x"), connection=Connection.READY),
        project=Project(plain("p"), plain("/srv"), services=(wanted,)),
        project_name=plain("p"),
        project_trouble=None,
        containers=[has],
        images=IMAGES,
        taken_at=NOW,
        built=built,
    )


def service_of(
    built: Mapping[str, KnownBuild], wanted: ServiceSpec = WEB, has: Container | None = None
) -> Service:
    (found,) = snapshot_of(wanted, has or container(), built).services
    return found


def from_history(**values: str) -> dict[str, KnownBuild]:
    """The arguments in the image's history."""
    return {"sha256:now": KnownBuild(fingerprints(values.items()))}


def from_record(**values: str) -> dict[str, KnownBuild]:
    """The record of its build."""
    key = bytes(32)
    record = BuildRecord(
        0, {name: build_mark(key, name, item) for name, item in values.items()}, key
    )
    return built_with({}, {"sha256:now": record}, {(URL, "http://b"), ("MODE", "x")})


def test_an_image_built_with_another_value_is_reported() -> None:
    found = service_of(from_history(NEXT_PUBLIC_API_URL="http://a")).sync
    assert (found.action, found.reason) == (
        SyncAction.REBUILD, "image built with another NEXT_PUBLIC_API_URL"
    )  # fmt: skip
    same = from_history(NEXT_PUBLIC_API_URL="http://b", OTHER="x")
    assert service_of(same).sync == Sync(SyncAction.NOTHING)


def test_the_build_record_has_arguments_that_the_history_lacks() -> None:
    found = service_of(from_record(NEXT_PUBLIC_API_URL="http://a")).sync
    assert (found.action, found.reason) == (
        SyncAction.REBUILD, "image built with another NEXT_PUBLIC_API_URL"
    )  # fmt: skip
    assert service_of(from_record(NEXT_PUBLIC_API_URL="http://b")).sync == Sync(SyncAction.NOTHING)


def test_a_record_detects_added_and_removed_arguments() -> None:
    mode = replace(WEB, build_arguments=fingerprints([(URL, "http://b"), ("MODE", "x")]))
    assert service_of(from_record(NEXT_PUBLIC_API_URL="http://b"), mode).build.other == ("MODE",)
    gone = from_record(NEXT_PUBLIC_API_URL="http://b", GONE="1")
    assert service_of(gone).build.other == ("GONE",)
    # A history has more than the file names, and lacks what no command of its stage could see.
    assert not service_of(from_history(NEXT_PUBLIC_API_URL="http://b", GONE="1"), mode).build.other


def test_an_image_with_unknown_arguments_is_in_sync_with_a_question_mark() -> None:
    found = service_of({"sha256:now": KnownBuild()})
    assert found.sync.action is SyncAction.NOTHING
    assert found.sync.words == "in sync?"
    assert found.sync.reason.startswith(f"image built from unknown values ({URL})")
    assert not findings(snapshot_of(WEB, container(), {"sha256:now": KnownBuild()}), NOW)
    asked_later = service_of({})
    assert asked_later.sync.words == "in sync"
    plain_argument = replace(WEB, build_arguments=fingerprints([("MODE", "x")]))
    assert service_of({"sha256:now": KnownBuild()}, plain_argument).sync.words == "in sync"


def test_a_recreate_for_another_reason_names_the_values_kept_by_the_image() -> None:
    found = service_of(
        from_record(NEXT_PUBLIC_API_URL="http://a"), has=container(config_hash="other")
    ).sync
    assert found.action is SyncAction.RECREATE
    assert found.reason.endswith(f"{URL} is built into its image: rebuild it")
    new_image = replace(WEB, variables=fingerprints([(URL, "http://b")]))
    has = container(config_hash="other", variables=fingerprints([(URL, "http://a")]))
    found = service_of(from_record(NEXT_PUBLIC_API_URL="http://b"), new_image, has).sync
    assert found.reason == f"its environment has changed ({URL})", "it was rebuilt by then"


def test_a_recreate_for_a_baked_in_key_asks_for_a_rebuild() -> None:
    wanted = replace(WEB, variables=fingerprints([("NEXT_PUBLIC_API_URL", "http://b"), ("A", "2")]))
    has = container(
        config_hash="other",
        variables=fingerprints([("NEXT_PUBLIC_API_URL", "http://a"), ("A", "1")]),
    )
    found = sync(wanted, [has], IMAGES)
    assert found.action is SyncAction.RECREATE
    assert found.reason.endswith("NEXT_PUBLIC_API_URL is built into its image: rebuild it")
    other = replace(has, variables=fingerprints([("NEXT_PUBLIC_API_URL", "http://b"), ("A", "1")]))
    assert "built into" not in sync(wanted, [other], IMAGES).reason


def chain_with(name: str, built: Mapping[str, KnownBuild], value: str = "b") -> StackSnapshot:
    """The chain with a build argument and a variable of the same name in one service."""
    wanted = tuple(
        replace(
            item,
            builds=True,
            build_arguments=fingerprints([(URL, "http://b")]),
            variables=fingerprints([(URL, "b")] if value else []),
        )
        if item.name == name
        else item
        for item in CHAIN
    )
    has = [actions.container(item.name, variables=fingerprints([(URL, value)])) for item in wanted]
    return actions.stack(*has, specs=wanted, built=built)


def test_the_plan_of_such_a_recreate_warns_that_the_image_keeps_the_old_value() -> None:
    for value, warned in (("a", True), ("b", False)):
        made = plan("recreate", chain_with("api", {}, value), "api")
        assert ("is built into the image of api" in warnings_of(made)) is warned
        made = plan("recreate", chain_with("api", {}, value), "web")
        assert "is built into" not in warnings_of(made)


def test_a_recreate_also_warns_of_a_key_that_is_only_a_build_argument() -> None:
    old, new = (
        from_record(NEXT_PUBLIC_API_URL="http://a"),
        from_record(NEXT_PUBLIC_API_URL="http://b"),
    )
    made = plan("recreate", chain_with("api", old, ""), "api")
    assert f"{URL} is built into the image of api, which keeps its old value" in warnings_of(made)
    assert "api was built" not in warnings_of(plan("recreate", chain_with("api", new, ""), "api"))
    unknown = chain_with("api", {"sha256:now": KnownBuild()}, "")
    words = f"the image of api was built from unknown values of {URL}: if one has changed"
    assert words in warnings_of(plan("recreate", unknown, "api"))
    assert "api was built" not in warnings_of(plan("rebuild", unknown, "api"))


def test_services_recreated_together_are_warned_of_as_well() -> None:
    old = from_record(NEXT_PUBLIC_API_URL="http://a")
    snapshot = chain_with("api", old, "")
    assert snapshot.project is not None
    services = tuple(
        replace(item, joins=(plain("postgres"),)) if item.name == "api" else item
        for item in snapshot.project.services
    )
    has = [actions.container(item.name) for item in services]
    shared = actions.stack(*has, specs=services, built=old)
    assert "is built into the image of api" in warnings_of(plan("recreate", shared, "postgres"))


def test_an_outdated_image_is_a_finding_with_a_fix() -> None:
    snapshot = snapshot_of(WEB, container(), from_history(NEXT_PUBLIC_API_URL="http://a"))
    (found,) = findings(snapshot, NOW)
    assert "built into its image" in found.what
    assert found.why == "image built with another NEXT_PUBLIC_API_URL"
    assert "docker compose build api" in found.hint


def test_a_restart_names_the_variables_it_does_not_apply() -> None:
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
    assert "only a rebuild applies that" in warnings_of(plan("restart", stack, "api"))


def test_values_are_compared_as_the_container_has_them() -> None:
    inspected = parse_container({"Config": {"Env": ["D=a$b", f"API_TOKEN={TOKEN}", "E="]}})
    config = {"name": "p", "services": {"api": {"environment": {
        "D": "a$$b", "API_TOKEN": TOKEN, "E": "", "NONE": None,
    }}}}  # fmt: skip
    resolved = ResolvedProject(config, frozenset({"api"}), "/srv")  # type: ignore[arg-type]
    (wanted,) = parse_project(resolved, {}).services
    assert wanted.variables == inspected.variables
    assert TOKEN not in repr((wanted, inspected, wanted.variables))


def test_a_mark_is_short_and_valid_in_this_process_only() -> None:
    assert fingerprint(TOKEN) == fingerprint(TOKEN)
    assert fingerprint(TOKEN) != fingerprint(TOKEN + " ")
    assert len(fingerprint("")) == 16
