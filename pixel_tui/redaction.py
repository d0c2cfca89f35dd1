"""Which values are secret, and text without them.

Used wherever something may be shown, logged or recorded that an operator did not
choose to reveal: environments, command lines, labels, probe output, crash reports.
"""

import re
from functools import lru_cache
from typing import Final

MASK: Final = "********"

_SECRET_NAME = re.compile(
    r"(?:^|[_.\-])(?:pass(?:word|wd|phrase)?|pwd|secrets?|tokens?|api_?keys?|access_?keys?|"
    r"private_?keys?|secret_?keys?|signing_?keys?|encryption_?keys?|credentials?|auth|"
    r"dsn|cookies?|salt|seed|mnemonic|nsec|macaroon)(?:$|[_.\-])",
    re.IGNORECASE,
)
_PUBLIC_NAME = re.compile(r"(?:_FILE|_PATH|_URL_PREFIX|_ENABLED?|_TTL|_TIMEOUT)$", re.IGNORECASE)
_KEY_SUFFIX = re.compile(r"(?:^|_)KEY(?:_[A-Z0-9]+)?$", re.IGNORECASE)

# The scheme's last letter is enough; to look for its first takes forever in a long word.
_URL_PASSWORD = re.compile(r"(?P<head>[a-z0-9+.\-]://[^\s:/@]*:)[^\s@/]+(?=@)", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    # Only from the beginning of a word: from each letter of a long one it would take forever.
    r"(?<![A-Za-z0-9_.\-])[0-9.\-]*(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)[\"']?\s*[=:]\s*"
)
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"',;&]+")
"""What may stand behind it: looked at only where it is masked, for it may be all of a long line."""
_FLAG = re.compile(
    r"(?<![\w\-])(?P<flag>--?(?P<name>[A-Za-z][A-Za-z0-9_\-]*))(?P<mid>\s+)(?P<value>[^\s-]\S*)"
)
_BEARER = re.compile(r"(?P<head>\b(?:Bearer|Basic|token)\s+)[A-Za-z0-9._~+/=\-]{8,}", re.IGNORECASE)
_KNOWN_SHAPE = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_\-]{16,}|"
    r"AIza[0-9A-Za-z_\-]{20,}|xox[abprs]-[A-Za-z0-9\-]{10,}|AKIA[0-9A-Z]{16}|"
    r"nsec1[02-9ac-hj-np-z]{20,}|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*|"
    r"\d{8,10}:[A-Za-z0-9_\-]{35})"
)
SHORTEST_TOKEN: Final = 15
"""Characters of the shortest token of a known shape."""
_SPACE = re.compile(r"\s")


def is_secret_name(name: str) -> bool:
    """Whether a key of this name is taken to hold a secret."""
    if _PUBLIC_NAME.search(name):
        return False
    return bool(_SECRET_NAME.search(name) or _KEY_SUFFIX.search(name))


def has_token(text: str) -> bool:
    """Whether there is a token of a well-known shape, or a password inside a URL, in it."""
    url = "://" in text and _URL_PASSWORD.search(text)
    return bool(url or _KNOWN_SHAPE.search(text))


def mask_value(name: str, value: str) -> str:
    """The value of a key as it may be shown: masked when the name or the shape is secret."""
    if value and _names_secret(name):
        return MASK
    return redact(value)


@lru_cache(maxsize=512)
def _names_secret(name: str) -> bool:
    """The same labels and variables are on one container after the other."""
    return is_secret_name(name)


def redact(text: str) -> str:
    """Text with every recognisable secret replaced by asterisks.

    Recognised are assignments and flags with a secret name, passwords inside
    URLs, bearer tokens, and tokens of well-known shapes.
    """
    # Each is only looked for where there may be one: this runs over every label and variable.
    if "://" in text:
        text = _URL_PASSWORD.sub(lambda match: match["head"] + MASK, text)
    words = _SPACE.search(text) is not None
    if words:
        text = _BEARER.sub(lambda match: match["head"] + MASK, text)
    if len(text) >= SHORTEST_TOKEN:
        text = _KNOWN_SHAPE.sub(MASK, text)
    if "=" in text or ":" in text:
        text = _mask_assignments(text)
    return _FLAG.sub(_mask_flag, text) if words else text


def _mask_assignments(text: str) -> str:
    parts, at = [], 0
    while match := _ASSIGNMENT.search(text, at):
        # What a build misses stands behind `cache key: `, and is why it failed.
        public = match["name"] == "key" and text.endswith("cache ", 0, match.start("name"))
        secret = is_secret_name(match["name"]) and not public
        value = _VALUE.match(text, match.end()) if secret else None
        parts.append(text[at : match.end()] + (MASK if value else ""))
        # `Error: PASSWORD=x` reads as an assignment too: the one inside counts.
        at = value.end() if value else match.end()
    return "".join((*parts, text[at:]))


def _mask_flag(match: re.Match[str]) -> str:
    if not is_secret_name(match["name"].replace("-", "_")):
        return match.group()
    return f"{match['flag']}{match['mid']}{MASK}"
