"""The services that a candidate changes, by compose's hashes and the running containers."""

import re
from dataclasses import replace

import pytest

from pixel_tui.environment.apply.impact import ServiceChange, ServiceImpact
from pixel_tui.environment.apply.impact_finding import find_impact
from pixel_tui.stack.compose.candidate_reading import CandidateReading, ServiceReading
from pixel_tui.stack.model.build_record import BuildRecord, build_mark
from pixel_tui.stack.model.built_with import build_arguments
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import Diverged, Resource, ResourceKind
from pixel_tui.stack.watch.running_services import RunningService
from pixel_tui.text import SafeText, plain


def service(name: str = "api", config_hash: str = "old", **values: str) -> ServiceReading:
    return ServiceReading(
        name=plain(name),
        config_hash=config_hash,
        active=True,
        builds=False,
        image="api",
        environment=values,
        build_arguments={},
        keys=frozenset({"TAG"}),
    )


def reading(*services: ServiceReading) -> CandidateReading:
    return CandidateReading(
        project=SafeText("pixel"), services={str(item.name): item for item in services}
    )


def run(name: str = "api", label: str = "old", **values: str) -> RunningService:
    return RunningService(name, up=True, hashes=frozenset({label}), environment=values)


def only(
    candidate: ServiceReading,
    current: ServiceReading,
    running: RunningService | None,
    *changed: str,
) -> ServiceImpact | None:
    has = {running.name: running} if running is not None else {}
    found = find_impact(reading(candidate), reading(current), has, changed).services
    assert len(found) < 2
    return found[0] if found else None


def test_an_up_to_date_service_is_not_changed() -> None:
    assert only(service(), service(), run()) is None


def test_a_service_with_another_hash_is_recreated_with_the_keys() -> None:
    impact = only(
        service(config_hash="new", A="2", B="1"),
        service(A="1", B="1", C="1"),
        run(A="1", B="1", C="1", PATH="/bin"),
        *("A", "C", "Z"),
    )
    assert impact == ServiceImpact(
        plain("api"),
        ServiceChange.RECREATE,
        (plain("A"), plain("C")),
        plain("its environment changes"),
        running=True,
    )


def test_a_key_that_the_compose_file_uses_elsewhere_is_named() -> None:
    impact = only(service(config_hash="new"), service(), run(), "TAG", "Z")
    assert impact is not None
    assert impact.keys == ("TAG",)
    assert impact.cause == "its configuration changes"


def test_a_variable_with_a_key_in_its_value_is_named_by_the_key() -> None:
    impact = only(
        replace(service(config_hash="new", URL="b"), keys=frozenset({"HOST"})),
        service(URL="a"),
        run(URL="a"),
        "HOST",
    )
    assert impact is not None
    assert impact.keys == ("HOST",)


def test_a_service_that_was_out_of_sync_before_has_its_own_cause() -> None:
    impact = only(service(config_hash="new", A="2"), service(config_hash="new", A="2"), run(A="1"))
    assert impact is not None
    assert "was created with another" in impact.cause
    assert impact.keys == ("A",)


def test_a_stopped_container_is_not_running() -> None:
    impact = only(service(config_hash="new"), service(), None)
    assert impact is not None
    assert not impact.running
    stopped = RunningService("api", up=False, hashes=frozenset({"old"}), environment={})
    impact = only(service(config_hash="new"), service(), stopped)
    assert impact is not None
    assert not impact.running


def test_a_build_secret_is_a_rebuild_with_a_warning_about_the_cache() -> None:
    web = replace(service("web"), builds=True, build_secrets=frozenset({"NPM_TOKEN"}))
    impact = only(web, web, run("web"), "NPM_TOKEN", "Z")
    assert impact == ServiceImpact(
        plain("web"),
        ServiceChange.REBUILD,
        (plain("NPM_TOKEN"),),
        plain("its build gets NPM_TOKEN as a secret"),
        running=True,
    )
    found = find_impact(reading(web), reading(web), {"web": run("web")}, {"NPM_TOKEN"})
    assert any("cached" in words for words in found.warnings)
    assert only(web, web, run("web"), "Z") is None
    other = find_impact(
        reading(web), reading(web), {}, {"NPM_TOKEN"}, overridden=frozenset({"NPM_TOKEN"})
    )
    assert other.services == ()
    assert other.warnings == ()


def test_a_build_argument_with_a_secrets_name_is_a_rebuild() -> None:
    before, after = (
        replace(service("web"), builds=True, build_arguments={"NPM_TOKEN": value})
        for value in ("fake-one", "fake-two")
    )
    impact = only(after, before, run("web"), "NPM_TOKEN")
    assert impact is not None
    assert (impact.change, impact.keys) == (ServiceChange.REBUILD, ("NPM_TOKEN",))


def test_another_build_recipe_is_a_rebuild() -> None:
    before, after = (
        replace(service("web"), builds=True, recipe=stage, keys=frozenset({"STAGE"}))
        for stage in ("first", "second")
    )
    impact = only(after, before, run("web"), "STAGE")
    assert impact is not None
    assert (impact.change, impact.keys) == (ServiceChange.REBUILD, ("STAGE",))
    assert impact.cause == "its build changes"


def built(config_hash: str, url: str) -> ServiceReading:
    base = service("web", config_hash)
    return replace(base, builds=True, build_arguments={"NEXT_PUBLIC_API_URL": url})


def test_another_build_argument_is_a_rebuild() -> None:
    impact = only(built("h", "b"), built("g", "a"), run("web", "g"), "NEXT_PUBLIC_API_URL")
    assert impact is not None
    assert impact.change is ServiceChange.REBUILD
    assert impact.keys == ("NEXT_PUBLIC_API_URL",)


def test_an_image_built_with_another_value_is_rebuilt() -> None:
    old_image = replace(run("web", "h"), built_with={"NEXT_PUBLIC_API_URL": "a", "OTHER": "x"})
    impact = only(built("h", "b"), built("h", "b"), old_image)
    assert impact is not None
    assert impact.change is ServiceChange.REBUILD
    assert impact.cause == "its image is built with NEXT_PUBLIC_API_URL"


def test_an_image_that_has_the_new_value_is_not_rebuilt() -> None:
    image = replace(run("web", "h"), built_with={"NEXT_PUBLIC_API_URL": "b"})
    assert only(built("h", "b"), built("h", "a"), image) is None


def test_the_record_of_a_build_has_arguments_that_the_image_lacks() -> None:
    key = bytes(32)
    mark = build_mark(key, "NEXT_PUBLIC_API_URL", "a")
    image = replace(run("web", "h"), record=BuildRecord(0, {"NEXT_PUBLIC_API_URL": mark}, key))
    impact = only(built("h", "b"), built("h", "b"), image)
    assert impact is not None
    assert (impact.change, impact.keys) == (ServiceChange.REBUILD, ("NEXT_PUBLIC_API_URL",))
    assert only(built("h", "a"), built("h", "b"), image) is None, "it has the value already"
    more = replace(built("h", "a"), build_arguments={"NEXT_PUBLIC_API_URL": "a", "MODE": "x"})
    impact = only(more, more, image)
    assert impact is not None
    assert impact.keys == ("MODE",)


def test_a_network_sharer_is_recreated_with_its_owner() -> None:
    shares = replace(service("probe"), shares=("vpn",))
    candidate = reading(service("vpn", "new"), shares)
    current = reading(service("vpn"), shares)
    running = {"vpn": run("vpn"), "probe": run("probe", "other-hash")}
    found = find_impact(candidate, current, running, ())
    assert [item.service for item in found.services] == ["probe", "vpn"]
    assert found.services[0].cause == "it shares namespaces or volumes of vpn"
    untouched = find_impact(reading(service("vpn"), shares), current, running, ())
    assert untouched.services == ()


def test_a_refused_candidate_has_only_the_refusal() -> None:
    refused = CandidateReading(refusal=plain("line 2: bad"), line=2)
    found = find_impact(refused, reading(service()), {"api": run()}, ())
    assert (found.refusal, found.line, found.services) == ("line 2: bad", 2, ())


def test_another_project_name_is_a_warning() -> None:
    other = replace(reading(service()), project=SafeText("other"))
    found = find_impact(other, reading(service()), {}, ())
    assert re.search("become other.*belong to pixel", found.warnings[0])


BUILDKIT = (
    "LABEL a=1",
    "RUN |2 NEXT_PUBLIC_API_URL=http://a b/'x' OTHER=x y /bin/sh -c echo hello $OTHER > /x",
    "ENV BAKED=http://a b/'x'",
    "ARG OTHER=zz",
    "ARG NEXT_PUBLIC_API_URL",
)
CLASSIC = (
    "|1 NEXT_PUBLIC_API_URL=http://a /bin/sh -c npm run build",
    "/bin/sh -c #(nop)  ARG NEXT_PUBLIC_API_URL",
)


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        (BUILDKIT, {"NEXT_PUBLIC_API_URL": "http://a b/'x'", "OTHER": "x y"}),
        (CLASSIC, {"NEXT_PUBLIC_API_URL": "http://a"}),
        (("ARG NEXT_PUBLIC_API_URL=default",), {}),
        (("RUN |1 UNDECLARED=x /bin/sh -c y",), {}),
        (("RUN /bin/sh -c echo '|1 A=b'", "ARG A"), {}),
        ((), {}),
    ],
)
def test_the_history_of_an_image_has_its_build_arguments(
    commands: tuple[str, ...], found: dict[str, str]
) -> None:
    history: list[JsonObject] = [{"CreatedBy": command} for command in commands]
    assert build_arguments(history) == found


def test_a_changed_secret_recreates_its_service_despite_the_same_hash() -> None:
    item = replace(service(), delivered=frozenset({"API_TOKEN"}))
    impact = only(item, item, run(), "API_TOKEN", "Z")
    assert impact is not None
    assert (impact.change, impact.keys) == (ServiceChange.RECREATE, ("API_TOKEN",))
    assert impact.cause == "its secret or config changes"
    assert only(item, item, run(), "Z") is None


def test_a_service_that_mounts_the_file_is_restarted_unless_recreated() -> None:
    item, runs = service(), replace(run(), mounts_file=True)
    impact = only(item, item, runs, "A")
    assert impact is not None
    assert (impact.change, impact.keys) == (ServiceChange.RESTART, ("A",))
    assert only(item, item, runs) is None
    assert only(item, item, None, "A") is None
    recreated = only(replace(item, config_hash="new"), item, runs, "TAG")
    assert recreated is not None
    assert recreated.change is ServiceChange.RECREATE


def test_a_namespace_sharer_is_restarted_with_its_owner() -> None:
    vpn = service("vpn")
    app = replace(service("app"), shares=("vpn",), joins=("vpn",))
    memory = replace(service("memory"), shares=("app",), joins=("app",))
    data = replace(service("data"), shares=("vpn",))
    halted = replace(service("halted"), shares=("vpn",), joins=("vpn",))
    whole = reading(vpn, app, memory, data, halted)
    runs = {name: run(name) for name in ("vpn", "app", "memory", "data")}
    runs["vpn"] = replace(runs["vpn"], mounts_file=True)
    runs["halted"] = replace(run("halted"), up=False)
    found = {str(item.service): item for item in find_impact(whole, whole, runs, ["A"]).services}
    assert set(found) == {"vpn", "app", "memory"}, "volumes stay, and what is down stays down"
    assert {item.change for item in found.values()} == {ServiceChange.RESTART}
    assert found["app"].cause == "it shares a namespace of vpn, which is restarted"


def test_external_resources_and_invalid_image_names_are_reported() -> None:
    needs = (External("network", plain("shared")),)
    after = replace(service(config_hash="new"), image="a b", externals=needs)
    whole = reading(after), reading(service())
    (found,) = find_impact(*whole, {"api": run()}, ["TAG"], wrong_images={"a b"}).services
    assert (found.externals, found.wrong_image) == (needs, "a b")
    (found,) = find_impact(*whole, {"api": run()}, ["TAG"]).services
    assert not found.wrong_image


def test_services_of_other_profiles_are_warnings() -> None:
    tool, web, old = service("tool"), service("web"), service("old")
    before = reading(replace(tool, active=False), web, old)
    after = reading(tool, replace(web, active=False), replace(old, active=False))
    found = find_impact(after, before, {"web": run("web")}, ("COMPOSE_PROFILES",))
    assert found.warnings == (
        "With this file `up` starts tool as well.",
        plain("With this file web is no longer active; its containers run until they are stopped."),
        "With this file `up` no longer starts old.",
    )
    assert find_impact(before, before, {}, ("A",)).warnings == ()
    stopped = {"tool": replace(run("tool"), up=False), "web": replace(run("web"), up=False)}
    found = find_impact(after, before, stopped, ("COMPOSE_PROFILES",))
    assert found.warnings == (
        "With this file `up` starts tool as well.",
        "With this file `up` no longer starts old, web.",
    )


def test_services_on_a_changed_network_are_recreated() -> None:
    on_it = replace(service(), networks=frozenset({"net"}))
    apart = replace(service("web"), networks=frozenset({"other"}))
    sharing = replace(service("app"), shares=("api",))
    services = {str(item.name): item for item in (on_it, apart, sharing)}
    now = CandidateReading(services=services, resources=(network("1"), network("1", "other")))
    then = replace(now, resources=(network("2"), network("1", "other")))
    runs = {name: run(name) for name in services}
    found = find_impact(then, now, runs, ["SUBNET"])
    assert [item.service for item in found.services] == ["api", "app"]
    assert found.services[0].cause == "its network changes (net)"
    assert found.networks == (Diverged(ResourceKind.NETWORK, plain("net"), plain("p_net")),)
    assert not find_impact(now, now, {"api": run()}, ["SUBNET"]).networks
    stopped = find_impact(then, now, runs | {"api": replace(run(), up=False)}, ["SUBNET"])
    assert stopped.services[0].stopped
    assert not stopped.networks, "compose does not touch what nothing that runs is on"
    external = replace(now, resources=(network(""), network("1", "other")))
    assert not find_impact(external, now, runs, ["SUBNET"]).networks
    elsewhere = replace(then, project=plain("another"))
    assert not find_impact(elsewhere, now, runs, ["SUBNET"]).services


def network(config_hash: str, key: str = "net", name: str = "") -> Resource:
    return Resource(ResourceKind.NETWORK, plain(key), plain(name or f"p_{key}"), config_hash)


def test_a_renamed_network_or_volume_recreates_its_services() -> None:
    services = {"api": replace(service(), networks=frozenset({"net"}), volumes=frozenset({"data"}))}
    data = Resource(ResourceKind.VOLUME, plain("data"), plain("p_data"), "1")
    now = CandidateReading(services=services, resources=(network("1"), data))
    fresh = replace(data, name=plain("fresh"), config_hash="2")
    then = replace(now, resources=(network("2", name="new"), fresh))
    found = find_impact(then, now, {"api": run()}, ["NET"])
    (impact,) = found.services
    assert impact.cause == "its network becomes new (net), and its volume becomes fresh (data)"
    assert [(item.before, item.after) for item in found.moved] == [
        ("p_net", "new"),
        ("p_data", "fresh"),
    ]
    assert not found.networks
    assert not found.volumes


def test_an_existing_volume_that_changes_is_reported() -> None:
    services = {"api": replace(service(), volumes=frozenset({"data"}))}
    data = Resource(ResourceKind.VOLUME, plain("data"), plain("p_data"), "1")
    now = CandidateReading(services=services, resources=(data,))
    then = replace(now, resources=(replace(data, config_hash="2"),))
    old, new = {"p_data": "1"}, {"p_data": "2"}
    for there, told in ((old, True), (None, True), ({}, False), (new, False)):
        found = find_impact(then, now, {"api": run()}, ["DATA"], there)
        assert bool(found.volumes) is told, there
        assert not found.services, "compose recreates nothing for it"
