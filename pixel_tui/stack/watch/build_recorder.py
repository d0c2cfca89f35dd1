"""Records the build arguments of images that our commands build."""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.errors import SINGLE_OBJECT_ERRORS, ConsoleError, FileError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.build_record import build_mark
from pixel_tui.stack.model.built_with import arguments_of
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_times import parse_time
from pixel_tui.stack.model.source import EngineReader, ProjectReader

log = logging.getLogger(__name__)

_BUILD: Final = "build"
_UP: Final = "up"
_VERSION: Final = 1
_KEY_BYTES: Final = 32
_TOLERANCE: Final = 1.0
"""Tolerance in seconds: some of the compared times have a resolution of one second."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """The name and build arguments of a service's image."""

    image: str
    own_name: bool
    """Whether compose derives its name from the project, so that it is never pulled."""
    always: bool
    """Whether each `up` builds it and never pulls it."""
    arguments: Mapping[str, str] = field(repr=False)

    def mark(self, key: bytes) -> str:
        """Return the keyed hash of the recipe, to compare it without keeping values."""
        facts = [self.image, self.own_name, self.always, sorted(self.arguments.items())]
        return build_mark(key, "recipe", json.dumps(facts))


@dataclass(frozen=True, slots=True)
class Building:
    """The state before a command that may build; it is saved on disk while the command runs."""

    argv: tuple[str, ...]
    at: float
    """The time before the command was run, in seconds since the epoch."""
    certain: frozenset[str]
    """The services that are built if the command succeeds, even if the image is the same
    afterwards. Other services count as built if their image has changed."""
    pulls: bool
    """Whether the command may pull an image instead of building it."""
    recipes: Mapping[str, str]
    """Service to the mark of its recipe."""
    images: Mapping[str, str]
    """Service to the id of its image; empty if there was none."""
    key: bytes = field(repr=False)
    """The key of the marks."""

    def as_json(self) -> JsonObject:
        """Return the JSON to save, which contains no values."""
        return {
            "version": _VERSION,
            "argv": list(self.argv),
            "at": self.at,
            "certain": [*sorted(self.certain)],
            "pulls": self.pulls,
            "recipes": dict(self.recipes),
            "images": dict(self.images),
            "key": self.key.hex(),
        }


def _parse_building(root: JsonObject) -> Building | None:
    """Parse the saved state; return None if there is none or it is invalid."""
    node = Node(root)
    at = node["at"].value
    if node["version"].value != _VERSION or not isinstance(at, int | float):
        return None
    try:
        key = bytes.fromhex(node["key"].raw)
    except ValueError:
        return None
    return Building(
        argv=tuple(item.raw for item in node["argv"]),
        at=float(at),
        certain=frozenset(item.raw for item in node["certain"]),
        pulls=node["pulls"].flag,
        recipes={name: item.raw for name, item in node["recipes"].members()},
        images={name: item.raw for name, item in node["images"].members()},
        key=key,
    )


class BuildObserver(Protocol):
    """Observes commands before and after they are run. Its methods block and don't raise."""

    def before(self, argv: Sequence[str], *, up_builds: bool = False) -> Building | None:
        """Return the state to compare with afterwards; None if the command builds nothing.

        Args:
            argv: The command that is about to be run.
            up_builds: Whether `up` would build an image.
        """
        ...

    def after(self, building: Building | None, *, done: bool) -> None:
        """Record what was built.

        Args:
            building: The state before the command.
            done: Whether the command succeeded.
        """
        ...

    def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
        """Record what was built by a command whose console died.

        Args:
            argv: The command.
            began: The start of its step, in seconds since the epoch.
            ended: The end of the command, in seconds since the epoch.
            done: Whether the command succeeded.
        """
        ...


class BuildRecorder:
    """Compares images before and after a command, and records what was built.

    If something can't be read, nothing is recorded, so that it stays unknown.

    Args:
        command: The compose command of the project; other commands are ignored.
        project: Resolves the project.
        engine: Creates a client of the engine.
        records: The build records to write.
        clock: The clock.
    """

    def __init__(
        self,
        command: ComposeCommand,
        project: ProjectReader,
        engine: Callable[[], EngineReader],
        records: BuildRecords,
        clock: Clock,
    ) -> None:
        self._prefix = command.compose_argv()
        self._project = project
        self._make_engine = engine
        self._records = records
        self._clock = clock

    def before(self, argv: Sequence[str], *, up_builds: bool = False) -> Building | None:
        """Return the state to compare with afterwards; None if the command builds nothing."""
        words = argv[len(self._prefix) :]
        ours = tuple(argv[: len(self._prefix)]) == self._prefix and words
        if not ours or words[0] not in {_BUILD, _UP} or (words[0] == _UP and not up_builds):
            return None
        key = os.urandom(_KEY_BYTES)
        try:
            recipes = self._recipes()
            images = {name: item["Id"].raw for name, item in self._images(recipes).items()}
        except ConsoleError as error:
            log.warning("the build can't be recorded: %s", error)
            return None
        pulls = words[0] == _UP
        named = _operands(words[1:]) & set(recipes) or frozenset(recipes)
        building = Building(
            argv=tuple(argv),
            at=self._clock.now().timestamp(),
            certain=frozenset(name for name in named if recipes[name].always or not pulls),
            pulls=pulls,
            recipes={name: recipe.mark(key) for name, recipe in recipes.items()},
            images=images,
            key=key,
        )
        try:
            self._records.begin(building.as_json())
        except FileError as error:
            log.warning(
                "the build is not recorded if pixel-tui exits before it finishes: %s", error
            )
        return building

    def after(self, building: Building | None, *, done: bool) -> None:
        """Record what was built."""
        if building is not None:
            self._record(building, self._clock.now().timestamp(), done=done)

    def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
        """Record what was built by a command whose console died."""
        building = _parse_building(self._records.unfinished())
        if building is None or building.argv != tuple(argv) or not began <= building.at <= ended:
            return
        # Others may have built since then: only images tagged in that time are certainly its own.
        self._record(
            building, ended, done=done, within=(building.at - _TOLERANCE, ended + _TOLERANCE)
        )

    def _record(
        self,
        building: Building,
        at: float,
        *,
        done: bool,
        within: tuple[float, float] | None = None,
    ) -> None:
        try:
            now = self._recipes()
            same = {
                name: recipe
                for name, recipe in now.items()
                if building.recipes.get(name) == recipe.mark(building.key)
            }
            certain = building.certain if done else frozenset()
            built = {
                image["Id"].raw: now[name].arguments
                for name, image in self._images(same).items()
                if image
                and (name in certain or image["Id"].raw != building.images.get(name, ""))
                and not (building.pulls and _may_be_pulled(now[name], image))
                and (within is None or _tagged_within(image, within))
            }
            self._records.add(built, at)
        except ConsoleError as error:
            log.warning("the build can't be recorded: %s", error)
        self._records.clear_unfinished()

    def _recipes(self) -> dict[str, _Recipe]:
        config = self._project.resolve().config
        project = Node(config)["name"].raw
        return {
            name: _Recipe(
                image=service["image"].raw or f"{project}-{name}",
                own_name=not service["image"],
                always=service["pull_policy"].raw == "build",
                arguments=arguments_of(service),
            )
            for name, service in Node(config)["services"].members()
            if service["build"]
        }

    def _images(self, recipes: Mapping[str, _Recipe]) -> dict[str, Node]:
        """Return the present images of services; an empty node for a missing one."""
        engine = self._make_engine()
        try:
            return {name: _image(engine, recipe.image) for name, recipe in recipes.items()}
        finally:
            engine.close()


def _image(engine: EngineReader, reference: str) -> Node:
    try:
        return Node(engine.image(reference))
    except SINGLE_OBJECT_ERRORS:
        return Node(None)


def _may_be_pulled(recipe: _Recipe, image: Node) -> bool:
    """Return whether `up` may have pulled it, which it tries first for images with `image:`."""
    return not recipe.own_name and not recipe.always and bool(image["RepoDigests"])


def _tagged_within(image: Node, within: tuple[float, float]) -> bool:
    """Return whether an image was created or tagged in this time; a cached build tags it again.

    Docker 20.10 does not report when BuildKit tags an image, so cached builds are unknown there.
    """
    made = (parse_time(item.raw) for item in (image["Created"], image["Metadata"]["LastTagTime"]))
    return any(time is not None and within[0] <= time.timestamp() <= within[1] for time in made)


def _operands(words: Sequence[str]) -> frozenset[str]:
    """Return the operands: words that are not options, and all words after `--`."""
    if "--" in words:
        at = words.index("--")
        return _operands(words[:at]) | frozenset(words[at + 1 :])
    return frozenset(word for word in words if not word.startswith("-"))
