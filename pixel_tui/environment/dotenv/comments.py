"""What comments of a `.env` say: banners that begin a section, and entries that don't count."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.environment.dotenv.grammar import Refused, Statement, statements
from pixel_tui.text import SafeText, plain

_RULES: Final = r"=\-*~_\u2500\u2501\u2550"
_RULE = re.compile(rf"\s*(?:#[\s#]*[{_RULES}]{{3,}}[\s#]*|#{{4,}}\s*)")
_TITLED_RULE = re.compile(
    rf"\s*#[\s#]*[{_RULES}]{{3,}}\s+(?P<title>\S.*?)(?:\s*[{_RULES}]{{2,}})?[\s#]*"
)
_LONGEST_TITLE: Final = 5
"""Lines between two rules that are still a title."""
_LONGEST_LINE: Final = 1000
"""Characters of a line that is looked at."""
_ENTRY = re.compile(r"[ \t]*(?P<mark>#+[ \t]?)[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.\-]*[ \t]*=")
_LONGEST_ENTRY: Final = 200
"""Lines of an entry that is commented out."""


class Banners:
    """Finds titles in comments: between two rules, or in the middle of one."""

    def __init__(self) -> None:
        self.current = SafeText("")
        self.found: list[SafeText] = []
        self._waiting: list[str] | None = None

    def comment(self, line: str) -> None:
        """Look at the next line, a comment."""
        if len(line) > _LONGEST_LINE:
            self.interrupted()
        elif _RULE.fullmatch(line):
            titles = [text for text in self._waiting or () if text]
            self._waiting = [] if not titles else None
            if titles:
                self._begin(titles[0])
        elif (titled := _TITLED_RULE.fullmatch(line)) and any(map(str.isalnum, titled["title"])):
            self._waiting = None
            self._begin(titled["title"])
        elif self._waiting is not None:
            self._waiting.append(line.strip().strip("#").strip())
            if len(self._waiting) > _LONGEST_TITLE:
                self._waiting = None

    def interrupted(self) -> None:
        """Something else than a comment follows."""
        self._waiting = None

    def _begin(self, title: str) -> None:
        self.current = plain(title)
        self.found.append(self.current)


@dataclass(frozen=True, slots=True)
class CommentedEntry:
    """An entry behind marks that make a comment of it."""

    mark: str
    text: str
    """Its lines without the marks."""
    statement: Statement


def commented_entry(lines: Sequence[str], index: int) -> CommentedEntry | None:
    """The entry that is commented out from this line on; None where it does not look like one."""
    match = _ENTRY.match(lines[index])
    if match is None:
        return None
    mark = match["mark"]
    text = uncommented(lines[index], mark)
    statement = next(statements(text))
    if statement.refused is Refused.UNTERMINATED:
        text += "".join(_continuation(lines, index + 1, mark, statement.quote))
        statement = next(statements(text))
    end = text.find("\n", statement.value_end) + 1 or len(text)
    behind = text[statement.value_end : end].lstrip()
    if statement.refused or (behind and not behind.startswith("#")):
        return None
    return CommentedEntry(mark, text[:end], statement)


def _continuation(lines: Sequence[str], index: int, mark: str, quote: str) -> Iterator[str]:
    """The next lines that are comments of the same kind, up to one with a closing quote."""
    bare = mark.rstrip()
    for line in lines[index : index + _LONGEST_ENTRY]:
        if not line.startswith((mark, f"{bare}\n", f"{bare}\r\n")):
            return
        if mark == bare and _ENTRY.match(line):
            return
        yield uncommented(line, mark)
        if quote in line.replace(f"\\{quote}", ""):
            return


def uncommented(line: str, mark: str) -> str:
    """A line without the mark that makes a comment of it."""
    return line.replace(mark if mark in line else mark.rstrip(), "", 1)
