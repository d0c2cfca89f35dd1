"""A Docker Engine of the tests' own, and what tests do with it.

The daemon lives in its own network, mount and process namespaces, so that it meets no other
engine of the machine: its bridges, firewall rules and published ports are not the host's. A
holder process is the first process of these namespaces and ends when the pipe that the test
run holds is closed. With it go the daemon, containerd, the containers and every mount, even
where the test run itself was killed.

    EngineUnavailable   no engine can be had here; the sentence says how to get one
    CommandFailed       a docker or compose command failed; carries its output
"""

import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.patience import PATIENCE

T = TypeVar("T")

BASE_IMAGE = "pixel-tui-test:latest"
GIVEN_HOST = "PIXEL_TUI_TEST_DOCKER_HOST"
SANDBOX = Path(__file__).resolve().parents[2] / "examples" / "sandbox"

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OWN_COMPOSE = ("cli-plugins", "docker-compose")
_CGROUPS = Path("/sys/fs/cgroup")
_HOLDER = """
for folder in /run/containerd /run/docker; do
    if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder" || exit; fi
done
ip link set lo up || busybox ip link set lo up || exit
echo ready
cat >/dev/null
"""


class EngineUnavailable(Exception):
    """No engine can be started here; the message names the reason and the hint."""


class CommandFailed(AssertionError):
    """A command of a test failed."""

    def __init__(self, result: subprocess.CompletedProcess[str]) -> None:
        super().__init__(
            f"{' '.join(result.args)} ended with {result.returncode}\n"
            f"{result.stdout}{result.stderr}"
        )
        self.result = result


def eventually(predicate: Callable[[], T], timeout: float = PATIENCE, every: float = 0.1) -> T:
    """Return the first true value of `predicate`, asked until the deadline, more often at first.

    Raises:
        AssertionError: It was never true; the message carries the last value or failure.
    """
    deadline, pause = time.monotonic() + timeout, min(0.005, every)
    while True:
        last: object
        try:
            last = value = predicate()
            if value:
                return value
        except (AssertionError, LookupError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not true within {timeout} s; last seen: {last!r}")
        time.sleep(pause)
        pause = min(2 * pause, every)


def unique_name(stem: str) -> str:
    """Return a project name that no other test run uses."""
    return f"{stem}-{uuid.uuid4().hex[:8]}"


class Namespaces:
    """Network, mount and process namespaces that live as long as the test run."""

    def __init__(self, log: Path) -> None:
        argv = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*argv, "/bin/sh", "-c", _HOLDER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"PATH": _SYSTEM_FOLDERS},
                start_new_session=True,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self.close()
            raise EngineUnavailable(
                f"namespaces of its own are refused to this user or container: {_tail(log)}"
            )
        self.first_pid = psutil.Process(self._process.pid).children()[0].pid

    def argv(self, *command: str, network_only: bool = False) -> list[str]:
        """Return the command line that runs `command` inside."""
        flags = ["--net"] if network_only else ["--net", "--mount", "--pid", "--root"]
        return ["nsenter", f"--target={self.first_pid}", *flags, *command]

    def close(self) -> None:
        """End every process inside, and with the last one every mount."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Daemon:
    """One dockerd, started and stopped on demand; its data outlives a stop."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        self.log = folder / "dockerd.log"
        self._env = env
        self._cgroup = folder.name
        (folder / "daemon.json").write_text("{}\n")
        self.namespaces = Namespaces(self.log)
        self._enter: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> psutil.Process:
        """The daemon itself, as the host sees it."""
        assert self._enter is not None, "the engine is stopped"
        return psutil.Process(self._enter.pid).children()[0]

    def start(self, timeout: float = PATIENCE) -> None:
        """Start the daemon and wait until it answers."""
        if self._enter is not None:
            return
        command = self.namespaces.argv(
            "dockerd",
            f"--host={self.host}",
            f"--data-root={self.folder}/data",
            f"--exec-root={self.folder}/exec",
            f"--pidfile={self.folder}/dockerd.pid",
            f"--config-file={self.folder}/daemon.json",
            f"--cgroup-parent=/{self._cgroup}",
            "--exec-opt=native.cgroupdriver=cgroupfs",
            "--shutdown-timeout=5",
        )
        with self.log.open("ab") as log:
            self._enter = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._env, "PATH": f"{self._env['PATH']}:{_SYSTEM_FOLDERS}"},
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            ended = self._enter.poll() is not None
            if ended or time.monotonic() >= deadline:
                self._forget()
                what = "ended at once" if ended else f"did not answer within {timeout} s"
                raise EngineUnavailable(f"dockerd {what}: {_tail(self.log)}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the daemon as a service manager would: it stops its containers first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the daemon alone: its containers run on and are found again by `start`."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the daemon: its socket accepts, and nothing answers."""
        self.process.suspend()

    def resume(self) -> None:
        """Let a frozen daemon go on."""
        if self._enter is not None:
            self.process.resume()
            self._enter.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End everything and leave nothing behind."""
        self.namespaces.close()
        self._forget()
        _remove_cgroups(self._cgroup)
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        command = ["docker", "version", "--format", "{{.Server.Version}}"]
        with suppress(subprocess.TimeoutExpired):
            asked = subprocess.run(
                command, env=self._env, capture_output=True, timeout=5, check=False
            )
            return asked.returncode == 0
        return False

    def _end(self, how: signal.Signals) -> None:
        if self._enter is None:
            return
        self.resume()
        self.process.send_signal(how)
        self._enter.wait(PATIENCE)
        self._enter = None

    def _forget(self) -> None:
        if self._enter is not None:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self._enter.pid).children():
                    child.kill()
            self._enter.kill()
            self._enter.wait()
            self._enter = None


@dataclass(frozen=True)
class Engine:
    """An engine under test, and the docker program pointed at it."""

    host: str
    env: Mapping[str, str] = field(repr=False)
    daemon: Daemon | None = field(default=None, repr=False)

    def run(
        self,
        command: Sequence[str],
        *,
        timeout: float = PATIENCE,
        check: bool = True,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run any program in the environment that leads to this engine.

        Raises:
            CommandFailed: It ended with another code than 0, and `check` is set.
        """
        result = subprocess.run(
            command,
            check=False,
            env={**self.env, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        if check and result.returncode:
            raise CommandFailed(result)
        return result

    def docker(
        self,
        *args: str,
        timeout: float = PATIENCE,
        check: bool = True,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the docker program; raises as `run` does."""
        return self.run(["docker", *args], timeout=timeout, check=check, cwd=cwd, env=env)

    def compose(
        self,
        directory: Path,
        *args: str,
        timeout: float = PATIENCE,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run docker compose in a project's folder; raises as `run` does."""
        # Started by docker, the program is started twice, at first to tell what it is.
        own = Path(self.env["DOCKER_CONFIG"], *_OWN_COMPOSE)
        command = [str(own)] if own.exists() else ["docker", "compose"]
        return self.run([*command, *args], timeout=timeout, check=check, cwd=directory, env=env)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the engine says about a container, image, network or volume."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name).stdout)
        return found[0]

    def inside_network(self, *command: str) -> list[str]:
        """Return the command line that reaches the engine's published ports."""
        if self.daemon is None:
            return list(command)
        return self.daemon.namespaces.argv(*command, network_only=True)

    def load_base_image(self) -> str:
        """Make sure that the image of busybox alone is there; return its name."""
        if self.docker("image", "inspect", BASE_IMAGE, check=False).returncode:
            with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
                archive.write(_busybox_filesystem())
                archive.flush()
                change = 'CMD ["/bin/sh"]'
                self.docker("import", "--change", change, archive.name, BASE_IMAGE)
        return BASE_IMAGE

    @property
    def owned(self) -> Daemon:
        """The daemon of an engine that tests may stop.

        Raises:
            EngineUnavailable: The engine was given, so that it is not ours to stop.
        """
        if self.daemon is None:
            raise EngineUnavailable(f"the engine of {GIVEN_HOST} is not the tests' to stop")
        return self.daemon

    def start(self) -> None:
        """Start the engine again and wait until it answers."""
        self.owned.start()

    def stop(self) -> None:
        """Stop the engine, its containers first."""
        self.owned.stop()

    def kill(self) -> None:
        """Kill the engine; its containers run on."""
        self.owned.kill()

    def restart(self) -> None:
        """Stop and start the engine."""
        self.owned.stop()
        self.owned.start()

    def pause(self) -> None:
        """Freeze the engine: requests are accepted and never answered."""
        self.owned.pause()

    def resume(self) -> None:
        """Let a frozen engine go on."""
        self.owned.resume()

    def close(self) -> None:
        """End a private engine; leave a given one as it is."""
        if self.daemon is not None:
            self.daemon.close()
        shutil.rmtree(self.env["DOCKER_CONFIG"], ignore_errors=True)


@dataclass(frozen=True)
class Project:
    """A compose project in a folder of its own on an engine."""

    engine: Engine
    directory: Path
    name: str

    def compose(
        self,
        *args: str,
        timeout: float = PATIENCE,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run docker compose on this project; raises as `Engine.run` does."""
        return self.engine.compose(
            self.directory, "-p", self.name, *args, timeout=timeout, check=check, env=env
        )

    def container(self, service: str) -> str:
        """Return the id of the service's container.

        Raises:
            LookupError: It has none.
        """
        # Asked again and again while a test waits: compose would read the whole project first.
        labels = {"project": self.name, "service": service, "oneoff": "False"}
        wanted = [f"--filter=label=com.docker.compose.{key}={labels[key]}" for key in labels]
        form = "{{.Names}} {{.ID}}"
        found = self.engine.docker("ps", "--all", "--no-trunc", f"--format={form}", *wanted).stdout
        if not found:
            raise LookupError(f"{service} has no container")
        return min(found.splitlines()).split()[-1]

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine says about the service's container."""
        return self.engine.inspect(self.container(service))

    def health(self, service: str) -> str:
        """Return the health of the service's container, `none` without a health check."""
        return str(self.inspect(service)["State"].get("Health", {"Status": "none"})["Status"])

    def logs(self, service: str, tail: int = 200) -> list[str]:
        """Return the service's last log lines, standard error included."""
        result = self.compose("logs", "--no-log-prefix", "--tail", str(tail), service)
        return (result.stdout + result.stderr).splitlines()

    def fault(self, service: str, *words: str) -> None:
        """Raise a fault in a sandbox service, or `clear` it."""
        subprocess.run(
            ["/bin/sh", str(self.directory / "fault"), service, *words],
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=PATIENCE,
        )

    def down(self) -> None:
        """Remove the project's containers, networks and volumes."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "0")


def missing_for_an_engine() -> str:
    """Return what keeps this machine from running a private engine, empty if nothing."""
    if os.geteuid() != 0:
        return f"a private engine needs root; as another user set {GIVEN_HOST} to an engine"
    path = f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}"
    programs = ("docker", "dockerd", "containerd", "unshare", "nsenter", "iptables")
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    if _busybox() is None:
        missing.append("a static busybox")
    if missing:
        return (
            f"missing: {', '.join(missing)}; on Debian and Ubuntu: "
            "apt-get install docker.io iptables busybox-static"
        )
    return ""


def private_engine() -> Engine:
    """Start an engine of its own, or return the one that the environment names.

    Raises:
        EngineUnavailable: Neither is possible here.
    """
    if given := os.environ.get(GIVEN_HOST):
        env = _docker_environment(given, Path(tempfile.mkdtemp(prefix="pixel-tui-")))
        engine = Engine(given, env)
        if engine.docker("version", check=False).returncode:
            engine.close()
            raise EngineUnavailable(f"the engine {given} of {GIVEN_HOST} does not answer")
        return engine
    if missing := missing_for_an_engine():
        raise EngineUnavailable(missing)
    # The path of a socket is limited to some hundred characters, so not pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="pixel-tui-", dir="/tmp"))
    env = _docker_environment(f"unix://{folder}/docker.sock", folder / "config")
    daemon: Daemon | None = None
    try:
        daemon = Daemon(folder, env)
        daemon.start()
    except EngineUnavailable:
        if daemon is not None:
            daemon.close()
        else:
            shutil.rmtree(folder)
        raise
    return Engine(daemon.host, env, daemon)


def _docker_environment(host: str, config: Path) -> dict[str, str]:
    """Return the environment for the docker program: this engine, no one's own settings."""
    own_compose = config.joinpath(*_OWN_COMPOSE)
    own_compose.parent.mkdir(parents=True)
    (config / "config.json").write_text("{}\n")
    foreign = ("DOCKER_", "COMPOSE_", "BUILDX_", "BUILDKIT_")
    env = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    env |= {"DOCKER_HOST": host, "DOCKER_CONFIG": str(config), "DOCKER_CLI_HINTS": "false"}
    env.setdefault("PATH", _SYSTEM_FOLDERS)
    # Here docker finds it before any that the machine has for all users.
    package = find_spec("compose")
    if package is not None and package.origin is not None:
        program = Path(package.origin).with_name("docker-compose")
        own_compose.symlink_to(program)
    return env


def _busybox() -> Path | None:
    """Return the machine's static busybox."""
    for path in (Path("/usr/bin/busybox"), Path("/bin/busybox")):
        # A program that needs no loader names none: `ldd` is a script of the C library's
        # development package, so the file itself is asked.
        if path.is_file() and b"/ld-" not in path.read_bytes()[:4096]:
            return path
    return None


def _busybox_filesystem() -> bytes:
    """Return a file system of busybox alone, every applet linked, as an archive."""
    busybox = _busybox()
    assert busybox is not None, "a static busybox (Debian: apt-get install busybox-static)"
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        program = tarfile.TarInfo("bin/busybox")
        program.mode, program.size = 0o755, busybox.stat().st_size
        with busybox.open("rb") as content:
            tar.addfile(program, content)
        for applet in sorted(set(applets.stdout.split()) - {"busybox"}):
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return archive.getvalue()


def _remove_cgroups(name: str) -> None:
    """Remove the empty control groups that killed containers left."""
    for top in (*_CGROUPS.glob(name), *_CGROUPS.glob(f"*/{name}")):
        folders = [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()


def _tail(log: Path, lines: int = 8) -> str:
    """Return a log file's last lines."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
