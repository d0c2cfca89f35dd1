"""Reads compose's own settings in a `.env`: `COMPOSE_FILE`, `COMPOSE_PROFILES` and the like.

Compose can't be used for this, because it must be given its files first. This parser covers only
what names of files and profiles need; the complete one is in `environment/`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pixel_tui.files import read_head
from pixel_tui.late_pattern import LatePattern

MAX_BYTES: Final = 1024 * 1024
_SETTING = LatePattern(
    r"""^[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_]\w*)[^\S\n]*[=:][^\S\n]*
    (?: '(?P<literal>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<bare>[^\n]*) )""",
    re.MULTILINE | re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPED = LatePattern(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {
    **dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)),
    **{character: character for character in '"\\$'},
}
"""Escaped characters and their meanings."""
_VARIABLE = LatePattern(r"\$(?:(\w+)|\{(\w+)(?:(:?-)([^}]*))?\})", re.ASCII)


def is_env_file_disabled(environment: Mapping[str, str]) -> bool:
    """Return whether compose is configured not to read the `.env`."""
    return environment.get("COMPOSE_DISABLE_ENV_FILE", "").lower() in {"1", "t", "true"}


def read_settings(paths: Iterable[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of these files; later files override earlier ones, the process all.

    Missing and unreadable files are skipped: compose reports them if necessary.
    """
    return {**dict(settings_in(map(_text, paths), environment)), **environment}


def settings_in(texts: Iterable[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each assignment in the files in order, including repeated ones."""
    found: dict[str, str] = {}
    for text in texts:
        for item in _SETTING.finditer(text):
            value = item["literal"]
            if value is None:
                variables = {**found, **environment}
                if item["quoted"] is None:
                    value = expand(re.split(r"\s#", item["bare"])[0].strip(), variables)
                else:
                    value = _unescape(item["quoted"], variables)
            found[item["name"]] = value
            yield item["name"], value


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Expand `$NAME`, `${NAME}`, `${NAME-default}` and `${NAME:-default}` in a text."""

    def substitute(match: re.Match[str]) -> str:
        plain, braced, operator, default = match.groups()
        value = variables.get(plain or braced)
        missing = value is None or (operator == ":-" and not value)
        return (default or "") if missing else (value or "")

    return _VARIABLE.sub(substitute, text)


def _unescape(text: str, variables: Mapping[str, str]) -> str:
    """Unescape and expand a double-quoted text; an escaped `$` is not expanded."""
    parts = _ESCAPED.split(text)
    parts[::2] = [expand(part, variables) for part in parts[::2]]
    parts[1::2] = [_ESCAPES.get(character, f"\\{character}") for character in parts[1::2]]
    return "".join(parts)


def _text(path: Path) -> str:
    try:
        return read_head(path, MAX_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
