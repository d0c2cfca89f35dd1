"""What the compose program quotes of secrets, by the program itself. No engine is needed."""

from pathlib import Path

import pytest

from pixel_tui.errors import ComposeRefused
from pixel_tui.stack.compose.candidate import CandidateReader
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.model.parse_project import parse_project
from tests.engine.compose_reading import compose_program

pytestmark = pytest.mark.engine

COMPOSE = "services:\n  a:\n    image: x\n    environment:\n      A: 1\n"
ENVIRONMENTS = ["Xy7pa${hunter22xQ", '"Xy7pa${hunter22xQ"', "Xy7pa$hunter22xQ", "a${hunter22xQ:?b}"]
LITERALS = ["pa${hunter22x", "pa$hunter22x", "*hunter22x", "pa${hunter22x:?hunter22y}"]


def project_of(folder: Path, environment: str, compose: str) -> ComposeProject:
    program = compose_program()
    if program is None or program[0] == "docker":
        pytest.skip("there is no compose program of the development set-up")
    (folder / "compose.yaml").write_text(compose)
    (folder / ".env").write_text(environment)
    return ComposeProject(ComposeCommand(directory=str(folder), reader=tuple(program)), {})


def words_of(project: ComposeProject) -> str:
    """All that is shown of what compose says of a project."""
    try:
        read = parse_project(project.resolve(), {})
    except ComposeRefused as error:
        return str(error)
    return "\n".join(read.warnings)


@pytest.mark.parametrize("value", ENVIRONMENTS)
def test_no_piece_of_an_environment_file_is_shown(tmp_path: Path, value: str) -> None:
    content = f"A=1\nDB_PASSWORD={value}\n"
    project = project_of(tmp_path, content, COMPOSE)
    said = words_of(project)
    assert "DB_PASSWORD, line 2 of .env" in said
    assert "hunter22" not in said
    (tmp_path / ".env").write_text("A=1\n")
    reading = CandidateReader(project).read(content.encode())
    said = "\n".join((reading.refusal, *reading.warnings))
    assert "DB_PASSWORD, line 2)" in said
    assert "hunter22" not in said
    assert reading.line == (2 if reading.refusal else 0)


@pytest.mark.parametrize("value", LITERALS)
def test_no_piece_of_a_compose_file_is_shown(tmp_path: Path, value: str) -> None:
    said = words_of(project_of(tmp_path, "", f"{COMPOSE}      DB_PASSWORD: {value}\n"))
    assert "DB_PASSWORD" in said
    assert "hunter22" not in said


PUT_IN = [
    "DB_PASSWORD=Sup3r-S3cret-77\n",
    "DB_PASSWORD=Sup3r-S3cret-77 # why\n",
    "A=Sup3r\nDB_PASSWORD=${A}-S3cret-77\n",
    'DB_PASSWORD="Sup3r-\\"S3cret\\$77"\n',
    "DB_PASSWORD='Sup3r S3=c;ret'\n",
]
PLACES = [
    'ports: ["${DB_PASSWORD}:80"]',
    'volumes: ["${DB_PASSWORD}:bad:zz:yy"]',
    'healthcheck: {interval: "${DB_PASSWORD}"}',
    'networks: ["${DB_PASSWORD}"]',
]


@pytest.mark.parametrize("content", PUT_IN)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_that_compose_puts_in_is_not_shown_from_the_first_answer_on(
    tmp_path: Path, content: str, place: str
) -> None:
    said = words_of(project_of(tmp_path, content, f"{COMPOSE}    {place}\n"))
    assert "********" in said or "${DB_PASSWORD}" in said, "as it is written"
    assert "Sup3r" not in said
    assert "S3" not in said
