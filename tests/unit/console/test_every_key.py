"""What the read-only test presses is every key, and what it lets pass only reads."""

import importlib
import pkgutil
import string
from collections.abc import Iterator

import pytest
from textual.dom import DOMNode
from textual.screen import Screen

import screens
import widgets
from pixel_tui.console.app import PixelTui
from pixel_tui.console.keymap import PLACES
from pixel_tui.stack.compose.command import UNRESOLVED
from pixel_tui.stack.programs.git import OFF
from tests.terminal.every_key import bound_keys, every_key, named
from tests.terminal.recorded_programs import reads

OPTIONS = ("--project-directory", "/srv/shop", "--project-name", "shop", "--profile", "*")


def test_every_key_that_is_bound_anywhere_is_pressed() -> None:
    keys = every_key()
    assert {"q", "x", "f5", "colon", "ctrl+x", "ctrl+q", "shift+tab"} <= bound_keys()
    places: tuple[type[DOMNode], ...] = (PixelTui, *PLACES)
    for place in places:
        assert set(place._merge_bindings().key_to_bindings) <= bound_keys()
    assert bound_keys() <= set(keys)


def own_kinds() -> Iterator[type[DOMNode]]:
    """Every screen and widget that is the console's own, wherever it is defined."""
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for kind in vars(importlib.import_module(found.name)).values():
                own = isinstance(kind, type) and kind.__module__ == found.name
                if own and issubclass(kind, DOMNode):
                    yield kind


def test_no_place_that_binds_a_key_is_forgotten() -> None:
    binding = {kind for kind in own_kinds() if vars(kind).get("BINDINGS")}
    assert binding <= set(PLACES), "PLACES is what the read-only test goes through"


def test_the_palette_offers_nothing_that_only_another_screen_would_show() -> None:
    """So it is enough to run the commands that it offers above the services."""
    bringing = {kind for kind in own_kinds() if issubclass(kind, Screen) and kind.COMMANDS}
    assert bringing == set()


def test_so_is_whatever_prints_and_every_key_of_functions_and_control() -> None:
    keys = every_key()
    printable = set(string.printable) - set(string.whitespace) | {" "}
    assert printable <= set(keys.values())
    assert {f"f{number}" for number in range(1, 13)} <= set(keys)
    control = set(string.ascii_lowercase) - set("him")  # backspace, tab and enter
    assert {f"ctrl+{letter}" for letter in control} <= set(keys)
    assert {"backspace", "tab", "enter", "escape", "up", "pagedown", "home"} <= set(keys)


def test_each_sequence_is_read_as_the_key_it_is_meant_for() -> None:
    assert [name for name, sequence in every_key().items() if named(sequence) != name] == []


@pytest.mark.parametrize("program", [("/x/docker-compose",), ("docker", "compose")])
@pytest.mark.parametrize(
    ("words", "only_reads"),
    [
        (("config", "--format", "json"), True),
        (("config", "--services"), True),
        (("config", "--hash", "*"), True),
        (("config", *UNRESOLVED, "--format", "json"), True),
        (("--env-file", "/dev/null", "config", *UNRESOLVED, "--format", "json"), True),
        (("config", "--output", "docker-compose.yml"), False),
        (("up", "--detach"), False),
        (("restart", "config"), False),
        (("ps", "up"), False),
        (("--ansi", "never", "config", "--services"), False),
        (("--profile",), False),
        ((), False),
    ],
)
def test_only_these_words_to_compose_count_as_reading(
    program: tuple[str, ...], words: tuple[str, ...], only_reads: bool
) -> None:
    assert reads((*program, *words)) is only_reads
    assert reads((*program, *OPTIONS, *words)) is only_reads


def test_git_is_asked_and_never_told_to_do_anything() -> None:
    assert reads(("git", *OFF, "ls-files", "--", ":(literal).env"))
    assert reads(("git", *OFF, "config", "--null", "--list"))
    assert reads(("git", *OFF, "-c", "core.filemode=false", "status"))
    assert not reads(("git", *OFF, "-c", "core.editor=x", "status"))
    assert not reads(("git", *OFF, "config", "core.fsmonitor", "x"))
    assert not reads(("git", "ls-files", "--", ".env"))
    assert not reads(("git", *OFF, "add", ".env"))


@pytest.mark.parametrize(
    "argv", [("docker", "ps"), ("docker",), ("sh", "-c", "config"), ("systemctl", "ls")]
)
def test_another_program_is_never_taken_for_a_reader(argv: tuple[str, ...]) -> None:
    assert not reads(argv)
