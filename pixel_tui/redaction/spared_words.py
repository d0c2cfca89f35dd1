"""Secret values that are not masked, because they are also names on the screen.

A database whose password is its own name is not safer if pixel-tui shows neither. Only values
that are masked as words are spared; an unmistakable one is always masked.
"""

from collections.abc import Iterable
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.value_finder import has_word

_ORDINARY: Final = frozenset(
    {"administrator", "anonymous", "cassandra", "changeit", "changeme", "clickhouse", "connection",
     "container", "containers", "database", "development", "directory", "disabled",
     "elasticsearch", "environment", "external", "influxdb", "internal", "keycloak", "localhost",
     "memcached", "minioadmin", "mosquitto", "nextcloud", "optional", "password", "permission",
     "placeholder", "postgres", "postgresql", "production", "rabbitmq", "required", "services",
     "timescaledb", "username", "wordpress"}
)  # fmt: skip
"""Default passwords of programs, and words of every log. They are the first that anyone tries,
so masking them protects nothing, but would make messages unreadable."""
_NAME_KEY_ENDS: Final = ("user", "name", "db", "database", "host")
"""Ends of keys whose values are names."""
_NAME: Final = LatePattern(r"[\w.\-]+")


class SparedWords:
    """Words that are names, or common values of settings that are not secret."""

    MAX_WORDS: Final = 4000
    MAX_LENGTH: Final = 256
    """The longest value of a setting that may be a word or a name."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._values: dict[str, None] = {}
        self._key_of: dict[str, str] = {}
        """The only key that has a value of letters."""
        self._text = ""

    def add_names(self, names: Iterable[str]) -> bool:
        """Spare these names, and each word in them; returns whether any is new.

        A path is a name, too: the folders of a project's path are spared.
        """
        new = [name for name in names if name and name not in self._names]
        self._add(self._names, new)
        self._text = "\n".join(self._names) if new else self._text
        return bool(new)

    def add_setting(self, key: str, value: str) -> bool:
        """Note a setting that is not secret; returns whether more is spared.

        Spares the value of a key that is a name, and a value of letters only that several keys
        have.
        """
        if not value or len(value) > self.MAX_LENGTH or value in self._values:
            return False
        if key.lower().endswith(_NAME_KEY_ENDS):
            self._add(self._values, [value])
            if _NAME.fullmatch(value):  # not the parts of a URL: one may be a password
                self.add_names([value])
            return True
        if not value.isalpha() or self._key_of.setdefault(value, key) == key:
            if len(self._key_of) > self.MAX_WORDS:
                del self._key_of[next(iter(self._key_of))]
            return False
        self._add(self._values, [value])
        return True

    def is_spared(self, word: str) -> bool:
        """Whether a word is spared."""
        return word.lower() in _ORDINARY or word in self._values or has_word(self._text, word)

    def clear(self) -> None:
        """Spare only the ordinary words."""
        self._names.clear()
        self._values.clear()
        self._key_of.clear()
        self._text = ""

    def _add(self, kept: dict[str, None], new: Iterable[str]) -> None:
        kept.update(dict.fromkeys(new))
        while len(kept) > self.MAX_WORDS:
            del kept[next(iter(kept))]
