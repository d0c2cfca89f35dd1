"""The environment file of the simulated stack, kept in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.demo.stack.environment_file import EXAMPLE, FILE, PATH, uses
from pixel_tui.demo.stack.services import DIRECTORY
from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.environment.checks.file_facts import FileFacts, GitState
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.edits import effective_entries
from pixel_tui.environment.editing.workspace import (
    EnvironmentAccess,
    LoadedFile,
    SavedDraft,
    SavedVersion,
    Stamp,
)
from pixel_tui.environment.live.reading import Examiner, FileContext
from pixel_tui.environment.live.workspace import edit_externally
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import FileError
from pixel_tui.files import replace_file
from pixel_tui.operations.planning.environment_facts import Candidate, EnvironmentFacts
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.environment_uses import KeyUseKind
from pixel_tui.text import SafeText, plain

WORKER: Final = "pixel_tui.environment"
_FACTS: Final = FileFacts(
    path=PATH, mode=0o600, owner=1000, group=1000, user=1000, git=GitState.IGNORED
)


class DemoFile:
    """An environment file in memory, with its versions.

    Args:
        clock: The time.
        folder: Where its copy and the staged candidates are stored, because plans read files.
    """

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._clock = clock
        self.folder = folder
        self.data: bytes | None = FILE
        self._changes = 0
        before = FILE.replace(b"NOSTR_POST_ENABLE=true", b"NOSTR_POST_ENABLE=false")
        first = clock.now() - timedelta(days=2)
        self.versions: dict[str, tuple[SavedVersion, bytes]] = {}
        self._remember(before, first)
        self._remember(FILE, first)

    def _remember(self, data: bytes, at: datetime) -> None:
        if any(kept == data for _, kept in [*self.versions.values()][-1:]):
            return
        name, size = str(len(self.versions) + 1), SafeText(f"{len(data):,} bytes")
        version = SavedVersion(name, at, size, digest(data))
        self.versions[name] = (version, data)

    @property
    def stamp(self) -> Stamp:
        """A value that changes with each write; empty if the file does not exist."""
        return (self._changes,) if self.data is not None else ()

    @property
    def copy(self) -> Path:
        """The path of the copy that plans read."""
        return self.folder / "environment" / "demonstration.env"

    def write(self, data: bytes) -> None:
        """Replace the content, and keep both the old and the new one as versions."""
        if self.data is not None:
            self._remember(self.data, self._clock.now())
        self._remember(data, self._clock.now())
        self.data = data
        self._changes += 1


class DemoSource:
    """An `EnvironmentSource` on the simulated stack.

    Args:
        file: The file.
    """

    path = Path(PATH)

    def __init__(self, file: DemoFile) -> None:
        self._file = file
        around = FileContext(DotenvDocument.parse(EXAMPLE), uses(), _FACTS)
        self._examiner = Examiner(around, {})

    def read(self) -> LoadedFile:
        """Return the current content, with its example file."""
        return LoadedFile(
            data=self._file.data,
            example=EXAMPLE,
            stamp=self._file.stamp,
            examine=self._examiner.examine,
            examine_key=self._examiner.examine_key,
        )

    def stamp(self) -> Stamp:
        """Return a value that changes with each write."""
        return self._file.stamp

    def other(self, path: Path) -> bytes:
        """Return the example file, the only other file of the simulated stack.

        Raises:
            FileError: The path is that of another file.
        """
        if path.name == ".env.example":
            return EXAMPLE
        raise FileError("The demo has no such file.", on=str(path))

    def versions(self) -> Sequence[SavedVersion]:
        """Return the saved versions, newest first."""
        return [version for version, _ in reversed(self._file.versions.values())]

    def version(self, name: str) -> bytes:
        """Return the content of a saved version."""
        return self._file.versions[name][1]


class DemoWorkspace:
    """An `EnvironmentWorkspace` on the simulated stack.

    Args:
        file: The file.
        clock: Gives the time of drafts.
        environment: The variables of this process.
    """

    def __init__(self, file: DemoFile, clock: Clock, environment: Mapping[str, str]) -> None:
        self.file = file
        self._clock = clock
        self._environment = environment
        self._draft: SavedDraft | None = None
        self._staging = Staging(file.folder, Path(DIRECTORY))

    def saved_draft(self) -> SavedDraft | None:
        """Return the unsaved edits of this demo session, if any."""
        return self._draft

    @property
    def has_draft(self) -> bool:
        """Whether there are unsaved edits."""
        return self._draft is not None

    def save_draft(self, base: bytes, data: bytes) -> None:
        """Save unsaved edits as the draft."""
        self._draft = SavedDraft(base, data, self._clock.now())

    def discard_draft(self) -> None:
        """Remove the draft and the candidates made from it."""
        self._staging.remove_discarded()
        self._draft = None

    def preview_impact(self, candidate: bytes) -> Impact:
        """Return which services a candidate would recreate or rebuild."""
        document = DotenvDocument.parse(candidate)
        if document.faults:
            fault = document.faults[0]
            refusal = plain(f"failed to read {PATH}: line {fault.line}: {fault.message}")
            return Impact(refusal, (), ())
        return Impact(SafeText(""), (), tuple(self._impacts(document)))

    def _impacts(self, document: DotenvDocument) -> list[ServiceImpact]:
        before = effective_entries(DotenvDocument.parse(self.file.data or b""))
        after = effective_entries(document)
        changed = [
            key
            for key in dict.fromkeys((*before, *after))
            if (before[key].written if key in before else None)
            != (after[key].written if key in after else None)
        ]
        found = []
        known = uses()
        for service in known.services:
            reads = [
                (key, use)
                for key in changed
                for use in known.references.get(key, ())
                if use.service == service
            ]
            if reads:
                built = any(use.how is KeyUseKind.BUILD_ARGUMENT for _, use in reads)
                keys = tuple(plain(key) for key, _ in reads)
                cause = "is built into its image" if built else "is in its environment"
                found.append(
                    ServiceImpact(
                        service,
                        ServiceChange.REBUILD if built else ServiceChange.RECREATE,
                        keys,
                        SafeText(f"{', '.join(keys)} {cause}"),
                        running=True,
                    )
                )
        return found

    def stage(self, candidate: bytes, base: bytes | None) -> str:
        """Stage a candidate for a plan and return its id."""
        return self._staging.stage(candidate, base=digest(base))

    def staged(self, name: str) -> bytes:
        """Return the content of a staged candidate."""
        return self._staging.read(name)

    def facts(self) -> EnvironmentFacts:
        """Return what a plan needs to know about the file; writes the copy that plans read."""
        now = self.file.data or b""
        replace_file(self.file.copy, now, durable=False)
        candidates = tuple(
            Candidate(
                id=name,
                sha256=digest(content),
                impact=self.preview_impact(content),
                file=str(self._staging.path(name)),
                base=self._staging.base(name),
            )
            for name, content in ((name, self.staged(name)) for name in self._staging.ids())
        )
        return EnvironmentFacts(
            path=plain(str(self.file.copy)),
            sha256=digest(now),
            trouble=SafeText(""),
            candidates=candidates,
        )

    def carry_out(self, argv: Sequence[str]) -> Sequence[Sequence[str]]:
        """Save a candidate, as the real program would, and return the docker commands to run.

        Args:
            argv: `... VERB ID --recreate SERVICE --rebuild SERVICE ...`
        """
        at = argv.index(WORKER) + 1
        impact = self.preview_impact(self.staged(argv[at + 1]))
        self.file.write(self.staged(argv[at + 1]))
        if argv[at] != "apply":
            return ()
        recreated = [str(item.service) for item in impact.services]
        built = [
            str(item.service) for item in impact.services if item.change is ServiceChange.REBUILD
        ]
        up = ("docker", "compose", "up", "--detach", "--no-deps", "--force-recreate", *recreated)
        return [("docker", "compose", "build", *built), up] if built else [up] if recreated else []

    def edit_externally(self, data: bytes) -> bytes:
        """Open the user's editor on a private copy and return the edited content."""
        return edit_externally(data, self._environment)


def demo_environment(
    file: DemoFile, clock: Clock, settings: Settings, environment: Mapping[str, str]
) -> EnvironmentAccess:
    """Return the console's access to the environment file of the simulated stack.

    Args:
        file: The file.
        clock: Gives the time of drafts.
        settings: Decide whether edits are allowed and secrets may be revealed.
        environment: The variables of this process.
    """
    source = DemoSource(file)
    if settings.read_only:
        return EnvironmentAccess(source, None, settings.reveal_allowed)
    return EnvironmentAccess(source, DemoWorkspace(file, clock, environment), reveals=True)
