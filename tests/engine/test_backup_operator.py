"""Backups by an operator who is not root and may use Docker, of data that belongs to a service."""

import itertools
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.engine.private_engine import BASE_IMAGE, Engine, Project, unique_name

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
OPERATOR, DOCKER, SERVICE = 54321, 54322, 51234
"""Ids that nobody on the machine has."""
STACK = """
services:
  app:
    image: {image}
    user: "{service}:{service}"
    command: [{program}, "100000"]
    stop_grace_period: 0s
    volumes: ["./data:/data", "cache:/cache"]
volumes: {{cache: }}
"""


def as_user(uid: int, *groups: int) -> list[str]:
    """What a command is run by as another user, who sees the interpreter wherever it is."""
    named = ",".join(map(str, (uid, *groups)))
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", f"--groups={named}"]
    # The first program is still started with root's rights.
    return ["unshare", "--mount", "sh", "-c", _opening(), "sh", *become, "/usr/bin/env"]


def _opening() -> str:
    """Shell that lets everybody through root's home, in mounts that nobody else sees."""
    closed: dict[Path, set[Path]] = {}
    interpreter = os.path.realpath(sys.executable)
    for path in (Path(sys.executable), Path(interpreter), Path(ROOT), Path(sys.prefix)):
        way = [*reversed(path.parents), path]
        for above, below in itertools.pairwise(way):
            if not above.stat().st_mode & 0o001:
                closed.setdefault(above, set()).add(below)
                break
    lines = ["set -e", "held=$(mktemp -d)", "mount -t tmpfs tmpfs $held"]
    for above, entries in closed.items():
        pairs = [(f"$held/{at}", shlex.quote(str(entry))) for at, entry in enumerate(entries)]
        lines += [f"mkdir {held}; mount --bind {entry} {held}" for held, entry in pairs]
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(above))}")
        lines += [f"mkdir {entry}; mount --move {held} {entry}" for held, entry in pairs]
    return "; ".join([*lines, "umount -l $held", "rmdir $held", 'exec "$@"'])


@dataclass(frozen=True)
class Operator:
    """A user of the group that Docker's socket belongs to, and a project of theirs."""

    project: Project
    home: Path

    @property
    def folder(self) -> Path:
        return self.project.directory

    @property
    def data(self) -> Path:
        return self.folder / "data/pixels.db"

    def run(self, *words: str, code: int = 0) -> str:
        names = {"HOME": "", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config",
                 "PIXEL_TUI_LOCKS": "locks"}  # fmt: skip
        env = {name: str(self.home / below) for name, below in names.items()}
        argv = [*as_user(OPERATOR, DOCKER), sys.executable, "-m", "pixel_tui", *words]
        result = self.project.engine.run(
            [*argv, "-p", self.project.name], cwd=self.folder, env=env, check=False, timeout=120
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout + result.stderr

    def back_up(self) -> str:
        self.run("backup", "now")
        return str(json.loads(self.run("backup", "list", "--json"))[0]["id"])

    def restore(self, backup_id: str, code: int = 0) -> str:
        words = ("backup", "restore", backup_id, "--yes", "--confirm", self.project.name)
        return self.run(*words, code=code)

    def skip_cache(self) -> None:
        settings = self.home / "config/pixel-tui/settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'[backup]\nskip = ["volume {self.project.name}_cache"]\n')

    def write(self, statement: str) -> None:
        """Change the database as the service's user: with SQLite, of which the image has none."""
        script = (
            "import sqlite3, sys\n"
            "with sqlite3.connect(sys.argv[1]) as database: database.execute(sys.argv[2])\n"
        )
        argv = [*as_user(SERVICE), sys.executable, "-c", script, str(self.data), statement]
        subprocess.run(argv, check=True, capture_output=True, timeout=20, cwd="/")

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The service's user has the database open, and what was written last in its `-wal`."""
        script = (
            "import sqlite3, sys\n"
            "database = sqlite3.connect(sys.argv[1])\n"
            "with database: database.execute(\"INSERT INTO pixels VALUES ('open')\")\n"
            "print(flush=True); sys.stdin.read()\n"
        )
        argv = [*as_user(SERVICE), sys.executable, "-c", script, str(self.data)]
        with subprocess.Popen(argv, stdin=PIPE, stdout=PIPE, cwd="/") as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield
            process.communicate()

    @property
    def rows(self) -> int:
        with closing(sqlite3.connect(self.data)) as database:
            return int(database.execute("SELECT count(*) FROM pixels").fetchone()[0])


def may_run(argv: Sequence[str], engine: Engine) -> bool:
    result = subprocess.run(
        [*as_user(OPERATOR, DOCKER), *argv], check=False, capture_output=True, cwd="/",
        env=dict(engine.env), timeout=30,
    )  # fmt: skip
    return result.returncode == 0


@pytest.fixture
def opened(engine: Engine) -> Iterator[Engine]:
    """The engine, for the time of a test one of a group as well."""
    if engine.daemon is None or os.geteuid() != 0:
        pytest.skip("only root can become another user, on an engine of the tests' own")
    folder = engine.daemon.folder
    status, listening = folder.stat(), folder / "docker.sock"
    owner = listening.stat()
    folder.chmod(0o711)
    os.chown(listening, 0, DOCKER)
    listening.chmod(0o660)
    try:
        if not may_run([sys.executable, "-c", "import pixel_tui.cli"], engine):
            pytest.skip(f"another user may not run {sys.executable}")
        if not may_run(["docker", "compose", "version"], engine):
            pytest.skip("another user may not run the compose program of the tests")
        yield engine
    finally:
        os.chown(listening, owner.st_uid, owner.st_gid)
        listening.chmod(owner.st_mode & 0o777)
        folder.chmod(status.st_mode & 0o777)


def made(engine: Engine, place: Path, image: str = BASE_IMAGE, program: str = "sleep") -> Operator:
    folder, home = place / "pixel", place / "home"
    for path in (folder, home, folder / "data"):
        path.mkdir()
        os.chown(path, OPERATOR, OPERATOR)
    # The folder is the operator's, and its group the service's.
    os.chown(folder / "data", OPERATOR, SERVICE)
    (folder / "data").chmod(0o775)
    text = STACK.format(image=image, service=SERVICE, program=program)
    (folder / "docker-compose.yml").write_text(text)
    (folder / ".env").write_text("COLOUR=red\n")
    it = Operator(Project(engine, folder, unique_name("adhoc")), home)
    it.write("PRAGMA journal_mode = WAL")
    it.write("CREATE TABLE pixels (colour TEXT)")
    it.write("INSERT INTO pixels VALUES ('red')")
    it.data.chmod(0o644)
    it.project.compose("up", "--detach")
    return it


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="pixel-tui-operator-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def operator(opened: Engine, base_image: str, place: Path) -> Iterator[Operator]:
    it = made(opened, place, base_image)
    try:
        yield it
    finally:
        it.project.down()


def owner(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode & 0o777


def test_what_is_restored_is_the_service_s_again(operator: Operator) -> None:
    result = operator.run("backup", "now", code=1)
    assert f"INCOMPLETE: volume {operator.project.name}_cache." in result
    operator.skip_cache()
    with operator.opened():
        backup_id = operator.back_up()
        names = {path.name: owner(path)[:2] for path in operator.data.parent.glob("pixels.db*")}
    beside = {"pixels.db", "pixels.db-wal", "pixels.db-shm"}
    assert names == dict.fromkeys(beside, (SERVICE, SERVICE)), "nothing of the operator's"
    assert "is intact" in operator.run("backup", "verify", backup_id)
    before = owner(operator.data)
    operator.write("DELETE FROM pixels")
    assert operator.rows == 0
    result = operator.restore(backup_id)
    assert (
        "unknown    the files that other users' processes have open: only root can see them"
        in result
    )
    assert operator.rows == 2, "what was in its `-wal` only as well"
    assert owner(operator.data) == before == (SERVICE, SERVICE, 0o644)
    operator.write("INSERT INTO pixels VALUES ('blue')")
    assert operator.rows == 3
    project = operator.project
    project.compose("exec", "-T", "app", "test", "-w", "/data/pixels.db")
    assert project.inspect("app")["State"]["Running"]
    (aside,) = operator.folder.glob("data/pixels.db.before-*")
    assert owner(aside) == before


@pytest.fixture
def bare(opened: Engine, place: Path) -> Iterator[Operator]:
    """The same, with an image in which there is no `chown`."""
    folder = place / "image"
    folder.mkdir()
    busybox = shutil.which("busybox", path="/usr/bin:/bin")
    assert busybox is not None, "a static busybox (Debian: apt-get install busybox-static)"
    shutil.copy(busybox, folder / "sleep")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY sleep /sleep\n")
    image = f"{unique_name('bare')}:1"
    opened.docker("build", "--tag", image, str(folder))
    it = made(opened, place, image, "/sleep")
    try:
        yield it
    finally:
        it.project.down()
        opened.docker("image", "rm", "--force", image, check=False)


def refused(operator: Operator, backup_id: str) -> str:
    """It is refused before anything stops, and leaves everything as it is."""
    before = operator.project.inspect("app")["State"]["StartedAt"]
    result = operator.restore(backup_id, code=1)
    assert "Nothing was stopped or restored" in result
    assert operator.project.inspect("app")["State"]["StartedAt"] == before
    assert operator.rows == 0
    assert not list(operator.folder.glob("data/*before*"))
    assert not list(operator.folder.glob("data/.*"))
    return result


def test_where_no_image_can_change_owners_nothing_stops_and_the_fix_is_said(bare: Operator) -> None:
    bare.skip_cache()
    backup_id = bare.back_up()
    bare.write("DELETE FROM pixels")
    assert "`docker pull alpine`" in refused(bare, backup_id)
    engine = bare.project.engine
    engine.docker("tag", engine.load_base_image(), "alpine:latest")
    try:
        bare.restore(backup_id)
    finally:
        engine.docker("image", "rm", "alpine:latest")
    assert bare.rows == 1
    assert owner(bare.data) == (SERVICE, SERVICE, 0o644)


def test_a_folder_that_docker_made_is_opened_by_the_command_that_is_said(
    operator: Operator,
) -> None:
    operator.skip_cache()
    backup_id = operator.back_up()
    operator.write("DELETE FROM pixels")
    os.chown(operator.data.parent, SERVICE, 0)
    operator.data.parent.chmod(0o755)
    result = refused(operator, backup_id)
    match = re.search(r"`(docker run [^`]*)`", result)
    assert match, result
    command = [BASE_IMAGE if word == "alpine" else word for word in shlex.split(match[1])]
    operator.project.engine.run(command)
    operator.restore(backup_id)
    assert operator.rows == 1
    operator.write("INSERT INTO pixels VALUES ('blue')")
