"""What a backup lacks: it is named, it makes the backup incomplete, and no rotation hides it."""

import json
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import __main__ as worker
from pixel_tui.backups.exposure import exposures
from pixel_tui.backups.manifest import Cover, Gap, Item, Kind, LeftOut, Manifest
from pixel_tui.backups.manifest_file import MANIFEST, as_bytes, from_bytes
from pixel_tui.backups.policy import default_root
from pixel_tui.backups.postgres import missing_roles
from pixel_tui.backups.search import SERVERS
from pixel_tui.backups.store import BackupStore, Verdict, write_verdict
from pixel_tui.doctor.backup_check import check_backups
from pixel_tui.doctor.report import Verdict as DoctorVerdict
from pixel_tui.errors import OperationError
from pixel_tui.facts.live import _backups
from pixel_tui.stack.model.container import Mount
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.program_output import Said
from pixel_tui.text import plain
from tests.builders.actions import container as a_container
from tests.builders.backup_gaps import Stack, held, make, missing, model, ordinary, project, rules
from tests.builders.backups import DIGEST, NOW, database, manifest

__all__ = ["ordinary", "project"]


def container(service: str, *mounts: tuple[str, str], image: str = "app") -> JsonObject:
    return {
        "Id": service, "Name": f"/pixel-{service}-1", "Image": "sha256:x",
        "Config": {"Image": image, "Env": [], "Labels": {"com.docker.compose.service": service}},
        "State": {"Running": True},
        "Mounts": [{"Type": "bind", "Source": a, "Destination": b} for a, b in mounts],
    }  # fmt: skip


class TestNotToBeLookedAt:
    def test_a_whole_backup_is_not_incomplete(self, project: Path) -> None:
        made = make(project)
        assert not made.incomplete
        assert from_bytes(as_bytes(made)) == made

    def test_a_database_that_this_user_may_not_read(self, project: Path, ordinary: None) -> None:
        database(project / "data/secret.db").chmod(0)
        made = make(project)
        assert missing(made) == {"data/secret.db": Gap.UNKNOWN}
        assert "data/pixels.db" in held(made)

    def test_a_folder_that_can_not_be_searched(self, project: Path, ordinary: None) -> None:
        database(project / "data/deep/inner.db")
        (project / "data/deep").chmod(0)
        made = make(project)
        (project / "data/deep").chmod(0o700)
        assert missing(made) == {"data/deep": Gap.UNKNOWN}

    def test_a_mounted_folder_that_can_be_listed_and_not_entered(
        self, project: Path, ordinary: None
    ) -> None:
        database(project / "state/a.db")
        (project / "state").chmod(0o400)
        stack = Stack([container("api", (str(project / "state"), "/state"))], model())
        made = make(project, stack)
        (project / "state").chmod(0o700)
        assert missing(made)

    def test_a_file_of_the_settings_and_an_env_file(self, project: Path, ordinary: None) -> None:
        (project / ".env").chmod(0)
        (project / "nginx").mkdir(mode=0)
        made = make(project)
        (project / "nginx").chmod(0o700)
        assert set(missing(made)) == {".env", "nginx"}

    def test_what_the_settings_skip_is_not_missed(self, project: Path, ordinary: None) -> None:
        (project / "data/cache").mkdir(mode=0)
        assert make(project).incomplete
        made = make(project, skip=("data/cache",), hours=1)
        (project / "data/cache").chmod(0o700)
        assert not made.incomplete
        assert "data/cache" in {gap.what for gap in made.left_out}

    def test_a_fifo_in_the_place_of_a_file_is_not_waited_for(self, project: Path) -> None:
        os.mkfifo(project / "data/queue.db")
        (project / "nginx.conf").symlink_to(project / "data/queue.db")
        (project / "docker-compose.yml").write_text("include: [./queue.yml]\n")
        os.mkfifo(project / "queue.yml")
        assert "data/pixels.db" in held(make(project))


class TestMounts:
    @pytest.mark.parametrize("above", [False, True])
    def test_all_of_the_project_is_searched_where_all_of_it_is_mounted(
        self, project: Path, above: bool
    ) -> None:
        database(project / "elsewhere/deep/a.db")
        database(project / "web/node_modules/x/b.db")
        source = str(project.parent if above else project)
        made = make(project, Stack([container("syntropy", (source, "/pixel"))], model()))
        assert "elsewhere/deep/a.db" in held(made)
        assert not any("node_modules" in source for source in held(made))

    def test_a_project_that_is_reached_through_a_link(self, project: Path) -> None:
        database(project / "state/a.db")
        link = project.parent / "link"
        link.symlink_to(project)
        stack = Stack([container("api", (str(project / "state"), "/state"))], model())
        assert "state/a.db" in held(make(link, stack))

    def test_what_the_compose_file_mounts_where_there_is_no_container(self, project: Path) -> None:
        database(project / "state/a.db")
        volume = {"type": "bind", "source": str(project / "state"), "target": "/state"}
        made = make(project, Stack((), model(api={"image": "app", "volumes": [volume]})))
        assert "state/a.db" in held(made)

    def test_a_server_that_only_the_compose_file_knows_is_missed(self, project: Path) -> None:
        volume = {"type": "volume", "source": "held", "target": "/var/lib/postgresql/data"}
        db: Any = {"image": "postgres:16", "volumes": [volume]}
        stack = Stack((), model(db=db), ["pixel_held"])
        stack.model = {**model(db=db), "volumes": {"held": {"name": "pixel_held"}}}
        made = make(project, stack)
        assert missing(made) == {"db": Gap.UNKNOWN}
        assert made.volume("pixel_held").cover is Cover.UNKNOWN
        assert made.volume("never-heard-of").cover is Cover.UNKNOWN

    def test_a_volume_that_no_service_has_is_named(self, project: Path) -> None:
        made = make(project, Stack((), model(), ["pixel_left"]))
        assert not made.incomplete, "no service can have stored anything in it since"
        assert made.volume("pixel_left").cover is Cover.UNKNOWN
        assert "volume pixel_left" in {gap.what for gap in made.left_out}

    def test_a_server_s_other_mounts_are_searched(self, project: Path) -> None:
        server = container(
            "db", (str(project / "pg"), "/var/lib/postgresql/data"),
            (str(project / "exports"), "/exports"), image="postgres:16",
        )  # fmt: skip
        database(project / "exports/a.db")
        database(project / "pg/b.db")
        made = make(project, Stack([server], model()))
        assert "exports/a.db" in held(made)
        assert "pg/b.db" not in held(made)
        assert missing(made) == {}, "it has no pg_dump, and no volume: it is no server at all"

    @pytest.mark.parametrize(("name", "server"), sorted(SERVERS.items()))
    def test_the_data_of_a_server_is_named_and_not_called_empty(
        self, project: Path, name: str, server: str
    ) -> None:
        (project / "data/store").mkdir()
        (project / "data/store" / name).write_text("16\n")
        made = make(project)
        assert missing(made) == {"data/store": Gap.UNKNOWN}
        (gap,) = (gap for gap in made.left_out if gap.what == "data/store")
        assert gap.why == f"it is the data of a {server} server, which is not copied"

    def test_a_mount_behind_a_folder_that_can_not_be_entered_is_not_taken_for_gone(
        self, project: Path, ordinary: None
    ) -> None:
        database(project / "closed/state/a.db")
        (project / "closed").chmod(0)
        mounted = container("api", (str(project / "closed/state"), "/state"))
        made = make(project, Stack([mounted], model()))
        (project / "closed").chmod(0o700)
        assert missing(made) == {"closed/state": Gap.UNKNOWN}


class TestExposure:
    def found(self, project: Path, *mounts: tuple[str, bool], **settings: Any) -> Any:
        made = [Mount(plain("bind"), plain(at), plain("/x"), writable=may) for at, may in mounts]
        seen = [a_container("api", mounts=tuple(made))]
        return exposures(rules(project, **settings), seen)

    def test_a_folder_that_nobody_mounts(self, project: Path) -> None:
        assert self.found(project, (str(project), True)) == ()

    @pytest.mark.parametrize("where", ["backups", "backups/pixel-tui/2026", "."])
    def test_one_that_is_mounted_or_above_or_below_what_is(self, project: Path, where: str) -> None:
        (exposed,) = self.found(project, (str(project / where), True), folder="backups/pixel-tui")
        assert exposed.words == f"api can read and write {project}/backups/pixel-tui"
        assert not exposed.former

    def test_links_on_the_way_hide_nothing(self, project: Path) -> None:
        link = project.parent / "link"
        link.symlink_to(project)
        (exposed,) = self.found(project, (str(link), False), folder="backups")
        assert exposed.words == f"api can read {project}/backups"

    def test_the_former_place_counts_as_long_as_backups_are_there(self, project: Path) -> None:
        mount = (str(project / "backups"), True)
        assert self.found(project, mount) == ()
        make(project, folder="backups/pixel-tui")
        (exposed,) = self.found(project, mount)
        assert exposed.former

    def test_the_doctor_says_who_and_how_to_move_them(self, project: Path) -> None:
        policy = rules(project)
        assert check_backups((policy, ())).verdict is DoctorVerdict.OK
        assert check_backups(None).verdict is DoctorVerdict.SKIPPED
        make(project, folder="backups/pixel-tui")
        exposed = self.found(project, (str(project), True))
        check = check_backups((policy, exposed))
        assert check.verdict is DoctorVerdict.WARNING
        assert "api can read and write" in check.found
        assert f"mv {policy.former}/2* {policy.root}/" in check.remedy


class TestNamedFiles:
    def test_includes_extensions_and_env_files_in_any_depth(self, project: Path) -> None:
        (project / "docker-compose.yml").write_text(
            "include:\n  - path: [sub/inner.yml]\nservices:\n  api:\n"
            "    extends: {file: base.yaml, service: x}\n    env_file:\n"
            "      - path: 'conf/api.env'\n"
            '    volumes: ["./conf/app.toml:/app.toml:ro"]\n    # env_file: conf/off.env\n'
        )
        (project / "sub").mkdir()
        (project / "conf").mkdir()
        (project / "sub/inner.yml").write_text("include: [deeper.yml]\n")
        for name in ("sub/deeper.yml", "sub/.env", "base.yaml", "conf/api.env", "conf/app.toml"):
            (project / name).write_text("x: y\n")
        (project / "conf/off.env").write_text("x")
        volume = {"type": "bind", "source": str(project / "conf/app.toml"), "target": "/app.toml"}
        made = make(project, Stack((), model(api={"image": "app", "volumes": [volume]})))
        assert held(made) >= {
            "docker-compose.yml", "sub/inner.yml", "sub/deeper.yml", "sub/.env", "base.yaml",
            "conf/api.env", "conf/app.toml",
        }  # fmt: skip
        assert "conf/off.env" not in held(made)
        compose = {item.source for item in made.items if item.details.get("compose")}
        assert compose >= {"docker-compose.yml", "sub/inner.yml", "sub/deeper.yml", "base.yaml"}

    def test_compose_files_that_include_each_other_come_to_an_end(self, project: Path) -> None:
        (project / "docker-compose.yml").write_text("include: [other.yml]\n")
        (project / "other.yml").write_text("include: [docker-compose.yml]\n")
        assert {"docker-compose.yml", "other.yml"} <= held(make(project))

    @pytest.mark.parametrize("exported", [True, False])
    def test_compose_file_as_a_variable(self, project: Path, exported: bool) -> None:
        (project / "deploy").mkdir()
        (project / "deploy/prod.yml").write_text("services: {}\n")
        said = "docker-compose.yml:deploy/prod.yml"
        environment = {"COMPOSE_FILE": said} if exported else {}
        if not exported:
            (project / ".env").write_text(f"A=1\nCOMPOSE_FILE='{said}' # both\n")
        made = make(project, environment=environment)
        assert {"docker-compose.yml", "deploy/prod.yml"} <= held(made)

    @pytest.mark.parametrize("name", ["data/worker-evil.json", "data/evil.pem"])
    def test_a_link_that_a_service_may_have_planted_takes_no_file_of_the_host(
        self, project: Path, name: str
    ) -> None:
        host = project.with_name("host-secret")
        host.write_text("fake host secret")
        (project / name).symlink_to(host)
        made = make(project)
        assert name not in {item.source for item in made.items}
        (gap,) = (gap for gap in made.left_out if gap.what == name)
        assert "out of the project" in gap.why
        folder = rules(project).root / made.id
        copies = [path for path in folder.rglob("*") if path.is_file()]
        assert not any(b"fake host secret" in path.read_bytes() for path in copies)

    def test_a_data_folder_on_another_disk_is_copied_with_the_links_in_it(
        self, project: Path
    ) -> None:
        disk = project.with_name("disk")
        (project / "data").rename(disk)
        (project / "data").symlink_to(disk)
        (disk / "worker-1.json").write_text("{}")
        (disk / "worker-2.json").symlink_to("worker-1.json")
        sources = {item.source for item in make(project).items}
        assert {"data/worker-1.json", "data/worker-2.json"} <= sources

    def test_certificates_and_files_of_secrets(self, project: Path) -> None:
        live = project / "certbot/conf/live/pixel.xx.kg"
        archive = project / "certbot/conf/archive/pixel.xx.kg"
        live.mkdir(parents=True)
        archive.mkdir(parents=True)
        (archive / "privkey1.pem").write_text("fake key")
        (live / "privkey.pem").symlink_to("../../archive/pixel.xx.kg/privkey1.pem")
        (project / "tls").mkdir()
        (project / "tls/site.key").write_text("fake key")
        (project / "token").write_text("fake token")
        secret: Any = {"secrets": {"token": {"file": str(project / "token")}}}
        nginx = container("nginx", (str(project / "tls"), "/tls"))
        made = make(project, Stack([nginx], {**model(), **secret}))
        assert {
            "certbot/conf/live/pixel.xx.kg/privkey.pem",
            "certbot/conf/archive/pixel.xx.kg/privkey1.pem",
            "tls/site.key",
            "token",
        } <= held(made)

    def test_what_compose_reads_from_outside_is_kept_and_never_put_back(
        self, project: Path
    ) -> None:
        outer = project.parent / ".env"
        outer.write_text("OUTER=1\n")
        (project / "docker-compose.yml").write_text("services: {api: {env_file: ../.env}}\n")
        made = make(project)
        (item,) = [item for item in made.items if item.details.get("outside")]
        assert item.details["outside"] == str(outer)
        assert item.kind is Kind.DEPLOYMENT
        store = BackupStore(rules(project).root)
        assert (store.find(made.id).folder / item.path).read_text() == "OUTER=1\n"

    def test_a_model_that_compose_refuses_makes_it_incomplete(self, project: Path) -> None:
        assert missing(make(project, Stack())) == {"the resolved compose model": Gap.FAILED}

    def test_a_name_that_no_text_has_is_a_name(self, project: Path) -> None:
        database(project / os.fsdecode(b"data/\xff\xfe.db"))
        made = make(project)
        assert {"data/pixels.db", os.fsdecode(b"data/\xff\xfe.db")} <= held(made)
        store = BackupStore(rules(project).root)
        assert store.find(made.id).manifest == made


class TestServers:
    @dataclass
    class Postgres(Stack):
        """A server that answers what it is told to."""

        answers: dict[str, Said] = field(default_factory=dict)

        def run(self, argv: Sequence[str], **how: Any) -> Said:
            if "exec" not in argv:
                return super().run(argv, **how)
            words = " ".join(argv)
            said = next((said for key, said in self.answers.items() if key in words), None)
            if said is None:
                return Said(0, b"1", b"")
            if said.code == -1:
                raise OperationError("The program did not end within 30s.", on="docker")
            if how.get("target"):
                how["target"].write(said.output)
            return said

    def made(self, project: Path, **answers: Said) -> Manifest:
        server = container("db", image="postgres:16")
        server["Mounts"] = [
            {"Type": "volume", "Name": "held", "Destination": "/var/lib/postgresql/data"}
        ]
        names = [{"name": name, "open": True} for name in ("agent", "other")]
        known = {
            "json_agg(json_build": Said(0, json.dumps({"databases": names}).encode(), b""),
            "data_directory": Said(0, b'{"data": "/var/lib/postgresql/data"}', b""),
            "pg_restore": Said(0, b"1; entry", b""),
            **answers,
        }
        return make(project, self.Postgres([server], model(), answers=known))

    def test_a_volume_is_dumped_if_all_of_its_server_is(self, project: Path) -> None:
        made = self.made(project)
        assert not made.incomplete
        assert made.volume("held").cover is Cover.DUMPED
        assert made.servers[0].complete

    def test_one_dump_that_fails_stops_no_other(self, project: Path) -> None:
        made = self.made(project, **{"dbname='other'": Said(1, b"", b"it is locked")})
        assert missing(made) == {"db/other": Gap.FAILED}
        assert [item.database for item in made.items if item.database] == ["agent"]
        assert made.volume("held").cover is Cover.UNKNOWN
        assert "other" in made.volume("held").why

    def test_roles_that_can_not_be_dumped_are_missing(self, project: Path) -> None:
        made = self.made(project, pg_dumpall=Said(1, b"", b"no such program"))
        assert missing(made) == {"db: roles": Gap.FAILED}
        assert made.volume("held").cover is Cover.UNKNOWN

    @pytest.mark.parametrize("code", [1, -1])
    def test_a_server_that_lists_nothing_is_unknown(self, project: Path, code: int) -> None:
        made = self.made(project, **{"json_agg(json_build": Said(code, b"", b"refused")})
        assert missing(made) == {"databases of db": Gap.UNKNOWN}
        assert made.volume("held").cover is Cover.UNKNOWN
        assert not made.servers[0].listed

    def test_a_volume_where_its_data_was_looked_for_and_is_not(self, project: Path) -> None:
        elsewhere = Said(0, b'{"data": "/srv/postgres"}', b"")
        made = self.made(project, data_directory=elsewhere)
        assert missing(made) == {"volume held": Gap.UNKNOWN}

    def test_one_that_does_not_answer_costs_nothing_else(self, project: Path) -> None:
        made = self.made(project, **{"command -v": Said(-1, b"", b"")})
        assert missing(made) == {"db": Gap.UNKNOWN}
        assert "data/pixels.db" in held(made)
        assert made.volume("held").cover is Cover.UNKNOWN


class TestEmptyOrGone:
    def emptied(self, project: Path) -> None:
        with closing(sqlite3.connect(project / "data/pixels.db")) as connection, connection:
            connection.execute("DELETE FROM pixels")

    def test_one_that_is_empty_now_is_warned_of(self, project: Path) -> None:
        first = make(project).id
        self.emptied(project)
        made = make(project, hours=1)
        assert made.warnings == (f"data/pixels.db is empty now, and was not in the backup {first}",)
        assert not made.incomplete

    def test_one_that_is_gone_now_or_became_a_folder(self, project: Path) -> None:
        first = make(project).id
        (project / "data/pixels.db").unlink()
        (project / "data/pixels.db").mkdir()
        assert make(project, hours=1).warnings == (
            f"data/pixels.db is gone, and is in the backup {first}",
        )
        assert make(project, hours=2).warnings == (), "the last backup has it no more"

    def test_one_that_can_not_be_read_is_missing_and_not_gone(
        self, project: Path, ordinary: None
    ) -> None:
        make(project)
        (project / "data/pixels.db").chmod(0)
        assert make(project, hours=1).warnings == ()
        (project / "data/pixels.db").unlink()
        assert make(project, hours=2).warnings, "the last complete backup has it"

    def test_rotation_keeps_the_last_good_copy(self, project: Path) -> None:
        make(project, keep=2)
        good = make(project, hours=1, keep=2).id
        self.emptied(project)
        made = [make(project, hours=hour, keep=2).id for hour in range(2, 6)]
        store = BackupStore(rules(project).root)
        assert [backup.id for backup in store.list()] == [made[3], made[2], good]
        retired = store.retire(2)
        assert retired.kept == {good: ["data/pixels.db"]}

    def test_a_copy_that_was_found_damaged_is_no_good_one(self, project: Path) -> None:
        older = make(project).id
        damaged = make(project, hours=1).id
        store = BackupStore(rules(project).root)
        write_verdict(store.find(damaged).folder, Verdict(NOW, ("data/pixels.db: changed",)))
        self.emptied(project)
        make(project, hours=2, keep=1)
        assert older in [backup.id for backup in store.list()]

    def test_a_file_that_can_not_be_copied_any_more_stays_in_the_last_that_has_it(
        self, project: Path, ordinary: None
    ) -> None:
        first = make(project).id
        (project / ".env").chmod(0)
        for hour in (1, 2):
            make(project, hours=hour, keep=1)
        ids = [backup.id for backup in BackupStore(rules(project).root).list()]
        assert ids[-1] == first


class TestExitCode:
    def run(self, project: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
        monkeypatch.setattr(worker, "RealPrograms", lambda *_: Stack(model=model()))
        monkeypatch.setattr(worker, "finished", lambda work: work() or 0)
        return worker.main(["make", "--directory", str(project), "--project", "pixel", *words])

    def test_an_incomplete_backup_is_made_and_fails(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "data/broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        with pytest.raises(OperationError, match=r"INCOMPLETE: data/broken\.db"):
            self.run(project, monkeypatch)
        assert "MISSING: data/broken.db" in capsys.readouterr().out
        assert len(BackupStore(rules(project).root).list()) == 1

    def test_before_a_restore_it_is_good_enough(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (project / "data/broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        assert self.run(project, monkeypatch, "--salvage") == 0
        assert "INCOMPLETE" in capsys.readouterr().out

    def test_what_no_backup_takes_is_no_failure(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.run(project, monkeypatch) == 0


class TestOldManifests:
    def old(self, **changes: Any) -> bytes:
        dump = Item(Kind.POSTGRES, "db", "postgres/db.dump", 3, DIGEST,
                    {"database": "agent", "volumes": ["held"]})  # fmt: skip
        made = manifest(items=(dump,), left_out=(LeftOut("volume cache", "not copied"),))
        content = json.loads(as_bytes(made))
        for name in ("servers", "volumes", "warnings", "incomplete"):
            del content[name]
        content["left_out"] = [{"what": "volume cache", "why": "not copied"}]
        return json.dumps({**content, "version": 1, **changes}).encode()

    def test_one_of_version_1_is_read_and_claims_no_more_than_it_can(self) -> None:
        read = from_bytes(self.old())
        assert read.items[0].title == "db/agent"
        assert not read.incomplete
        assert read.left_out[0].gap is Gap.UNKNOWN
        assert read.volume("held").cover is Cover.UNKNOWN
        assert "only the database agent" in read.volume("held").why

    def test_one_of_a_version_to_come_is_refused(self) -> None:
        with pytest.raises(ValueError, match="its version is 3"):
            from_bytes(self.old(version=3))


class TestPlace:
    def test_the_default_is_outside_of_the_project_and_the_same_through_links(
        self, project: Path
    ) -> None:
        link = project.parent / "link"
        link.symlink_to(project)
        assert rules(project).root == rules(link).root == default_root(project)
        assert not rules(project).root.is_relative_to(project)
        assert default_root(project.parent / "other/pixel") != default_root(project)

    def test_backups_in_the_former_place_are_found_used_and_retired(self, project: Path) -> None:
        old = make(project, folder="backups/pixel-tui").id
        new = make(project, hours=1).id
        policy = rules(project)
        store = BackupStore(policy.root, former=policy.former)
        assert [backup.id for backup in store.list()] == [new, old]
        assert store.find(old).folder == project / "backups/pixel-tui" / old
        make(project, hours=2, keep=2)
        assert not store.find(new).folder.is_relative_to(project)
        assert old not in [backup.id for backup in store.list()]
        assert not (project / "backups/pixel-tui" / old).exists()

    def test_what_is_planted_in_the_former_place_displaces_nothing(self, project: Path) -> None:
        ours = [make(project, hours=hour, keep=2).id for hour in (0, 1)]
        policy = rules(project)
        for day in range(1, 4):
            planted = project / f"backups/pixel-tui/2099010{day}-000000"
            shutil.copytree(policy.root / ours[1], planted)
            content = json.loads((planted / MANIFEST).read_text())
            (planted / MANIFEST).write_text(json.dumps({**content, "id": planted.name}))
        newest = make(project, hours=2, keep=2).id
        assert sorted(BackupStore(policy.root).names()) == [ours[1], newest]

    def test_manifests_without_end_in_the_former_place_hide_nothing(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project).id
        monkeypatch.setattr("pixel_tui.backups.store.MOST_BYTES_LISTED", 20_000)
        monkeypatch.setattr("pixel_tui.backups.store.MOST_FORMER", 3)
        for day in range(10, 20):
            planted = project / f"backups/pixel-tui/209901{day}-000000"
            planted.mkdir(parents=True)
            (planted / MANIFEST).write_bytes(b" " * 100_000)
        policy = rules(project)
        listed = BackupStore(policy.root, former=policy.former).list()
        assert [backup.id for backup in listed if backup.manifest] == [made]
        assert len(listed) == 4

    def test_a_link_in_the_former_place_costs_another_project_nothing(self, project: Path) -> None:
        other = project.parent / "other"
        shutil.copytree(project, other)
        theirs = make(other).id
        (project / "backups").mkdir()
        (project / "backups/pixel-tui").symlink_to(rules(other).root)
        make(project, hours=1, keep=1)
        assert theirs in BackupStore(rules(other).root).names()

    def test_a_fifo_as_a_manifest_silences_no_action(self, project: Path) -> None:
        planted = project / "backups/pixel-tui/20990101-000000"
        planted.mkdir(parents=True)
        os.mkfifo(planted / MANIFEST)
        made = make(project).id
        found, why = _backups(rules(project))
        assert why == ""
        assert [past.backup.id for past in found] == [planted.name, made]
        assert found[0].backup.manifest is None

    @pytest.mark.parametrize("name", [MANIFEST, "verified.json"])
    def test_whatever_lies_in_the_former_place_stops_nothing(
        self, project: Path, name: str
    ) -> None:
        old = make(project, folder="backups/pixel-tui").id
        folder = project / "backups/pixel-tui" / old
        policy = rules(project)
        store = BackupStore(policy.root, former=policy.former)
        write_verdict(folder, Verdict(NOW))

        def fifo(path: Path) -> None:
            os.mkfifo(path)

        def deep(path: Path) -> None:
            path.write_text("[" * 100_000)

        def endless(path: Path) -> None:
            path.touch()
            os.truncate(path, 1 << 40)

        def link(path: Path) -> None:
            path.symlink_to("/dev/zero")

        for make_it in (fifo, deep, endless, link, os.mkdir):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            make_it(path)
            (backup,) = store.list()
            assert (backup.manifest is None) == (name == MANIFEST)
            assert not backup.verified

    def test_manifests_without_end_do_not_hide_the_newest(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make(project)
        size = (rules(project).root / made.id / MANIFEST).stat().st_size
        monkeypatch.setattr("pixel_tui.backups.store.MOST_BYTES_LISTED", size * 2 - 1)
        make(project, hours=-1)
        new, old = BackupStore(rules(project).root).list()
        assert new.manifest is not None
        assert old.manifest is None

    def test_one_planted_manifest_of_any_length_hides_no_backup_beside_it(
        self, project: Path
    ) -> None:
        old = make(project, folder="backups/pixel-tui").id
        planted = project / "backups/pixel-tui/20990101-000000"
        planted.mkdir()
        (planted / MANIFEST).touch()
        os.truncate(planted / MANIFEST, 1 << 40)
        policy = rules(project)
        listed = BackupStore(policy.root, former=policy.former).list()
        assert [backup.id for backup in listed if backup.manifest] == [old]

    def test_a_backup_that_is_named_is_found_among_any_number(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = make(project, folder="backups/pixel-tui").id
        monkeypatch.setattr("pixel_tui.backups.store.MOST_BYTES_LISTED", 0)
        monkeypatch.setattr("pixel_tui.backups.store.MOST_FORMER", 0)
        policy = rules(project)
        assert BackupStore(policy.root, former=policy.former).find(old).manifest is not None
        (project / "backups/pixel-tui/20990101-000000").symlink_to(old)
        for name in ("20990101-000000", "20990101-000001", "../pixel-tui", "", ".gitignore"):
            with pytest.raises(OperationError):
                BackupStore(policy.root, former=policy.former).find(name)


class TestRoles:
    DUMPED = (
        "CREATE ROLE pixel;\nALTER ROLE pixel WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$1:a=$b:c=';\n"
        'CREATE ROLE "read er";\nALTER ROLE "read er" WITH NOLOGIN;\n'
        'GRANT pg_read_all_data TO "read er" WITH INHERIT TRUE GRANTED BY pixel;\n'
    )

    def test_only_those_that_are_gone_are_made_again(self) -> None:
        made = missing_roles(self.DUMPED, {"pixel"})
        assert [line.split()[0] for line in made] == ["CREATE", "ALTER", "GRANT"]
        assert all('"read er"' in line for line in made)

    @pytest.mark.parametrize(
        "line",
        [
            "DROP DATABASE agent;",
            "CREATE ROLE x; DROP DATABASE agent;",
            "CREATE ROLE x \\! touch /tmp/x;",
            "\\! touch /tmp/x",
            "COPY t TO PROGRAM 'touch /tmp/x';",
            "CREATE ROLE x\\;",
        ],
    )
    def test_nothing_else_in_the_file_is_run(self, line: str) -> None:
        assert missing_roles(f"{line}\n", set()) == []


def test_an_item_that_says_it_is_empty_is_and_an_old_one_is_by_its_rows() -> None:
    item = Item(Kind.SQLITE, "a", "sqlite/a", 3, DIGEST, {"rows": {"t": 0}})
    assert item.empty
    assert not replace(item, details={"rows": {"t": 2}}).empty
    assert not replace(item, details={"rows": {}}).empty, "it may not have been counted"
    assert replace(item, details={"rows": {}, "empty": True}).empty
