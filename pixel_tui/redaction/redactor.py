"""Masks secrets in text: the only redactor of pixel-tui.

Used for everything that may be shown, logged or recorded and that was not revealed on
purpose: environments, command lines, labels, probe output, errors, crash reports.

Masks values that look secret (by name or by form), and every known secret value wherever it
occurs. Runs in linear time.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.forms import mask_forms, password_flag
from pixel_tui.redaction.known import MASK, KnownSecrets, known, masked_text
from pixel_tui.redaction.logins import Logins, mask_logins
from pixel_tui.redaction.names import is_no_secret, is_secret_name, may_be_secret

__all__ = [
    "MASK", "forget_secrets", "has_token", "is_secret_name", "is_secret_value", "mask_value",
    "masked_value", "redact", "redact_argv", "remember_secret",
    "spare_names",
]  # fmt: skip

# Start at the scheme's last letter: searching for its first takes too long in a long word.
# A password may contain `/` and `@`; what precedes a port, or a path with `@`, is none.
_URL_PASSWORD = LatePattern(
    r"(?P<head>[a-z0-9+.\-]://[^\s:/@?#\"'<>]{0,256}:)"
    r"(?![0-9]{1,5}(?:[/?#]|$))[^\s@\"'<>]{1,512}(?:@[^\s@/?#\"'<>,]{0,256}){0,8}(?=@)",
    re.IGNORECASE,
)
_WEBHOOK = LatePattern(
    r"(?P<head>://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/|"
    r"(?:[a-z]+\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/|"
    r"[a-z0-9\-]+\.webhook\.office\.com/|outlook\.office(?:365)?\.com/webhook/|"
    r"chat\.googleapis\.com/v1/spaces/|hooks\.zapier\.com/hooks/|"
    r"[^\s/\"'<>]{1,256}\.logic\.azure\.com[^\s/]{0,8}/workflows/|"
    r"maker\.ifttt\.com/trigger/|[^\s/\"'<>]{1,256}/hooks/(?=[A-Za-z0-9]{20})|"
    r"[^\s/\"'<>]{1,256}(?:/[^\s/\"'<>?#]{1,64}){0,3}/webhooks?(?:-test)?/"
    r"(?=[A-Za-z_]{0,64}[0-9])(?=\w{16}|[0-9a-f]{8}-[0-9a-f]{4}-)|"
    r"qyapi\.weixin\.qq\.com/cgi-bin/webhook/|oapi\.dingtalk\.com/robot/|"
    r"open\.(?:feishu|larksuite)\.(?:cn|com)/open-apis/bot/))[^\s\"'<>]+",
    re.IGNORECASE,
)
_ASSIGNMENT = LatePattern(
    # Only at the start of a word: trying each letter of a long one would take too long.
    r"(?<![A-Za-z0-9_.\-])[0-9.\-]*(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)\\{0,3}[\"']?\s*"
    r"(?:=>|:=|[=:])\s*"
)
# The value: matched only where it is masked, because it may be most of a long line.
_VALUE = LatePattern(
    r"\"(?:[^\"\\]|\\.)*(?:\"|$)|'(?:[^'\\]|\\.)*(?:'|$)|"
    r"(?P<slash>\\{1,3})\"(?:(?!(?<!\\)(?P=slash)\").)*(?:(?P=slash)\"|$)|"
    # A comma or quote may be part of it: rather mask too much than leave half of it.
    r"(?:[^\s\"',;]|[,;](?![\s\"']|$)|[\"'](?![\s,;:\]})\"']|$))+",
    re.DOTALL,
)
_HEADER_VALUE = LatePattern(r"\"[^\"\n]*\"|[^\"'\n]+")
_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_FLAG = LatePattern(
    r"(?<![\w\-])(?P<flag>--?(?P<name>[A-Za-z][A-Za-z0-9_.\-]*))"
    r"(?P<mid>[\"']?,?\s+(?=[^\s-]|[\"'][^\s-]))"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'(?:\"'\"'[^']*')*|\S+)"
)
_BEARER = LatePattern(
    r"(?P<head>\b(?:Bearer|Basic|token)\s+)[A-Za-z0-9._~+/=\-]{8,}", re.IGNORECASE
)
_KNOWN_SHAPE = LatePattern(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_\-]{16,}|"
    r"sk-[A-Za-z0-9_\-]{16,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|"
    r"AIza[0-9A-Za-z_\-]{20,}|xox[abeprs]-[A-Za-z0-9\-]{10,}|xapp-[A-Za-z0-9\-]{10,}|"
    r"A[KS]IA[0-9A-Z]{16}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{20,}|"
    r"whsec_[A-Za-z0-9+/=_\-]{16,}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|"
    r"(?:dop_v1|shpat|glsa|dckr_pat)_[A-Za-z0-9_\-]{20,}|"
    r"[MNO][A-Za-z0-9_\-]{22,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,}|"
    r"nsec1[02-9ac-hj-np-z]{20,}|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*|"
    r"(?:bot)?\d{8,10}:[A-Za-z0-9_\-]{35})"
)
_PRIVATE_KEY = LatePattern(
    r"(?P<head>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----END).)*", re.DOTALL
)
_COMPOSE_QUOTES = LatePattern(
    r"(?P<head>\bunterminated quoted value |\bnear (?=\"))(?!\*{8}(?:[\s.]|\Z)).+", re.DOTALL
)
"""Compose quotes a part of the environment file, up to everything after the error. What is
already masked is skipped: a sentence of ours may follow."""
MIN_TOKEN_LENGTH: Final = 15
"""The length of the shortest token of a known form."""
_SPACE = LatePattern(r"\s")


def remember_secret(value: str) -> None:
    """Mask this value from now on, wherever it occurs literally.

    A short value, or one with a single kind of characters, is masked only as a complete word.
    Values that are even shorter, or spared, are not masked: they would match too much.
    """
    if known.add(value):
        _redact_cached.cache_clear()


def spare_names(names: Iterable[str]) -> None:
    """Stop masking the words of these names, even if they are plain secrets as well.

    Args:
        names: Names that are always on the screen: of services, containers, images, folders.
    """
    if known.spare(names):
        _redact_cached.cache_clear()


def forget_secrets() -> None:
    """Forget all remembered values and spared words."""
    known.forget()
    _redact_cached.cache_clear()


def masked_value(text: str, value: str) -> str:
    """Return the text with this secret value masked; a value common in names only as a word."""
    if known.is_unmistakable(value):
        return text.replace(value, MASK)
    return re.sub(rf"(?<![\w./\-]){re.escape(value)}(?![\w/\-])", lambda _: MASK, text)


def has_token(text: str) -> bool:
    """Whether the text has a token of a known form, or a password inside a URL."""
    url = "://" in text and (_URL_PASSWORD.search(text) or _WEBHOOK.search(text))
    return bool(url or _KNOWN_SHAPE.search(text))


def is_secret_value(name: str, value: str) -> bool:
    """Whether the key's name makes this value a secret."""
    return may_be_secret(name) and not is_no_secret(name, value)


def mask_value(name: str, value: str) -> str:
    """Return the value of a key as it may be shown: masked if its name or form is secret.

    A value that is masked by name, or as the password of a URL, is masked everywhere from then
    on. A value that is shown may be spared from then on.
    """
    if is_secret_value(name, value):
        remember_secret(value)
        return MASK
    if "://" in value and "@" in value:
        for found in _URL_PASSWORD.compiled.finditer(value):
            password = found.group()[len(found["head"]) :]
            remember_secret(password)
            remember_secret(unquote(password))
    if known.spare_setting(name, value):
        _redact_cached.cache_clear()
    return redact(value)


def redact_argv(words: Sequence[str]) -> list[str]:
    """Return the words of a command line, each as it may be shown."""
    shown: list[str] = []
    is_secret = False
    flag = None
    logins = Logins()
    for word in words:
        if is_secret and not word.startswith("-") and word:
            shown.append(MASK)
            is_secret, flag = False, None
            continue
        login = logins.mask_word(word)
        joined_password = flag.joined_password(word) if flag else ""
        if flag and joined_password:
            shown.append(f"{flag.name}{MASK}")
        else:
            shown.append(redact(word if login is None else login))
        name = word.lstrip("-")
        is_secret = word.startswith("-") and "=" not in word and is_secret_name(name)
        is_secret = is_secret or bool(flag and flag.separate and word == flag.name)
        flag = password_flag(word) or flag
    return shown


def redact(text: str) -> str:
    """Return the text with every recognizable secret masked.

    Recognized are assignments, headers and flags with a secret name, passwords in URLs,
    webhook addresses, bearer tokens, tokens of known forms, environment file content quoted
    by compose, and known secret values.
    """
    return _redact_cached(text) if len(text) <= _CACHED_LENGTH else _redact(text)


_CACHED_LENGTH: Final = 512
"""Texts up to this length are cached: containers share many labels."""


@lru_cache(maxsize=2048)
def _redact_cached(text: str) -> str:
    return _redact(text)


def _redact(text: str) -> str:
    # Each check runs only if a cheap one passes, as this runs for every label and variable.
    if len(text) >= KnownSecrets.MIN_LENGTH:
        text = known.mask(text)
        if "\x1b" in text:  # colours may be inside a value
            text = "\n".join(map(masked_text, text.split("\n")))
    if "://" in text:
        if "@" in text:
            text = _URL_PASSWORD.sub(_mask_after_head, text)
        text = _WEBHOOK.sub(_mask_after_head, text)
    words = _SPACE.search(text) is not None
    if words:
        text = _BEARER.sub(_mask_after_head, text)
        if "nterminated quoted value " in text or "near " in text:
            text = _COMPOSE_QUOTES.sub(_mask_after_head, text)
    if len(text) >= MIN_TOKEN_LENGTH:
        text = _KNOWN_SHAPE.sub(MASK, text)
        if "PRIVATE KEY-----" in text:
            text = _PRIVATE_KEY.sub(_mask_after_head, text)
    if "=" in text or ":" in text:
        text = _mask_assignments(text)
    text = mask_forms(text)
    if "-" not in text:
        return text
    return mask_logins(_FLAG.sub(_mask_flag, text) if words else text)


def _mask_after_head(match: re.Match[str]) -> str:
    return match["head"] + MASK


def _mask_assignments(text: str) -> str:
    parts, at = [], 0
    while match := _ASSIGNMENT.search(text, at):
        # In `Error: PASSWORD=x`, the inner assignment counts.
        at, begin = match.end(), at
        parts.append(text[begin:at])
        name = match["name"]
        if not may_be_secret(name):
            continue
        # `cache key: ` is followed by what a build misses, which explains its failure.
        if name == "key" and text.endswith("cache ", 0, match.start("name")):
            continue
        is_header = ":" in match.group() and name.lower() in _HEADERS
        value = (_HEADER_VALUE if is_header else _VALUE).match(text, at)
        if value and not is_no_secret(name, value.group().strip("\\\"'")):
            parts.append(MASK)
            at = value.end()
    return "".join((*parts, text[at:]))


def _mask_flag(match: re.Match[str]) -> str:
    name = match["name"]
    if not is_secret_value(name, match["value"].strip("\"'")):
        return match.group()
    return f"{match['flag']}{match['mid']}{MASK}"
