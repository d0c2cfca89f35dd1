"""Finding projects by the labels of their containers."""

from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineUnreachable
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.places import (
    adopt_files,
    creation_location,
    find_location,
    name_from_labels,
    read_other_names,
)
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.source import ProjectLocation
from pixel_tui.text import plain


class Engine(DemoEngine):
    """An engine with containers of these projects (name, folder, files, environment files)."""

    def __init__(self, *made: tuple[str, ...]) -> None:
        super().__init__(DemoWorld(SystemClock()))
        self.made = made
        self.gone = False

    def containers(self, project: str) -> list[JsonObject]:
        if self.gone:
            raise EngineUnreachable("It is gone.")
        return [
            {
                "Labels": {
                    "com.docker.compose.project": name,
                    "com.docker.compose.project.working_dir": folder,
                    "com.docker.compose.project.config_files": files,
                    "com.docker.compose.project.environment_file": "".join(env_files),
                }
            }
            for name, folder, files, *env_files in self.made
            if project in {name, ""}
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text("services: {}")
    return tmp_path


def project(folder: Path) -> Project:
    spec = ServiceSpec(plain("api"), plain("i"))
    files = (plain(f"{folder}/compose.yaml"),)
    return Project(plain("shop"), plain(str(folder)), files=files, services=(spec,))


def test_a_location_is_found_if_all_its_files_exist(folder: Path) -> None:
    file = str(folder / "compose.yaml")
    place = find_location(Engine(("shop", str(folder), file)), "shop")
    assert place is not None
    assert (place.directory, place.files) == (str(folder), (file,))
    assert (
        find_location(Engine(("shop", str(folder), f"{file},{folder}/more.yaml")), "shop") is None
    )
    assert find_location(Engine(("shop", "", "")), "shop") is None
    assert find_location(Engine(("other", str(folder), file)), "shop") is None


def test_an_unreachable_engine_has_no_location() -> None:
    engine = Engine()
    engine.gone = True
    assert find_location(engine, "shop") is None


def test_names_of_the_same_folder_or_the_same_files_are_found(folder: Path) -> None:
    link = folder / "link"
    link.symlink_to(folder)
    file = f"{folder}/compose.yaml"
    engine = Engine(
        ("by-folder", str(folder), "-"),
        ("by-link", str(link), f"{link}/compose.yaml"),
        ("by-files", "/elsewhere", file),
        ("shop", str(folder), file),
        ("stranger", "/srv/other", "/srv/other/compose.yaml"),
        ("bare", "", ""),
    )
    assert read_other_names(engine, project(folder)) == ("by-files", "by-folder", "by-link")
    assert read_other_names(engine, None) == ()


class Unreadable(DemoProject):
    """A project that compose can't read."""

    def __init__(self, place: ProjectLocation, guess: str) -> None:
        super().__init__(DemoWorld(SystemClock()))
        self._place, self._guess = place, guess

    @property
    def location(self) -> ProjectLocation:
        return self._place

    @property
    def fallback_name(self) -> str:
        return self._guess


def name_of(place: ProjectLocation, *made: tuple[str, str, str], guess: str = "guess") -> str:
    return name_from_labels(Engine(*made), Unreadable(place, guess))


def test_an_unreadable_project_has_the_name_of_the_containers_of_its_folder(
    folder: Path,
) -> None:
    here, file = str(folder), f"{folder}/compose.yaml"
    place = ProjectLocation(here, (file,))
    link = folder.parent / "link"
    link.symlink_to(folder)
    elsewhere = ("other", "/srv/other", "/srv/other/compose.yaml")
    assert name_of(place, elsewhere, ("shop", here, file)) == "shop"
    assert name_of(place, ("shop", str(link), f"{link}/compose.yaml")) == "shop"
    assert name_of(place, elsewhere) == "guess"
    assert name_of(place, ("shop", here, file), ("guess", here, file)) == "guess"


def test_of_several_projects_the_files_decide_then_the_number_of_containers(folder: Path) -> None:
    here, file = str(folder), f"{folder}/compose.yaml"
    others = [("blue", here, f"{folder}/blue.yaml")] * 2
    assert name_of(ProjectLocation(here, (file,)), *others, ("green", here, file)) == "green"
    assert (
        name_of(ProjectLocation(here), *others, ("green", here, f"{folder}/green.yaml")) == "blue"
    )


def test_a_given_name_is_used(folder: Path) -> None:
    here, file = str(folder), f"{folder}/compose.yaml"
    assert name_of(ProjectLocation(here, (file,), name="mine"), ("shop", here, file)) == "mine"


def opened_as(folder: Path, *made: tuple[str, ...], **given: object) -> ComposeCommand | None:
    """Return the command of a project opened in its folder, with its containers' files."""
    command = ComposeCommand(directory=str(folder), **given)  # type: ignore[arg-type]
    place = ProjectLocation(str(folder), command.files, command.env_files, command.project)
    found = creation_location(Engine(*made), place, "guess")
    return adopt_files(command, found, finds_files=not command.files) if found else None


class TestWithoutTheFilesItWasMadeWith:
    def test_the_files_of_the_labels_are_used_in_their_order(self, folder: Path) -> None:
        for name in ("prod.yml", "prod.env"):
            (folder / name).write_text("")
        files = f"{folder}/compose.yaml,{folder}/prod.yml"
        command = opened_as(folder, ("shop", str(folder), files, f"{folder}/prod.env"))
        assert command is not None
        assert command.files == (f"{folder}/compose.yaml", f"{folder}/prod.yml")
        assert command.env_files == (f"{folder}/prod.env",)
        assert command.adopted

    def test_what_somebody_names_counts_more(self, folder: Path) -> None:
        for name in ("prod.yml", "prod.env"):
            (folder / name).write_text("")
        made = ("shop", str(folder), f"{folder}/prod.yml", f"{folder}/prod.env")
        given = {"files": ("/other.yml",), "env_files": ("/other.env",)}
        assert opened_as(folder, made, **given) is None
        assert opened_as(folder, made, files=("/other.yml",), reads_default_env=False) is None

    def test_an_env_file_does_not_hide_the_env_that_names_the_compose_file(
        self, folder: Path
    ) -> None:
        (folder / "alt.env").write_text("")
        made = ("shop", str(folder), f"{folder}/stack.yml", f"{folder}/alt.env")
        command = ComposeCommand(directory=str(folder))
        found = creation_location(Engine(made), ProjectLocation(str(folder)), "shop")
        assert found is not None
        assert adopt_files(command, found, finds_files=False) is None
        assert adopt_files(command, found, finds_files=True) is not None

    def test_an_override_that_is_new_is_a_change_to_come_and_not_left_out(
        self, folder: Path
    ) -> None:
        (folder / "compose.override.yaml").write_text("")
        assert opened_as(folder, ("shop", str(folder), f"{folder}/compose.yaml")) is None

    def test_files_that_are_gone_and_containers_that_differ_are_no_use(self, folder: Path) -> None:
        (folder / "prod.yml").write_text("")
        here, prod = str(folder), f"{folder}/prod.yml"
        assert opened_as(folder, ("shop", here, f"{prod},{here}/gone.yml")) is None
        assert opened_as(folder, ("shop", here, prod), ("shop", here, "/else.yml")) is None
        assert opened_as(folder, ("blue", here, prod), ("green", here, prod)) is None
        assert opened_as(folder, ("blue", here, prod), ("guess", here, prod)) is not None
        assert opened_as(folder, ("blue", here, prod), ("x", here, ""), project="blue") is not None
        assert opened_as(folder, ("shop", "/elsewhere", prod)) is None
