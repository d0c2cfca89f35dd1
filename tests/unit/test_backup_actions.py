"""What the actions on backups would do: plans from facts, and what stands against them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pixel_tui.backups.deployment import Deployment, RanImage
from pixel_tui.backups.exposure import Exposure
from pixel_tui.backups.manifest import Gap, Item, Kind, LeftOut, Manifest
from pixel_tui.backups.store import Backup, Verdict
from pixel_tui.errors import OperationError, UsageError
from pixel_tui.operations.actions import action_named, plan_action, why_not
from pixel_tui.operations.facts import NO_FACTS, Facts, PastState
from pixel_tui.operations.plan import Outcome, Plan, Risk
from pixel_tui.stack.model import Mount, StackSnapshot
from pixel_tui.text import plain
from tests.unit.test_actions import (
    COMMAND,
    NOW,
    TROUBLE,
    commands,
    container,
    effects,
    exited,
    running,
    warnings,
)

ID = "20260301-100000"
OLD = "sha256:" + "0" * 64
DIGEST = "0" * 64


def item(kind: Kind, source: str) -> Item:
    details = {"volumes": ["pixel_held"]} if kind is Kind.POSTGRES else {}
    return Item(kind, source, f"{kind.value}/{source}", 2_000_000, DIGEST, details)  # type: ignore[arg-type]


def past(*, verified: bool = True, hours: float = 2, **changes: object) -> PastState:
    made = Manifest(
        id=ID,
        project="pixel",
        engine="docker",
        host="host",
        created=NOW - timedelta(hours=hours),
        seconds=1,
        items=(item(Kind.SQLITE, "data/pixels.db"), item(Kind.POSTGRES, "postgres")),
        left_out=(LeftOut("volume pixel_cache", "its content is not copied"),),
    )
    made = replace(made, **changes)  # type: ignore[arg-type]
    return PastState(Backup(ID, Path("/b"), made, Verdict(NOW) if verified else None))


def facts(*backups: PastState, **changes: object) -> Facts:
    known = Facts(read_at=NOW, no_backups=plain(""), backups=backups, max_age_hours=24)
    return replace(known, **changes)  # type: ignore[arg-type]


def plan(name: str, known: Facts, *targets: str, stack: StackSnapshot | None = None) -> Plan:
    return plan_action(name, targets, stack or running(), COMMAND, now=NOW, facts=known)


def refused(stack: StackSnapshot) -> StackSnapshot:
    """The same stack, where compose refuses the project."""
    orphans = tuple(replace(service, spec=None) for service in stack.services)
    return replace(stack, project=None, project_trouble=TROUBLE, services=orphans)


def verbs(made: Plan) -> list[str]:
    """What each step does: the worker's verb, or compose's and docker's."""
    known = {"make", "verify", "restore", "roll-back", "stop", "start", "up", "down"}
    return [next(word for word in step if word in known) for step in commands(made)]


def test_a_backup_is_safe_and_touches_no_service() -> None:
    made = plan("backup", facts())
    assert made.title == "Back up pixel"
    assert (made.risk, made.interrupts, made.checks_after) == (Risk.SAFE, (), ())
    assert made.reason == "there is none yet"
    assert commands(made)[0][1:4] == ("-P", "-m", "pixel_tui.backups")


def test_a_backup_says_what_the_last_one_left_out() -> None:
    assert "volume pixel_cache" in warnings(plan("backup", facts(past())))


EXPOSED = Exposure(plain("/b"), (plain("api"), plain("web")), (plain("api"),))


def test_a_backup_says_which_services_can_get_at_it() -> None:
    said = warnings(plan("backup", facts(exposed=(EXPOSED,))))
    assert "api can read and write /b" in said
    assert "`folder` under [backup]" in said
    former = replace(EXPOSED, former=True)
    said = warnings(plan("backup", facts(exposed=(former,), backup_folder=plain("/new"))))
    assert "move the older backups to /new" in said


def test_a_backup_that_services_may_have_planted_is_no_licence_to_wipe() -> None:
    past_one = past()
    inside = replace(past_one, backup=replace(past_one.backup, folder=Path("/b/20260301-100000")))
    former = replace(EXPOSED, former=True)
    with pytest.raises(OperationError, match="no verified backup"):
        plan("wipe-volumes", facts(inside, exposed=(former,)))
    made = plan("wipe-volumes", facts(inside, exposed=(EXPOSED,)))
    assert made.confirm == "pixel", "the user chose that folder"
    assert "api can read and write /b" in warnings(
        plan("restore", facts(inside, exposed=(former,)), ID)
    )


def test_an_incomplete_backup_says_what_it_lacks() -> None:
    gap = LeftOut("data/a.db", "it could not be looked at", Gap.UNKNOWN, expected=True)
    known = facts(past(left_out=(gap,), warnings=("b.db is gone",)))
    made = plan("backup", known)
    assert "INCOMPLETE" in made.reason
    assert "data/a.db" in warnings(made)
    assert "b.db is gone" in warnings(made)
    assert "INCOMPLETE" in plan("restore", known, ID).reason


def test_where_nothing_is_known_nothing_can_be_backed_up() -> None:
    for name in ("backup", "restore", "roll-back", "verify-backup", "wipe-volumes"):
        assert why_not(action_named(name), (), running(), NO_FACTS)


class TestRestore:
    def test_its_steps_in_their_order(self) -> None:
        made = plan("restore", facts(past()), ID)
        assert made.title == f"Restore {ID}"
        assert verbs(made) == ["make", "stop", "restore", "start"]
        assert made.risk is Risk.DESTRUCTIVE
        assert made.confirm == "pixel"

    def test_the_backup_that_is_made_first_does_not_remove_it(self) -> None:
        first = commands(plan("restore", facts(past()), ID))[0]
        assert first[first.index("--sparing") + 1] == ID
        assert f"before restoring {ID}" in first

    def test_what_depends_on_the_server_stops_and_the_server_goes_on(self) -> None:
        stop = commands(plan("restore", facts(past()), ID))[1]
        assert stop[-3:] == ("stop", "api", "web")

    def test_what_mounts_the_data_stops(self) -> None:
        data = Mount(plain("bind"), plain("/srv/pixel/data"), plain("/data"), writable=True)
        stack = running(container("landing", mounts=(data,)))
        stop = commands(plan("restore", facts(past()), ID, stack=stack))[1]
        assert set(stop[-3:]) == {"api", "web", "landing"}

    def test_what_did_not_run_is_not_started(self) -> None:
        start = commands(plan("restore", facts(past()), ID, stack=running(exited("web"))))[-1]
        assert "web" not in start

    def test_a_server_that_does_not_run_is_left_alone_and_named(self) -> None:
        made = plan("restore", facts(past()), ID, stack=running(exited("postgres")))
        assert "postgres does not run" in warnings(made)
        assert commands(made)[2][6:8] == ("--without", "postgres")

    def test_it_can_be_done_where_compose_refuses_the_project(self) -> None:
        made = plan("restore", facts(past()), ID, stack=refused(running()))
        assert verbs(made) == ["make", "stop", "restore", "start"]
        assert commands(made)[1][:4] == (*COMMAND.docker, "stop")
        assert "It broke" in warnings(made)
        with pytest.raises(OperationError, match="It broke"):
            plan("recreate", facts(), "api", stack=refused(running()))

    def test_one_that_was_never_verified_or_is_another_project_s_says_so(self) -> None:
        made = plan("restore", facts(past(verified=False, project="other")), ID)
        assert "not verified" in warnings(made)
        assert "the project other" in warnings(made)

    def test_an_id_that_is_none(self) -> None:
        with pytest.raises(OperationError, match="no such backup"):
            plan("restore", facts(past()), "20200101-000000")
        with pytest.raises(UsageError, match="id of one"):
            plan("restore", facts(past()))


class TestRollBack:
    def state(self, **changes: object) -> PastState:
        deployment = Deployment((RanImage("api", "api:1", OLD, running=True),), commit="a" * 40)
        changed = ((plain("docker-compose.yml"), plain("- image: api:2")),)
        return replace(
            past(),
            deployment=deployment,
            changed_variables=(plain("TOKEN"),),
            changed_lines=changed,
            **changes,  # type: ignore[arg-type]
        )

    def test_it_tells_what_is_different_and_no_value(self) -> None:
        now = Deployment(commit="b" * 40)
        made = plan("roll-back", facts(self.state(), deployment=now), ID)
        assert made.title == f"Roll back to {ID}"
        assert verbs(made) == ["make", "roll-back", "up"]
        assert effects(made)["api"] == "runs 000000000000 again"
        assert effects(made)["docker-compose.yml"] == "- image: api:2"
        assert next(item.cause for item in made.affects if item.service == ".env") == (
            "differing: TOKEN"
        )
        assert "the folder was at aaaaaaaaaaaa, and is at bbbbbbbbbbbb" in warnings(made)

    def test_an_image_that_is_gone_is_told(self) -> None:
        made = plan("roll-back", facts(self.state(), images=frozenset()), ID)
        assert "not here any more" in warnings(made)


class TestWipe:
    def stack(self) -> StackSnapshot:
        volume = Mount(plain("volume"), plain("pixel_held"), plain("/var"), writable=True)
        bind = Mount(plain("bind"), plain("/srv/pixel/data"), plain("/data"), writable=True)
        return running(container("postgres", mounts=(volume, bind)))

    @pytest.mark.parametrize(
        "backups",
        [
            (),
            (past(verified=False),),
            (past(hours=25),),
            (past(hours=-1),),
            (past(project="other"),),
        ],
    )
    def test_it_is_refused_without_a_fresh_verified_backup(
        self, backups: tuple[PastState, ...]
    ) -> None:
        with pytest.raises(OperationError, match="no verified backup younger than 24 hours"):
            plan("wipe-volumes", facts(*backups))

    def test_it_names_what_is_lost_and_what_is_not(self) -> None:
        known = facts(
            past(),
            volumes=(plain("pixel_held"), plain("pixel_cache")),
            sizes={"pixel_held": 5_000_000, "/srv/pixel/data": 1000},
        )
        made = plan("wipe-volumes", known, stack=self.stack())
        assert made.confirm == "pixel"
        assert made.irreversible == (
            "volume pixel_cache (size unknown): in NO backup",
            "volume pixel_held (5.0 MB): its database is dumped in the backup",
        )
        said = [check.message for check in made.checks_before if check.ok]
        assert "/srv/pixel/data (1.0 kB) is a folder of the host: not touched" in said
        assert {item.outcome for item in made.checks_after} == {Outcome.STOPPED}
        assert commands(made)[0][-2:] == ("down", "--volumes")

    def test_it_says_where_the_engine_did_not_list_the_volumes_in_time(self) -> None:
        made = plan("wipe-volumes", facts(past()), stack=self.stack())
        assert "did not list them" in warnings(made)
