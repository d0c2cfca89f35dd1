"""Decides which values are secret: by the catalogue, the key's name, and the value itself."""

import math
import re
from collections import Counter
from typing import Final

from pixel_tui.environment.checks.catalogue import Catalogue
from pixel_tui.redaction.names import is_no_secret
from pixel_tui.redaction.redactor import has_token, is_secret_name, is_secret_value

MIN_RANDOM_LENGTH: Final = 20
"""The shortest value that is checked for randomness."""
MAX_CHECKED: Final = 512
"""How many characters of a value are checked for randomness."""
RANDOM_BITS: Final = 3.6
"""Bits per character. English has less, random letters and digits have above 4."""
RANDOM_HEX_BITS: Final = 2.8
MIN_WORD_LENGTH: Final = 4
"""If the words of a value have this average length, people wrote it."""

_MAY_BE_RANDOM: Final = re.compile(
    rf"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=.~-]{{{MIN_RANDOM_LENGTH},}}", re.ASCII
)
_PATH_OR_NAME: Final = re.compile(r"[./~]|(?:[a-z]+-)+[a-z0-9.]+$")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def is_secret(key: str, value: str, catalogue: Catalogue) -> bool:
    """Whether a value must be masked until the user reveals it.

    Args:
        key: The key.
        value: As written or as compose reads it; check both if they differ.
        catalogue: The known keys. A value of a public key is still secret if it is a token of a
            well-known form.
    """
    known = catalogue.find(key)
    declared = known.secret if known is not None else None
    if declared is not None:
        return declared or has_token(value)
    if is_secret_name(key):
        return not value or not is_no_secret(key, value)
    return is_secret_value(key, value) or looks_secret(value)


def looks_secret(value: str) -> bool:
    """Whether a value looks like a secret, regardless of its key."""
    if len(value) < 8:
        return False
    return has_token(value) or looks_random(value)


def looks_random(value: str) -> bool:
    """Whether it is long, a single token, and not written by people."""
    if _MAY_BE_RANDOM.fullmatch(value) is None or _PATH_OR_NAME.match(value):
        return False
    head = value[:MAX_CHECKED]
    if _HEX.fullmatch(head):
        return entropy(head) >= RANDOM_HEX_BITS
    # Text by people consists of words; random characters change their kind all the time.
    words = sum(1 for _ in _WORD.finditer(head))
    return len(head) < MIN_WORD_LENGTH * words and entropy(head) >= RANDOM_BITS


def entropy(value: str) -> float:
    """Return the bits per character, by the frequency of each."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0
