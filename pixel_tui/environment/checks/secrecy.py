"""Which values are secret: by the catalogue, by the key's name, by the look of the value."""

import math
import re
from collections import Counter
from typing import Final

from pixel_tui.environment.checks.catalogue import Catalogue
from pixel_tui.redaction.names import is_no_secret
from pixel_tui.redaction.redactor import has_token, is_secret_name, is_secret_value

SHORTEST: Final = 20
"""Letters of a value that may be random. Anything shorter is guessed by its name alone."""
LONGEST: Final = 512
"""What is looked at for randomness; a key that is longer has shown itself by then."""
RANDOM_BITS: Final = 3.6
"""A letter. English has less, random letters and digits have above 4."""
RANDOM_HEX_BITS: Final = 2.8
LONGEST_WORDS: Final = 4
"""Letters in a word, on average, from which on a value is taken for written by people."""

_MAY_BE_RANDOM: Final = re.compile(
    rf"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=.~-]{{{SHORTEST},}}", re.ASCII
)
_PATH_OR_NAME: Final = re.compile(r"[./~]|(?:[a-z]+-)+[a-z0-9.]+$")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def is_secret(key: str, value: str, catalogue: Catalogue) -> bool:
    """Whether the value of this key may be shown only to who asks for it.

    Args:
        key: Its name.
        value: As it is written or as compose reads it; ask for both where they differ.
        catalogue: What is known beforehand. Where it says that a key is public, that holds
            unless the value itself is a token of a well-known kind.
    """
    known = catalogue.find(key)
    told = known.secret if known is not None else None
    if told is not None:
        return told or has_token(value)
    if is_secret_name(key):
        return not value or not is_no_secret(key, value)
    return is_secret_value(key, value) or looks_secret(value)


def looks_secret(value: str) -> bool:
    """Whether a value looks like a secret, whatever its key is called."""
    if len(value) < 8:
        return False
    return has_token(value) or looks_random(value)


def looks_random(value: str) -> bool:
    """Whether it is long, of one piece, and nothing that people would write."""
    if _MAY_BE_RANDOM.fullmatch(value) is None or _PATH_OR_NAME.match(value):
        return False
    head = value[:LONGEST]
    if _HEX.fullmatch(head):
        return entropy(head) >= RANDOM_HEX_BITS
    # What people write is made of words; random letters change their kind at every turn.
    pieces = sum(1 for _ in _WORD.finditer(head))
    return len(head) < LONGEST_WORDS * pieces and entropy(head) >= RANDOM_BITS


def entropy(value: str) -> float:
    """Bits a letter, by how often each occurs."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0
