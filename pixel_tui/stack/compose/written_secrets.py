"""Finds the secrets in the files that compose reads, as written there."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.files import read_head
from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.redactor import (
    is_secret_name,
    is_secret_value,
    mask_value,
    redact,
    remember_secret,
)
from pixel_tui.stack.compose.dotenv_setting import settings_in
from pixel_tui.stack.compose.project_files import ProjectFiles

MAX_BYTES: Final = 1024 * 1024

_SETTING = LatePattern(
    r"^[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_][\w.\-]*)[^\S\n]*[=:]"
    r"(?P<raw>[^\S\n]*(?:'[^']*'|\"(?:[^\"\\]|\\.)*\")?[^\n]*)",
    re.MULTILINE | re.DOTALL,
)
_KEYED = LatePattern(
    r"\s*(?:-\s+)?[\"']?(?P<name>[A-Za-z_][\w.\-]*)[\"']?\s*[:=]\s*(?P<raw>.*)", re.DOTALL
)
_COMMENT = LatePattern(r"(?:^|[^\S\n])#[^\n]*", re.MULTILINE)
_REFERENCE = LatePattern(r"\$\{[A-Za-z_]\w*(?::?\?[^}]*)?\}")
"""A complete value: the name is that of a variable, not a piece of a password."""
_REFERRING = LatePattern(r"\$\{[A-Za-z_]\w*(?::?[?+\-])?")
_CONVENTIONAL = LatePattern(r"\$\{([A-Z_][A-Z0-9_]*)(?:[:?+\-][^}]*)?\}")
"""A variable with a conventional name, which may be in the middle of a value."""


@dataclass(frozen=True, slots=True)
class ComposeInput:
    """A file that compose reads.

    Attributes:
        text: Its content.
        name: Its name; empty for the one that a message is about.
        sets_variables: Whether it is an environment file; otherwise it is a compose file.
    """

    text: str = field(repr=False)
    name: str = ""
    sets_variables: bool = True


@dataclass(frozen=True, slots=True)
class WrittenSecret:
    """A secret in such a file."""

    raw: str = field(repr=False)
    """The text as written, with everything that may be part of it."""
    start: int
    """The offset of that text in the file."""
    where: str
    """Its key and line."""
    value: str = field(repr=False, default="")
    """In an environment file, the value without quotes."""


def read_inputs(files: ProjectFiles) -> Iterator[ComposeInput]:
    """Yield the contents of the files of a project, without unreadable ones."""
    setting = {*files.environment, *files.services}
    for path in files.all:
        if (text := _text(path)) is not None:
            yield ComposeInput(text, path.name, sets_variables=path in setting)


def remember_secrets(files: ProjectFiles, environment: Mapping[str, str]) -> None:
    """Register the secrets that compose may insert, before any of its output is shown."""
    for name, value in environment.items():
        if is_secret_value(name, value):
            remember_secret(value)
    texts = (file.text for file in read_inputs(files) if file.sets_variables)
    for name, value in settings_in(texts, environment):
        mask_value(name, value)  # it may be a URL with a password


def resolved_secrets(
    files: Iterable[ComposeInput], environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield the secrets of environment files with comments, escapes and references resolved."""
    texts = (file.text for file in files if file.sets_variables)
    for name, value in settings_in(texts, environment):
        if is_secret_value(name, value):
            yield value


def secrets_in(file: ComposeInput) -> Sequence[WrittenSecret]:
    """Return the secrets of a file in order."""
    return tuple(_env_file_secrets(file) if file.sets_variables else _compose_file_secrets(file))


def public_text(file: ComposeInput, secrets: Sequence[WrittenSecret]) -> str:
    """Return the text of a file without secrets and comments, but with the names of variables.

    In a compose file, variables may be in the middle of a secret.
    """
    parts, at = list[str](), 0
    for secret in secrets:
        parts += file.text[at : secret.start], " "
        at = secret.start + len(secret.raw)
    text = _COMMENT.sub("", "".join((*parts, file.text[at:])))
    if file.sets_variables:
        return text
    return "\n".join(
        (text, *(name for item in secrets for name in _CONVENTIONAL.findall(item.raw)))
    )


def _env_file_secrets(file: ComposeInput) -> Iterator[WrittenSecret]:
    found = list(_SETTING.finditer(file.text))
    ends = (*(item.start() for item in found[1:]), len(file.text))
    line, counted = 1, 0
    for item, end in zip(found, ends, strict=False):
        line += file.text.count("\n", counted, item.start("name"))
        name, start, counted = item["name"], item.start("raw"), item.start("name")
        # Everything up to the next key may have been meant as part of the value.
        raw, value = file.text[start:end], _unquote(item["raw"])
        is_secret = is_secret_name(name) and value and not _REFERENCE.fullmatch(value)
        # A password may begin with `$`, and only look like a reference.
        is_secret = is_secret and (is_secret_value(name, value) or value.startswith("$"))
        if is_secret or _first_secret_offset(value) is not None:
            where = f"{name}, {_location(file, line)}"
            yield WrittenSecret(raw, start, where, value if is_secret else "")


def _compose_file_secrets(file: ComposeInput) -> Iterator[WrittenSecret]:
    lines = file.text.splitlines(keepends=True)
    number = at = 0
    while number < len(lines):
        line, first, begin = lines[number], number, at
        number, at = number + 1, at + len(line)
        found = _KEYED.match(line)
        # A list under `secrets` has the names of secrets.
        if found and is_secret_name(found["name"]) and found["name"] != "secrets":
            if is_secret_value(found["name"], _unquote(_COMMENT.sub("", found["raw"]))):
                while number < len(lines) and _continues_value(lines[number], line):
                    number, at = number + 1, at + len(lines[number])
                start = begin + found.start("raw")
                where = f"{found['name']}, {_location(file, first + 1)}"
                yield WrittenSecret(file.text[start:at], start, where)
        elif (masked := _first_secret_offset(line)) is not None:
            start = begin + masked
            yield WrittenSecret(file.text[start:at], start, _location(file, first + 1))


def _first_secret_offset(text: str) -> int | None:
    """Return the offset of the first secret without a secret key; None if there is none."""
    # `${A_TOKEN:?why}` has a name and a sentence, but no value.
    text = _REFERRING.sub(lambda found: "x" * len(found[0]), text)
    shown = redact(text)
    if shown == text:
        return None
    pairs = enumerate(zip(text, shown, strict=False))
    return next((index for index, pair in pairs if pair[0] != pair[1]), 0)


def _continues_value(line: str, key: str) -> bool:
    """Return whether a line belongs to the multi-line value of this key."""
    return not line.strip() or _indent(line) > _indent(key)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unquote(raw: str) -> str:
    return raw.strip().strip("\"'")


def _location(file: ComposeInput, line: int) -> str:
    return f"line {line} of {file.name}" if file.name else f"line {line}"


def _text(path: Path) -> str | None:
    try:
        return read_head(path, MAX_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return None
