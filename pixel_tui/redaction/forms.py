"""Masks secrets in forms other than assignments, headers and long flags.

Passwords of some programs' short flags, in SQL and configuration lines, in XML, and in
percent-encoded text, and signatures in URLs. Runs in linear time.
"""

import re
from dataclasses import dataclass
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.known import MASK
from pixel_tui.redaction.names import is_no_secret, is_secret_name

_PORT_MAPPING: Final = LatePattern(r"(?:[0-9.\-]{1,40}:){1,2}[0-9]|[0-9]{1,5}/(?:tcp|udp)")
"""The meaning of `-p` for `docker run`, whose image may be named like one of the programs."""


@dataclass(frozen=True)
class PasswordFlag:
    """The short flag for the password of a program.

    Attributes:
        name: The flag, such as `-p`.
        separate: Whether the password may be the next word.
        joined: Whether it may follow in the same word.
    """

    name: str
    separate: bool = True
    joined: bool = True

    def joined_password(self, word: str) -> str:
        """Return the password in this word, or an empty string."""
        rest = word[len(self.name) :] if self.joined and word.startswith(self.name) else ""
        return "" if not rest or not _may_be_password(rest) else rest


_PROGRAMS: Final = {
    **dict.fromkeys(("redis-cli", "valkey-cli", "keydb-cli"), PasswordFlag("-a", joined=False)),
    **dict.fromkeys(
        ("mysql", "mysqladmin", "mysqlcheck", "mysqldump", "mysqlimport", "mysqlshow", "mariadb",
         "mariadb-admin", "mariadb-check", "mariadb-dump", "mariadb-import"),
        PasswordFlag("-p", separate=False),
    ),
    **dict.fromkeys(
        ("sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport",
         "mongoimport"),
        PasswordFlag("-p"),
    ),
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"), PasswordFlag("-P")),
    "rabbitmqadmin": PasswordFlag("-p"),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami"), PasswordFlag("-w")),
    "sqlcmd": PasswordFlag("-P"),
}  # fmt: skip


def flag_pattern(programs: str, flag: str) -> LatePattern[str]:
    """Match a program, at most 16 words, and its flag; unbounded, it would take too long."""
    return LatePattern(
        rf"(?<![\w\-])(?P<program>{programs})(?=[\s\"'])"
        rf"(?:[\s\"',]++(?!{flag}|[|;&])[^\s\"',]++){{0,16}}?[\s\"',]++"
        rf"(?P<flag>{flag})(?P<mid>[\"']?,?\s++[\"']?|[\"'],[\"']|[\"']|)"
        r"(?P<value>(?<=\")[^\"\n]++|(?<=')[^'\n]++|[^\s\"']++)"
    )


_FLAG_PATTERNS: Final = (
    flag_pattern(r"(?:redis|valkey|keydb)-cli", "-a"),
    flag_pattern(r"mysql[a-z]{0,6}|mariadb(?:-[a-z]{1,6})?|sshpass|mongo[a-z]{0,7}", "-p"),
    flag_pattern(r"ldap[a-z]{3,6}", "-w"),
    flag_pattern(r"sqlcmd|mosquitto_[a-z]{2,3}", "-P"),
    flag_pattern(r"rabbitmqadmin", "-p"),
)
_SQL = LatePattern(
    r"(?P<head>\bIDENTIFIED\s{1,8}(?:WITH\s{1,8}\S{1,64}\s{1,8})?(?:BY|AS)\s{1,8}"
    r"(?:PASSWORD\s{1,8})?|\bPASSWORD\s{0,8}\(\s{0,8})"
    r"(?P<quote>['\"])(?P<value>[^'\"\n]{1,512})(?P=quote)",
    re.IGNORECASE,
)
_CONFIG = LatePattern(
    r"(?P<head>(?<![\w\-./$])(?:(?P<sure>requirepass|masterauth)|"
    r"password|passwd|passphrase)[ \t]{1,32})"
    r"(?P<value>\"[^\"\n]{1,512}\"|'[^'\n]{1,512}'|[^\s\"']++)",
    re.IGNORECASE,
)
_NETRC = LatePattern(
    r"(?P<head>\blogin[ \t]{1,32}[^\s]{1,256}\s{1,32}password[ \t]{1,32})(?P<value>\S++)"
)
_XML = LatePattern(
    r"(?P<head><(?P<name>[A-Za-z][\w.:\-]{0,100})(?:\s[^<>]{0,256})?>(?:<!\[CDATA\[)?)"
    r"(?P<value>(?!\]\]>|<)[^<>\]]*+(?:\](?!\]>)[^<>\]]*+)*)(?=\]\]>|</)"
)
_ESCAPED = LatePattern(
    r"(?P<head>(?:%[0-9A-Fa-f]{2}|(?<![\w.\-]))(?P<name>[A-Za-z_][\w.\-]*+)"
    r"(?:%(?:25)?3[Dd]|%22%3[Aa](?:%20)?%22))"
    r"(?P<value>(?=[^\s\"'<>&;])(?!%(?:25)?26|%22)"
    r"[^\s\"'<>&;%]*+(?:%(?!(?:25)?26|22)[^\s\"'<>&;%]*+)*)"
)
_SIGNATURE = LatePattern(
    r"(?P<head>(?:[?&;](?:amp;)?(?:sig|signature)|(?<![\w\-])X-(?:Amz|Goog)-Signature)=)"
    r"[^\s&\"'<>#]{8,}",
    re.IGNORECASE,
)
_CONFIG_WORDS: Final = frozenset(
    {"and", "are", "argument", "but", "can", "command", "config", "configuration", "directive",
     "does", "empty", "for", "from", "has", "have", "in", "is", "mismatch", "missing", "must",
     "needs", "not", "of", "on", "option", "or", "parameter", "password", "required", "set",
     "setting", "should", "to", "unset", "value", "was", "will", "with"}
)  # fmt: skip
_NO_PASSWORD: Final = LatePattern(
    r"(?:sha|md|base|bcrypt|argon|scram|oauth|pbkdf|aes|utf|ldap|pkcs|ntlm|krb)[\-_]?[a-z]*"
    r"[\-_]?[0-9].*|[0-9]+(?:st|nd|rd|th|ms|s|min|h|d)",
    re.IGNORECASE,
)
_VALUE_LIKE: Final = LatePattern(r"(?=.*[0-9])(?=.*[A-Za-z])|(?=.*[!@#$%^&*+~].)|[0-9]{6}")


def password_flag(word: str) -> PasswordFlag | None:
    """Return the password flag of the program that a command line's word names, if any."""
    return _PROGRAMS.get(word.rpartition("/")[2])


def mask_forms(text: str) -> str:
    """Mask the secrets of these forms in a text."""
    lower = text.lower()
    if any(program in lower for program in _HINTS):
        for pattern in _FLAG_PATTERNS:
            text = pattern.sub(_mask_flagged, text)
    if "pass" in lower or "identified" in lower or "masterauth" in lower:
        text = _NETRC.sub(_mask_value, text)
        text = _CONFIG.sub(_mask_config, _SQL.sub(_mask_quoted, text))
    if "</" in text or "]]>" in text:
        text = _XML.sub(_mask_named, text)
    if "%" in text:
        text = _ESCAPED.sub(_mask_named, text)
    if "sig" in lower:
        text = _SIGNATURE.sub(lambda found: found["head"] + MASK, text)
    return text


_HINTS: Final = ("-cli", "mysql", "mariadb", "sshpass", "mongo", "ldap", "sqlcmd", "mosquitto_",
                 "rabbitmqadmin")  # fmt: skip


def _may_be_password(value: str) -> bool:
    return not is_no_secret("password", value.strip("\"'")) and not _PORT_MAPPING.match(value)


def _mask_flagged(match: re.Match[str]) -> str:
    flag = _PROGRAMS.get(match["program"])
    separate = match["mid"].strip("\"'") != ""
    matches = flag and flag.name == match["flag"] and (flag.separate if separate else flag.joined)
    if not matches or match["value"].startswith("-") or not _may_be_password(match["value"]):
        return match.group()
    return match.group()[: match.start("value") - match.start()] + MASK


def _mask_value(match: re.Match[str]) -> str:
    return match["head"] + MASK


def _mask_quoted(match: re.Match[str]) -> str:
    return f"{match['head']}{match['quote']}{MASK}{match['quote']}"


def _mask_config(match: re.Match[str]) -> str:
    value = match["value"]
    bare = value.strip("\"'").rstrip(".,;:)!?")
    if not bare or is_no_secret("password", bare):
        return match.group()
    if value[0] in "\"'":
        return f"{match['head']}{value[0]}{MASK}{value[0]}"
    if match["sure"]:
        masked = bare.lower() not in _CONFIG_WORDS and bare[0] not in "=:-(<"
    else:
        masked = (
            len(bare) >= 6
            and (bare[0].isalnum() or bare[0] in "!@#$%^&*+~")
            and bool(_VALUE_LIKE.match(bare))
            and not _NO_PASSWORD.fullmatch(bare)
        )
    return match["head"] + MASK if masked else match.group()


def _mask_named(match: re.Match[str]) -> str:
    name = match["name"]
    # A property list has its names in `<key>`.
    if name.lower() in {"key", "keys"} or not is_secret_name(name):
        return match.group()
    return match.group() if is_no_secret(name, match["value"]) else match["head"] + MASK
