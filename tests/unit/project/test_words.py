"""The words of the product: plain ones, and one for one thing.

Only what can be told for certain is looked for. What is quoted (code, commands, messages) is left
alone on the pages: it is what the program prints.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from pixel_tui.operations.actions_page import MARK
from tests.builders.shown_strings import ShownString, logged_strings, shown_in, shown_strings

ROOT = Path(__file__).parents[3]
CODE = [ROOT / folder for folder in ("pixel_tui", "screens", "widgets")]
PROFILES = sorted((ROOT / "pixel_tui" / "profiles").glob("*.toml"))
GENERATED = "keys.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != GENERATED),
]

AVOIDED: Final[Mapping[str, str]] = {
    r"mend(s|ed|ing)?": "fix",
    r"remed(y|ies)": "fix, hint",
    r"anew": "again, recreated",
    r"begun": "started",
    r"(is|are|was|were|be|been) told": "is shown, reports",
    r"put(s|ting)? aside": "moved to, backed up as",
    r"tak(e|es|en|ing) (it |them |this |that )?back|took (it |them )?back": "roll back, restore",
    r"(go|goes|going|went|gone) on": "continues",
    r"shall": "must, or nothing",
    r"whoever|whomever": "the user, the process that",
    r"somebody|nobody|anybody": "another user, no process, no client",
    r"whole": "complete, full, intact, all of",
    r"figures": "stats, metrics, numbers",
    r"(is|are|was|were|been) away": "is down",
    r"(do|does|did) not agree": "out of sync, mismatch",
    r"(is|are|was|were) said to": "is marked, is reported to",
    r"exited with \d+ \w+|exits with \d+ \w*(error|ok)": "exit 1, exit 137 (SIGKILL)",
    r"from nothing": "without cache",
    r"its last (lines|words)": "its logs, its last output",
    r"goes by": "uses, is decided by",
    r"stands? (in|on|at|there|above|below|beside|behind)": "is",
}
"""What is not written, as a regular expression of full words, and what is better."""

MESSAGES: Final[Mapping[str, str]] = {
    **AVOIDED,
    r"the console|this console|other consoles?": "pixel-tui",
    r"the engine('s)?": "Docker, the Docker daemon",
    r"left half done": "was interrupted",
    r"br(oke|eaks|oken) off": "was interrupted",
    r"of (before|now|then)": "previous, current",
    r"made again": "recreated",
    r"(it|this|that|which) is no (?!longer\b)\w+": "is not a",
    r"behind (it|them|this|that|the|a|an)": "after",
    r"where (it|they|there|none|nothing)": "if",
    r"what (runs|stands|is there|there is|was there)": "the noun",
    r"(does|do|did) not run": "is not running",
    r"(is|are|was) not known|nothing is known": "unknown",
    r"put(s|ting)? back": "restore",
    r"prob(e[sd]?|ing)": "health check",
    r"room": "space",
    r"wants": "needs",
    r"look(s|ed|ing)? at": "check, read",
    r"away": "down, or remove",
    r"faults? of its own": "bug",
    r"at work": "running",
    r"once more": "again",
    r"not (waited|asked) for": "stopped waiting, not requested",
    r"in force": "applied",
    r"(names?|tells?) no|carr(y|ies) the name": "is not in, belongs to",
}
"""The same for what the program prints. Pages may tell the console from the shell commands."""

EXCEPTIONS: Final[Mapping[str, str]] = {
    "pixel_tui/backups/broken_off.py": "a restore by an earlier version printed these lines",
    "pixel_tui/demo/stack/log_messages.py": "what the simulated programs log",
    "pixel_tui/operations/jobs/proxy_probe.py": "a probe of ours, from outside",
}
"""Files that are not held to the words, and why."""


def avoided(text: str, words: Mapping[str, str] = AVOIDED) -> list[str]:
    """What of a text is better said otherwise: `mended: fix`."""
    joined = " ".join(text.split())
    return [
        f"{found.group()}: {better}"
        for word, better in words.items()
        for found in re.finditer(rf"\b(?:{word})\b", joined, re.IGNORECASE)
    ]


def prose(page: Path) -> str:
    """What is said on a page: no code, no quoted message, nothing that is made from the code."""
    text = page.read_text().partition(MARK)[0]
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^> .*$", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`]*`", "`", text)


def messages() -> Iterator[ShownString]:
    """What the program shows and prints."""
    return shown_strings(CODE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_written_in_the_words_of_the_product(page: Path) -> None:
    assert not avoided(prose(page))


def test_a_message_is_written_in_the_words_of_the_product() -> None:
    found = [
        f"{message}  ({', '.join(words)})"
        for message in messages()
        if (words := avoided(message.text, MESSAGES))
        and str(Path(message.path).relative_to(ROOT)) not in EXCEPTIONS
    ]
    assert not found, "\n".join(found)


def test_a_log_message_is_written_in_the_words_of_the_product() -> None:
    logged = list(logged_strings(CODE))
    assert len(logged) > 40
    found = [
        f"{message}  ({', '.join(words)})"
        for message in logged
        if (words := avoided(message.text, MESSAGES))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_profile_is_written_in_the_words_of_the_product(profile: Path) -> None:
    found = [
        f"{number}: {line}  ({', '.join(words)})"
        for number, line in enumerate(profile.read_text().splitlines(), 1)
        if (words := avoided(line, MESSAGES))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_an_exception_is_still_needed(path: str) -> None:
    texts = [found.text for found in shown_in((ROOT / path).read_text())]
    assert any(avoided(text, MESSAGES) for text in texts)


def test_an_avoided_word_is_found_as_a_word_and_over_the_end_of_a_line() -> None:
    assert avoided("Mend it, and it goes\non.") == ["Mend: fix", "goes on: continues"]
    assert not avoided("Recommended: the wholesale amendment of a configuration.")


def test_what_is_quoted_on_a_page_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("> Mend the file.\n\nIt printed `Mend it`:\n\n```\nmend\n```\n")
    assert not avoided(prose(page))


def test_what_people_read_is_found_in_the_code() -> None:
    source = """
Binding("m", "merge", "Merge", id="merge", tooltip="Merge both")
raise FileError(f"{path} can't be read", on=str(path), hint="Fix it" if mine else "Ask")
self.notify("Copied.", title="Log", timeout=2)
Content.assemble(("bold words", "bold"), f" and {more}")
parser.add_argument("--json", action="store_true", help="as JSON")
log.debug("of no interest to people")
NAMED = re.compile("a pattern")
class Screen:
    'A docstring of the class'
    CSS = "Screen { color: red; }"
    TITLE = "Tasks"
    def why(self, kind: "Kind | None") -> str:
        return LABELS.get(kind, f"not {kind} yet")
LABELS = {"a": "Not started", "b": "lower"}
"""
    assert [found.text for found in shown_in(source)] == [
        "Merge", "Merge both", "… can't be read", "Fix it", "Ask", "Copied.", "Log",
        "bold words", " and …", "as JSON", "Tasks", "not … yet", "Not started",
    ]  # fmt: skip


def test_the_messages_of_the_program_are_found() -> None:
    texts = [found.text for found in messages()]
    assert len(texts) > 2500
    assert "No such action" in texts
