"""Values that a program gets otherwise if it reads the file itself, with python-dotenv."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.rules.traps import value_before_comment
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry, Quoting
from pixel_tui.environment.dotenv.quoting import Unwritable, quote
from pixel_tui.environment.dotenv.values import Reading, read_values

if TYPE_CHECKING:
    from pixel_tui.environment.dotenv.python_dotenv import PythonDotenvValue

RULE: Final = "python-dotenv"
LONGEST_SHOWN: Final = 40
"""Characters of a value that is quoted in a message."""

INSERTED: Final = (
    "Write variables as `${NAME}` or `${NAME:-default}`, none inside another: both read these."
)
NO_WAY: Final = (
    "No quoting is read alike by both. Choose another value, or let the program read the "
    "container's environment."
)

_ALIKE: Final = re.compile(
    r"[ \t]*(?:export[ \t]+)?[A-Z_a-z][\w.\-]*[ \t]*=[ \t]*"
    r"(?:[!%&(-~][ !\"%-~]*(?: #.*)?|(?:'[^'\\$\r\n]*'|\"[^\"\\$\r\n]*\")[ \t]*(?:#.*)?)?"
    r"\r?\n?",
    re.ASCII,
)
"""A line that both read alike. Nearly every line is such a one, and then nothing is compared."""
_NAME: Final = re.compile(r"[^=#\s'\"]+")


def other_values(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Values that python-dotenv and compose read differently.

    A warning if a service mounts the file itself, because a program in there then reads it. Of any
    other file only a script beside it may, or a program that has the complete folder.
    """
    document = case.document
    if document.faults:
        return
    try:
        text = document.data.decode()
    except UnicodeDecodeError as error:
        if case.keys is None:
            line = document.data.count(b"\n", 0, error.start) + 1
            yield case.file_finding(
                RULE,
                _level(case),
                f"{_reader(case)} python-dotenv can't read any of it: line {line} is not UTF-8.",
                "Write the line again, as UTF-8.",
            )
        return
    unlike = [item for item in case.looked_at() if not _is_alike(document, item[1])]
    if unlike:
        yield from _compared(case, text, unlike)


def _compared(
    case: CheckedFile, text: str, entries: list[tuple[str, DotenvEntry]]
) -> Iterator[EnvironmentFinding]:
    # Both without variables of the environment: a container has others than this shell.
    compose, python = read_values(case.document, {}), _python_dotenv(text)
    if python is None:
        return
    different = {key for key, reading in compose.items() if _differs(reading, python.get(key))}
    for key, entry in entries:
        if key not in different or _is_found_elsewhere(case, key, entry, different):
            continue
        # A variable that this shell sets is inserted as well.
        expanded = bool(case.readings[key].expanded)
        advice, value = (INSERTED, None) if expanded else _fix(entry, compose[key])
        yield case.finding(
            RULE,
            _level(case),
            key,
            f"{_reader(case)} python-dotenv {_difference(case, key, python.get(key))}.",
            advice,
            mend=value,
        )


def _python_dotenv(text: str) -> "Mapping[str, PythonDotenvValue] | None":
    """What python-dotenv reads; None for a text that it would take too long for."""
    from pixel_tui.environment.dotenv.python_dotenv import TooSlowToRead, read_with_python_dotenv

    try:
        return read_with_python_dotenv(text)
    except TooSlowToRead:
        return None


def _is_alike(document: DotenvDocument, entry: DotenvEntry) -> bool:
    return entry.lines == 1 and _ALIKE.fullmatch(document.lines[entry.line - 1]) is not None


def _differs(reading: Reading, other: "PythonDotenvValue | None") -> bool:
    return reading.value != (other.value if other is not None else None)


def _is_found_elsewhere(
    case: CheckedFile, key: str, entry: DotenvEntry, different: set[str]
) -> bool:
    """Whether another rule reports the cause, or the key of the file that this one refers to."""
    reading = case.readings.get(key)
    if (
        reading is None
        or reading.refusal
        or reading.unset
        or value_before_comment(entry) is not None
    ):
        return True
    return any(name in different for name in reading.expanded)


def _level(case: CheckedFile) -> EnvironmentLevel:
    return EnvironmentLevel.WARNING if _services(case) else EnvironmentLevel.INFO


def _services(case: CheckedFile) -> tuple[str, ...]:
    return case.uses.mounted_by.get(case.surroundings.path, ())


def _reader(case: CheckedFile) -> str:
    services = _services(case)
    if not services:
        return "A program that reads the file with"
    return f"The file is mounted by {', '.join(services)}: a program that reads it with"


def _difference(case: CheckedFile, key: str, other: "PythonDotenvValue | None") -> str:
    """What each of them reads; no value of a secret, nor one that may have another key's in it."""
    if other is None or other.value is None:
        return "gets no value, unlike compose"
    if case.readings[key].expanded:
        return "does not get what compose inserts for variables"
    if other.expanded:
        return "gets a variable's value for `${…}`, which compose takes literally"
    mine = case.values.get(key, "")
    if key in case.secrets or max(len(mine), len(other.value)) > LONGEST_SHOWN:
        return "gets another value than compose"
    return f"gets “{other.value}”, compose “{mine}”"


def _fix(entry: DotenvEntry, reading: Reading) -> tuple[str, str | None]:
    """What to do so that both read what compose reads now, and the value to write again."""
    key, value = entry.key, reading.value or ""
    if not _NAME.fullmatch(key):
        return "Use letters, digits and `_` in the name.", None
    if _both_read(key, entry.raw, value):
        return "Write it as KEY=value on a line of its own.", None
    for raw, advice in _ways(value).items():
        if _both_read(key, raw, value):
            again = _quoted(value, entry.quoting)
            return advice, value if _both_read(key, again, value) else None
    return NO_WAY, None


def _ways(value: str) -> Mapping[str, str]:
    """How a value can be written, and what to do for it; the plainest first."""
    return {
        value: "Write the value without quotes: both read it alike.",
        f"'{value}'": "Put the value in single quotes: both read it alike.",
        f'"{value}"': "Put the value in double quotes: both read it alike.",
        _quoted(value, Quoting.DOUBLE): "Put the value in double quotes, with escapes (`\\n`).",
    }


def _quoted(value: str, like: Quoting) -> str:
    """How an edit would write it; a value that no file can have as it is."""
    try:
        return quote(value, like)
    except Unwritable:
        return value


def _both_read(key: str, raw: str, value: str) -> bool:
    text = f"{key}={raw}\n"
    document = DotenvDocument.parse(text.encode())
    if document.faults or len(document.entries) != 1:
        return False
    reading, python = read_values(document, {}).get(key), _python_dotenv(text)
    if reading is None or python is None:
        return False
    return not _differs(reading, python.get(key)) and reading.value == value


CHECKS: Final[tuple[Check, ...]] = (other_values,)
