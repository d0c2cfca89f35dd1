"""Plans and refusals of the actions on backups."""

from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.backups.deployment import Deployment, RanImage
from pixel_tui.backups.exposure import Exposure
from pixel_tui.backups.holders import Holder, Volume
from pixel_tui.backups.manifest import Cover, Gap, ItemKind, LeftOut, VolumeContent
from pixel_tui.backups.restore_space import Shortage
from pixel_tui.backups.stored import StoredData, StoredServer, StoredVolume
from pixel_tui.errors import FileError, NothingToDo, OperationError, UsageError
from pixel_tui.operations.actions import find_action, plan_action, why_unavailable
from pixel_tui.operations.planning.confirmation import required_words
from pixel_tui.operations.planning.facts import NO_FACTS, BackupComparison, Facts, HeldPort
from pixel_tui.operations.planning.plan import ExpectedState, FileMark, Plan, Risk
from pixel_tui.stack.model.container import Health, HealthStatus, Mount, Port
from pixel_tui.stack.model.project import External, VolumeSpec
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain
from tests.builders.actions import (
    CHAIN,
    COMMAND,
    COMPOSE,
    NOW,
    commands,
    container,
    effects,
    exited,
    running,
    spec,
    warnings,
)
from tests.builders.actions import stack as stack_of
from tests.builders.backup_actions import DIGEST, ID, facts, item, past, plan, refused
from tests.builders.compose_up import leftover_of

OLD = "sha256:" + "0" * 64


def holder(service: str, *places: str, volumes: tuple[str, ...] = ()) -> Holder:
    """The regular container of a service, as listed by the engine."""
    known = container(service)
    return Holder(known.id, known.name, "pixel", service, places=places, volumes=volumes)


def verbs(made: Plan) -> list[str]:
    """The verb of each step: the worker's, compose's or docker's."""
    known = {"make", "verify", "check", "restore", "roll-back", "check-resources"}
    known |= {"stop", "start", "up", "down"}
    return [next(word for word in step if word in known) for step in commands(made)]


def test_a_backup_is_safe_and_affects_no_service() -> None:
    made = plan("backup", facts())
    assert made.title == "Back up pixel"
    assert (made.risk, made.interrupts, made.checks_after) == (Risk.SAFE, (), ())
    assert made.reason == "there is no backup yet"
    assert commands(made)[0][1:4] == ("-P", "-m", "pixel_tui.backups")


def test_a_backup_warns_of_the_gaps_of_the_last_one() -> None:
    assert "volume pixel_cache" in warnings(plan("backup", facts(past())))


EXPOSED = Exposure(plain("/b"), (plain("api"), plain("web")), (plain("api"),))


def test_a_backup_warns_of_services_that_can_access_it() -> None:
    result = warnings(plan("backup", facts(exposures=(EXPOSED,))))
    assert "api can read and write /b" in result
    assert "`folder` under [backup]" in result
    former = replace(EXPOSED, former=True)
    result = warnings(plan("backup", facts(exposures=(former,), backup_folder=plain("/new"))))
    assert "move the older backups to /new" in result


def test_a_backup_that_may_be_planted_does_not_permit_a_wipe() -> None:
    past_one = past()
    inside = replace(past_one, backup=replace(past_one.backup, folder=Path("/b/20260301-100000")))
    former = replace(EXPOSED, former=True)
    with pytest.raises(OperationError, match="no verified backup"):
        plan("wipe-volumes", facts(inside, exposures=(former,)))
    made = plan("wipe-volumes", facts(inside, exposures=(EXPOSED,)), stack=TestWipe().stack())
    assert made.confirm == "pixel", "the user chose that folder"
    assert "api can read and write /b" in warnings(
        plan("restore", facts(inside, exposures=(former,)), ID)
    )


def test_an_incomplete_backup_lists_what_is_missing() -> None:
    gap = LeftOut("data/a.db", "it could not be read", Gap.UNKNOWN, expected=True)
    known = facts(past(left_out=(gap,), warnings=("b.db is gone",)))
    made = plan("backup", known)
    assert "INCOMPLETE" in made.reason
    assert "data/a.db" in warnings(made)
    assert "b.db is gone" in warnings(made)
    assert "INCOMPLETE" in plan("restore", known, ID).reason


def test_without_facts_there_is_no_backup() -> None:
    for name in ("backup", "restore", "roll-back", "verify-backup", "wipe-volumes"):
        assert why_unavailable(find_action(name), (), running(), NO_FACTS)


class TestRestore:
    def test_the_steps_are_in_order(self) -> None:
        made = plan("restore", facts(past()), ID)
        assert made.title == f"Restore {ID}"
        assert verbs(made) == ["check", "make", "stop", "restore", "start"]
        assert made.risk is Risk.DESTRUCTIVE
        assert made.confirm == "pixel"

    def test_the_check_has_the_same_options_and_the_space_for_the_backup(self) -> None:
        stack = running(exited("postgres"))
        check, *_ = commands(plan("restore", facts(past()), ID, stack=stack))
        assert {"--without=postgres", "--backup-first", ID} <= set(check)
        check, *_ = commands(plan("restore-without-backup", facts(past()), ID, stack=stack))
        assert "--without=postgres" in check
        assert "--backup-first" not in check

    def test_the_backup_made_first_spares_the_restored_one(self) -> None:
        first = commands(plan("restore", facts(past()), ID))[1]
        assert first[first.index("--sparing") + 1] == ID
        assert f"before restoring {ID}" in first

    def test_dependants_of_a_server_are_stopped_and_the_server_is_not(self) -> None:
        stop = commands(plan("restore", facts(past()), ID))[2]
        assert stop[-3:] == ("stop", "api", "web")

    def test_users_of_the_data_are_stopped(self) -> None:
        known = facts(past(), holders=(holder("landing", "/srv/pixel/data"),))
        stop = commands(plan("restore", known, ID))[2]
        assert set(stop[-3:]) == {"api", "web", "landing"}

    def test_a_file_that_is_identical_to_the_backup_s_is_unchanged_and_stops_no_service(
        self,
    ) -> None:
        files = tuple(item(ItemKind.FILE, name) for name in (".env", "compose.yaml"))
        state = replace(
            past(items=files),
            unchanged=frozenset({".env"}),
            real_paths={name: f"/srv/pixel/{name}" for name in (".env", "compose.yaml")},
        )
        mounting = (holder("api", "/srv/pixel/.env"), holder("landing", "/srv/pixel/compose.yaml"))
        made = plan("restore", facts(state, holders=mounting), ID)
        assert effects(made)[".env"] == "is unchanged"
        assert effects(made)["compose.yaml"].startswith("is replaced by the backup")
        assert commands(made)[2][-2:] == ("stop", "landing")
        marked = FileMark("/srv/pixel/.env", files[0].sha256)
        assert made.files == (marked,), "the plan is outdated if it changes"

    def test_users_of_the_data_over_a_link_are_stopped(self) -> None:
        linked = replace(past(), real_paths={"data/pixels.db": "/mnt/disk/data/pixels.db"})
        held = facts(linked, holders=(holder("landing", "/mnt/disk"),))
        assert "landing" in commands(plan("restore", held, ID))[2]
        beside = facts(linked, holders=(holder("landing", "/mnt/disk2", "/srv/pixel/data"),))
        assert "landing" not in commands(plan("restore", beside, ID))[2]

    def test_one_offs_and_other_projects_are_stopped_too(self) -> None:
        one = Holder("1" * 64, "pixel-worker-1", "pixel", "worker", oneoff=True, places=("/srv",))
        other = Holder("2" * 64, "writer", places=("/srv/pixel/data/pixels.db",))
        brief = replace(other, id="3" * 64, name="brief", passing=True)
        idle = replace(other, id="4" * 64, name="idle", running=False)
        elsewhere = replace(other, id="5" * 64, name="elsewhere", places=("/srv/pixel/dat",))
        own = replace(other, id="6" * 64, name="own", own=True)
        known = facts(past(), holders=(one, other, brief, idle, elsewhere, own))
        made = plan("restore", known, ID)
        assert verbs(made) == ["check", "make", "stop", "stop", "restore", "start", "start"]
        assert [step.changes_nothing for step in made.steps] == [True, True, *[False] * 5]
        stopping = [container("api").id, container("web").id, one.id, other.id, brief.id]
        check = [word for word in commands(made)[0] if word.startswith("--stopping")]
        assert check == [f"--stopping={container_id}" for container_id in stopping]
        assert commands(made)[3] == (*COMMAND.docker, "stop", one.id, other.id, brief.id)
        assert made.steps[3].title == "Stop pixel-worker-1, writer and brief"
        assert commands(made)[-1] == (*COMMAND.docker, "start", other.id), "these come back"
        assert effects(made)["writer"] == "is stopped, and started again"
        assert effects(made)["pixel-worker-1"] == "is stopped, and stays stopped"
        assert "brief (a container outside any project): its work is interrupted" in warnings(made)
        assert (one.name, ExpectedState.STOPPED) in {(e.name, e.state) for e in made.checks_after}

    def test_a_volume_in_a_project_folder_counts_as_that_folder(self) -> None:
        known = facts(past(), holders=(holder("landing", "/srv/pixel/data", volumes=("data",)),))
        assert "landing" in commands(plan("restore", known, ID))[2]

    def test_a_name_like_an_option_is_no_option(self) -> None:
        specs = (spec("-v"), spec("api"))
        stack = stack_of(container("-v"), container("api"), specs=specs)
        only = past(items=(item(ItemKind.SQLITE, "data/pixels.db"),))
        known = facts(only, holders=(holder("-v", "/srv/pixel/data"),))
        _, _, stop, _, start = commands(plan("restore", known, ID, stack=stack))
        assert stop[-3:] == ("stop", "--", "-v")
        assert start[-3:] == ("start", "--", "-v")
        gone = past(items=(item(ItemKind.POSTGRES, "-x"),))
        assert "--without=-x" in commands(plan("restore", facts(gone), ID))[-1]

    def test_a_restore_is_refused_if_the_containers_are_unknown(self) -> None:
        with pytest.raises(OperationError, match="the users of the data are unknown"):
            plan("restore", facts(past(), holders=None), ID)

    def test_the_container_of_pixel_tui_can_not_be_stopped(self) -> None:
        known = facts(past(), holders=(replace(holder("api", "/srv"), own=True),))
        with pytest.raises(OperationError, match="runs in a container that"):
            plan("restore", known, ID)

    def test_a_restore_without_backup_needs_a_second_word(self) -> None:
        made = plan("restore-without-backup", facts(past()), ID)
        assert verbs(made) == ["check", "stop", "restore", "start"]
        assert (made.confirm, made.confirm_loss) == ("pixel", "no-backup")
        assert "is in NO backup" in made.irreversible[0]
        assert "databases of postgres" in made.irreversible[1]
        assert plan("restore", facts(past()), ID).confirm_loss == ""

    def test_a_restore_is_refused_without_space_for_the_files(self) -> None:
        known = replace(past(), shortages=(Shortage(Path("/srv/pixel"), 8192, 0),))
        for name in ("restore", "restore-without-backup"):
            with pytest.raises(FileError, match=r"needs 8.2kB \(8,192 bytes\)") as caught:
                plan(name, facts(known), ID)
            assert caught.value.on == "/srv/pixel"
            assert "before-TIME" in caught.value.hint

    def test_a_backup_from_elsewhere_warns_and_needs_a_word(self) -> None:
        elsewhere = facts(replace(past(), made_here=False))
        made = plan("restore", elsewhere, ID)
        assert required_words(made) == ("pixel", "from-elsewhere")
        assert "the dumps run as superuser in postgres" in warnings(made)
        check, _, _, restore, _ = commands(made)
        for step in (check, restore):
            assert "--from-elsewhere" in step
            assert step[step.index("--manifest") + 1] == DIGEST
        unsaved = plan("restore-without-backup", elsewhere, ID)
        assert required_words(unsaved) == ("pixel", "from-elsewhere", "no-backup")
        back = plan("roll-back", elsewhere, ID)
        assert required_words(back) == ("pixel", "from-elsewhere")
        assert "--from-elsewhere" in commands(back)[1]
        ours = plan("restore", facts(past()), ID)
        assert required_words(ours) == ("pixel",)
        assert not any("--from-elsewhere" in step for step in commands(ours))

    def test_stopped_services_are_not_started(self) -> None:
        start = commands(plan("restore", facts(past()), ID, stack=running(exited("web"))))[-1]
        assert "web" not in start

    def test_an_unhealthy_dependant_does_not_fail_the_restore(self) -> None:
        ill = Health(HealthStatus.UNHEALTHY)
        seen = running(container("web", health=ill), container("api", health=ill))
        known = facts(past(), holders=(holder("api", "/srv/pixel/data"),))
        made = plan("restore", known, ID, stack=seen)
        found = {str(item.name): item.incidental for item in made.checks_after}
        assert found["web"]
        assert not found["api"], "it mounts what is restored"

    def test_a_server_that_is_down_is_skipped_with_a_warning(self) -> None:
        made = plan("restore", facts(past()), ID, stack=running(exited("postgres")))
        assert "postgres is not running" in warnings(made)
        assert "--without=postgres" in commands(made)[-1]

    def test_a_restore_works_if_compose_refuses_the_project(self) -> None:
        made = plan("restore", facts(past()), ID, stack=refused(running()))
        assert verbs(made) == ["check", "make", "stop", "restore", "start"]
        assert commands(made)[2][:4] == (*COMMAND.docker, "stop")
        assert "It broke" in warnings(made)
        with pytest.raises(OperationError, match="It broke"):
            plan("recreate", facts(), "api", stack=refused(running()))

    def test_it_warns_of_an_unverified_backup_and_of_another_project(self) -> None:
        made = plan("restore", facts(past(verified=False, project="other")), ID)
        assert "not verified" in warnings(made)
        assert "project other" in warnings(made)

    def test_an_unknown_id_is_an_error(self) -> None:
        with pytest.raises(OperationError, match="No such backup"):
            plan("restore", facts(past()), "20200101-000000")
        with pytest.raises(UsageError, match="id of one"):
            plan("restore", facts(past()))


class TestRollBack:
    def state(self, **changes: object) -> BackupComparison:
        deployment = Deployment((RanImage("api", "api:1", OLD, running=True),), commit="a" * 40)
        changed = ((plain("docker-compose.yml"), plain("- image: api:2")),)
        return replace(
            past(),
            deployment=deployment,
            replaced=frozenset({".env", "docker-compose.yml"}),
            changed_variables=((plain(".env"), plain("TOKEN")),),
            changed_lines=changed,
            **changes,  # type: ignore[arg-type]
        )

    def test_it_shows_differences_without_values(self) -> None:
        now = Deployment(commit="b" * 40)
        made = plan("roll-back", facts(self.state(), deployment=now), ID)
        assert made.title == f"Roll back to {ID}"
        assert verbs(made) == ["make", "roll-back", "check-resources", "up"]
        assert "--service=api" in commands(made)[2]
        assert effects(made)["api"] == "runs 000000000000 again"
        assert effects(made)["docker-compose.yml"] == "- image: api:2"
        assert next(item.cause for item in made.affects if item.service == ".env") == (
            "differing: TOKEN"
        )
        assert "the folder was at aaaaaaaaaaaa, and is now at bbbbbbbbbbbb" in warnings(made)
        assert "everything that pixel-api-1 wrote outside of its volumes is lost" in warnings(made)

    def test_services_that_mount_a_replaced_file_are_restarted_last(self) -> None:
        env = Mount(plain("bind"), plain(f"{COMMAND.directory}/.env"), plain("/e"), writable=False)
        api = container("api", mounts=(env,), image_id=plain(OLD))
        others = (container("web", mounts=(env,)), container("old", mounts=(env,)))
        seen = running(api, *others, exited("landing", mounts=(env,)))

        def last(state: BackupComparison, stack: StackSnapshot = seen) -> tuple[str, ...]:
            return commands(plan("roll-back", facts(state), ID, stack=stack))[-1]

        compose_only = frozenset({"docker-compose.yml"})
        assert "up" in last(replace(self.state(), replaced=compose_only)), "it stays the same file"
        state = self.with_files(self.state())
        made = plan("roll-back", facts(state), ID, stack=seen)
        # The old compose file may have no web.
        by_engine = (*COMMAND.docker, "restart", "pixel-web-1", "pixel-old-1")
        assert commands(made)[-2:] == [(*COMPOSE, "restart", "api"), by_engine]
        assert made.targets == (ID,)
        (expected,) = [item for item in made.checks_after if item.name == "api"]
        assert [life.container_id for life in expected.previous_runs] == [api.id]
        env_only = replace(state, replaced=frozenset({".env"}), changed_lines=())
        known = plan("roll-back", facts(env_only), ID, stack=seen)
        assert (*COMPOSE, "restart", "--no-deps", "web") in commands(known)
        assert "up" in last(state, running(replace(api, image_id=plain("sha256:now")))), (
            "its container is another one then"
        )
        assert "up" in last(self.same())
        comment = replace(env_only, changed_variables=())
        assert last(comment) == commands(known)[-1], "another comment makes it another file as well"
        assert effects(plan("roll-back", facts(comment), ID, stack=seen))[".env"] == (
            "is replaced by the backup"
        )

    def test_it_warns_of_other_containers_that_mount_a_replaced_file(self) -> None:
        env, folder = f"{COMMAND.directory}/.env", COMMAND.directory
        others = (
            Holder("1", "lone", places=(env,)),
            Holder("2", "guest", "other", places=(env,)),
            Holder("3", "browser", places=(folder,)),
            Holder("4", "gone", places=(env,), running=False),
        )
        made = plan("roll-back", facts(self.state(), holders=others), ID)
        assert "lone (a container outside any project) mounts a file that is replaced" in (
            warnings(made)
        )
        assert "guest (a container of the project other) mounts" in warnings(made)
        assert "docker restart guest" in warnings(made)
        assert not {"browser", "gone"} & set(warnings(made).split())
        assert "unknown whether" in warnings(
            plan("roll-back", facts(self.state(), holders=None), ID)
        )
        assert "mounted" not in warnings(plan("roll-back", facts(self.same(), holders=others), ID))

    def test_a_recreated_service_is_not_restarted(self) -> None:
        env = Mount(plain("bind"), plain(f"{COMMAND.directory}/.env"), plain("/e"), writable=False)
        api = container("api", mounts=(env,), image_id=plain(OLD), config_hash=plain("old"))
        seen = running(api)
        assert "only `up` applies that" in warnings(plan("restart", facts(), "api", stack=seen))
        made = plan("roll-back", facts(self.state()), ID, stack=seen)
        assert "restart" in commands(made)[-1]
        assert "applies that" not in warnings(made)

    def same(self) -> BackupComparison:
        """A backup whose files have not changed."""
        none = frozenset[str]()
        return replace(self.state(), replaced=none, changed_variables=(), changed_lines=())

    def with_files(self, state: BackupComparison) -> BackupComparison:
        assert state.backup.manifest is not None
        compose = replace(item(ItemKind.FILE, "docker-compose.yml"), details={"compose": True})
        files = replace(state.backup.manifest, items=(item(ItemKind.FILE, ".env"), compose))
        return replace(state, backup=replace(state.backup, manifest=files))

    def test_leftovers_of_a_stopped_service_are_removed_first(self) -> None:
        """The leftovers of the services and their dependencies."""
        for name in ("api", "postgres"):
            api = exited(name)
            left = leftover_of(api)
            known = [container(item.name) for item in CHAIN if item.name != name]
            seen = stack_of(*known, api, left, specs=CHAIN)
            made = plan("roll-back", facts(self.state()), ID, stack=seen)
            assert commands(made)[0] == (*COMMAND.docker, "rm", left.name)
            gone = [item for item in made.checks_after if item.state is ExpectedState.GONE]
            assert [item.container_id for item in gone] == [left.id]

    def test_a_roll_back_that_would_fail_is_refused(self) -> None:
        specs = (spec("api", externals=(External("volume", plain("kept")),)),)
        seen = stack_of(container("api"), specs=specs)
        state = self.same()
        with pytest.raises(OperationError, match="api needs the external volume kept"):
            plan("roll-back", facts(state), ID, stack=seen)
        other = plan("roll-back", facts(self.state()), ID, stack=seen)
        assert verbs(other)[2] == "check-resources", "the files of then may name others"
        port = Port(80, "tcp", plain(""), 8080)
        seen = stack_of(exited("api"), specs=(spec("api", ports=(port,)),))
        held = (HeldPort(8080, "tcp", "", plain("other"), "other"),)
        with pytest.raises(OperationError, match="api needs port 8080, which other holds"):
            plan("roll-back", facts(state, held_ports=held), ID, stack=seen)
        off = spec("db", active=False, profiles=(plain("data"),))
        seen = stack_of(container("api"), specs=(spec("api", "db"), off))
        with pytest.raises(OperationError, match=r"^Roll back would fail: api .* is not active"):
            plan("roll-back", facts(state), ID, stack=seen)

    def test_a_roll_back_keeps_a_manual_scale(self) -> None:
        three = [container("api", number) for number in (1, 2, 3)]
        seen = stack_of(*three, container("postgres"), specs=CHAIN)
        made = plan("roll-back", facts(self.state()), ID, stack=seen)
        (up,) = [argv for argv in commands(made) if "up" in argv]
        assert "--scale=api=3" in up
        (kept,) = [check.message for check in made.checks_before if check.name == "scale"]
        assert kept == "api keeps its 3 containers; the compose file says 1"

    def test_only_services_with_another_image_are_certainly_recreated(self) -> None:
        made = plan("roll-back", facts(self.state()), ID)
        assert "api: while its container is recreated" in made.interrupts
        seen = running(container("api", image_id=OLD))
        made = plan("roll-back", facts(self.state()), ID, stack=seen)
        assert made.interrupts == (
            "api: while its container is recreated, if the change affects it",
        )

    def test_an_unhealthy_unchanged_service_does_not_fail_the_roll_back(self) -> None:
        ill = container("api", image_id=OLD, health=Health(HealthStatus.UNHEALTHY))
        same = self.same()
        for state, spared in ((same, True), (self.state(), False)):
            made = plan("roll-back", facts(state), ID, stack=running(ill))
            (found,) = [item for item in made.checks_after if item.name == "api"]
            assert found.incidental is spared

    def test_it_warns_of_a_missing_image(self) -> None:
        made = plan("roll-back", facts(self.state(), existing_images=frozenset()), ID)
        assert "no longer exists here" in warnings(made)


class TestWipe:
    def stack(self, *volumes: VolumeSpec) -> StackSnapshot:
        bind = Mount(plain("bind"), plain("/srv/pixel/data"), plain("/data"), writable=True)
        seen = running(container("postgres", mounts=(bind,)))
        assert seen.project is not None
        declared = volumes or (VolumeSpec(plain("pixel_held")), VolumeSpec(plain("pixel_cache")))
        return replace(seen, project=replace(seen.project, volumes=declared))

    def known(self, *volumes: Volume, **changes: object) -> Facts:
        there = (Volume("pixel_held", "pixel"), Volume("pixel_cache", "pixel"), *volumes)
        sizes = {"pixel_held": 5_000_000, "/srv/pixel/data": 1000}
        contents = (
            VolumeContent("pixel_held", Cover.DUMPED, ("postgres",)),
            VolumeContent("pixel_cache", Cover.NOTHING),
        )
        dump = replace(item(ItemKind.POSTGRES, "postgres"), details={"database": "agent"})
        now = StoredData(
            {name: StoredVolume(name) for name in ("pixel_held", "pixel_cache")},
            (StoredServer("postgres", ("pixel_held",), ("agent",)),),
        )
        known = facts(
            past(volumes=contents, items=(dump,)), volumes=there, sizes=sizes, stored_data=now
        )
        return replace(known, **changes)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "backups",
        [
            (),
            (past(verified=False),),
            (past(hours=25),),
            (past(hours=-1),),
            (past(project="other"),),
            (replace(past(), made_here=False),),
        ],
    )
    def test_it_is_refused_without_a_recent_verified_backup(
        self, backups: tuple[BackupComparison, ...]
    ) -> None:
        with pytest.raises(OperationError, match="no verified backup younger than 24 hours"):
            plan("wipe-volumes", facts(*backups))

    def test_an_incomplete_backup_does_not_permit_it(self) -> None:
        gap = LeftOut("volume pixel_held", "not known", Gap.UNKNOWN, expected=True)
        lacking = past(left_out=(gap,))
        with pytest.raises(OperationError, match=r"INCOMPLETE: volume pixel_held\."):
            plan("wipe-volumes", facts(lacking), stack=self.stack())
        older = self.known()
        both = replace(older, backups=(lacking, *older.backups))
        assert plan("wipe-volumes", both, stack=self.stack()).steps

    def test_it_lists_what_is_lost_and_what_is_kept(self) -> None:
        made = plan("wipe-volumes", self.known(), stack=self.stack())
        assert (made.confirm, made.confirm_loss) == ("pixel", "lose-1-volume")
        assert made.irreversible == (
            "volume pixel_cache (size unknown): in NO backup",
            (
                "volume pixel_held (5MB): every database of postgres is dumped in the backup,"
                " as it was then (later data is lost)"
            ),
        )
        result = [check.message for check in made.checks_before if check.ok]
        assert "/srv/pixel/data (1kB) is a host folder: not changed" in result
        assert {item.state for item in made.checks_after} == {ExpectedState.STOPPED}
        first, down, remove, check = commands(made)
        assert first[4:6] == ("check-covered", ID)
        assert first[first.index("--manifest") + 1] == DIGEST
        assert {word for word in first if word.startswith(("--gone", "--lost"))} == {
            "--gone=pixel_cache", "--gone=pixel_held", "--lost=pixel_cache",
        }  # fmt: skip
        assert [step.changes_nothing for step in made.steps] == [True, False, False, True]
        assert down[-3:] == ("--profile", "*", "down")
        assert remove[-4:] == ("volume", "rm", "pixel_cache", "pixel_held")
        assert check[4:7] == ("check-volumes", "--gone=pixel_cache", "--gone=pixel_held")

    def test_one_word_is_enough_if_the_backup_has_everything(self) -> None:
        stack = self.stack(VolumeSpec(plain("pixel_held")))
        assert plan("wipe-volumes", self.known(), stack=stack).confirm_loss == ""

    def test_data_that_is_not_in_the_backup_needs_a_second_word(self) -> None:
        stack = self.stack(VolumeSpec(plain("pixel_held")))
        server = StoredServer("postgres", ("pixel_held",), ("agent", "closed"))
        now = StoredData({"pixel_held": StoredVolume("pixel_held")}, (server,))
        made = plan("wipe-volumes", self.known(stored_data=now), stack=stack)
        assert made.confirm_loss == "lose-1-volume"
        assert "NOT in the backup: postgres/closed; the databases of" in made.irreversible[0]

    def test_unknown_data_needs_a_second_word(self) -> None:
        stack = self.stack(VolumeSpec(plain("pixel_held")))
        made = plan("wipe-volumes", self.known(stored_data=None), stack=stack)
        assert made.confirm_loss == "lose-1-volume"
        assert "current content UNKNOWN" in made.irreversible[0]

    def test_it_warns_of_newer_incomplete_backups(self) -> None:
        older = self.known()
        gap = LeftOut("postgres/closed", "it accepts no connections", Gap.FAILED, expected=True)
        lacking = past(hours=1, left_out=(gap,), verified=False)
        result = warnings(
            plan("wipe-volumes", replace(older, backups=(lacking, *older.backups)),
                 stack=self.stack())
        )  # fmt: skip
        assert "the newer backup 20260301-100000 is 1h old" in result
        assert "INCOMPLETE, not verified: postgres/closed is not in it" in result
        assert "newer" not in warnings(plan("wipe-volumes", older, stack=self.stack()))

    def test_a_volume_that_is_a_host_folder_keeps_its_content(self) -> None:
        now = StoredData({"pixel_cache": StoredVolume("pixel_cache", folder="/srv/cache")})
        stack = self.stack(VolumeSpec(plain("pixel_cache")))
        made = plan("wipe-volumes", self.known(stored_data=now), stack=stack)
        assert (made.irreversible, made.confirm_loss) == ((), "")
        result = [check.message for check in made.checks_before if check.ok]
        assert "pixel_cache is the host folder /srv/cache: its content stays" in result
        assert "pixel_cache" in commands(made)[2]

    def test_volumes_that_stay_are_listed(self) -> None:
        specs = (VolumeSpec(plain("pixel_held")), VolumeSpec(plain("shared"), external=True))
        orphan = Holder("9" * 64, "pixel-old-1", "pixel", "old", volumes=("old",))
        known = self.known(
            Volume("shared"), Volume("old", "pixel"), Volume("unrelated", "other"),
            holders=(orphan,),
        )  # fmt: skip
        made = plan("wipe-volumes", known, stack=self.stack(*specs))
        assert [line.split()[1] for line in made.irreversible] == ["pixel_held"]
        words = commands(made)[3]
        stays = sorted(word for word in words if word.startswith("--stays="))
        assert stays == ["--stays=old", "--stays=pixel_cache", "--stays=shared"]
        result = "; ".join(check.message for check in made.checks_before)
        assert "shared (size unknown) is external: not removed" in result
        assert "old (size unknown) is used by no service of the compose file: not removed" in result
        assert "unrelated" not in result

    def test_an_anonymous_volume_is_removed_with_its_container(self) -> None:
        nameless = Volume("a" * 64, anonymous=True)
        holders = (replace(holder("api"), volumes=(nameless.name,)),)
        stack = self.stack(VolumeSpec(plain("pixel_held")))
        made = plan("wipe-volumes", self.known(nameless, holders=holders), stack=stack)
        assert "anonymous, of pixel-api-1): UNKNOWN in the backup" in made.irreversible[0]
        assert commands(made)[2][-3:] == ("rm", nameless.name, "pixel_held")
        assert f"--gone={nameless.name}" in commands(made)[3]
        passing = (replace(holders[0], passing=True),)
        made = plan("wipe-volumes", self.known(nameless, holders=passing), stack=stack)
        assert commands(made)[2][-2:] == ("rm", "pixel_held"), (
            "the engine removes it with its container"
        )
        assert f"--gone={nameless.name}" in commands(made)[3]

    def test_down_gets_the_compose_files_so_that_it_does_not_use_labels(self) -> None:
        stack = self.stack()
        assert stack.project is not None
        project = replace(stack.project, files=(plain("/srv/pixel/compose.yml"),))
        made = plan_action(
            "wipe-volumes", (), replace(stack, project=project),
            replace(COMMAND, project="pixel"), now=NOW, facts=self.known(),
        )  # fmt: skip
        assert "--file /srv/pixel/compose.yml" in " ".join(commands(made)[1])

    def test_only_active_services_are_removed_if_compose_refuses_all_profiles(self) -> None:
        stack = self.stack()
        assert stack.project is not None
        off = [
            replace(spec, active=spec.name != "web", profiles=(plain("web"),))
            for spec in stack.project.services
        ]
        why = plain("service web depends on nobody")
        project = replace(stack.project, services=tuple(off), refused_together=why)
        with pytest.raises(OperationError, match=r"can't take down pixel-web-1: .* on nobody"):
            plan("wipe-volumes", self.known(), stack=replace(stack, project=project))
        services = tuple(
            replace(item, containers=() if item.name == "web" else item.containers)
            for item in stack.services
        )
        idle = replace(stack, project=project, services=services)
        assert "--profile" not in commands(plan("wipe-volumes", self.known(), stack=idle))[1]

    def test_a_wipe_that_would_fail_or_affect_another_project_is_refused(self) -> None:
        other = Holder("9" * 64, "other-db-1", "other", "db", False, False, (), ("pixel_held",))
        with pytest.raises(OperationError, match="in use by other-db-1") as used:
            plan("wipe-volumes", self.known(holders=(other,)), stack=self.stack())
        stack = self.stack(VolumeSpec(plain("theirs")))
        with pytest.raises(OperationError, match="belongs to project other") as foreign:
            plan("wipe-volumes", self.known(Volume("theirs", "other")), stack=stack)
        for raised in (used, foreign):  # the shell adds it to every refusal of a change
            assert "nothing was changed" not in str(raised.value)

    def test_a_project_without_volumes_has_nothing_to_wipe(self) -> None:
        with pytest.raises(NothingToDo):
            plan("wipe-volumes", self.known(), stack=self.stack(VolumeSpec(plain("never-made"))))

    def test_a_wipe_is_refused_if_the_volumes_are_unknown(self) -> None:
        with pytest.raises(OperationError, match="what would be lost is unknown"):
            plan("wipe-volumes", facts(past(), volumes=None), stack=self.stack())
