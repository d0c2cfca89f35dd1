"""Sees what a command of ours builds, and writes down what that was built with."""

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
_SLACK: Final = 1.0
"""Seconds: the engine's clock, and its file's, are read to the second by some."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How an image would be built now."""

    image: str
    own_name: bool
    """The project gives it its name: it is never pulled."""
    always: bool
    """Each `up` builds it, and never pulls it."""
    arguments: Mapping[str, str] = field(repr=False)

    def mark(self, key: bytes) -> str:
        """What tells an equal recipe, and nothing else."""
        facts = [self.image, self.own_name, self.always, sorted(self.arguments.items())]
        return build_mark(key, "recipe", json.dumps(facts))


@dataclass(frozen=True, slots=True)
class Building:
    """What was there before a command that may build; written down while it runs."""

    argv: tuple[str, ...]
    at: float
    """When it was about to be run, in seconds since the epoch."""
    certain: frozenset[str]
    """The services that it builds when it does all that it is to do, be the image the same
    afterwards; of the others those whose image is another one then."""
    pulls: bool
    """It may pull an image in place of building it."""
    recipes: Mapping[str, str]
    """The marks of how images would be built, by service."""
    images: Mapping[str, str]
    """The ids of before, by service; empty where there was none."""
    key: bytes = field(repr=False)
    """Of the marks."""

    def as_json(self) -> JsonObject:
        """What is written down; no value is in it."""
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


def _building(root: JsonObject) -> Building | None:
    """What was written down; None where nothing was, or it can't be understood."""
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


class Witness(Protocol):
    """What is told of each command, before it and after it."""

    def before(self, argv: Sequence[str], *, up_builds: bool = False) -> Building | None:
        """What to compare afterwards; None where nothing is built. Blocks, and raises nothing.

        Args:
            argv: The command that is about to be run.
            up_builds: Whether `up` would build an image.
        """
        ...

    def after(self, building: Building | None, *, done: bool) -> None:
        """Write down what was built. Blocks, and raises nothing.

        Args:
            building: What was there before.
            done: Whether the command did all that it was to do.
        """
        ...

    def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
        """Write down what a command built whose console died. Blocks, and raises nothing.

        Args:
            argv: The command.
            began: When its step was begun, in seconds since the epoch.
            ended: When it ended.
            done: Whether it did all that it was to do.
        """
        ...


class BuildWitness:
    """Compares what was there before a command with what is there after it.

    What can't be asked is not written down: then it is unknown, which is true.

    Args:
        command: How compose is called by what is watched.
        project: Resolves the project as compose does then.
        engine: Makes what asks the engine.
        records: Where it is written down.
        clock: Where times come from.
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
        """What to compare afterwards; None where nothing is built."""
        words = argv[len(self._prefix) :]
        ours = tuple(argv[: len(self._prefix)]) == self._prefix and words
        if not ours or words[0] not in {_BUILD, _UP} or (words[0] == _UP and not up_builds):
            return None
        key = os.urandom(_KEY_BYTES)
        try:
            recipes = self._recipes()
            images = {name: item["Id"].raw for name, item in self._images(recipes).items()}
        except ConsoleError as error:
            log.warning("what is built is not written down: %s", error)
            return None
        pulls = words[0] == _UP
        named = _names(words[1:]) & set(recipes) or frozenset(recipes)
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
            log.warning("what is built is forgotten if this console dies: %s", error)
        return building

    def after(self, building: Building | None, *, done: bool) -> None:
        """Write down what was built."""
        if building is not None:
            self._note(building, self._clock.now().timestamp(), done=done)

    def left(self, argv: Sequence[str], *, began: float, ended: float, done: bool) -> None:
        """Write down what a command built whose console died."""
        building = _building(self._records.begun())
        if building is None or building.argv != tuple(argv) or not began <= building.at <= ended:
            return
        # Others may have built since: only what was named in that time is certain to be its work.
        self._note(building, ended, done=done, within=(building.at - _SLACK, ended + _SLACK))

    def _note(
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
                and (within is None or _named_within(image, within))
            }
            self._records.add(built, at)
        except ConsoleError as error:
            log.warning("what was built is not written down: %s", error)
        self._records.forget_begun()

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
        """The images of services as they are now; an empty node for one that is not there."""
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
    """Whether `up` may have pulled it: it tries that first, for what has a name of its own."""
    return not recipe.own_name and not recipe.always and bool(image["RepoDigests"])


def _named_within(image: Node, within: tuple[float, float]) -> bool:
    """Whether an image was made in this time, or named: a build from the cache names it again.

    Engine 20.10 does not tell when BuildKit names one: what came from the cache is unknown there.
    """
    made = (parse_time(item.raw) for item in (image["Created"], image["Metadata"]["LastTagTime"]))
    return any(time is not None and within[0] <= time.timestamp() <= within[1] for time in made)


def _names(words: Sequence[str]) -> frozenset[str]:
    """The operands: what is no option, or is behind `--`."""
    if "--" in words:
        at = words.index("--")
        return _names(words[:at]) | frozenset(words[at + 1 :])
    return frozenset(word for word in words if not word.startswith("-"))
