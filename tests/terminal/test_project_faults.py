"""What is wrong with the project, and how the console says so, on a real engine."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from pixel_tui.stack.compose.find import PLUGIN_FOLDERS
from tests.builders.terminal_engine import env_of, run_status
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, eventually, unique_name
from tests.terminal.program import Program, program, without
from tests.terminal.raw_bytes import foreign

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

LOOP = "command: [sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 0.2 & wait $$!; done']"
ONE = f"""
services:
  front:
    image: pixel-tui-test:latest
    {LOOP}
"""
TWO = f"""{ONE}
  store:
    image: pixel-tui-test:latest
    {LOOP}
"""
PROFILED = f"""
services:
  front:
    image: pixel-tui-test:latest
    {LOOP}
    profiles: [tools]
"""


@contextmanager
def console(
    engine: Engine,
    home: Path,
    *arguments: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    prefix: tuple[str, ...] = (),
) -> Iterator[Program]:
    with program(
        *arguments,
        home=home,
        size=(120, 30),
        cwd=cwd,
        environment={**env_of(engine), **(environment or {})},
        prefix=prefix,
    ) as it:
        yield it
        assert b"Traceback" not in it.raw


def said(*words: str) -> Callable[[str], bool]:
    """Whether all of this is on the screen, wherever its lines are broken."""
    return lambda text: all(word in " ".join(text.split()) for word in words)


def write_script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


VERSION_1 = """
case "$1" in
    version|--version) echo docker-compose version 1.29.2, build 5becea4c;;
    *) echo "Define and run multi-container applications with Docker.

Usage:
  docker-compose [-f <arg>...] [--profile <name>...] [options] [--] [COMMAND] [ARGS...]" >&2
       exit 1;;
esac
"""


def without_plugins() -> tuple[str, ...]:
    """What starts a program that sees none of the plugins which docker has for all users."""
    folders = [folder for folder in PLUGIN_FOLDERS if Path(folder).is_dir()]
    if not folders:
        return ()
    if os.geteuid() != 0:
        pytest.skip(f"docker has plugins in {folders[0]}, and only root can hide them")
    hide = " && ".join(f"mount -t tmpfs none {folder}" for folder in folders)
    return ("unshare", "--mount", "sh", "-c", f'{hide} && exec "$0" "$@"')


@pytest.mark.parametrize("there", ["nothing", "docker alone", "version 1"])
def test_without_compose_the_containers_are_shown_with_a_hint(
    engine: Engine, make_project: MakeProject, tmp_path: Path, there: str
) -> None:
    project = make_project(ONE, up=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    needed = ("setsid", "sh", "unshare", "mount")
    for name in (*needed, "docker") if there == "docker alone" else needed:
        if program := shutil.which(name, path=engine.env["PATH"]):
            (tools / name).symlink_to(program)
    if there == "version 1":
        write_script(tools / "docker-compose", VERSION_1)
    bare = {"PATH": str(tools), "DOCKER_CONFIG": str(tmp_path / "no-plugins")}
    with console(
        engine, tmp_path, "-p", project.name, cwd=project.directory, environment=bare,
        prefix=without_plugins(),
    ) as it:  # fmt: skip
        it.wait_for(said("Docker Compose version 2 is not installed", "docker-compose-plugin"))
        it.wait_for(said("front", "labels of the containers", "unknown"))
        assert "orphan" not in it.text


def test_a_wrong_name_is_told_with_the_right_one(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TWO, up=True)
    wrong = unique_name("wrong")
    told = ("those of this folder belong to " + project.name, f"-p {project.name}")
    with console(engine, tmp_path, "-p", wrong, cwd=project.directory) as it:
        it.wait_for(said(*told, f"No container belongs to project {wrong}"))
        it.wait_for(said("front has no container", f"→ Start pixel-tui with -p {project.name}"))
        assert "→ Start it (s)" not in it.text
        it.press("s")
        # Only the plan, which takes a moment, says it in these words: an Esc before it is lost.
        it.wait_for(said(f"folder belong to project {project.name}, not to this one", "Cancel Esc"))
        it.press("\x1b")
        it.wait_for(without("not to this one"))
        project.compose("down", "--timeout", "0")
        it.press("\x1b[15~")
        it.wait_for(said("→ Start it (s)."))
        it.wait_for(without("belong to"))
    project.compose("up", "--detach")
    status = run_status(engine, project.directory, "-p", wrong)
    assert status.returncode == 1
    assert told[0] in status.stderr


def test_a_folder_reached_through_a_link_is_the_same(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(ONE, files={"data/keep": ""})
    link = tmp_path / "link"
    link.symlink_to(project.directory)
    bound = ONE + "    volumes: [./data:/data]\n"
    (project.directory / "docker-compose.yml").write_text(bound)
    engine.compose(link, "-p", project.name, "up", "--detach", env={"PWD": str(link)})
    with console(
        engine, tmp_path, "-p", project.name, cwd=link, environment={"PWD": str(link)}
    ) as it:
        it.wait_for(said("1 of 1 running", "in sync"))
    with console(engine, tmp_path, "-p", unique_name("wrong"), cwd=project.directory) as it:
        it.wait_for(said(f"belong to {project.name}"))


def test_a_name_alone_finds_the_folder_of_its_containers(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TWO, up=True)
    with console(engine, tmp_path, "-p", project.name, cwd=tmp_path) as it:
        it.wait_for(said("2 of 2 running", "in sync"))
        assert "No compose file" not in it.text
        it.press("r")
        it.wait_for("restart front")
        it.wait_for("--project-directory")
    moved = tmp_path / "moved"
    project.directory.rename(moved)
    try:
        with console(engine, tmp_path, "-p", project.name, cwd=tmp_path) as it:
            it.wait_for(said("No compose file", f"They were created in {project.directory}"))
            it.wait_for(said("2 of 2 running", "unknown"))
            assert "orphan" not in it.text
    finally:
        moved.rename(project.directory)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_profile_that_no_service_has_is_told(
    engine: Engine, make_project: MakeProject, tmp_path: Path, where: str
) -> None:
    files = {".env": "COMPOSE_PROFILES=tolls # mine\n"} if where == "file" else {}
    project = make_project(PROFILED, files=files)
    environment = {"COMPOSE_PROFILES": "tolls"} if where == "environment" else {}
    with console(
        engine, tmp_path, "-p", project.name, cwd=project.directory, environment=environment
    ) as it:
        it.wait_for(
            said(
                "COMPOSE_PROFILES or --profile names tolls, which no service has", "profiles: tools"
            )
        )
        it.wait_for(said("front", "off", "tools"))


BROKEN = {
    "an indentation": ("services:\n  a:\n    image: b\n   c: d\n", "yaml: line"),
    "a key": ("services:\n  a: {image: b, prots: [1]}\n", "prots"),
    "a missing service": ("services:\n  a: {image: b, depends_on: [c]}\n", "undefined service"),
    "a missing environment file": ("services:\n  a: {image: b, env_file: no.env}\n", "no.env"),
    "an empty file": ("", "empty compose file"),
    "no service at all": ("services: {}\n", "has no services and no"),
    "bytes": ("\x00\x01", "control characters"),
    "markup and escapes": ('services:\n  "[/red]\\e]0;owned\\a[bold]x": {image: b}\n', "[/red]"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_table_is_never_empty_without_its_reason(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    text, reason = BROKEN[what]
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "compose.yaml").write_text(text)
    with console(engine, tmp_path, cwd=folder) as it:
        it.wait_for(said(reason))
        it.wait_for(said("Nothing to show: see the error above") if text != "services: {}\n"
                    else said("Is it the right compose file?"))  # fmt: skip
        assert foreign(it.raw) == set()
        assert it.raw.startswith(b"\x1b"), "nothing is printed before the picture"


UNREADABLE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Even root obeys the modes of files then."""


@pytest.mark.parametrize("name", ["docker-compose.yml", ".env", "."])
def test_what_may_not_be_read_is_told_and_read_once_it_may(
    engine: Engine, make_project: MakeProject, tmp_path: Path, name: str
) -> None:
    project = make_project(ONE, files={".env": "A=1\n"})
    path = project.directory / name
    mode = path.stat().st_mode
    prefix = UNREADABLE if os.geteuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("no setpriv")
    path.chmod(0)
    try:
        with console(
            engine, tmp_path, "-p", project.name, "-C", str(project.directory),
            cwd=tmp_path, prefix=prefix,
        ) as it:  # fmt: skip
            it.wait_for(lambda text: said("permission denied")(text.lower()))
            it.wait_for(said("Make it readable"))
            path.chmod(mode)
            it.press("\x1b[15~")
            it.wait_for(said("front", "absent"))
    finally:
        path.chmod(mode)


def test_no_container_says_what_to_do(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TWO)
    with console(engine, tmp_path, "-p", project.name, cwd=project.directory) as it:
        it.wait_for(said("0 of 2 running", "has no container", "Start it (s)."))


def test_a_folder_that_is_gone_is_told(engine: Engine, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    leave = "import os, sys; os.rmdir(os.getcwd()); sys.argv = ['pixel-tui']; "
    start = f"{leave}from pixel_tui.cli import main; sys.exit(main())"
    with program(home=tmp_path, cwd=gone, script=start, environment=env_of(engine)) as it:
        assert it.wait_exit() == 2
        assert b"The current folder no longer exists" in it.raw
        assert b"Traceback" not in it.raw


def test_a_changed_file_shows_what_up_would_do(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(ONE, up=True)
    path = project.directory / "docker-compose.yml"
    with console(engine, tmp_path, "-p", project.name, cwd=project.directory) as it:
        it.wait_for(said("in sync"))
        path.write_text(TWO)
        it.wait_for(said("store", "absent", "create"))
        path.write_text(TWO.replace("image:", "init: true\n    image:"))
        it.wait_for("recreate")
        project.compose("up", "--detach")
        it.wait_for(lambda text: text.count("in sync") == 2)
        path.write_text(ONE.replace("image:", "init: true\n    image:"))
        it.wait_for("orphan")


HANGING = """
sleep 600 &
echo $$ $! > "$0.new"
mv "$0.new" "$0.pids"
wait
"""


@pytest.mark.parametrize("how", ["q", "SIGTERM", "SIGHUP"])
def test_quitting_leaves_nothing_of_a_compose_that_hangs(
    engine: Engine, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "compose.yaml").write_text(ONE)
    # Here docker finds it before any that the machine has for all users.
    compose = tmp_path / "docker" / "cli-plugins" / "docker-compose"
    write_script(compose, HANGING)
    pids = compose.with_name("docker-compose.pids")
    own = {"DOCKER_CONFIG": str(tmp_path / "docker")}
    with console(engine, tmp_path, cwd=folder, environment=own) as it:
        eventually(pids.exists)
        it.wait_for("Quit")
        if how == "q":
            it.press("q")
        else:
            it.signal(signal.Signals[how])
        it.wait_exit()
    for pid in map(int, pids.read_text().split()):
        eventually(partial(has_ended, pid))


def has_ended(pid: int) -> bool:
    """Whether it is gone, or only its number is left: this process is not its parent."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
