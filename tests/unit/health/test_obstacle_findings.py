"""Findings about services that can't be brought up."""

from dataclasses import replace

from pixel_tui.stack.model.container import (
    ContainerState,
)
from pixel_tui.stack.model.project import Dependency, External, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    ServiceState,
    Sync,
    SyncAction,
)
from pixel_tui.text import plain
from tests.builders.service_faults import down, finding_texts, service


def test_a_missing_image_takes_precedence_over_a_dependency() -> None:
    needed = service(name="db", state=ServiceState.ABSENT)
    spec = ServiceSpec(plain("api"), plain("x/api"), depends_on=(Dependency(plain("db")),))
    absent = service(
        spec=spec,
        state=ServiceState.ABSENT,
        sync=Sync(SyncAction.PULL, plain("image x/api is missing: it would be pulled")),
    )
    what, why, hint = finding_texts(absent, needed)
    assert (what, why) == ("has no container", "image x/api is missing: it would be pulled")
    assert "docker compose pull api" in hint
    built = replace(absent, spec=replace(spec, builds=True), sync=Sync(SyncAction.BUILD))
    assert "docker compose build api" in finding_texts(built, needed)[2]


def test_a_missing_external_takes_precedence() -> None:
    volume = External("volume", plain("old"))
    spec = ServiceSpec(plain("api"), plain("image"), externals=(volume,))
    absent = service(spec=spec, state=ServiceState.ABSENT, missing=(volume,))
    _, why, hint = finding_texts(absent)
    assert "external volume old does not exist" in why
    assert "create it (empty): docker volume create old" in hint
    created = service(
        down(state=ContainerState.CREATED), state=ServiceState.CREATED, spec=spec, missing=(volume,)
    )
    assert "external volume old does not exist" in finding_texts(created)[1]


def test_up_is_not_suggested_for_a_refused_service() -> None:
    spec = ServiceSpec(plain("api"), plain(""), refused=plain("it has no image and no build"))
    _, why, fix = finding_texts(service(spec=spec, state=ServiceState.ABSENT))
    assert why == "compose refuses it: it has no image and no build"
    assert fix == "Correct it in the compose file or in .env."


def test_the_obstacle_of_a_dependency_is_shown_for_the_dependent_service() -> None:
    network = External("network", plain("shared"))
    circle = (Dependency(plain("api")),)
    needed = service(
        name="db",
        spec=ServiceSpec(plain("db"), plain("db"), externals=(network,), depends_on=circle),
        state=ServiceState.ABSENT,
        missing=(network,),
    )
    spec = ServiceSpec(plain("api"), plain("api"), depends_on=(Dependency(plain("db")),))
    absent = service(spec=spec, state=ServiceState.ABSENT)
    _, why, fix = finding_texts(absent, needed)
    assert why.startswith("it waits for db: external network shared does not exist")
    assert fix.endswith("docker network create shared")
    there = replace(needed, containers=(down(),), state=ServiceState.EXITED)
    assert finding_texts(absent, there)[1] == "it waits for db"
    well = replace(needed, missing=(), sync=Sync(SyncAction.PULL, plain("it is not here")))
    assert finding_texts(absent, well)[1] == "it waits for db"
