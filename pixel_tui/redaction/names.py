"""Decides which names are those of secrets, and which values are never secret.

A name is split into its words, however they are joined: `DB_PASSWORD`, `dbPassword`,
`db-password` and `-rpcpassword` are the same. Context decides: `TOKEN` is a secret,
`TOKEN_EXPIRATION` and `MAX_TOKENS` are numbers about one.
"""

import re
from functools import lru_cache
from typing import Final

from pixel_tui.late_pattern import LatePattern

_WORD: Final = LatePattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MAX_NAME: Final = 200
"""Characters at the end of a name that are examined. No variable is longer."""

_SECRET: Final = frozenset(
    {"accesskey", "apikey", "apikeys", "auth", "authcode", "authkey", "authorization", "basicauth",
     "bearer", "cookie", "cookies", "cred", "credential", "credentials", "creds", "dsn",
     "encryptionkey", "jwt", "macaroon", "masterkey", "mnemonic", "nsec", "otp", "pass",
     "passcode", "passkey", "passphrase", "passwd", "password", "passwords", "pat", "pincode",
     "presharedkey", "privatekey", "privkey", "privkeys", "psk", "pw", "pwd", "rpcauth", "salt",
     "secret", "secretkey", "secretkeybase", "secrets", "seed", "seedphrase", "signingkey", "token",
     "tokens", "totp",
     "tprv", "xpriv", "xprv"}
)  # fmt: skip
_OWNERS: Final = (
    "db pg my sa sql mysql redis mongo ldap bind root admin user master app login mail smtp imap "
    "ftp ssh http proxy rpc rcon mqtt vnc wifi wallet key api auth basic bot relay require server "
    "store sudo trust web zip"
)
_JOINED: Final = (
    "password passwd passphrase secret apikey authtoken accesstoken privatekey secretkey "
    "accesskey sharedkey masterauth privkey nostrsk hmackey wifipsk wpapsk tlspsk "
    "dbtoken pgtoken mytoken sqltoken redistoken apitoken bottoken csrftoken xsrftoken "
    "refreshtoken idtoken sessiontoken bearertoken ghtoken githubtoken gitlabtoken npmtoken "
    "hftoken vaulttoken usertoken gittoken"
)
_SECRET_ENDS: Final = (
    *_JOINED.split(),
    *(f"{owner}{word}" for owner in _OWNERS.split() for word in ("pass", "pwd", "pw")),
)
"""Ends of words that are joined without a separator."""
_ABOUT: Final = frozenset(
    {"age", "alg", "algo", "algorithm", "allow", "audience", "backend", "budget", "class", "count",
     "days", "dir", "directory", "disabled", "domain", "duration", "enable", "enabled", "endpoint",
     "enforce", "exp", "expiration", "expire", "expires", "expiry", "file", "filename", "format",
     "hasher", "hashers", "hashing", "header", "host", "hours", "httponly", "id", "identity",
     "interval", "issuer", "len", "length", "lifespan", "lifetime", "limit", "max", "method",
     "min", "minutes", "mode", "ms", "name", "names", "path", "paths", "per", "policy", "port",
     "prefix", "provider", "realm", "required", "retries", "rotation", "rounds", "samesite",
     "scheme", "scope", "scopes", "seconds", "secure", "server", "service", "size", "sock",
     "socket", "source", "store", "strategy", "suffix", "table", "timeout", "ttl", "type", "uri",
     "url", "usage", "user", "username", "validation", "validator", "validators", "validity",
     "version", "window"}
)  # fmt: skip
"""Last words of names that are about a secret."""
_STRONG_ID: Final = LatePattern(r"(?:access key|secret|secret key) id$")
_KEPT_AT: Final = frozenset({"url", "uri"})
_COUNTED: Final = frozenset({"max", "min", "num", "total", "n", "number", "count", "input",
                             "output", "completion", "prompt"})  # fmt: skip
_PUBLIC_KEYS: Final = frozenset(
    {"cache", "dedup", "dedupe", "foreign", "group", "hot", "idempotency", "lookup", "map",
     "object", "order", "partition", "primary", "pub", "public", "publishable", "routing", "row",
     "shift", "sort"}
)  # fmt: skip
_NO_VALUE: Final = LatePattern(
    r"true|false|yes|no|on|off|null|none|nil|undefined|disabled?|enabled?|required|optional|~|"
    r"\$\{?[A-Za-z_][A-Za-z0-9_]*(?::?\?[^}]*)?\}?|\$\$?\{[A-Za-z_][A-Za-z0-9_]*:?-\}|"
    r"/run/secrets/[\w.\-/]+|\*+",
    re.IGNORECASE,
)
"""A switch, no value, the name of another variable, the path of a secret, a mask."""
_SMALL_NUMBER: Final = LatePattern(r"[0-9]{1,3}")
_SEEDED: Final = frozenset(
    {"admin", "count", "data", "database", "db", "demo", "dev", "fixtures", "hosts", "node",
     "nodes", "on", "peer", "peers", "ratio", "script", "sql", "tables", "test", "users"}
)  # fmt: skip
"""Words after which a seed is no secret: data that is seeded, or peers."""
_SOLD_BY: Final = frozenset({"clerk", "live", "nostr", "paystack", "stripe", "test"})
"""Services whose secret keys are called `SK`: elsewhere it is Slovak, unless it is a key."""
_WEAK: Final = frozenset(
    {"auth", "code", "cookie", "cookies", "pepper", "pin", "rcon", "salt", "seed", "tokens"}
)
"""Names that also count or switch something: a number of up to three digits is no secret."""
_ONLY_LAST: Final = frozenset({"hmac", "pepper", "rcon"})
"""Secrets only as the last word (apart from a number): with another word it is a setting."""
_NUMBERED: Final = LatePattern(r"[0-9]+|b|base|current|hex|new|next|old|prev|previous|v|value")
_CODES: Final = frozenset(
    {"access", "alarm", "auth", "backup", "door", "login", "mfa", "pairing", "pass", "pin",
     "recovery", "security", "seed", "unlock"}
)  # fmt: skip
"""What such a code or phrase unlocks."""
_ALGORITHM: Final = LatePattern(
    r"(?:hmac[\-_]?)?(?:sha|md|blake|ripemd)[\-_]?[0-9][\w\-]*", re.IGNORECASE
)
_CAPTCHAS: Final = frozenset({"captcha", "hcaptcha", "recaptcha", "turnstile"})
"""Captchas have site keys, which are public."""
_ASKED_FOR_A_PIN: Final = frozenset(
    {"access", "account", "admin", "alarm", "bank", "card", "door", "hsm", "lock", "login",
     "parental", "security", "sim", "unlock", "user", "wallet"}
)  # fmt: skip
"""Words before a secret PIN; elsewhere a pin is one of a chip."""
_WITH_PRIVATE_KEYS: Final = frozenset(
    {"age", "dkim", "ecdsa", "gpg", "jwt", "key", "nostr", "pgp", "rsa", "ssh", "ssl", "tls",
     "vapid", "wg", "wireguard"}
)  # fmt: skip
_FINGERPRINTS: Final = LatePattern(r"(?:(?:0x)?(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})(?:\s+|$))+")
_OPENPGP_KEYS: Final = frozenset(
    {(kind, key) for kind in ("gpg", "pgp") for key in ("key", "keys")}
)
_FOLDERS: Final = frozenset({(), ("host",), ("init",), ("old",), ("start",)})
"""Words before `PWD` if it is a path."""
_HOOKS: Final = frozenset({"heartbeat", "hook", "hooks", "ping", "push", "webhook", "webhooks"})
"""Names of webhook addresses: anyone who knows one can call it, as its path has a token."""
_ADDRESS: Final = frozenset({"address", "endpoint", "link", "uri", "url", "urls"})
_URL_PATH: Final = LatePattern(r"https?://[^\s/?#]+(?P<path>[/?#]\S*)", re.IGNORECASE)
_PART: Final = LatePattern(r"[^/?#&=;]+")
_SEPARATORS: Final = LatePattern(r"[._~@+\-]")
_READABLE: Final = LatePattern(r"[A-Za-z]?[a-z]*(?:[A-Z][a-z]{2,})*[0-9]{0,3}|[0-9]{1,7}")
"""A readable word of a path: lower case or camel case, with a short number."""
_MAX_READABLE: Final = 20
_MIN_TOKEN: Final = 5
_HEX_KEY: Final = LatePattern(r"(?:0x)?[0-9A-Fa-f]{64}")
_TOKEN_LIKE: Final = LatePattern(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[\w.:\-]{24,}", re.ASCII)


@lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Whether the name of a key says that its value is secret."""
    words = _words(name)
    return bool(words) and _is_secret(words)


def may_be_secret(name: str) -> bool:
    """Whether a key of this name may be secret; `is_no_secret` decides by its value."""
    words = _words(name)
    return is_secret_name(name) or _is_bot(words) or _is_hook(words) or words[-1:] == ("sk",)


def is_no_secret(name: str, value: str) -> bool:
    """Whether a value can't be secret: a switch, no value, a reference.

    For some names the value decides: `GPG_KEY` is a fingerprint or a secret, `PWD` a folder or a
    secret, `WEBHOOK_URL` an address with or without a token.
    """
    if not value or _NO_VALUE.fullmatch(value):
        return True
    words = _words(name)
    if words[-1:] == ("pwd",) and words[:-1] in _FOLDERS and value.startswith("/"):
        return True
    if words[-2:] in _OPENPGP_KEYS and _FINGERPRINTS.fullmatch(value):
        return True
    if not is_secret_name(name):
        if _is_bot(words):
            return not _TOKEN_LIKE.fullmatch(value)
        if _is_hook(words):
            return not _has_token_in_path(value)
        if words[-1:] == ("sk",):
            return not _HEX_KEY.fullmatch(value)
    if words[-1:] == ("hmac",) and _ALGORITHM.fullmatch(value):
        return True
    return bool(_SMALL_NUMBER.fullmatch(value)) and words != () and words[-1] in _WEAK


def _is_bot(words: tuple[str, ...]) -> bool:
    return len(words) > 1 and words[-1] == "bot"


def _is_hook(words: tuple[str, ...]) -> bool:
    while words and words[-1].isdecimal():
        words = words[:-1]
    named = words[:-1] if words and words[-1] in _ADDRESS else words
    return bool(named) and named[-1] in _HOOKS


def _has_token_in_path(value: str) -> bool:
    found = _URL_PATH.fullmatch(value)
    return found is not None and any(map(_is_token, _PART.findall(found["path"])))


def _is_token(part: str) -> bool:
    if len(part) < _MIN_TOKEN:
        return False
    words = _SEPARATORS.split(part)
    return not all(len(word) <= _MAX_READABLE and _READABLE.fullmatch(word) for word in words)


@lru_cache(maxsize=2048)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name[-_MAX_NAME:]))


def _is_secret(words: tuple[str, ...]) -> bool:
    last = words[-1]
    named = [at for at, word in enumerate(words) if _names_secret(words, at, word)]
    if not named:
        return False
    if last in _ABOUT and not _STRONG_ID.search(" ".join(words)):
        # A DSN contains a password, and a variable for it is often called its URL.
        return last in _KEPT_AT and words[named[-1]] in {"dsn", "secret"}
    if any(word in {"per", "expires", "expiration"} for word in words[named[-1] :]):
        return False
    return not (words[named[-1]] == "tokens" and _COUNTED & set(words))


def _names_secret(words: tuple[str, ...], at: int, word: str) -> bool:
    if word == "seed":
        return not _SEEDED.intersection(words[at + 1 :])
    if word in _SECRET or (word == "sk" and _SOLD_BY.intersection(words[at - 1 : at])):
        return True
    if word in _ONLY_LAST:
        return all(_NUMBERED.fullmatch(word_after) for word_after in words[at + 1 :])
    if word in {"pin", "private"}:
        preceding = _ASKED_FOR_A_PIN if word == "pin" else _WITH_PRIVATE_KEYS
        return at == len(words) - 1 and bool(preceding.intersection(words[:at]))
    if word == "key" and words[at - 1 : at] == ("site",) and _CAPTCHAS.intersection(words[:at]):
        return False
    if word in {"key", "keys"}:
        return not (at and words[at - 1] in _PUBLIC_KEYS) and (word == "key" or at > 0)
    if word in {"code", "phrase"}:
        return bool(at) and words[at - 1] in _CODES
    return word.endswith(_SECRET_ENDS)
