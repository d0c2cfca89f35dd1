"""Reading a project whose profiles exclude each other."""

import json
from collections.abc import Sequence
from typing import Any

from pixel_tui.backups.declared import Declared, read_declared
from pixel_tui.backups.source_model import Stack
from pixel_tui.backups.sources import find_sources
from pixel_tui.backups.volumes import VolumeKnowledge
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.backups import policy

APP: JsonObject = {"image": "app"}
GPU: JsonObject = {"image": "app", "profiles": ["gpu"], "volumes": [
    {"type": "volume", "source": "wdata", "target": "/w"},
    {"type": "bind", "source": "/srv/pixel/gpu", "target": "/d"},
]}  # fmt: skip


class Compose:
    """A compose that accepts the active profiles, and other services only by name, if at all."""

    def __init__(self, written: JsonObject | None, *by_name: str) -> None:
        self._written = written
        self._by_name = by_name

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        words = list(argv)
        if "--no-interpolate" in words:
            if self._written is None:
                return ProgramOutput(1, b"", b"it can't be read")
            services = {"app": APP, "gpu": self._written}
            return self._said({"services": services, "volumes": {"wdata": {}}})
        if "*" in words:
            return ProgramOutput(1, b"", b'service "gpu": no such env file')
        if words[-1] == "gpu":
            if "gpu" not in self._by_name:
                return ProgramOutput(1, b"", b"no such env file")
            volumes = {"wdata": {"name": "pixel_wdata"}}
            return self._said({"services": {"app": APP, "gpu": GPU}, "volumes": volumes})
        return self._said({"name": "pixel", "services": {"app": APP}})

    @staticmethod
    def _said(model: object) -> ProgramOutput:
        return ProgramOutput(0, json.dumps(model).encode(), b"")


def declared(written: JsonObject | None, *by_name: str) -> Declared:
    return read_declared(Compose(written, *by_name), ComposeCommand())


def test_a_service_that_compose_resolves_by_name_is_complete() -> None:
    found = declared({**GPU, "volumes": []}, "gpu")
    assert [item.service for item in found.services] == ["app", "gpu"]
    assert found.services[1].volumes == (("pixel_wdata", "/w"),)
    assert (found.unclear, found.trouble) == ((), "")


def test_a_service_that_it_refuses_is_taken_unresolved() -> None:
    found = declared(GPU)
    assert found.services[1].volumes == (("pixel_wdata", "/w"),)
    assert found.services[1].binds == ("/srv/pixel/gpu",)
    assert found.services[1].optional
    assert found.unclear == ()


def test_an_unresolved_mount_is_unknown_and_makes_the_backup_incomplete(
    tmp_path: Any,
) -> None:
    mount: JsonObject = {"type": "bind", "source": "${DATA}/gpu", "target": "/d"}
    found = declared({**GPU, "volumes": [mount]})
    assert found.unclear == ("gpu",)
    assert missing(found, tmp_path) == ["gpu"]


def test_unreadable_profiles_make_the_backup_incomplete(tmp_path: Any) -> None:
    found = declared(None)
    assert [item.service for item in found.services] == ["app"]
    assert missing(found, tmp_path) == ["services of inactive profiles"]


def missing(found: Declared, folder: Any) -> list[str]:
    sources = find_sources(policy(folder), Stack((), found), lambda _names: VolumeKnowledge())
    return [gap.what for gap in sources.left_out if gap.expected]
