"""Findings about a stack as a whole."""

from dataclasses import replace

import pytest

from pixel_tui.health.finding import Severity
from pixel_tui.health.findings import finding_of
from pixel_tui.health.stack_findings import stack_findings
from pixel_tui.stack.model.container import (
    Container,
)
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.snapshot import (
    ServiceState,
    Trouble,
)
from pixel_tui.text import plain
from tests.builders.findings import NOON, project_of, stack
from tests.builders.service_faults import container, service


def test_another_project_name_is_one_finding_for_the_stack() -> None:
    absent = service(state=ServiceState.ABSENT)
    snapshot = replace(stack(absent), project=project_of(), other_names=(plain("web"),))
    (finding,) = stack_findings(snapshot)
    assert "project shop" in finding.what
    assert "belong to web" in finding.what
    assert "-p web" in finding.hint
    of_service = finding_of(absent, snapshot, NOON)
    assert of_service is not None
    assert "web" in of_service.why
    assert "Start it" not in of_service.hint


@pytest.mark.parametrize(
    ("asked", "told"),
    [((), False), (("tools",), False), (("*",), False), (("tools", "tolls"), True)],
)
def test_a_requested_missing_profile_is_a_finding(asked: tuple[str, ...], told: bool) -> None:
    found = stack_findings(replace(stack(), project=project_of(profiles=asked)))
    assert bool(found) == told
    assert not found or ("tolls" in found[0].what and "tools" in found[0].hint)


def test_without_a_project_the_labels_have_its_location_and_no_service_is_an_orphan() -> None:
    trouble = Trouble(plain("no file"), plain(""), NOON)
    model = Project(
        plain("shop"), plain("/srv/shop"), files=(plain("/srv/shop/prod.yml"),), from_labels=True
    )
    paused = service(container(), state=ServiceState.PAUSED)
    snapshot = replace(stack(paused), project_trouble=trouble, by_labels=model)
    (finding,) = stack_findings(snapshot)
    assert "/srv/shop with /srv/shop/prod.yml" in finding.what
    assert "work on these containers" in finding.hint
    of_service = finding_of(paused, snapshot, NOON)
    assert of_service is not None
    assert of_service.hint == "Unpause it: docker unpause shop-api-1"  # compose would refuse


def made_with(files: str, env_files: str = "") -> Container:
    prefix = "com.docker.compose.project."
    return container(
        labels=(
            (plain(f"{prefix}config_files"), plain(files)),
            (plain(f"{prefix}environment_file"), plain(env_files)),
        )
    )


def test_files_the_containers_were_created_with_are_a_finding() -> None:
    project = replace(project_of(), files=(plain("/srv/shop/compose.yaml"),))
    made = service(made_with("/mnt/shop/compose.yaml,/mnt/shop/prod.yml", "/mnt/shop/prod.env"))
    (finding,) = stack_findings(replace(stack(made), project=project))
    assert finding.severity is Severity.WARNING
    assert "/mnt/shop/prod.yml, /mnt/shop/prod.env, which is not used" in finding.what
    read = replace(
        project,
        files=(plain("/srv/shop/compose.yaml"), plain("/srv/shop/prod.yml")),
        env_files=(plain("/srv/shop/prod.env"),),
    )
    assert not stack_findings(replace(stack(made), project=read))
    (note,) = stack_findings(replace(stack(made), project=replace(read, adopted=True)))
    assert note.severity is Severity.NOTE
    assert "-f /srv/shop/prod.yml --env-file /srv/shop/prod.env" in note.what


@pytest.mark.parametrize("files", ["/srv/shop/docker-compose.yml", "/link/compose.yaml", ""])
def test_a_renamed_file_or_another_path_is_no_finding(files: str) -> None:
    project = replace(project_of(), files=(plain("/srv/shop/compose.yaml"),))
    assert not stack_findings(replace(stack(service(made_with(files))), project=project))


def test_left_out_profiles_are_a_finding_with_the_reason() -> None:
    project = Project(plain("shop"), plain("/srv"), left_out=plain("profile gpu is left out: why"))
    (finding,) = stack_findings(replace(stack(), project=project))
    assert finding.severity is Severity.NOTE
    assert "profile gpu is left out: why" in finding.what
