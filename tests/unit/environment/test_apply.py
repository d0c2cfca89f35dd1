"""An apply that dies at any step can be rolled back completely."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.environment.apply.apply_request import ApplyOutcome, ApplyRequest, ServiceHealth
from pixel_tui.environment.apply.apply_runner import ApplyRunner
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.environment.apply.state import (
    OWN_SPACE,
    ApplyFiles,
    ApplyState,
    Phase,
    this_process,
)
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import ConsoleError, EngineUnreachable, FileError
from pixel_tui.stack.compose.command import ComposeCommand

OLD, NEW = b"A=1\n", b"A=2\n"


class Killed(BaseException):
    """The process was killed."""


class World:
    """A file, an image and containers; the process is killed at its n-th action."""

    def __init__(self, folder: Path, *, killed_at: int = 0, old: bytes | None = OLD) -> None:
        self.folder = folder
        self.content = old
        self.made_with: bytes | None = old
        self.image = "image-of-before"
        self.ran = "image-of-before"
        self.proxy_saw: bytes | None = old
        self.network: bytes | None = old
        """The content that the network was created with, if there is one."""
        self.network_number = 1
        self.refused_network = b"never"
        """The content with which the engine can't create it."""
        self.foreign_container = ""
        """Another container that is running on it."""
        self.runs = True
        self.unhealthy_with: bytes | None = None
        self.build_fails = False
        self.said: list[str] = []
        self.witnessed: list[tuple[str | bool, str, str]] = []
        """Records of builds, each with the image and the running containers at that time."""
        self.confirms = False
        self.at_the_end: Callable[[], None] = lambda: None
        """Called after the deadline, right before that is recorded."""
        self.done = 0
        self.killed_at = killed_at

    def act(self, change: Callable[[], None] = lambda: None) -> None:
        """Any action can be the last one, before or after it takes effect."""
        self.done += 1
        if self.done == self.killed_at:
            raise Killed
        change()
        self.done += 1
        if self.done == self.killed_at:
            raise Killed

    def read(self) -> bytes | None:
        return self.content

    def save(self, content: bytes, *, expected_sha256: str) -> None:
        if digest(self.content) != expected_sha256:
            raise FileError("The file was changed.")
        self.act(lambda: setattr(self, "content", content))

    def remove(self) -> None:
        self.act(lambda: setattr(self, "content", None))

    def images(self, services: Sequence[str]) -> Mapping[str, str]:
        return {"web": self.ran}

    def image_id(self, reference: str) -> str:
        return self.image

    def network_id(self, name: str) -> str:
        assert name == "net"
        return f"network-{self.network_number}" if self.network_number else ""

    def others_on(self, networks: Sequence[str], services: Sequence[str]) -> Sequence[str]:
        assert (*networks, *services) == ("net", "api", "web")
        return [self.foreign_container] if self.foreign_container else []

    def health(self, services: Sequence[str]) -> ServiceHealth:
        if self.unhealthy_with is not None and self.made_with == self.unhealthy_with:
            return ServiceHealth(failure="api is unhealthy")
        return ServiceHealth()

    def run(self, argv: Sequence[str], *, apart: bool) -> int:
        if "up" in argv and not self.network_number and self.content == self.refused_network:
            self.act()
            return 1
        if "rm" in argv and self.foreign_container:
            self.act()
            return 1

        def change() -> None:
            if "stop" in argv:
                assert argv[-2:] == ("api", "web")
                self.runs = False
            elif "rm" in argv:
                assert argv[-3:] == ("network", "rm", "net")
                assert not self.runs, "what is on it is stopped first"
                self.network_number = 0
            elif "build" in argv:
                self.image = "image-of-now"
            elif "tag" in argv:
                self.image = argv[-2]
            elif "up" in argv:
                assert argv[-2:] == ("api", "web")
                assert "--no-deps" in argv
                assert "--force-recreate" in argv  # of a secret compose compares the name alone
                assert "--remove-orphans" not in argv
                assert "--scale=api=3" in argv, "on the way back as well"
                if not self.network_number:
                    self.network, self.network_number = self.content, self.done
                assert self.network == self.content, "compose would remove it half way"
                self.made_with, self.ran, self.runs = self.content, self.image, True
            elif "restart" in argv:
                assert argv[-1] == "nginx"
                self.proxy_saw = self.made_with

        self.act(change)
        return 1 if "build" in argv and self.build_fails else 0

    def applying(self) -> ApplyRunner:
        world = self

        class Files(ApplyFiles):
            def write(self, state: ApplyState) -> None:
                if state.phase is Phase.ROLLING_BACK:
                    world.at_the_end()
                world.act(lambda: super(Files, self).write(state))

            def clear(self) -> None:
                world.act(super().clear)

        files = Files(self.folder / "state", self.folder)

        def pause(_seconds: float) -> None:
            if self.confirms:
                Confirmation(self.folder / "state", self.folder).confirm()

        return ApplyRunner(
            ComposeCommand(directory="/srv/shop"),
            "pixel",
            ".env",
            file=self,
            files=files,
            containers=self,
            run=self.run,
            say=self.said.append,
            cancelled=lambda: False,
            pause=pause,
            build_observer=self,
        )

    def before(self, argv: Sequence[str], *, up_builds: bool = False) -> None:
        self.witnessed.append((" ".join(argv[-3:]), self.image, self.ran))

    def after(self, building: object, *, done: bool) -> None:
        self.witnessed.append((done, self.image, self.ran))

    def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
        raise AssertionError("the console that runs this hears of it")

    @property
    def as_before(self) -> bool:
        before = "image-of-before"
        made = (self.made_with, self.proxy_saw, self.ran, self.image, self.network)
        return made == (OLD, OLD, before, before, OLD) and self.runs and self.network_number > 0


def wanted(was: bytes | None = OLD, *, within: float = 0.05) -> ApplyRequest:
    proxies, scales = ("nginx",), ("api=3",)
    return ApplyRequest(NEW, digest(was), ("api",), ("web",), proxies, within, scales, ("net",))


def dead_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record no process, as if it had exited."""
    for module in ("apply_runner", "roll_back"):
        monkeypatch.setattr(f"pixel_tui.environment.apply.{module}.this_process", lambda: None)


def left_of(world: World, monkeypatch: pytest.MonkeyPatch) -> ApplyState | None:
    """Return what a later process finds: the earlier one has exited."""
    dead_process(monkeypatch)
    return ApplyFiles(world.folder / "state", world.folder).read()


def test_a_confirmed_environment_stays(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.confirms = True
    assert world.applying().apply(wanted(within=5)) is ApplyOutcome.SUCCESS
    assert (world.content, world.made_with, world.ran) == (NEW, NEW, "image-of-now")
    assert world.network == NEW
    assert not list((tmp_path / "state" / "environment").iterdir())


def test_apply_and_roll_back_name_the_needed_providers(tmp_path: Path) -> None:
    world, calls = World(tmp_path), list[tuple[str, ...]]()
    run = world.run

    def listen(argv: Sequence[str], *, apart: bool) -> int:
        calls.append(tuple(argv))
        return run(tuple(word for word in argv if word != "cloud"), apart=apart)

    world.run = listen  # type: ignore[method-assign]
    world.applying().apply(replace(wanted(), providers=("cloud",)))
    ups = [call[call.index("--") + 1 :] for call in calls if "up" in call]
    assert ups == [("api", "web", "cloud")] * 2
    assert not [call for call in calls if "up" not in call and "cloud" in call]


def test_a_build_is_recorded_before_its_image_is_running(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.applying().apply(wanted())
    old, new = "image-of-before", "image-of-now"
    assert world.witnessed == [("build -- web", old, old), (True, new, old)]
    world = World(tmp_path)
    world.build_fails = True
    world.applying().apply(wanted())
    assert [item[0] for item in world.witnessed] == ["build -- web", False]


def test_a_confirmation_in_the_last_moment_counts(tmp_path: Path) -> None:
    world, told = World(tmp_path), list[bool]()
    confirmation = Confirmation(tmp_path / "state", tmp_path)
    world.at_the_end = lambda: told.append(confirmation.confirm())
    assert world.applying().apply(wanted()) is ApplyOutcome.SUCCESS
    assert told == [True]
    assert (world.content, world.made_with) == (NEW, NEW)


def test_a_late_confirmation_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    files, confirmation = ApplyFiles(state, tmp_path), Confirmation(state, tmp_path)
    me = this_process()
    waits = ApplyState(Phase.WAITING, ".env", "pixel", digest(OLD), digest(NEW), process=me)
    files.write(waits)
    confirm = ApplyFiles.confirm

    def late(self: ApplyFiles, token: str) -> None:
        files.write(replace(waits, phase=Phase.ROLLING_BACK))  # and looked for a confirmation then
        confirm(self, token)

    monkeypatch.setattr(ApplyFiles, "confirm", late)
    assert not confirmation.confirm()


@pytest.mark.parametrize("old", [OLD, None])
def test_an_unconfirmed_apply_is_rolled_back(tmp_path: Path, old: bytes | None) -> None:
    world = World(tmp_path, old=old)
    assert world.applying().apply(wanted(old)) is ApplyOutcome.UNCONFIRMED
    assert world.said[-1].startswith("Not confirmed within ")
    assert world.said[-1].endswith("s. Rolled back: the previous environment is restored.")
    assert (world.content, world.made_with) == (old, old)
    assert world.image == world.ran == "image-of-before"
    assert not list((tmp_path / "state" / "environment").iterdir())


def test_an_unhealthy_apply_is_rolled_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.unhealthy_with = NEW
    assert world.applying().apply(wanted()) is ApplyOutcome.UNHEALTHY
    assert world.as_before
    assert "api is unhealthy." in world.said


def test_a_full_disk_has_space_for_the_roll_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk has space for what was there at the start, minus what is still there."""
    world, rooms = World(tmp_path), list[int]()

    def write(files: ApplyFiles, state: ApplyState) -> None:
        room = sum(path.stat().st_size for path in tmp_path.glob("state/environment/*.room"))
        rooms.append(room)
        if world.content == NEW:
            assert not room or state.phase is not Phase.ROLLING_BACK, "it is let go of first"
            raise FileError("The file can't be written: No space left on device.")
        written(files, state)

    written = ApplyFiles.write
    monkeypatch.setattr(ApplyFiles, "write", write)
    world.unhealthy_with = NEW
    assert world.applying().apply(wanted()) is ApplyOutcome.UNHEALTHY
    assert world.as_before
    assert rooms[0] >= OWN_SPACE + len(OLD) + len(NEW)
    assert not list((tmp_path / "state" / "environment").iterdir())


@pytest.mark.parametrize("failing", ["reserve_space", "write"])
def test_without_space_for_the_roll_back_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(_files: ApplyFiles, _what: object) -> None:
        raise FileError("The file can't be written: No space left on device.")

    monkeypatch.setattr(ApplyFiles, failing, full)
    world = World(tmp_path)
    with pytest.raises(FileError):
        world.applying().apply(wanted())
    assert world.as_before
    assert world.content == OLD
    assert not list((tmp_path / "state" / "environment").iterdir()), "the old file has secrets"


def test_a_short_outage_of_the_engine_is_waited_for(tmp_path: Path) -> None:
    world, looks = World(tmp_path), [0]
    world.confirms = True

    def health(services: Sequence[str]) -> ServiceHealth:
        looks[0] += 1
        if looks[0] == 1:
            raise EngineUnreachable("Nobody answers.")
        return ServiceHealth()

    world.health = health  # type: ignore[method-assign]
    assert world.applying().apply(wanted(within=5)) is ApplyOutcome.SUCCESS


def test_a_network_that_can_not_be_created_is_rolled_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.refused_network = NEW
    assert world.applying().apply(wanted()) is ApplyOutcome.UNHEALTHY
    assert world.as_before
    assert "The containers could not be recreated." in world.said
    assert world.said[-1] == (
        "The containers could not be recreated. Rolled back: the previous environment is restored."
    )


def test_a_foreign_container_on_the_network_prevents_the_apply(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.foreign_container = "debug"
    assert world.applying().apply(wanted()) is ApplyOutcome.UNHEALTHY
    assert world.as_before
    assert world.network_number == 1
    assert "net can't be recreated while debug is running on it: docker stop debug." in world.said


def test_a_foreign_container_on_the_new_network_delays_the_roll_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_process(monkeypatch)
    world = World(tmp_path)
    world.at_the_end = lambda: setattr(world, "foreign_container", "debug")
    assert world.applying().apply(wanted()) is ApplyOutcome.INCOMPLETE
    assert world.runs, "in the new environment"
    assert "net can't be recreated while debug is running on it: docker stop debug." in world.said
    world.at_the_end = lambda: None
    world.foreign_container = ""
    assert world.applying().roll_back() is ApplyOutcome.SUCCESS
    assert world.as_before


def test_a_failed_build_changes_no_container(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.build_fails = True
    assert world.applying().apply(wanted()) is ApplyOutcome.UNHEALTHY
    assert world.content == OLD
    assert world.as_before


def test_a_service_that_is_unhealthy_after_the_roll_back_is_reported(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.health = lambda services: ServiceHealth(failure="api is unhealthy")  # type: ignore[method-assign]
    assert world.applying().apply(wanted()) is ApplyOutcome.INCOMPLETE
    assert world.content == OLD
    assert world.said[-1] == (
        "api is unhealthy. Rolled back: the previous environment is restored, and api is unhealthy."
    )


def steps_of_an_apply(tmp_path: Path) -> int:
    world = World(tmp_path / "count")
    world.applying().apply(wanted())
    return world.done


def test_an_apply_killed_anywhere_can_be_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_process(monkeypatch)
    steps = steps_of_an_apply(tmp_path)
    assert steps > 20
    for killed_at in range(1, steps + 1):
        world = World(tmp_path / str(killed_at), killed_at=killed_at)
        with pytest.raises(Killed):
            world.applying().apply(wanted())
        left = left_of(world, monkeypatch)
        if left is None:
            assert world.content == OLD, killed_at
        else:
            assert left.description
            assert world.applying().roll_back() is ApplyOutcome.SUCCESS
        assert world.content == OLD, killed_at
        assert world.as_before, killed_at
        assert not list((world.folder / "state" / "environment").glob("*.json"))


def test_a_roll_back_killed_anywhere_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_process(monkeypatch)
    steps = steps_of_an_apply(tmp_path)
    for first in range(1, steps + 1, 5):
        for second in range(1, 12, 3):
            world = World(tmp_path / f"{first}-{second}", killed_at=first)
            with pytest.raises(Killed):
                world.applying().apply(wanted())
            world.killed_at = first + second
            try:
                if left_of(world, monkeypatch) is not None:
                    world.applying().roll_back()
            except Killed:
                world.killed_at = 0
                if left_of(world, monkeypatch) is not None:
                    world.applying().roll_back()
            assert world.content == OLD
            assert world.as_before


def test_a_confirmation_counts_even_if_the_process_dies_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_process(monkeypatch)
    world = World(tmp_path)
    world.applying().apply(wanted(within=0.0))
    files = ApplyFiles(tmp_path / "state", tmp_path)
    files.write(ApplyState(Phase.WAITING, ".env", "pixel", digest(OLD), digest(NEW), token="x"))
    left = files.interrupted()
    assert left is not None
    files.confirm("of another")
    assert files.interrupted() is not None
    files.confirm("x")
    assert files.interrupted() is None
    assert not files.is_running()


def test_a_failed_roll_back_has_commands_for_its_project(tmp_path: Path) -> None:
    world = World(tmp_path)
    previous = ApplyFiles(tmp_path / "state", tmp_path)._before
    world.at_the_end = lambda: previous.unlink(missing_ok=True)
    assert world.applying().apply(wanted()) is ApplyOutcome.INCOMPLETE
    unreadable, left = world.said[-2:]
    assert "`pixel-tui -C /srv/shop run environment-restore`" in unreadable
    assert "Not rolled back. Try again with" in left
    assert "`pixel-tui -C /srv/shop run environment-roll-back`" in left


def test_a_file_that_was_changed_since_the_plan_is_not_replaced(tmp_path: Path) -> None:
    world = World(tmp_path, old=b"A=other\n")
    with pytest.raises(ConsoleError, match="has changed since the plan"):
        world.applying().apply(wanted())
    assert world.content == b"A=other\n"
    assert world.done == 0


def test_without_a_waiting_apply_nothing_is_confirmed(tmp_path: Path) -> None:
    assert not Confirmation(tmp_path / "state", tmp_path).confirm()
    with pytest.raises(ConsoleError, match="No apply was interrupted"):
        World(tmp_path).applying().roll_back()


def test_candidates_are_private_and_named_by_their_content(tmp_path: Path) -> None:
    staging = Staging(tmp_path, tmp_path)
    staged = staging.stage(NEW, base=digest(b"A=0\n"))
    path = staging.path(staged)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert staging.read(staged) == NEW
    assert staging.ids() == (staged,)
    path.write_bytes(b"A=tampered\n")
    with pytest.raises(FileError, match="was changed"):
        staging.read(staged)
    for bad in ("../x", "0" * 16, ""):
        with pytest.raises(FileError, match="No such candidate"):
            staging.read(bad)
    assert Staging(tmp_path, tmp_path / "other").ids() == ()
    staging.forget(staged)
    assert staging.ids() == ()


def test_namespace_sharers_are_restarted_one_by_one_after_their_owner(
    tmp_path: Path,
) -> None:
    world, restarted = World(tmp_path), list[tuple[str, ...]]()
    run = world.run

    def noting(argv: Sequence[str], *, apart: bool) -> int:
        if "restart" not in argv:
            return run(argv, apart=apart)
        restarted.append(tuple(argv[argv.index("restart") + 1 :]))
        return 0

    world.run = noting  # type: ignore[method-assign]
    joined = replace(wanted(), joined=("app", "memory"))
    assert world.applying().apply(joined) is ApplyOutcome.UNCONFIRMED
    no = ("--no-deps", "--")
    assert restarted == [("--", "nginx"), (*no, "app"), (*no, "memory")] * 2


def test_a_restarted_service_that_was_unhealthy_before_is_ignored(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.confirms = True

    def health(services: Sequence[str]) -> ServiceHealth:
        return ServiceHealth(failure="nginx is unhealthy" if "nginx" in services else "")

    world.health = health  # type: ignore[method-assign]
    assert world.applying().apply(wanted(within=5)) is ApplyOutcome.SUCCESS


def test_a_service_that_the_restart_breaks_is_rolled_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.confirms = True

    def health(services: Sequence[str]) -> ServiceHealth:
        failure = "nginx" in services and world.made_with == NEW
        return ServiceHealth(failure="nginx is unhealthy" if failure else "")

    world.health = health  # type: ignore[method-assign]
    assert world.applying().apply(wanted(within=5)) is ApplyOutcome.UNHEALTHY
    assert world.as_before
