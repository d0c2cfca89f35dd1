"""Sees what a command of ours builds, and writes down what that was built with."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.errors import OF_ONE_OBJECT, ConsoleError
from pixel_tui.stack.build_record import BuildRecords
from pixel_tui.stack.built_with import arguments_of
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.json_value import Node
from pixel_tui.stack.source import EngineReader, ProjectReader

log = logging.getLogger(__name__)

_BUILD: Final = "build"
_UP: Final = "up"


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How an image would be built now."""

    image: str
    own_name: bool
    """The project gives it its name: it is never pulled."""
    arguments: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Building:
    """What was there before a command that may build."""

    asked: frozenset[str]
    """The services that it builds by name; where there are none, those whose image is new."""
    always: bool
    """It builds all of these, be the image the same afterwards."""
    recipes: Mapping[str, _Recipe]
    """By service."""
    images: Mapping[str, str]
    """The ids of before, by service; empty where there was none."""


class Witness(Protocol):
    """What is told of each command, before it and after it."""

    def before(self, argv: Sequence[str], *, missing: bool = False) -> Building | None:
        """What to compare afterwards; None where nothing is built. Blocks, and raises nothing.

        Args:
            argv: The command that is about to be run.
            missing: Whether an image that `up` would build is not there.
        """
        ...

    def after(self, building: Building | None, *, done: bool) -> None:
        """Write down what was built. Blocks, and raises nothing.

        Args:
            building: What was there before.
            done: Whether the command did all that it was to do.
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

    def before(self, argv: Sequence[str], *, missing: bool = False) -> Building | None:
        """What to compare afterwards; None where nothing is built."""
        words = argv[len(self._prefix) :]
        ours = tuple(argv[: len(self._prefix)]) == self._prefix and words
        if not ours or words[0] not in {_BUILD, _UP} or (words[0] == _UP and not missing):
            return None
        try:
            recipes = self._recipes()
            images = self._images(recipes, recipes)
        except ConsoleError as error:
            log.warning("what is built is not written down: %s", error)
            return None
        always = words[0] == _BUILD
        named = _names(words[1:]) & set(recipes) if always else frozenset()
        return Building(named or frozenset(recipes), always, recipes, images)

    def after(self, building: Building | None, *, done: bool) -> None:
        """Write down what was built."""
        if building is None:
            return
        try:
            now = self._recipes()
            same = [name for name, recipe in building.recipes.items() if now.get(name) == recipe]
            images = self._images(now, same, pulled=building.always)
            certain = building.asked if building.always and done else frozenset()
            built = {
                image_id: now[name].arguments
                for name, image_id in images.items()
                if image_id and (name in certain or image_id != building.images[name])
            }
            self._records.add(built, self._clock.now().timestamp())
        except ConsoleError as error:
            log.warning("what was built is not written down: %s", error)

    def _recipes(self) -> dict[str, _Recipe]:
        config = self._project.resolve().config
        project = Node(config)["name"].raw
        return {
            name: _Recipe(
                image=service["image"].raw or f"{project}-{name}",
                own_name=not service["image"],
                arguments=arguments_of(service),
            )
            for name, service in Node(config)["services"].members()
            if service["build"]
        }

    def _images(
        self, recipes: Mapping[str, _Recipe], names: Collection[str], *, pulled: bool = True
    ) -> dict[str, str]:
        """The ids of the images of services; empty for one that is not there.

        Args:
            recipes: By service.
            names: Of the services that are asked about.
            pulled: Whether one that may have been pulled counts: `up` tries that first, for
                what has a name of its own.
        """
        engine = self._make_engine()
        try:
            return {name: _image_id(engine, recipes[name], pulled=pulled) for name in names}
        finally:
            engine.close()


def _image_id(engine: EngineReader, recipe: _Recipe, *, pulled: bool) -> str:
    try:
        image = Node(engine.image(recipe.image))
    except OF_ONE_OBJECT:
        return ""
    if not pulled and not recipe.own_name and image["RepoDigests"]:
        return ""
    return image["Id"].raw


def _names(words: Sequence[str]) -> frozenset[str]:
    """The operands: what is no option, or is behind `--`."""
    if "--" in words:
        at = words.index("--")
        return _names(words[:at]) | frozenset(words[at + 1 :])
    return frozenset(word for word in words if not word.startswith("-"))
