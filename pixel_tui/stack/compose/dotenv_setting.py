"""What a `.env` says of compose itself: `COMPOSE_FILE`, `COMPOSE_PROFILES` and the like.

Read without asking compose, which has to be told its files first. Only what names of files
and profiles need: how the file is read in full is the business of `environment/`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pixel_tui.files import read_head
from pixel_tui.late_pattern import LatePattern

MOST_BYTES: Final = 1024 * 1024
_SETTING = LatePattern(
    r"""^[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_]\w*)[^\S\n]*[=:][^\S\n]*
    (?: '(?P<literal>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<bare>[^\n]*) )""",
    re.MULTILINE | re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPED = LatePattern(r"\\(.)", re.DOTALL)
_SIGNS: Final = {
    **dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)),
    **{sign: sign for sign in '"\\$'},
}
"""What a backslash makes of the sign behind it."""
_VARIABLE = LatePattern(r"\$(?:(\w+)|\{(\w+)(?:(:?-)([^}]*))?\})", re.ASCII)


def disabled(environment: Mapping[str, str]) -> bool:
    """Whether compose is told to leave the `.env` alone."""
    return environment.get("COMPOSE_DISABLE_ENV_FILE", "").lower() in {"1", "t", "true"}


def read_settings(paths: Iterable[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that these files give, later ones first; those of the process count more.

    A file that is not there or can't be read gives nothing: compose says so where it matters.
    """
    return {**dict(settings_in(map(_text, paths), environment)), **environment}


def settings_in(texts: Iterable[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each variable that is set in one file after another, those that are set again too."""
    found: dict[str, str] = {}
    for text in texts:
        for item in _SETTING.finditer(text):
            value = item["literal"]
            if value is None:
                variables = {**found, **environment}
                if item["quoted"] is None:
                    value = expanded(re.split(r"\s#", item["bare"])[0].strip(), variables)
                else:
                    value = _unescaped(item["quoted"], variables)
            found[item["name"]] = value
            yield item["name"], value


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text with `$NAME`, `${NAME}`, `${NAME-default}` and `${NAME:-default}` put in."""

    def put_in(match: re.Match[str]) -> str:
        plain, braced, way, default = match.groups()
        value = variables.get(plain or braced)
        missing = value is None or (way == ":-" and not value)
        return (default or "") if missing else (value or "")

    return _VARIABLE.sub(put_in, text)


def _unescaped(text: str, variables: Mapping[str, str]) -> str:
    """What is in double quotes: an escaped `$` puts nothing in."""
    parts = _ESCAPED.split(text)
    parts[::2] = [expanded(part, variables) for part in parts[::2]]
    parts[1::2] = [_SIGNS.get(sign, f"\\{sign}") for sign in parts[1::2]]
    return "".join(parts)


def _text(path: Path) -> str:
    try:
        return read_head(path, MOST_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
