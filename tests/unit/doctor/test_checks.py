"""The checks of the doctor with each of their verdicts."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.doctor.engine_checks import (
    EngineAnswer,
    SocketFacts,
    check_clock,
    check_engine,
    check_socket,
    other_sockets,
    read_socket,
)
from pixel_tui.doctor.image_check import ImageAge, check_images, read_image_ages
from pixel_tui.doctor.own_checks import check_settings, check_state, try_folder
from pixel_tui.doctor.project_checks import (
    Unknown,
    check_compose,
    check_containers,
    check_hashes,
    check_logging,
    check_project,
)
from pixel_tui.doctor.report import (
    CheckResult,
    DoctorCheck,
)
from pixel_tui.errors import (
    ComposeRefused,
    ConsoleError,
    EngineRefused,
    EngineUnreachable,
    UsageError,
)
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.compose_missing import compose_missing
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.json_value import JsonObject, JsonValue
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.text import plain

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWN = EngineUnreachable("Nobody listens.", on="unix:///s", hint="Start it.")


def is_(check: DoctorCheck, verdict: CheckResult, *words: str) -> None:
    """Assert the verdict and the words; a problem must have a hint."""
    assert check.verdict is verdict, check
    for word in words:
        assert word in f"{check.found} {check.hint}", check
    if verdict in {CheckResult.WARNING, CheckResult.FAILED}:
        assert check.hint, check


# The engine.

SOCKET = SocketFacts(
    path="/var/run/docker.sock",
    is_socket=True,
    usable=True,
    owner="root",
    group="docker",
    mode=0o660,
    user="ana",
    in_group=True,
    listed=True,
)


def test_a_usable_socket() -> None:
    is_(check_socket(SOCKET), CheckResult.OK, "root:docker (0660)", "whose group ana is in")


def test_a_user_outside_the_group_gets_its_name() -> None:
    facts = replace(SOCKET, usable=False, in_group=False, listed=False, group="engineers")
    is_(check_socket(facts), CheckResult.FAILED, "usermod -aG engineers ana", "not in group")


def test_a_session_older_than_the_membership_must_log_in_again() -> None:
    facts = replace(SOCKET, usable=False, in_group=False)
    is_(check_socket(facts), CheckResult.FAILED, "this login session is older", "newgrp docker")


def test_joining_the_root_group_is_never_advised() -> None:
    facts = replace(SOCKET, usable=False, in_group=False, listed=False, group="root")
    check = check_socket(facts)
    is_(check, CheckResult.FAILED, "only root", "groupadd")
    assert "usermod -aG root" not in check.hint


def test_a_file_that_is_not_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    path.touch()
    is_(check_socket(read_socket(f"unix://{path}")), CheckResult.FAILED, "is not a socket")


def test_a_missing_socket_is_skipped() -> None:
    found = read_socket("unix:///nowhere/docker.sock")
    is_(check_socket(found), CheckResult.SKIPPED, "/nowhere/docker.sock")
    is_(check_socket(found, ["/run/user/7/docker.sock"]), CheckResult.SKIPPED, "--host unix:///run")


def test_a_socket_in_an_inaccessible_folder() -> None:
    error = PermissionError(13, "Permission denied", "/closed/docker.sock")
    is_(check_socket(error), CheckResult.FAILED, "Permission denied: /closed/docker.sock")


def test_a_remote_engine_has_no_socket() -> None:
    assert read_socket("tcp://vps:2376") is None
    is_(check_socket(None), CheckResult.SKIPPED)


def test_the_permissions_of_a_real_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        facts = read_socket(f"unix://{path}")
    assert isinstance(facts, SocketFacts)
    assert facts.is_socket
    assert facts.usable
    assert facts.in_group


def test_a_rootless_engine_is_found(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").touch()
    found = other_sockets({"XDG_RUNTIME_DIR": str(tmp_path), "HOME": "/nowhere"})
    assert found == (f"{tmp_path}/docker.sock",)


def told(*, number: str = "28.1.0", time: datetime | None = NOW, took: float = 0) -> EngineAnswer:
    info: JsonObject = {"Name": "vps"}
    if time is not None:
        info["SystemTime"] = time.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    version: JsonObject = {"Version": number, "ApiVersion": "1.48"}
    return EngineAnswer(version, info, NOW, NOW + timedelta(seconds=took))


def test_an_engine_that_answers() -> None:
    check = check_engine(told(), "DOCKER_HOST", "unix:///s")
    is_(check, CheckResult.OK, "Docker 28.1.0 (API 1.48) on vps", "chosen by DOCKER_HOST")
    is_(check_engine(told(number="dev"), "default", "unix:///s"), CheckResult.OK, "context default")


def test_an_engine_that_is_too_old() -> None:
    is_(check_engine(told(number="19.03.5"), "default", "unix:///s"), CheckResult.WARNING, "20.10")


def test_an_unreachable_engine() -> None:
    check = check_engine(DOWN, "default", "unix:///s")
    is_(
        check,
        CheckResult.FAILED,
        "Nobody listens: unix:///s, chosen by",
        "context default",
        "Start",
    )


@pytest.mark.parametrize(
    ("drift", "verdict", "word"),
    [
        (0, CheckResult.OK, "less than"),
        (-4, CheckResult.OK, "less than"),
        (90, CheckResult.WARNING, "1m 30s ahead"),
        (-90, CheckResult.WARNING, "1m 30s behind"),
    ],
)
def test_the_engines_clock(drift: float, verdict: CheckResult, word: str) -> None:
    is_(check_clock(told(time=NOW + timedelta(seconds=drift))), verdict, word)


def test_a_slow_answer_is_not_a_wrong_clock() -> None:
    is_(check_clock(told(time=NOW + timedelta(seconds=8), took=9)), CheckResult.OK)


def test_an_unknown_clock() -> None:
    is_(check_clock(told(time=None)), CheckResult.SKIPPED)
    is_(check_clock(DOWN), CheckResult.SKIPPED)


# The project.

COMPOSE = ("docker", "compose")
SERVICE = ServiceSpec(plain("api"), plain("api:1"))
SILENT = ServiceSpec(plain("quiet"), plain("quiet:1"), log_driver=plain("none"))
STACK = Project(plain("pixel"), plain("/srv/pixel"), services=(SERVICE,))
RUNNING = Container("1" * 64, plain("pixel-api-1"), plain("api"), ContainerState.RUNNING)
UNKNOWN = Unknown("Not asked.")
REFUSED = ComposeRefused("yaml: line 3: oh no", on="/srv", hint="Mend it.")


@pytest.mark.parametrize(
    ("said", "verdict", "word"),
    [
        (ProgramOutput(0, b"2.40.3", b""), CheckResult.OK, "version 2.40.3"),
        (ProgramOutput(0, b"v2.3.3", b""), CheckResult.OK, "version 2.3.3"),
        (ProgramOutput(0, b"5.0.1", b""), CheckResult.OK, "version 5.0.1"),
        (ProgramOutput(0, b"1.29.2", b""), CheckResult.FAILED, "older than 2"),
        (ProgramOutput(0, b"", b""), CheckResult.WARNING, "no version"),
        (ProgramOutput(0, b"dev", b""), CheckResult.WARNING, "dev"),
        (
            ProgramOutput(1, b"", b"'compose' is not a docker command"),
            CheckResult.FAILED,
            "not installed",
        ),
        (
            ConsoleError("No such file or directory"),
            CheckResult.FAILED,
            "compose-plugin",
        ),
    ],
)
def test_the_compose_program(
    said: ProgramOutput | ConsoleError, verdict: CheckResult, word: str
) -> None:
    is_(check_compose(COMPOSE, said), verdict, word)


@pytest.mark.parametrize(
    "said",
    [
        # It takes the options after the word for its own, and goes on with all that it knows.
        ProgramOutput(
            125, b"", b"unknown flag: --short See 'docker --help'. Usage: docker [OPTIONS]"
        ),
        ProgramOutput(1, b"", b"docker: 'compose' is not a docker command."),
        ConsoleError("No such file or directory"),
    ],
)
def test_missing_compose_has_the_same_message_as_in_the_console(
    said: ProgramOutput | ConsoleError,
) -> None:
    check, error = check_compose(COMPOSE, said), compose_missing("docker compose")
    assert check.found == "Docker Compose version 2 is not installed: docker compose."
    assert (check.verdict, check.found, check.hint) == (
        CheckResult.FAILED,
        error.sentence,
        error.hint,
    )


def test_a_failing_compose_is_quoted_without_its_usage() -> None:
    check = check_compose(
        COMPOSE, ProgramOutput(1, b"", b"permission denied Usage: docker [OPTIONS]")
    )
    assert check.found == "`docker compose` can't be used: permission denied."


def test_the_project() -> None:
    is_(check_project(STACK), CheckResult.OK, "pixel in /srv/pixel: 1 service.")
    is_(check_project(replace(STACK, services=())), CheckResult.WARNING, "0 services")
    is_(check_project(REFUSED), CheckResult.FAILED, "line 3", "Mend it.")
    is_(check_project(UNKNOWN), CheckResult.SKIPPED)


def test_warnings_of_compose_are_a_warning() -> None:
    warnings = tuple(plain(f"The {name} variable is not set") for name in "ABCDE")
    check = check_project(replace(STACK, warnings=warnings))
    is_(check, CheckResult.WARNING, "The A variable", "and 2 more")


def test_a_profile_that_no_service_has_is_a_warning() -> None:
    asked = replace(STACK, profiles=(plain("tolls"),))
    is_(check_project(asked), CheckResult.WARNING, "names tolls", "No service has")


def test_the_containers() -> None:
    stopped = replace(RUNNING, id="2" * 64, state=ContainerState.EXITED)
    is_(check_containers(STACK, (RUNNING, stopped)), CheckResult.OK, "2 containers, 1 running")
    is_(check_containers(STACK, ()), CheckResult.WARNING, "pixel", "docker compose ls -a")
    is_(check_containers(STACK, (), (plain("shop"),)), CheckResult.WARNING, "pixel", "-p shop")
    is_(check_containers(STACK, DOWN), CheckResult.FAILED, "Nobody listens")
    is_(check_containers(STACK, UNKNOWN), CheckResult.SKIPPED)
    is_(check_containers(REFUSED, UNKNOWN), CheckResult.SKIPPED)


def test_the_config_hashes() -> None:
    is_(check_hashes(STACK, {"api": "abc"}), CheckResult.OK, "1 service")
    is_(check_hashes(STACK, {}), CheckResult.WARNING, "api")
    is_(check_hashes(STACK, REFUSED), CheckResult.WARNING, "line 3")
    is_(check_hashes(UNKNOWN, UNKNOWN), CheckResult.SKIPPED)


def test_unreadable_logs() -> None:
    mute = replace(RUNNING, log_driver=plain("none"))
    is_(check_logging(STACK, (RUNNING,)), CheckResult.OK)
    is_(check_logging(STACK, (mute,)), CheckResult.WARNING, "api", "json-file")
    is_(check_logging(replace(STACK, services=(SILENT,)), DOWN), CheckResult.WARNING, "quiet")
    is_(check_logging(REFUSED, ()), CheckResult.SKIPPED)


def test_logs_of_containers_that_could_not_be_read_are_unknown() -> None:
    unknown = Unknown("The Docker daemon did not answer.")
    is_(check_logging(STACK, unknown), CheckResult.SKIPPED, unknown.why)
    is_(check_logging(STACK, DOWN), CheckResult.SKIPPED, str(DOWN.what).removesuffix("."))
    is_(check_logging(STACK, ()), CheckResult.SKIPPED, "No container")


def image_age(service: str, built: int, committed: int) -> ImageAge:
    return ImageAge(service, NOW + timedelta(hours=built), NOW + timedelta(hours=committed))


def test_images_that_are_older_than_their_sources() -> None:
    new, old = image_age("api", 1, 0), image_age("web", 0, 24)
    is_(check_images((new,)), CheckResult.OK, "api")
    said = ("web (built 2026-03-01 12:00, commit 2026-03-02 12:00)", "Rebuild web")
    is_(check_images((new, old)), CheckResult.WARNING, *said)
    assert "api" not in check_images((new, old)).found
    is_(check_images((old,) * 5), CheckResult.WARNING, "and 2 more")
    is_(check_images(()), CheckResult.SKIPPED)
    is_(check_images(DOWN), CheckResult.SKIPPED, "Nobody listens")
    is_(check_images(UNKNOWN), CheckResult.SKIPPED)


class Images(DemoEngine):
    """An engine with one image, of a different time for each call."""

    def __init__(self, **told: JsonValue) -> None:
        super().__init__(DemoWorld(FixedClock(NOW)))
        self.told: JsonObject | None = {"Id": "sha256:web", **told}
        self.refuses = False

    def image(self, reference: str) -> JsonObject | None:
        if self.refuses:
            raise EngineRefused(400, "invalid reference format")
        return self.told if reference == "web" else None


@pytest.mark.parametrize(
    ("told", "old"),
    [
        ({"Created": "2026-03-01T11:00:00Z"}, [True]),
        ({"Created": "2026-03-01T13:00:00Z"}, [False]),
        # A build that changes nothing keeps the image as it was made first.
        ({"Created": "2026-01-01T00:00:00Z",
          "Metadata": {"LastTagTime": "2026-03-01T13:00:00Z"}}, [False]),
        ({"Created": "0001-01-01T00:00:00Z"}, []),
    ],
)  # fmt: skip
def test_an_image_is_as_old_as_its_last_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: JsonObject, old: list[bool]
) -> None:
    asked: list[Path] = []

    def last_commit(folder: Path, _environment: object) -> datetime | None:
        asked.append(folder)
        return NOW if folder.name == "web" else None

    monkeypatch.setattr("pixel_tui.doctor.image_check.last_commit", last_commit)
    web = ServiceSpec(plain("web"), plain("web"), builds=True, build_folder="/srv/web")
    services = (
        web,
        replace(web, name=plain("off"), active=False, profiles=(plain("tools"),)),
        replace(web, name=plain("twin")),
        replace(web, name=plain("pulled"), builds=False, build_folder=""),
        replace(web, name=plain("unknown"), build_folder="/srv/no-checkout"),
        replace(web, name=plain("absent"), image=plain("absent")),
    )
    project, records = replace(STACK, services=services), BuildRecords(tmp_path / "records")
    engine = Images(**told)
    found = read_image_ages(project, engine, records, {})
    assert [item.old for item in found if item.service == "web"] == old
    assert {item.service for item in found} <= {"web", "twin"}
    assert asked.count(Path("/srv/web")) == bool(old), "git is asked once"
    records.add({"sha256:web": {}}, (NOW + timedelta(hours=1)).timestamp())
    assert not any(item.old for item in read_image_ages(project, engine, records, {}))
    engine.refuses = True
    assert read_image_ages(project, engine, records, {}) == ()


# What is its own.


def test_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    is_(
        check_settings(Settings(), path, named=False), CheckResult.OK, "defaults", "changes allowed"
    )
    is_(check_settings(Settings(), path, named=True), CheckResult.WARNING, "PIXEL_TUI_CONFIG")
    path.touch()
    is_(check_settings(Settings(read_only=True), path, named=True), CheckResult.OK, "read-only")
    wrong = UsageError("Unknown theme.", on=str(path), hint="Known are a, b.")
    is_(check_settings(wrong, path, named=False), CheckResult.FAILED, "Known are")


def test_the_state_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    is_(check_state(folder, try_folder(folder)), CheckResult.OK)
    assert not list(tmp_path.iterdir()), "looking makes nothing"
    (tmp_path / "a").touch()
    is_(check_state(folder, try_folder(folder)), CheckResult.FAILED, "Not a directory", "sudo")
