"""Plans and refusals of the actions on environment files."""

import hashlib
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_tui.environment.apply.impact import Impact, RenamedResource, ServiceChange, ServiceImpact
from pixel_tui.environment.apply.state import ApplyState, Phase
from pixel_tui.environment.storage.history import StoredVersion
from pixel_tui.environment.storage.staging import UNKNOWN_BASE
from pixel_tui.errors import NothingToDo, OperationError, UsageError
from pixel_tui.operations.actions import find_action, plan_action, why_unavailable
from pixel_tui.operations.catalogue.environment.choices import CandidateOutdated, candidate_choices
from pixel_tui.operations.planning.environment_facts import Candidate, EnvironmentFacts
from pixel_tui.operations.planning.facts import NO_FACTS, Facts, HeldPort, Proxy
from pixel_tui.operations.planning.plan import ExpectedState, Plan, Risk, plan_outdated
from pixel_tui.operations.planning.plan_files import changed_file
from pixel_tui.stack.model.container import Mount, Port
from pixel_tui.stack.model.project import External
from pixel_tui.stack.model.resource_model import AttachedContainer, Diverged, ResourceKind
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain
from tests.builders.actions import (
    COMMAND,
    COMPOSE,
    NOW,
    container,
    exited,
    restarting_with,
    spec,
    stack,
)
from tests.builders.actions import running as stack_of
from tests.builders.backup_actions import refused
from tests.builders.compose_up import leftover_of
from tests.patience import PATIENCE

ID = "0123456789abcdef"
OLD, NEW = "a" * 64, "b" * 64
VERSION = StoredVersion(
    "0003-20260301-120000", 3, datetime(2026, 3, 1, 12, tzinfo=UTC), "c" * 64, 12, Path("/v/3")
)


def impact(*services: ServiceImpact, **changes: object) -> Impact:
    impact_of_edit = Impact(NO_TEXT, (), services, SafeText("pixel"))
    return replace(impact_of_edit, **changes)  # type: ignore[arg-type]


def changed(
    service: str, change: ServiceChange = ServiceChange.RECREATE, *, running: bool = True
) -> ServiceImpact:
    cause = plain("its environment changes")
    return ServiceImpact(plain(service), change, (plain("API_TOKEN"),), cause, running)


def facts(found: Impact | None, **changes: object) -> Facts:
    known = EnvironmentFacts(
        path=plain("/srv/pixel/.env"),
        sha256=OLD,
        trouble=NO_TEXT,
        candidates=(Candidate(ID, NEW, found, f"/state/{ID}.env", OLD),),
        versions=(VERSION,),
    )
    return Facts(environment=replace(known, **changes))  # type: ignore[arg-type]


def plan(name: str, known: Facts, *targets: str, stack: StackSnapshot | None = None) -> Plan:
    return plan_action(name, targets, stack or stack_of(), COMMAND, now=NOW, facts=known)


def warnings(made: Plan) -> str:
    return " | ".join(check.message for check in made.checks_before if not check.ok)


class TestSave:
    def test_a_save_is_safe_and_lists_what_must_be_recreated(self) -> None:
        made = plan("environment-save", facts(impact(changed("api"))), ID)
        assert (made.title, made.risk) == ("Save .env", Risk.SAFE)
        (step,) = made.steps
        assert step.command[1:6] == ("-P", "-m", "pixel_tui.environment", "save", ID)
        assert step.command[step.command.index("--was") + 1] == OLD
        (effect,) = made.affects
        assert effect.change == "must be recreated"
        assert effect.cause == "its environment changes (API_TOKEN)"
        assert "a restart changes nothing" in warnings(made)

    def test_a_candidate_of_another_file_is_saved_there(self) -> None:
        other = Candidate("f" * 16, NEW, impact(), "/state/f.env", "e" * 64)
        base = EnvironmentFacts(
            path=plain("/srv/pixel/base.env"),
            sha256="e" * 64,
            trouble=NO_TEXT,
            candidates=(other,),
            versions=(replace(VERSION, id="0009-20260301-120000"),),
            edited="/srv/pixel/base.env",
        )
        known = facts(impact(), others=(base,))
        made = plan("environment-save", known, other.id)
        assert made.title == "Save base.env"
        (step,) = made.steps
        assert step.command[step.command.index("--edited") + 1] == "/srv/pixel/base.env"
        assert step.command[step.command.index("--was") + 1] == "e" * 64
        assert "--edited" not in plan("environment-save", known, ID).steps[0].command
        restored = plan("environment-restore", known, "0009-20260301-120000")
        assert restored.title == "Restore a version of base.env"
        assert "--edited" in restored.steps[0].command
        first, second = candidate_choices(known)
        assert first.label.startswith(".env  ")
        assert second.label.startswith("base.env  ")

    def test_an_interrupted_apply_of_any_file_blocks_a_save(self) -> None:
        left = ApplyState(Phase.STARTING, "/srv/pixel/base.env", "pixel", OLD, NEW)
        base = EnvironmentFacts(
            path=plain("/srv/pixel/base.env"),
            trouble=NO_TEXT,
            interrupted_apply=left,
            edited="/x/base.env",
        )
        known = facts(impact(), others=(base,))
        with pytest.raises(OperationError, match="interrupted"):
            plan("environment-save", known, ID)
        back = plan("environment-roll-back", known)
        assert back.steps[0].command[back.steps[0].command.index("--edited") + 1] == "/x/base.env"

    def test_a_candidate_that_compose_refuses_can_not_be_saved(self) -> None:
        with pytest.raises(OperationError, match="line 3"):
            plan("environment-save", facts(impact(refusal=plain("line 3: bad"))), ID)

    def test_a_save_works_if_compose_refuses_the_current_file(self) -> None:
        made = plan("environment-save", facts(impact()), ID, stack=refused(stack_of()))
        assert made.steps

    def test_the_contents_of_file_and_candidate_are_in_the_fingerprint(self) -> None:
        stack = stack_of()
        made = plan("environment-save", facts(impact()), ID, stack=stack)
        assert not plan_outdated(made, stack)
        candidate = Candidate(ID, NEW, impact(), f"/state/{ID}.env", "d" * 64)
        moved = facts(None, sha256="d" * 64, candidates=(candidate,))
        other = plan("environment-save", moved, ID, stack=stack)
        assert other.fingerprint != made.fingerprint

    def test_a_changed_file_is_found(self, tmp_path: Path) -> None:
        file, staged = tmp_path / ".env", tmp_path / f"{ID}.env"
        file.write_bytes(b"A=1\n")
        staged.write_bytes(b"A=2\n")
        old, new = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (file, staged))
        candidate = Candidate(ID, new, impact(), str(staged), old)
        known = facts(impact(), path=plain(str(file)), sha256=old, candidates=(candidate,))
        made = plan("environment-save", known, ID)
        assert not changed_file(made)
        staged.write_bytes(b"A=3\n")
        assert changed_file(made) == str(staged)
        file.unlink()
        assert changed_file(made) == str(file)

    def test_a_pipe_instead_of_the_file_does_not_block(self, tmp_path: Path) -> None:
        pipe = tmp_path / ".env"
        os.mkfifo(pipe)
        made = plan("environment-save", facts(impact(), path=plain(str(pipe))), ID)
        seen: list[str] = []
        looking = threading.Thread(target=lambda: seen.append(changed_file(made)), daemon=True)
        looking.start()
        looking.join(PATIENCE)
        assert seen == [str(pipe)]

    @pytest.mark.parametrize("action", ["environment-save", "environment-apply"])
    @pytest.mark.parametrize("base", ["d" * 64, "", UNKNOWN_BASE])
    def test_an_edit_of_older_content_is_refused(self, action: str, base: str) -> None:
        candidate = Candidate(ID, NEW, impact(changed("api")), f"/state/{ID}.env", base)
        known = facts(None, candidates=(candidate,))
        with pytest.raises(CandidateOutdated, match="has changed since this edit") as caught:
            plan(action, known, ID)
        assert "merge" in str(caught.value)
        (choice,) = candidate_choices(known)
        assert "based on another version" in choice.label

    def test_a_new_file_can_be_saved(self) -> None:
        candidate = Candidate(ID, NEW, impact(), f"/state/{ID}.env", "")
        assert plan("environment-save", facts(None, candidates=(candidate,), sha256=""), ID).steps

    def test_an_unknown_candidate_is_an_error(self) -> None:
        with pytest.raises(UsageError, match="id of one candidate"):
            plan("environment-save", facts(impact()))
        with pytest.raises(OperationError, match="No such candidate"):
            plan("environment-save", facts(impact()), "f" * 16)
        reason = why_unavailable(
            find_action("environment-save"), (), stack_of(), facts(None, candidates=())
        )
        assert "Nothing to save" in reason
        assert why_unavailable(find_action("environment-save"), (), stack_of(), NO_FACTS)


def mount(source: str) -> Mount:
    return Mount(plain("bind"), plain(source), plain("/e"), writable=False)


class TestMountedFile:
    """After a restore, services that mount the file itself keep the old one."""

    @pytest.mark.parametrize(
        ("source", "known"),
        [
            ("/srv/pixel/.env", facts(None)),
            ("/srv/real.env", facts(None, target="/srv/real.env")),
            ("/srv/pixel/link", replace(facts(None), links={"/srv/pixel/link": "/srv/pixel/.env"})),
        ],
    )
    def test_a_service_that_mounts_the_file_by_any_name_is_restarted(
        self, source: str, known: Facts
    ) -> None:
        api = container("api", mounts=(mount(source),))
        made = plan("environment-restore", known, VERSION.id, stack=stack_of(api))
        assert [step.title for step in made.steps] == ["Restore .env", "Restart api"]
        assert made.steps[-1].command == (*COMPOSE, "restart", "api")
        assert (made.title, made.targets) == ("Restore a version of .env", (".env",))
        assert made.risk is Risk.DISRUPTIVE
        (expected,) = [item for item in made.checks_after if item.name == "api"]
        assert [life.container_id for life in expected.previous_runs] == [api.id]
        changes = {str(item.service): (item.change, item.cause) for item in made.affects}
        assert changes["api"][0] == "is restarted"
        assert "mounts a file that is replaced" in changes["api"][1]
        assert changes["web"][0] == "loses api while it is down"

    def test_a_mount_of_the_folder_needs_no_restart(self) -> None:
        folder, down = mount("/srv/pixel"), mount("/srv/pixel/.env")
        seen = stack_of(container("api", mounts=(folder,)), exited("web", mounts=(down,)))
        made = plan("environment-restore", facts(None), VERSION.id, stack=seen)
        assert [step.title for step in made.steps] == ["Restore .env"]
        assert (made.risk, made.affects, made.checks_after) == (Risk.SAFE, (), ())

    def test_a_restart_that_would_do_harm_is_only_a_warning(self) -> None:
        own = (mount("/srv/pixel/.env"),)
        vpn, specs = plain("vpn"), (spec("vpn"), spec("app", network_of=plain("vpn")))
        cut_off = container("app", mounts=own, network_of="d" * 64)
        job = container("job", 9, oneoff=True, mounts=own, name=SafeText("pixel-job-run-1"))
        seen = stack(container(vpn), cut_off, job, specs=specs)
        made = plan("environment-restore", facts(None), VERSION.id, stack=seen)
        assert [step.title for step in made.steps] == ["Restore .env"]
        message = warnings(made)
        assert "app mounts a file that is replaced, not its folder, and shares" in message
        assert "pixel-job-run-1 mounts a file" in message
        assert "would run its command again" in message

    def test_a_container_unknown_to_compose_is_restarted_by_docker(self) -> None:
        orphan = container("old", mounts=(mount("/srv/pixel/.env"),))
        seen = stack(container("api"), orphan, specs=(spec("api"),))
        made = plan("environment-restore", facts(None), VERSION.id, stack=seen)
        assert made.steps[-1].command == (*COMMAND.docker, "restart", "pixel-old-1")


class TestApply:
    def test_the_step_names_only_the_affected_services(self) -> None:
        known = facts(
            impact(
                changed("api"),
                changed("web", ServiceChange.REBUILD),
                changed("off", running=False),
                replace(changed("halted", running=False), stopped=True),
            )
        )
        made = plan("environment-apply", known, ID)
        (step,) = made.steps
        assert made.title == "Save and apply .env"
        assert made.risk is Risk.DISRUPTIVE
        assert "--recreate=api" in step.command
        assert "--rebuild=web" in step.command
        assert "--within=120" in step.command
        assert not any("off" in word or "halted" in word for word in step.command)
        assert step.rolls_back
        assert "confirmed within 2m" in warnings(made)
        changes = {str(effect.service): str(effect.change) for effect in made.affects}
        assert changes["api"] == "is recreated"
        assert changes["web"] == "is rebuilt and recreated"
        assert changes["off"] == "gets it when it is created"
        assert changes["halted"] == "is stopped, and gets it with `recreate`, not with `start`"
        assert [item.name for item in made.checks_after] == ["api", "web"]

    def test_a_manual_scale_is_kept(self) -> None:
        scaled = stack(container("api", 1), container("api", 2), specs=(spec("api"),))
        made = plan("environment-apply", facts(impact(changed("api"))), ID, stack=scaled)
        assert "--scale=api=2" in made.steps[0].command
        assert made.checks_after[0].containers == 2

    def test_leftovers_of_an_interrupted_recreate_are_removed_first(self) -> None:
        api = exited("api")
        left = leftover_of(api)
        seen = stack(api, left, specs=(spec("api"),))
        made = plan("environment-apply", facts(impact(changed("api"))), ID, stack=seen)
        assert made.steps[0].command == (*COMMAND.docker, "rm", left.name)
        gone = [item for item in made.checks_after if item.state is ExpectedState.GONE]
        assert [item.container_id for item in gone] == [left.id]

    def test_the_provider_of_a_recreated_service_is_named(
        self,
    ) -> None:
        """`up --no-deps` with only the dependant would create it without them."""
        cloud = spec("cloud", provider=plain("cloud"))
        seen = stack(
            container("api"), container("web"), specs=(cloud, spec("api", "cloud"), spec("web"))
        )
        for name, words in (("api", ["--provider=cloud"]), ("web", [])):
            made = plan("environment-apply", facts(impact(changed(name))), ID, stack=seen)
            given = [word for word in made.steps[0].command if word.startswith("--provider")]
            assert given == words
            changes = {str(effect.service): str(effect.change) for effect in made.affects}
            assert changes.get("cloud", "") == ("runs its provider cloud" if words else "")

    def test_a_service_that_mounts_the_file_is_restarted_by_the_same_step(self) -> None:
        mounting = changed("api", ServiceChange.RESTART)
        made = plan("environment-apply", facts(impact(mounting)), ID)
        (step,) = made.steps
        assert "--restart=api" in step.command
        assert not [word for word in step.command if word.startswith(("--recreate", "--rebuild"))]
        assert [(item.service, item.change) for item in made.affects] == [("api", "is restarted")]
        assert "restart api" in step.title
        saved = plan("environment-save", facts(impact(mounting)), ID)
        assert "read the old one until a restart" in warnings(saved)
        assert "a restart changes nothing" not in warnings(saved)

    @pytest.mark.parametrize("along", [True, False])
    @pytest.mark.parametrize("change", [ServiceChange.RESTART, ServiceChange.RECREATE, None])
    def test_sharers_of_restarted_services_are_restarted_by_the_same_step(
        self, change: ServiceChange | None, along: bool
    ) -> None:
        needs = restarting_with("vpn") if along else "vpn"
        vpn = container("vpn")
        app = container("app", joins=(vpn.id,), network_of=vpn.id)
        specs = (spec("app", needs, joins=(plain("vpn"),), network_of=plain("vpn")), spec("vpn"))
        partner = [changed("app", change)] if change is not None else []
        known = facts(impact(changed("vpn", ServiceChange.RESTART), *partner))
        made = plan("environment-apply", known, ID, stack=stack(vpn, app, specs=specs))
        (step,) = made.steps
        again = [word for word in step.command if word.startswith(("--restart=", "--joined="))]
        # Compose restarts both in order only if `depends_on` has `restart: true`.
        last = "--restart=app" if along else "--joined=app"
        assert set(again) == {"--restart=vpn", last}
        assert ("--recreate=app" in step.command) == (change is ServiceChange.RECREATE)
        before = {str(item.name): item.previous_runs for item in made.checks_after}
        assert before["vpn"][0].container_id == vpn.id
        assert before["app"][0].container_id == app.id
        assert len(made.checks_after) == len(made.interrupts) == 2
        changes = [item.change for item in made.affects if item.service == "app"]
        assert changes == ["is recreated" if change is ServiceChange.RECREATE else "is restarted"]

    def test_a_sharer_of_a_removed_container_is_recreated(self) -> None:
        vpn = container("vpn")
        app = container("app", joins=("d" * 64,), network_of="d" * 64)
        specs = (spec("vpn"), spec("app", "vpn", joins=(plain("vpn"),), network_of=plain("vpn")))
        both = (changed("vpn", ServiceChange.RESTART), changed("app", ServiceChange.RESTART))
        snapshot = stack(vpn, app, specs=specs)
        made = plan("environment-apply", facts(impact(*both)), ID, stack=snapshot)
        assert not {"--restart=app", "--joined=app"} & {*made.steps[0].command}
        assert "--force-recreate" in made.steps[-1].command
        assert made.steps[-1].command[-1] == "app"

    def test_a_changed_network_is_recreated_by_the_same_step(self) -> None:
        api = container("api")
        net = Diverged(ResourceKind.NETWORK, plain("net"), plain("pixel_net"))
        net = replace(
            net,
            attached=(AttachedContainer(api.id, api.name),),
            stopped=(AttachedContainer("e" * 64, plain("debug")),),
        )
        specs = (spec("api", network_keys=(plain("net"),)), spec("web"))
        on_net = stack(api, container("web"), specs=specs)
        known = facts(impact(changed("api"), networks=(net,)))
        made = plan("environment-apply", known, ID, stack=on_net)
        (step,) = made.steps
        assert "--network=pixel_net" in step.command
        assert "recreate pixel_net, bring up api" in step.title
        assert "network pixel_net changes with this file: recreated" in warnings(made)
        assert "debug is stopped on pixel_net" in warnings(made)
        assert plan("environment-save", known, ID).steps

        stranger = replace(
            net, attached=(*net.attached, AttachedContainer("f" * 64, plain("probe")))
        )
        known = facts(impact(changed("api"), networks=(stranger,)))
        with pytest.raises(OperationError, match="while probe is running on it") as caught:
            plan("environment-apply", known, ID, stack=on_net)
        assert "stop probe" in caught.value.hint
        unread = replace(net, unread=plain("Nobody answers."))
        with pytest.raises(OperationError, match="are unknown: Nobody answers"):
            plan("environment-apply", facts(impact(changed("api"), networks=(unread,))), ID)

    def test_a_changed_volume_is_refused_with_the_commands(self) -> None:
        data = Diverged(ResourceKind.VOLUME, plain("data"), plain("pixel_data"))
        known = facts(impact(changed("api"), volumes=(data,)))
        specs = (spec("api", volumes=(plain("data"),)),)
        with pytest.raises(OperationError, match="changes volume pixel_data") as caught:
            plan("environment-apply", known, ID, stack=stack(container("api"), specs=specs))
        for words in ("stop api", "rm --force api", "volume rm pixel_data", "up --detach api"):
            assert words in caught.value.hint
        assert plan("environment-save", known, ID).steps

    def test_a_service_that_can_not_be_created_is_refused(self) -> None:
        shared = replace(changed("api"), externals=(External("network", plain("shared")),))
        known = facts(impact(shared))
        with pytest.raises(OperationError, match="api needs the external network shared"):
            plan("environment-apply", replace(known, networks=frozenset()), ID)
        assert "whether external networks" in warnings(plan("environment-apply", known, ID))
        assert plan("environment-save", replace(known, networks=frozenset()), ID).steps
        wrong = facts(impact(replace(changed("api"), wrong_image=plain("a b"))))
        with pytest.raises(OperationError, match="an image name that is not valid, “a b”"):
            plan("environment-apply", wrong, ID)

    def test_a_taken_port_is_refused(self) -> None:
        known = facts(impact(replace(changed("api"), ports=(Port(80, "tcp", plain(""), 8080),))))
        assert "ports held by other containers" in warnings(plan("environment-apply", known, ID))
        item = HeldPort(8080, "tcp", "", plain("other"), "other")
        with pytest.raises(OperationError, match="api needs port 8080, which other holds"):
            plan("environment-apply", replace(known, held_ports=(item,)), ID)
        own = replace(item, container_id=container("api").id)
        assert plan("environment-apply", replace(known, held_ports=(own,)), ID).steps

    def test_it_warns_of_renamed_networks_and_volumes(self) -> None:
        moved = RenamedResource(
            ResourceKind.VOLUME, plain("data"), plain("pixel_data"), plain("fresh")
        )
        made = plan("environment-apply", facts(impact(changed("api"), moved=(moved,))), ID)
        assert "volume pixel_data stays, and is no longer used" in warnings(made)
        assert "The data is not moved" in warnings(made)

    def test_no_value_is_in_the_plan(self) -> None:
        made = plan("environment-apply", facts(impact(changed("api"))), ID)
        assert "API_TOKEN=" not in repr(made)

    def test_it_only_saves_if_no_running_service_is_affected(self) -> None:
        made = plan("environment-apply", facts(impact()), ID)
        assert made.steps[0].command[4] == "save"
        assert made.risk is Risk.SAFE

    def test_a_proxy_that_keeps_addresses_is_restarted_by_the_same_step(self) -> None:
        proxy = Proxy(plain("landing"), pinned=(plain("api"),), file=plain("nginx.conf"))
        known = replace(facts(impact(changed("api"))), proxies=(proxy,))
        made = plan("environment-apply", known, ID)
        tested, step = made.steps
        assert tested.title == "Test the configuration of pixel-landing-1", "before any change"
        assert "--restart=landing" in step.command

    def test_another_project_name_is_refused(self) -> None:
        other = impact(changed("api"), project=SafeText("other"))
        with pytest.raises(OperationError, match="would become other"):
            plan("environment-apply", facts(other), ID)

    def test_an_unknown_impact_is_refused(self) -> None:
        with pytest.raises(OperationError, match="has not evaluated"):
            plan("environment-apply", facts(None), ID)

    @pytest.mark.parametrize("action", ["environment-apply", "environment-save"])
    def test_an_unreadable_project_is_why_the_impact_is_unknown(self, action: str) -> None:
        stack = refused(stack_of())
        assert stack.project_trouble is not None
        with pytest.raises(OperationError) as raised:
            plan(action, facts(None), ID, stack=stack)
        assert raised.value.what == stack.project_trouble.what

    def test_it_works_if_compose_refuses_the_current_file(self) -> None:
        known = facts(impact(changed("api")))
        made = plan("environment-apply", known, ID, stack=refused(stack_of()))
        assert "--recreate=api" in made.steps[0].command


class TestRestore:
    def test_a_version_is_restored_but_not_applied(self) -> None:
        made = plan("environment-restore", facts(None), VERSION.id)
        assert made.title == "Restore a version of .env"
        assert made.steps[0].command[4:6] == ("restore", VERSION.id)
        assert "containers keep" in warnings(made)

    def test_the_current_version_is_nothing_to_do(self) -> None:
        with pytest.raises(NothingToDo):
            plan("environment-restore", facts(None, sha256=VERSION.sha256), VERSION.id)

    def test_the_choices_show_the_times(self) -> None:
        (choice,) = find_action("environment-restore").choices(facts(None))
        assert choice.value == VERSION.id
        assert "2026-03-01 12:00:00 UTC" in choice.label


class TestLeftHalfDone:
    LEFT = ApplyState(Phase.WAITING, "/srv/pixel/.env", "pixel", OLD, NEW, recreate=("api",))

    def test_an_interrupted_apply_blocks_other_actions(self) -> None:
        known = facts(impact(), interrupted_apply=self.LEFT)
        for name, target in (("environment-save", ID), ("environment-restore", VERSION.id)):
            with pytest.raises(OperationError, match="environment-roll-back"):
                plan(name, known, target)

    def test_an_interrupted_apply_can_be_rolled_back(self) -> None:
        made = plan("environment-roll-back", facts(impact(), interrupted_apply=self.LEFT))
        assert made.steps[0].command[4] == "roll-back"
        assert "but is not confirmed" in made.reason
        assert [effect.service for effect in made.affects] == ["api"]
        assert "everything that pixel-api-1 wrote outside of its volumes is lost" in warnings(made)

    def test_a_roll_back_warns_of_recreated_networks(self) -> None:
        api = container("api")
        net = Diverged(
            ResourceKind.NETWORK,
            plain("net"),
            plain("pixel_net"),
            attached=(AttachedContainer(api.id, api.name),),
            stopped=(AttachedContainer("e" * 64, plain("debug")),),
        )
        left = replace(self.LEFT, networks={"pixel_net": "id"})
        specs = (spec("api", network_keys=(plain("net"),)), spec("halted", network_keys=("net",)))
        on_net = stack(api, exited("halted"), specs=specs)

        def back(*networks: Diverged) -> Plan:
            known = facts(impact(), interrupted_apply=left, interrupted_networks=networks)
            return plan("environment-roll-back", known, stack=on_net)

        message = warnings(back(net))
        assert "network pixel_net is not the one from before the apply: recreated" in message
        assert "debug is stopped on pixel_net, is not part of this" in message
        assert "network connect" in message
        assert "halted is stopped: recreate it before you start it" in message
        assert back(net).title == "Roll back an apply of .env"
        with pytest.raises(OperationError, match="while probe is running on it"):
            back(
                replace(net, attached=(*net.attached, AttachedContainer("f" * 64, plain("probe"))))
            )
        message = warnings(back(replace(net, unread=plain("Nobody answers."))))
        assert message.startswith(
            "the containers on network pixel_net are unknown: Nobody answers."
        )

    def test_without_an_interrupted_apply_a_roll_back_is_refused(self) -> None:
        reason = why_unavailable(
            find_action("environment-roll-back"), (), stack_of(), facts(impact())
        )
        assert reason == "No apply was interrupted."
