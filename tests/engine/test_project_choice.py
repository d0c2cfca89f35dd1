"""Which project is opened: the one that compose itself would open from the same place."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.compose.project_files import find_project_files
from tests.engine.compose_reading import compose_program

pytestmark = pytest.mark.engine

SERVICE = 'services: {%s: {image: "i:${T:-unset}-${U:-unset}", volumes: ["./data:/d"]}}\n'


@dataclass(frozen=True)
class Case:
    """Files, and from where compose is started among them."""

    files: Mapping[str, str]
    here: str = "."
    words: Sequence[str] = ()
    """`-f` and the like, as compose is given them."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The same for `find_command`."""
    exported: Mapping[str, str] = field(default_factory=dict)


BOTH = {"compose.yaml": SERVICE % "root", "sub/prod.yml": SERVICE % "prod"}
CASES = {
    "a named file brings its folder": Case(
        BOTH, words=["-f", "sub/prod.yml"], options={"files": ["sub/prod.yml"]}
    ),
    "a named folder beside it is the project's": Case(
        BOTH,
        words=["--project-directory", "sub", "-f", "sub/prod.yml"],
        options={"directory": "sub", "files": ["sub/prod.yml"]},
    ),
    "another folder than the file's": Case(
        BOTH,
        words=["--project-directory", ".", "-f", "sub/prod.yml"],
        options={"directory": ".", "files": ["sub/prod.yml"]},
    ),
    "COMPOSE_FILE of .env in another folder": Case(
        {**BOTH, ".env": "COMPOSE_FILE=sub/prod.yml\nT=root\n"}
    ),
    "COMPOSE_FILE of .env, and a second .env there": Case(
        {**BOTH, ".env": "COMPOSE_FILE=sub/prod.yml\nT=root\n", "sub/.env": "T=sub\nU=sub\n"}
    ),
    "exported COMPOSE_FILE": Case(BOTH, exported={"COMPOSE_FILE": "sub/prod.yml"}),
    "exported COMPOSE_FILE beside a .env": Case(
        {**BOTH, ".env": "T=root\n"}, exported={"COMPOSE_FILE": "sub/prod.yml"}
    ),
    "exported COMPOSE_FILE from the folder itself": Case(
        BOTH, here="sub", exported={"COMPOSE_FILE": "prod.yml"}
    ),
    "COMPOSE_FILE in a folder below one with a compose.yaml": Case(
        {**BOTH, "sub/.env": "COMPOSE_FILE=prod.yml\nT=sub\n"}, here="sub"
    ),
    "a .env above does not name files": Case(
        {**BOTH, ".env": "COMPOSE_FILE=sub/prod.yml\nT=root\n", "x/y": ""}, here="x"
    ),
    "from below, with a .env there": Case(
        {**BOTH, ".env": "T=root\nU=root\n", "sub/.env": "T=sub\n"}, here="sub"
    ),
    "several files, by a separator of one's own, expanded": Case(
        {**BOTH, ".env": 'E="sub/prod.yml"\nCOMPOSE_FILE=compose.yaml,${E}\n'},
        exported={"COMPOSE_PATH_SEPARATOR": ","},
    ),
    "environment files of the environment": Case(
        {**BOTH, "a.env": "T=a\nU=a\n", "b.env": "T=b\n"},
        here="sub",
        exported={"COMPOSE_ENV_FILES": "../a.env,../b.env"},
    ),
    "no .env at all": Case(
        {**BOTH, ".env": "COMPOSE_FILE=sub/prod.yml\nT=root\n"},
        exported={"COMPOSE_DISABLE_ENV_FILE": "1"},
    ),
}  # fmt: skip


@pytest.fixture
def program() -> str:
    """The compose program, by itself: no engine is needed to read files."""
    found = compose_program()
    if found is None or not found[0].endswith("docker-compose"):
        pytest.skip("no compose program of the development set-up")
    return found[0]


def machine(program: str, home: Path, **exported: str) -> dict[str, str]:
    path = f"{Path(program).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), **exported}


def composes_own(program: str, root: Path, case: Case) -> object:
    done = subprocess.run(
        [program, *case.words, "config", "--format", "json"],
        cwd=root / case.here,
        env=machine(program, root, **case.exported),
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_project_is_the_one_that_compose_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, case: Case
) -> None:
    for name, content in case.files.items():
        path = tmp_path / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    root = tmp_path / "p"
    wanted = composes_own(program, root, case)
    monkeypatch.chdir(root / case.here)
    monkeypatch.setattr("pixel_tui.stack.compose.find.PLUGIN_FOLDERS", ())
    environment = machine(program, root, **case.exported)
    command = find_command(environment, **case.options)  # type: ignore[arg-type]
    resolved = ComposeProject(command, environment).resolve()
    assert resolved.config == wanted
    assert all(Path(file).is_file() for file in resolved.files)


PARTS = {
    "compose.yaml": """
include:
  - ${WHERE:-inc}/n.yml  # and a comment
  - path: [sub/one.yml, sub/two.yml]
    project_directory: sub
    env_file: sub/own.env
services:
  app: {extends: {file: base.yml, service: base}, label_file: ["l.txt"], image: i}
""",
    "base.yml": "services: {base: {image: b, env_file: [{path: b.env, required: false}]}}\n",
    "inc/n.yml": "include: [deep/d.yml]\n",
    "inc/deep/d.yml": "services:\n  d:\n    extends:\n      file: ../base.yml\n      service: b\n",
    "inc/base.yml": "services: {b: {image: b, volumes: ['./v:/v']}}\n",
    "sub/one.yml": "services: {one: {image: i, env_file: x.env}}\n",
    "sub/two.yml": "services: {one: {labels: {t: '${T}'}}}\n",
    "sub/own.env": "T=own\n",
    "sub/x.env": "X=1\n",
    "b.env": "B=1\n",
    "l.txt": "l=1\n",
}


def test_every_file_that_compose_opens_is_known(tmp_path: Path, program: str) -> None:
    for name, content in PARTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    trace = tmp_path / "trace"
    environment = machine(program, tmp_path)
    command = find_command(environment, directory=str(tmp_path))
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=openat", "-o", str(trace),
         program, "--project-directory", str(tmp_path), "config", "--quiet"],
        cwd=tmp_path, env=environment, check=True,
    )  # fmt: skip
    opened = {
        line.split('"')[1]
        for line in trace.read_text().splitlines()
        if f'"{tmp_path}/' in line and "ENOENT" not in line and "O_DIRECTORY" not in line
    }
    known = {str(path) for path in find_project_files(command, environment).all}
    wanted = {str(tmp_path / name) for name in PARTS if name != "l.txt"}
    assert wanted <= opened  # else the trace shows nothing
    assert opened <= known
    assert str(tmp_path / "l.txt") in known  # `up` reads it, `config` does not
