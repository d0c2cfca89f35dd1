"""Files that compose or the settings name: what is copied, and what is a gap."""

import os
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups import links
from pixel_tui.backups.manifest import Gap, ItemKind
from pixel_tui.backups.store import BackupStore
from pixel_tui.stack.compose import project_files
from tests.builders.backup_gaps import Stack, held, make, maker, missing, model, rules
from tests.builders.backup_mounts import container
from tests.builders.backups import database, project

__all__ = ["project"]

LARGE = 1536 * 1024


class TestNamedFiles:
    def test_includes_extensions_and_env_files_are_copied_at_any_depth(self, project: Path) -> None:
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

    def test_compose_files_may_include_each_other(self, project: Path) -> None:
        (project / "docker-compose.yml").write_text("include: [other.yml]\n")
        (project / "other.yml").write_text("include: [docker-compose.yml]\n")
        assert {"docker-compose.yml", "other.yml"} <= held(make(project))

    @pytest.mark.parametrize("exported", [True, False])
    def test_the_compose_file_variable_is_respected(self, project: Path, exported: bool) -> None:
        (project / "deploy").mkdir()
        (project / "deploy/prod.yml").write_text("services: {}\n")
        result = "docker-compose.yml:deploy/prod.yml"
        environment = {"COMPOSE_FILE": result} if exported else {}
        if not exported:
            (project / ".env").write_text(f"A=1\nCOMPOSE_FILE='{result}' # both\n")
        made = make(project, environment=environment)
        assert {"docker-compose.yml", "deploy/prod.yml"} <= held(made)

    @pytest.mark.parametrize("name", ["data/worker-evil.json", "data/evil.pem"])
    def test_a_link_that_a_service_may_have_made_copies_no_host_file(
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

    def test_a_link_out_of_the_project_to_a_database_or_a_folder_is_named(
        self, project: Path
    ) -> None:
        outside = project.with_name("outside")
        database(outside / "far.db")
        (outside / "notes.txt").write_text("x")
        (project / "ok").mkdir()
        (project / "data/link.db").symlink_to(outside / "far.db")
        (project / "data/photos").symlink_to(outside)
        (project / "ok/l.db").symlink_to(outside / "far.db")
        for name, target in (
            ("notes", outside / "notes.txt"), ("same.db", project / "data/pixels.db"),
            ("nowhere", outside / "gone.db"),
        ):  # fmt: skip
            (project / "data" / name).symlink_to(target)
        mounted = container("api", (str(project / "ok"), "/ok"))
        made = make(project, Stack([mounted], model()))
        told = {gap.what: gap for gap in made.left_out}
        assert {name for name in told if "/" in name} == {"data/link.db", "data/photos", "ok/l.db"}
        assert "ok" not in told, "it would be told to have no database"
        assert told["ok/l.db"].why == "a link leads from there out of the project's folder"
        assert told["ok/l.db"].gap is Gap.NOT_COPIED
        assert not made.incomplete

    def test_many_such_links_are_counted(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(links, "MAX_UNREAD", 1)
        for name in "abc":
            (project / "data" / name).symlink_to(project.parent)
        told = [gap.what for gap in make(project).left_out]
        assert [name for name in told if name in {"data/a", "2 more links"}] == [
            "data/a", "2 more links",
        ]  # fmt: skip

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

    def test_certificates_and_secret_files_are_copied(self, project: Path) -> None:
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

    def test_mounted_files_and_certificates_are_copied_whatever_their_size(
        self, project: Path
    ) -> None:
        (project / "tls").mkdir()
        for name in ("geo.txt", "tls/all.pem"):
            (project / name).touch()
            os.truncate(project / name, LARGE)
        mounts = [(str(project / name), f"/{name}") for name in ("geo.txt", "tls")]
        made = make(project, Stack([container("api", *mounts)], model()))
        sizes = {item.source: item.size for item in made.items}
        assert (sizes["geo.txt"], sizes["tls/all.pem"]) == (LARGE, LARGE)

    def test_a_mounted_file_is_left_out_if_the_settings_skip_it(self, project: Path) -> None:
        (project / "model.bin").write_text("x")
        stack = Stack([container("api", (str(project / "model.bin"), "/model.bin"))], model())
        assert "model.bin" in held(make(project, stack))
        made = make(project, stack, hours=1, skip=("model.bin",))
        assert "model.bin" not in held(made)
        (gap,) = (gap for gap in made.left_out if gap.what == "model.bin")
        assert (gap.why, gap.expected) == ("skipped by the settings", False)

    def test_a_config_that_is_a_database_or_a_folder_with_one_is_copied(
        self, project: Path
    ) -> None:
        database(project / "app.db")
        database(project / "conf/inner.db")
        files: Any = {name: {"file": str(project / name)} for name in ("app.db", "conf")}
        made = make(project, Stack((), {**model(), "configs": files}))
        assert {"app.db", "conf/inner.db"} <= held(made)

    def test_a_mounted_link_to_a_database_is_no_file_to_copy(self, project: Path) -> None:
        database(project / "other/far.db")
        for name, target in (("now.db", "data/pixels.db"), ("far.db", "other/far.db")):
            (project / name).symlink_to(project / target)
        mounts = [(str(project / name), f"/{name}") for name in ("now.db", "far.db")]
        made = make(project, Stack([container("api", *mounts)], model()))
        assert not {"now.db", "far.db"} & held(made)
        assert missing(made) == {"far.db": Gap.NOT_COPIED}
        told = {gap.what: gap.why for gap in made.left_out}
        assert told["now.db"] == f"it is a link to {project}/data/pixels.db, which is copied"

    def test_the_space_for_files_outside_of_the_project_is_counted(self, project: Path) -> None:
        secret = project.with_name("secret")
        secret.touch()
        os.truncate(secret, LARGE)
        files: Any = {"secrets": {"token": {"file": str(secret)}}}
        without = maker(project).required_bytes()
        needed = maker(project, Stack((), {**model(), **files})).required_bytes()
        assert needed - without >= LARGE

    @pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_FILES"])
    def test_a_compose_file_that_is_not_searched_makes_the_backup_incomplete(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        (project / "docker-compose.yml").write_text("include: [other.yml]\n")
        (project / "other.yml").write_text("services: {api: {env_file: api.env}}\n")
        (project / "api.env").write_text("A=1\n")
        assert "api.env" in held(make(project))
        monkeypatch.setattr(project_files, limit, 1)
        unsearched = "docker-compose.yml" if limit == "MAX_BYTES" else "other.yml"
        assert missing(make(project, hours=1)) == {f"files that {unsearched} names": Gap.UNKNOWN}

    def test_compose_files_outside_of_the_project_are_kept_and_never_restored(
        self, project: Path
    ) -> None:
        outer = project.parent / ".env"
        outer.write_text("OUTER=1\n")
        (project / "docker-compose.yml").write_text("services: {api: {env_file: ../.env}}\n")
        made = make(project)
        (item,) = [item for item in made.items if item.details.get("outside")]
        assert item.details["outside"] == str(outer)
        assert item.kind is ItemKind.DEPLOYMENT
        store = BackupStore(rules(project).root)
        assert (store.find(made.id).folder / item.path).read_text() == "OUTER=1\n"

    def test_a_model_that_compose_refuses_is_a_gap(self, project: Path) -> None:
        assert missing(make(project, Stack())) == {"the resolved compose model": Gap.FAILED}

    def test_a_name_that_is_not_utf8_is_accepted(self, project: Path) -> None:
        database(project / os.fsdecode(b"data/\xff\xfe.db"))
        made = make(project)
        assert {"data/pixels.db", os.fsdecode(b"data/\xff\xfe.db")} <= held(made)
        store = BackupStore(rules(project).root)
        assert store.find(made.id).manifest == made
