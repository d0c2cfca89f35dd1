"""Comments of a `.env` with a meaning: section banners and commented-out entries."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.environment.dotenv.grammar import RefusalReason, Statement, statements
from pixel_tui.text import SafeText, plain

_RULES: Final = r"=\-*~_\u2500\u2501\u2550"
_RULE = re.compile(rf"\s*(?:#[\s#]*[{_RULES}]{{3,}}[\s#]*|#{{4,}}\s*)")
_TITLED_RULE = re.compile(
    rf"\s*#[\s#]*[{_RULES}]{{3,}}\s+(?P<title>\S.*?)(?:\s*[{_RULES}]{{2,}})?[\s#]*"
)
_MAX_TITLE_LINES: Final = 5
"""The most lines between two rules that are a title."""
_MAX_LINE_LENGTH: Final = 1000
"""In characters; longer comments are no banners."""
_ENTRY = re.compile(r"[ \t]*(?P<mark>#+[ \t]?)[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.\-]*[ \t]*=")
_MAX_ENTRY_LINES: Final = 200
"""The most continuation lines of a commented-out entry."""


class SectionTitles:
    """Finds section titles in comments: between two rules, or inside one."""

    def __init__(self) -> None:
        self.current = SafeText("")
        self.found: list[SafeText] = []
        self._title_lines: list[str] | None = None

    def comment(self, line: str) -> None:
        """Read the next comment line."""
        if len(line) > _MAX_LINE_LENGTH:
            self.end_comments()
        elif _RULE.fullmatch(line):
            titles = [text for text in self._title_lines or () if text]
            self._title_lines = [] if not titles else None
            if titles:
                self._start_section(titles[0])
        elif (titled := _TITLED_RULE.fullmatch(line)) and any(map(str.isalnum, titled["title"])):
            self._title_lines = None
            self._start_section(titled["title"])
        elif self._title_lines is not None:
            self._title_lines.append(line.strip().strip("#").strip())
            if len(self._title_lines) > _MAX_TITLE_LINES:
                self._title_lines = None

    def end_comments(self) -> None:
        """End a run of comments: the next line is something else."""
        self._title_lines = None

    def _start_section(self, title: str) -> None:
        self.current = plain(title)
        self.found.append(self.current)


@dataclass(frozen=True, slots=True)
class CommentedEntry:
    """An entry that is commented out."""

    comment_prefix: str
    text: str
    """Its lines without their comment prefixes."""
    statement: Statement


def commented_entry(lines: Sequence[str], index: int) -> CommentedEntry | None:
    """Return the commented-out entry that starts at this line; None if it isn't one."""
    match = _ENTRY.match(lines[index])
    if match is None:
        return None
    comment_prefix = match["mark"]
    text = uncomment(lines[index], comment_prefix)
    statement = next(statements(text))
    if statement.refused is RefusalReason.UNTERMINATED:
        text += "".join(_continuation(lines, index + 1, comment_prefix, statement.quote))
        statement = next(statements(text))
    end = text.find("\n", statement.value_end) + 1 or len(text)
    rest = text[statement.value_end : end].lstrip()
    if statement.refused or (rest and not rest.startswith("#")):
        return None
    return CommentedEntry(comment_prefix, text[:end], statement)


def _continuation(
    lines: Sequence[str], index: int, comment_prefix: str, quote: str
) -> Iterator[str]:
    """Yield the next lines with the same prefix, up to one with the closing quote."""
    bare = comment_prefix.rstrip()
    for line in lines[index : index + _MAX_ENTRY_LINES]:
        if not line.startswith((comment_prefix, f"{bare}\n", f"{bare}\r\n")):
            return
        if comment_prefix == bare and _ENTRY.match(line):
            return
        yield uncomment(line, comment_prefix)
        if quote in line.replace(f"\\{quote}", ""):
            return


def uncomment(line: str, comment_prefix: str) -> str:
    """Return a line without its comment prefix."""
    return line.replace(
        comment_prefix if comment_prefix in line else comment_prefix.rstrip(), "", 1
    )
