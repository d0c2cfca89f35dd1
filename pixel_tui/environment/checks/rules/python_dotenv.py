"""Values that differ for a program that reads the file itself, with python-dotenv."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.rules.traps import value_before_comment
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry, Quoting
from pixel_tui.environment.dotenv.quoting import Unwritable, quote
from pixel_tui.environment.dotenv.values import Reading, read_values

if TYPE_CHECKING:
    from pixel_tui.environment.dotenv.python_dotenv import PythonDotenvValue

RULE: Final = "python-dotenv"
MAX_SHOWN: Final = 40
"""The most characters of a value that a message quotes."""

VARIABLE_HINT: Final = (
    "Write variables as `${NAME}` or `${NAME:-default}`, none inside another: both read these."
)
NO_QUOTING_HINT: Final = (
    "No quoting is read alike by both. Choose another value, or let the program read the "
    "container's environment."
)

_ALIKE: Final = re.compile(
    r"[ \t]*(?:export[ \t]+)?[A-Z_a-z][\w.\-]*[ \t]*=[ \t]*"
    r"(?:[!%&(-~][ !\"%-~]*(?: #.*)?|(?:'[^'\\$\r\n]*'|\"[^\"\\$\r\n]*\")[ \t]*(?:#.*)?)?"
    r"\r?\n?",
    re.ASCII,
)
"""A line that both read alike. Nearly every line is, and then nothing is compared."""
_NAME: Final = re.compile(r"[^=#\s'\"]+")


def differing_values(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values that python-dotenv and compose read differently.

    It is a warning if a service mounts the file itself, because a program in it may read it.
    Any other file may only be read by a script next to it, or by a program that mounts the folder.
    """
    document = file.document
    if document.faults:
        return
    try:
        text = document.data.decode()
    except UnicodeDecodeError as error:
        if file.keys is None:
            line = document.data.count(b"\n", 0, error.start) + 1
            yield file.file_finding(
                RULE,
                _level(file),
                f"{_reader(file)} python-dotenv can't read any of it: line {line} is not UTF-8.",
                "Write the line again, as UTF-8.",
            )
        return
    candidates = [item for item in file.checked_entries() if not _is_alike(document, item[1])]
    if candidates:
        yield from _compare(file, text, candidates)


def _compare(
    file: CheckedFile, text: str, entries: list[tuple[str, DotenvEntry]]
) -> Iterator[EnvironmentFinding]:
    # Without environment variables: a container has others than this shell.
    compose, python = read_values(file.document, {}), _python_dotenv(text)
    if python is None:
        return
    different = {key for key, reading in compose.items() if _differs(reading, python.get(key))}
    for key, entry in entries:
        if key not in different or _is_reported_elsewhere(file, key, entry, different):
            continue
        # Variables that this shell sets are substituted, too.
        expanded = bool(file.readings[key].expanded)
        hint, value = (VARIABLE_HINT, None) if expanded else _fix(entry, compose[key])
        yield file.finding(
            RULE,
            _level(file),
            key,
            f"{_reader(file)} python-dotenv {_difference(file, key, python.get(key))}.",
            hint,
            fix=value,
        )


def _python_dotenv(text: str) -> "Mapping[str, PythonDotenvValue] | None":
    """Return what python-dotenv reads; None if it would take too long."""
    from pixel_tui.environment.dotenv.python_dotenv import TooSlowToRead, read_with_python_dotenv

    try:
        return read_with_python_dotenv(text)
    except TooSlowToRead:
        return None


def _is_alike(document: DotenvDocument, entry: DotenvEntry) -> bool:
    return entry.lines == 1 and _ALIKE.fullmatch(document.lines[entry.line - 1]) is not None


def _differs(reading: Reading, other: "PythonDotenvValue | None") -> bool:
    return reading.value != (other.value if other is not None else None)


def _is_reported_elsewhere(
    file: CheckedFile, key: str, entry: DotenvEntry, different: set[str]
) -> bool:
    """Whether another rule reports the cause, or it is reported for a referenced key."""
    reading = file.readings.get(key)
    if (
        reading is None
        or reading.refusal
        or reading.unset
        or value_before_comment(entry) is not None
    ):
        return True
    return any(name in different for name in reading.expanded)


def _level(file: CheckedFile) -> EnvironmentLevel:
    return EnvironmentLevel.WARNING if _services(file) else EnvironmentLevel.INFO


def _services(file: CheckedFile) -> tuple[str, ...]:
    return file.uses.mounted_by.get(file.facts.path, ())


def _reader(file: CheckedFile) -> str:
    services = _services(file)
    if not services:
        return "A program that reads the file with"
    return f"The file is mounted by {', '.join(services)}: a program that reads it with"


def _difference(file: CheckedFile, key: str, other: "PythonDotenvValue | None") -> str:
    """Describe the difference, without values that are secret or may contain another key's."""
    if other is None or other.value is None:
        return "gets no value, unlike compose"
    if file.readings[key].expanded:
        return "does not get what compose inserts for variables"
    if other.expanded:
        return "gets a variable's value for `${…}`, which compose takes literally"
    mine = file.values.get(key, "")
    if key in file.secrets or max(len(mine), len(other.value)) > MAX_SHOWN:
        return "gets another value than compose"
    return f"gets “{other.value}”, compose “{mine}”"


def _fix(entry: DotenvEntry, reading: Reading) -> tuple[str, str | None]:
    """Return how to make both read compose's value, and the value to write if that is enough."""
    key, value = entry.key, reading.value or ""
    if not _NAME.fullmatch(key):
        return "Use letters, digits and `_` in the name.", None
    if _both_read(key, entry.raw, value):
        return "Write it as KEY=value on a line of its own.", None
    for raw, hint in _notations(value).items():
        if _both_read(key, raw, value):
            requoted = _quote_or_keep(value, entry.quoting)
            return hint, value if _both_read(key, requoted, value) else None
    return NO_QUOTING_HINT, None


def _notations(value: str) -> Mapping[str, str]:
    """Return ways to write a value, each with its hint; the simplest first."""
    return {
        value: "Write the value without quotes: both read it alike.",
        f"'{value}'": "Put the value in single quotes: both read it alike.",
        f'"{value}"': "Put the value in double quotes: both read it alike.",
        _quote_or_keep(
            value, Quoting.DOUBLE
        ): "Put the value in double quotes, with escapes (`\\n`).",
    }


def _quote_or_keep(value: str, like: Quoting) -> str:
    """Quote a value as an edit does; an unwritable one is returned unchanged."""
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


CHECKS: Final[tuple[Check, ...]] = (differing_values,)
