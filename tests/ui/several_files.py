"""A demo stack with three environment files, which override each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.clock import Clock
from pixel_tui.demo.environment import DemoFile, DemoSource, DemoWorkspace
from pixel_tui.demo.stack.environment_file import EXAMPLE, FILE, uses
from pixel_tui.demo.stack.services import DIRECTORY
from pixel_tui.environment.checks.file_facts import FileFacts, GitState
from pixel_tui.environment.checks.layers import Layers
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.workspace import EnvironmentAccess
from pixel_tui.environment.live.reading import Examiner, FileContext
from pixel_tui.settings import Settings
from pixel_tui.text import SafeText

BASE, OWN, PROD = (Path(DIRECTORY) / name for name in ("base.env", ".env", "prod.env"))
CONTENTS: Mapping[Path, bytes | None] = {
    BASE: b"POSTGRES_DB=base\nWORKER_NOTE=1\n",
    OWN: FILE,
    PROD: b"LOG_LEVEL=warning\nSITE=prod\n",
}


def keys_of(path: Path) -> dict[str, SafeText]:
    """The keys that a file sets, each with its name."""
    entries = DotenvDocument.parse(CONTENTS[path] or b"").entries
    return {item.key: SafeText(path.name) for item in entries if not item.commented}


LAYERS = {
    BASE: Layers(later=keys_of(OWN) | keys_of(PROD), last=False),
    OWN: Layers(keys_of(BASE), keys_of(PROD), last=False),
    PROD: Layers(keys_of(BASE) | keys_of(OWN)),
}


class Source(DemoSource):
    """One of them."""

    def __init__(self, file: DemoFile, path: Path) -> None:
        super().__init__(file)
        self.path = path
        known = FileFacts(path=str(path), mode=0o600, user=1000, git=GitState.IGNORED)
        around = FileContext(DotenvDocument.parse(EXAMPLE), uses(), known)
        self._examiner = Examiner(replace(around, layers=LAYERS[path]), {})


class Files:
    """All of them."""

    def __init__(self, clock: Clock, folder: Path, settings: Settings) -> None:
        self.paths: Sequence[Path] = tuple(CONTENTS)
        self.files: dict[Path, DemoFile] = {}
        self._opened: dict[Path, EnvironmentAccess] = {}
        for place, (path, content) in enumerate(CONTENTS.items()):
            file = DemoFile(clock, folder / str(place))
            file.data = content
            workspace = None if settings.read_only else DemoWorkspace(file, clock, {})
            self.files[path] = file
            self._opened[path] = EnvironmentAccess(
                Source(file, path), workspace, reveals=not settings.read_only, files=self
            )

    def open(self, path: Path) -> EnvironmentAccess:
        """The access of a console to one of the files."""
        return self._opened[path]


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> list[Files]:
    """Let consoles open these files, the last one first."""
    found: list[Files] = []

    def opened(
        file: DemoFile, clock: Clock, settings: Settings, _environment: Mapping[str, str]
    ) -> EnvironmentAccess:
        found.append(Files(clock, file.folder, settings))
        return found[0].open(PROD)

    monkeypatch.setattr("pixel_tui.demo.environment.demo_environment", opened)
    return found
