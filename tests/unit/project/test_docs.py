"""What the documents say is what the program does."""

import re
from pathlib import Path

import pytest

from pixel_tui.console.app import PixelTui
from pixel_tui.console.keys_page import keys_page
from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.actions_page import MARK, actions_page

ROOT = Path(__file__).parents[3]


def test_the_page_of_keys_is_made_from_the_bindings() -> None:
    page = (ROOT / "docs" / "keys.md").read_text()
    assert page == keys_page(PixelTui.BINDINGS), "run scripts/keys"


def test_the_page_of_recovery_lists_every_action_as_it_is() -> None:
    page = (ROOT / "docs" / "recovery.md").read_text()
    assert page.partition(MARK)[2] == f"\n{actions_page()}", "run scripts/recovery"
    for action in all_actions():
        assert f"`{action.name}`" in page


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/configuration.md"])
def test_links_between_documents_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"^make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE):
            assert f"\n{target}: " in makefile, target
