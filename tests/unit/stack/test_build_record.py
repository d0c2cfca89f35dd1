"""Records of build arguments, without their values."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_tui.clock import Clock, FixedClock, SystemClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import ComposeRefused, EngineUnreachable
from pixel_tui.stack.compose import build_records as build_record
from pixel_tui.stack.compose.build_records import BuildRecords, build_records
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.source import ResolvedProject
from pixel_tui.stack.watch.build_recorder import BuildRecorder

COMMAND = ComposeCommand(directory="/srv/shop", project="shop")
SECRET = "not-a-real-token-4711"
BEFORE = {"URL": "http://a", "TOKEN": SECRET}


@pytest.fixture
def records(tmp_path: Path) -> BuildRecords:
    return BuildRecords(tmp_path / "builds" / "shop.json")


class TestRecords:
    def test_changed_new_and_removed_arguments_are_reported(self, records: BuildRecords) -> None:
        records.add({"sha256:1": BEFORE}, 1.0)
        record = records.read()["sha256:1"]
        assert record.differing(BEFORE) == set()
        assert record.differing({**BEFORE, "URL": "http://b", "NEW": ""}) == {"URL", "NEW"}
        assert record.differing({"URL": "http://a"}) == {"TOKEN"}

    def test_the_file_is_private_and_has_no_values(
        self, records: BuildRecords, tmp_path: Path
    ) -> None:
        records.add({"sha256:1": BEFORE, "sha256:2": {"OTHER": SECRET}}, 1.0)
        (path,) = (tmp_path / "builds").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert SECRET not in path.read_text()
        images = json.loads(path.read_text())["images"]
        marks = {images["sha256:1"]["arguments"]["TOKEN"], images["sha256:2"]["arguments"]["OTHER"]}
        assert len(marks) == 2, "the same value under two names does not show"
        assert SECRET not in repr(records.read())
        assert records.read()["sha256:1"].key.hex() not in repr(records.read())

    def test_a_build_recorded_by_another_process_is_read(
        self, records: BuildRecords, tmp_path: Path
    ) -> None:
        assert records.read() == {}
        BuildRecords(tmp_path / "builds" / "shop.json").add({"sha256:1": BEFORE}, 1.0)
        assert records.read()["sha256:1"].differing(BEFORE) == set()
        BuildRecords(tmp_path / "builds" / "shop.json").add({"sha256:2": {}}, 2.0)
        assert records.read()["sha256:1"].differing(BEFORE) == set(), "by the same key"
        assert records.read()["sha256:2"].differing({}) == set()

    def test_only_the_newest_records_are_kept(
        self, records: BuildRecords, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(build_record, "MAX_IMAGES", 3)
        for number in (1, 4, 2, 5, 3):
            records.add({f"sha256:{number}": BEFORE}, float(number))
        assert sorted(records.read()) == ["sha256:3", "sha256:4", "sha256:5"]
        monkeypatch.setattr(build_record, "MAX_BYTES", 300)
        records.add({"sha256:6": BEFORE}, 6.0)
        assert list(records.read()) == ["sha256:6"]

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "[" * 2000,
            '{"version": 2, "key": "00", "images": {"sha256:1": {}}}',
            '{"version": 1, "key": "xy", "images": {"sha256:1": {"at": 1}}}',
            json.dumps({"version": 1, "key": "00" * 32, "images": {"sha256:1": {"at": "x"}}}),
            json.dumps({"version": 1, "key": "00" * 32, "images": ["sha256:1"]}),
        ],
    )
    def test_an_invalid_file_is_ignored_and_replaced(
        self, records: BuildRecords, tmp_path: Path, content: str
    ) -> None:
        path = tmp_path / "builds" / "shop.json"
        path.parent.mkdir()
        path.write_text(content)
        assert records.read() == {}
        records.add({"sha256:2": BEFORE}, 1.0)
        assert list(records.read()) == ["sha256:2"]

    def test_a_project_has_its_own_records_whatever_the_path_of_its_folder(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "shop").mkdir()
        (tmp_path / "link").symlink_to("shop")
        shop, link, other = (
            build_records(ComposeCommand(directory=str(tmp_path / name)), tmp_path)
            for name in ("shop", "link", "other")
        )
        shop.add({"sha256:1": BEFORE}, 1.0)
        assert list(link.read()) == ["sha256:1"]
        assert other.read() == {}


def named(image_id: str, at: int) -> JsonObject:
    """An image that was tagged at that time."""
    time = datetime.fromtimestamp(at, UTC).isoformat()
    return {"Id": image_id, "Metadata": {"LastTagTime": time}}


class Shop:
    """A project and an engine with images."""

    def __init__(self, records: BuildRecords) -> None:
        world = DemoWorld(SystemClock())
        shop = self
        self.images: dict[str, JsonObject] = {}
        self.services: JsonObject = {
            "web": {"build": {"args": dict(BEFORE)}},
            "api": {"build": {"context": "/srv/shop"}, "image": "shop/api:1"},
            "db": {"image": "postgres"},
        }
        self.refusal: ComposeRefused | None = None
        self.silence: EngineUnreachable | None = None

        class Project(DemoProject):
            def resolve(self) -> ResolvedProject:
                if shop.refusal is not None:
                    raise shop.refusal
                config: JsonObject = {"name": "shop", "services": dict(shop.services)}
                return ResolvedProject(config, frozenset(), "/srv/shop")

        class Engine(DemoEngine):
            def image(self, reference: str) -> JsonObject | None:
                if shop.silence is not None:
                    raise shop.silence
                return shop.images.get(reference)

        self.records = records
        self.argv: Sequence[str] = ()

        def witness(clock: Clock) -> BuildRecorder:
            return BuildRecorder(COMMAND, Project(world), lambda: Engine(world), records, clock)

        self._witness = witness
        self.witness = self._witness(SystemClock())

    def build(self, *, web: str = "", api: JsonObject | None = None) -> None:
        self.images |= {"shop-web": {"Id": web}} if web else {}
        self.images |= {"shop/api:1": api} if api else {}

    def died(self, argv: Sequence[str], *, at: int) -> bool:
        """Simulate a console that dies during this command."""
        self.argv = argv
        clock = FixedClock(datetime.fromtimestamp(at, UTC))
        return self._witness(clock).before(argv) is not None

    def settles(self, *, began: int, ended: int) -> None:
        """Let another console settle the build."""
        self._witness(SystemClock()).left(self.argv, began=began, ended=ended, done=True)

    def gives(self, **arguments: str) -> None:
        self.services["web"] = {"build": {"args": {**arguments}}}


@pytest.fixture
def shop(records: BuildRecords) -> Shop:
    return Shop(records)


class TestWitness:
    def test_a_build_is_recorded_by_image_id(self, shop: Shop) -> None:
        shop.build(web="sha256:old")
        argv = COMMAND.compose_argv("build", "--no-cache", names=["web"])
        building = shop.witness.before(argv)
        assert SECRET not in repr(building)
        shop.build(web="sha256:new")
        shop.witness.after(building, done=True)
        assert list(shop.records.read()) == ["sha256:new"]
        assert shop.records.read()["sha256:new"].differing(BEFORE) == set()

    def test_a_rebuild_of_the_same_image_is_recorded(self, shop: Shop) -> None:
        shop.build(web="sha256:same", api={"Id": "sha256:api"})
        building = shop.witness.before(COMMAND.compose_argv("build", "--", "web"))
        shop.witness.after(building, done=True)
        assert list(shop.records.read()) == ["sha256:same"], "and no other's"

    def test_a_failed_build_records_only_finished_images(self, shop: Shop) -> None:
        shop.build(web="sha256:web", api={"Id": "sha256:api"})
        building = shop.witness.before(COMMAND.compose_argv("build"))
        shop.build(api={"Id": "sha256:api2"})
        shop.witness.after(building, done=False)
        assert list(shop.records.read()) == ["sha256:api2"]

    def test_up_builds_missing_images_and_reads_nothing_if_there_are_none(self, shop: Shop) -> None:
        argv = COMMAND.compose_argv("up", "--detach", names=["web"])
        assert shop.witness.before(argv) is None
        building = shop.witness.before(argv, up_builds=True)
        pulled: JsonObject = {"Id": "sha256:api", "RepoDigests": ["shop/api@sha256:api"]}
        shop.build(web="sha256:new", api=pulled)
        shop.witness.after(building, done=False)
        assert list(shop.records.read()) == ["sha256:new"], "the other may have been pulled"
        api: JsonObject = {"Id": "sha256:api", "RepoDigests": ["shop/api@sha256:api"]}
        building = shop.witness.before(COMMAND.compose_argv("build", names=["api"]))
        shop.build(api=api)
        shop.witness.after(building, done=True)
        assert "sha256:api" in shop.records.read(), "a build pulls none of this name"

    def test_up_of_an_always_built_service_is_a_build(self, shop: Shop) -> None:
        web = {"build": {"args": dict(BEFORE)}, "pull_policy": "build", "image": "shop-web"}
        shop.services["web"] = web  # type: ignore[assignment]
        shop.build(api={"Id": "sha256:api"})
        shop.images["shop-web"] = {"Id": "sha256:web", "RepoDigests": ["shop-web@sha256:web"]}
        argv = COMMAND.compose_argv("up", "--detach", names=["web", "api"])
        building = shop.witness.before(argv, up_builds=True)
        shop.witness.after(building, done=True)
        assert list(shop.records.read()) == ["sha256:web"], "the other was there, and stays"

    def test_a_build_of_a_dead_console_is_recorded_by_another(
        self, shop: Shop, tmp_path: Path
    ) -> None:
        shop.build(web="sha256:old", api=named("sha256:api", 150))
        assert shop.died(COMMAND.compose_argv("build", "web"), at=100)
        (path,) = (tmp_path / "builds").glob("*.begun")
        assert SECRET not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        shop.images["shop-web"] = named("sha256:new", 150)
        shop.settles(began=99, ended=160)
        assert list(shop.records.read()) == ["sha256:new"]
        assert shop.records.read()["sha256:new"].differing(BEFORE) == set()
        assert shop.records.read()["sha256:new"].built_at == 160
        assert not path.exists()

    def test_a_cached_image_of_a_dead_console_is_recognised_by_its_tag_time(
        self, shop: Shop
    ) -> None:
        shop.images["shop-web"] = named("sha256:same", 50)
        shop.died(COMMAND.compose_argv("build", "web"), at=100)
        shop.images["shop-web"] = named("sha256:same", 150)
        shop.settles(began=99, ended=160)
        assert list(shop.records.read()) == ["sha256:same"]

    def test_an_image_of_a_dead_console_is_recognised_by_its_creation_time(
        self, shop: Shop
    ) -> None:
        shop.died(COMMAND.compose_argv("build", "web"), at=100)
        time = datetime.fromtimestamp(150, UTC).isoformat()
        shop.images["shop-web"] = {"Id": "sha256:new", "Created": time}
        shop.settles(began=99, ended=160)
        assert list(shop.records.read()) == ["sha256:new"]

    @pytest.mark.parametrize(
        ("began", "ended", "made", "url"),
        [
            (99, 160, 200, "http://a"),  # it was built by hand since then
            (99, 160, 50, "http://a"),  # it is of before
            (99, 160, 150, "http://b"),  # its arguments have changed since then
            (101, 160, 150, "http://a"),  # that was another run of the same command
            (10, 90, 85, "http://a"),
        ],
    )
    def test_other_images_of_a_dead_console_stay_unknown(
        self, shop: Shop, began: int, ended: int, made: int, url: str
    ) -> None:
        shop.died(COMMAND.compose_argv("build", "web"), at=100)
        shop.images["shop-web"] = named("sha256:new", made)
        shop.gives(**{**BEFORE, "URL": url})
        shop.settles(began=began, ended=ended)
        assert shop.records.read() == {}

    def test_other_commands_are_not_builds(self, shop: Shop) -> None:
        for words in (("restart", "web"), ("stop",), ("ps",)):
            assert shop.witness.before(COMMAND.compose_argv(*words), up_builds=True) is None
        assert shop.witness.before(COMMAND.docker_argv("build", "."), up_builds=True) is None

    def test_values_changed_during_a_build_are_not_recorded(self, shop: Shop) -> None:
        building = shop.witness.before(COMMAND.compose_argv("build", "web"))
        shop.build(web="sha256:new")
        shop.gives(URL="http://b", TOKEN=SECRET)
        shop.witness.after(building, done=True)
        assert shop.records.read() == {}

    def test_unreadable_images_stay_unknown_without_an_error(
        self, shop: Shop, tmp_path: Path
    ) -> None:
        argv = COMMAND.compose_argv("build", "web")
        building = shop.witness.before(argv)
        shop.build(web="sha256:new")
        shop.silence = EngineUnreachable("It is away.")
        assert shop.witness.before(argv) is None
        shop.witness.after(building, done=True)
        shop.silence, shop.refusal = None, ComposeRefused("It is no YAML.")
        assert shop.witness.before(argv) is None
        shop.witness.after(building, done=True)
        shop.refusal = None
        shutil.rmtree(tmp_path / "builds")
        (tmp_path / "builds").write_text("a file in the place of the folder")
        shop.witness.after(building, done=True)
        assert shop.records.read() == {}
