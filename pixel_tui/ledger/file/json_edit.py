"""Edits members of a JSON object in its text, leaving the rest as it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from pixel_tui.stack.model.json_value import JsonObject, JsonValue


class NonStandardJson(ValueError):
    """Text that Python accepts as JSON but the standard does not."""


def _refuse(name: str) -> NoReturn:
    raise NonStandardJson(f"{name} is not JSON")


def _integer(text: str) -> int | float:
    # Python refuses to convert very long integers.
    return int(text) if len(text) < 1000 else float(text)


decoder: Final = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
"""Decodes standard JSON; of a duplicate name the last value counts, as usual."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    begin: int
    value: int
    end: int


def serialize(
    value: JsonValue, *, indent: str | None = None, separators: tuple[str, str] | None = None
) -> bytes:
    """Serialize a value as JSON; like the other writers of the file, without escaping non-ASCII."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    # A lone surrogate can't be encoded.
    return re.sub("[\ud800-\udfff]", lambda surrogate: f"\\u{ord(surrogate[0]):04x}", text).encode()


def with_members(
    raw: bytes, *, changed: Mapping[str, JsonValue], removed: frozenset[str] = frozenset()
) -> bytes:
    """Return the text of an object with other values for some members.

    A new member is added at the end, formatted like the first one.

    Args:
        raw: The object's text.
        changed: New values by name.
        removed: Names of members to remove.

    Raises:
        ValueError: The text is not an object.
    """
    text = raw.decode("latin-1")
    for name in removed:
        text = _remove_member(text, name)
    for name, value in changed.items():
        text = _set_member(text, name, serialize(value).decode("latin-1"))
    return text.encode("latin-1")


def members_of(raw: bytes) -> JsonObject:
    """Return an object's members as values.

    Raises:
        ValueError: The text is not an object.
    """
    value: JsonValue = decoder.decode(raw.decode("utf-8", "replace"))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _set_member(text: str, name: str, value: str) -> str:
    members = _members(text)
    for member in reversed(members):
        if member.key == name:
            return text[: member.value] + value + text[member.end :]
    if not members:
        return f"{{{json.dumps(name)}: {value}}}"
    first, last = members[0], members[-1]
    white_space = text[text.index("{") + 1 : first.begin]
    if not white_space and len(members) > 1:
        white_space = text[members[0].end : members[1].begin].partition(",")[2]
    colon = text[decoder.raw_decode(text, first.begin)[1] : first.value]
    added = f",{white_space}{json.dumps(name)}{colon}{value}"
    return text[: last.end] + added + text[last.end :]


def _remove_member(text: str, name: str) -> str:
    while True:
        members = _members(text)
        index = next((at for at, member in enumerate(members) if member.key == name), None)
        if index is None:
            return text
        member = members[index]
        if index + 1 < len(members):
            text = text[: member.begin] + text[members[index + 1].begin :]
        elif index:
            text = text[: members[index - 1].end] + text[member.end :]
        else:
            text = text[: member.begin] + text[member.end :]


def _members(text: str) -> list[_Member]:
    at = _skip(text, 0)
    if not text.startswith("{", at):
        raise ValueError("not an object")
    members: list[_Member] = []
    at = _skip(text, at + 1)
    while text.startswith('"', at):
        key, end = decoder.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        _, last = decoder.raw_decode(text, value)
        members.append(_Member(key, at, value, last))
        at = _skip(text, last)
        if text.startswith(",", at):
            at = _skip(text, at + 1)
    return members


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
