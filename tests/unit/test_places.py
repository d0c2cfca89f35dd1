"""Where containers say that they come from."""

from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import EngineUnreachable
from pixel_tui.stack.demo.engine import DemoEngine
from pixel_tui.stack.demo.world import DemoWorld
from pixel_tui.stack.json_value import JsonObject
from pixel_tui.stack.model import Project, ServiceSpec
from pixel_tui.stack.places import find_place, read_other_names
from pixel_tui.text import plain


class Engine(DemoEngine):
    """An engine with containers of these projects: name, folder, files."""

    def __init__(self, *made: tuple[str, str, str]) -> None:
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
                }
            }
            for name, folder, files in self.made
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


def test_a_place_is_where_all_files_are(folder: Path) -> None:
    file = str(folder / "compose.yaml")
    place = find_place(Engine(("shop", str(folder), file)), "shop")
    assert place is not None
    assert (place.directory, place.files) == (str(folder), (file,))
    assert find_place(Engine(("shop", str(folder), f"{file},{folder}/more.yaml")), "shop") is None
    assert find_place(Engine(("shop", "", "")), "shop") is None
    assert find_place(Engine(("other", str(folder), file)), "shop") is None


def test_an_engine_that_is_gone_knows_of_no_place() -> None:
    engine = Engine()
    engine.gone = True
    assert find_place(engine, "shop") is None


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
