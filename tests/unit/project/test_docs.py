"""What the documents say is what the program does."""

import re
from functools import cache
from pathlib import Path

import pytest

from pixel_tui.console.app import PixelTui
from pixel_tui.console.keys_page import keys_page
from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.actions_page import MARK, actions_page

ROOT = Path(__file__).parents[3]
PAGES = [
    Path("README.md"),
    Path("CONTRIBUTING.md"),
    Path("CHANGELOG.md"),
    *(page.relative_to(ROOT) for page in sorted((ROOT / "docs").glob("*.md"))),
]


@cache
def committed() -> frozenset[str]:
    """The files and folders of the program, its tests and its documents, from the root."""
    folders = ("pixel_tui", "screens", "widgets", "tests", "docs", "scripts", "examples")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found += ROOT.glob("*")
    return frozenset(
        str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts
    )


def prose(page: Path) -> str:
    """A page without its code blocks, where `](` and `#` are no links or headings."""
    return re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What GitHub lets a link to a heading of this page end with."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_keys_is_made_from_the_bindings() -> None:
    page = (ROOT / "docs" / "keys.md").read_text()
    assert page == keys_page(PixelTui.BINDINGS), "run scripts/keys"


def test_the_page_of_recovery_lists_every_action_as_it_is() -> None:
    page = (ROOT / "docs" / "recovery.md").read_text()
    assert page.partition(MARK)[2] == f"\n{actions_page()}", "run scripts/recovery"
    for action in all_actions():
        assert f"`{action.name}`" in page


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_leads_to_a_page_and_to_a_heading_that_exist(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)", prose(page)):
        there = (ROOT / page).parent / target if target else ROOT / page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), f"{target}#{anchor}"


def test_the_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"^make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE):
            assert f"\n{target}: " in makefile, target


def test_every_path_that_the_page_of_the_architecture_names_exists() -> None:
    """From the root, or as the end of one: `frames.py`, `view/truth.py`."""
    known = {f"/{path}" for path in committed()}
    named = re.findall(
        r"`([\w./-]+(?:\.(?:py|md|toml|tcss|json)|/))`",
        prose(Path("docs/architecture.md")),
    )
    ours = [path for path in named if not path.startswith((".", "builds/", "contents/"))]
    assert len(ours) > 100
    wrong = [path for path in ours if not any(one.endswith(f"/{path.strip('/')}") for one in known)]
    assert not wrong
