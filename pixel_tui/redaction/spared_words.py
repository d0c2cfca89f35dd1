"""Words that are not masked although they are secret somewhere: they name what is on the screen.

A database whose password is its own name is not kept safer by a console that shows neither. Only
values that are masked as words are spared; one that can be nothing else is masked in any case.
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
"""Passwords that come with programs, and words of every log. Whoever tries passwords begins with
these, so nothing is kept by masking them, and without them no message could be read."""
_NAMING: Final = ("user", "name", "db", "database", "host")
"""What the keys end in whose values are names."""
_NAME: Final = LatePattern(r"[\w.\-]+")


class SparedWords:
    """Words that name something, or are common in settings that are no secret."""

    MOST: Final = 4000
    LONGEST: Final = 256
    """Characters of a setting that may be a word, or a name with words in it."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._values: dict[str, None] = {}
        self._key_of: dict[str, str] = {}
        """The key that has a value of letters only, for those that only one key has."""
        self._text = ""

    def add_names(self, names: Iterable[str]) -> bool:
        """Spare these names, and each word in them; whether any is new.

        A path is a name too: the folders of a project's path are spared.
        """
        new = [name for name in names if name and name not in self._names]
        self._keep(self._names, new)
        self._text = "\n".join(self._names) if new else self._text
        return bool(new)

    def add_setting(self, key: str, value: str) -> bool:
        """Take note of a setting that is no secret; whether more is spared by it.

        Spared are the value of a key that names something, and a word of letters only that
        several keys have.
        """
        if not value or len(value) > self.LONGEST or value in self._values:
            return False
        if key.lower().endswith(_NAMING):
            self._keep(self._values, [value])
            if _NAME.fullmatch(value):  # the parts of a URL are no names: one may be a password
                self.add_names([value])
            return True
        if not value.isalpha() or self._key_of.setdefault(value, key) == key:
            if len(self._key_of) > self.MOST:
                del self._key_of[next(iter(self._key_of))]
            return False
        self._keep(self._values, [value])
        return True

    def has(self, word: str) -> bool:
        """Whether a word is spared."""
        return word.lower() in _ORDINARY or word in self._values or has_word(self._text, word)

    def clear(self) -> None:
        """Spare none but the ordinary ones."""
        self._names.clear()
        self._values.clear()
        self._key_of.clear()
        self._text = ""

    def _keep(self, those: dict[str, None], new: Iterable[str]) -> None:
        those.update(dict.fromkeys(new))
        while len(those) > self.MOST:
            del those[next(iter(those))]
