"""The read-only test presses every key, and the programs that it allows only read."""

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
from pixel_tui.console.keymap import BINDING_OWNERS
from pixel_tui.stack.compose.command import UNRESOLVED
from pixel_tui.stack.programs.git import OFF
from screens.dashboard.screen import DashboardScreen
from tests.terminal.every_key import bound_keys, every_key, named
from tests.terminal.recorded_programs import reads

OPTIONS = ("--project-directory", "/srv/shop", "--project-name", "shop", "--profile", "*")


def test_every_bound_key_is_pressed() -> None:
    keys = every_key()
    assert {"q", "x", "f5", "colon", "ctrl+x", "ctrl+q", "shift+tab"} <= bound_keys()
    owners: tuple[type[DOMNode], ...] = (PixelTui, *BINDING_OWNERS)
    for owner in owners:
        assert set(owner._merge_bindings().key_to_bindings) <= bound_keys()
    assert bound_keys() <= set(keys)


def own_kinds() -> Iterator[type[DOMNode]]:
    """Return all screens and widgets of the console."""
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for kind in vars(importlib.import_module(found.name)).values():
                own = isinstance(kind, type) and kind.__module__ == found.name
                if own and issubclass(kind, DOMNode):
                    yield kind


def test_every_class_with_bindings_is_listed() -> None:
    binding = {kind for kind in own_kinds() if vars(kind).get("BINDINGS")}
    assert binding <= set(BINDING_OWNERS), "the read-only test goes through BINDING_OWNERS"


def test_only_the_dashboard_has_commands_in_the_palette() -> None:
    """So it is enough to run the palette's commands above the dashboard."""
    with_commands = {kind for kind in own_kinds() if issubclass(kind, Screen) and kind.COMMANDS}
    assert with_commands == {DashboardScreen}


def test_printable_function_and_control_keys_are_pressed() -> None:
    keys = every_key()
    printable = set(string.printable) - set(string.whitespace) | {" "}
    assert printable <= set(keys.values())
    assert {f"f{number}" for number in range(1, 13)} <= set(keys)
    control = set(string.ascii_lowercase) - set("him")  # backspace, tab and enter
    assert {f"ctrl+{letter}" for letter in control} <= set(keys)
    assert {"backspace", "tab", "enter", "escape", "up", "pagedown", "home"} <= set(keys)


def test_each_sequence_is_parsed_as_its_key() -> None:
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
def test_only_these_compose_commands_count_as_reading(
    program: tuple[str, ...], words: tuple[str, ...], only_reads: bool
) -> None:
    assert reads((*program, *words)) is only_reads
    assert reads((*program, *OPTIONS, *words)) is only_reads


def test_git_commands_only_read() -> None:
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
def test_other_programs_never_count_as_reading(argv: tuple[str, ...]) -> None:
    assert not reads(argv)
