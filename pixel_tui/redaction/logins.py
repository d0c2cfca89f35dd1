"""Masks passwords after a user name in a command line: `-u root:PASSWORD`.

Most programs use `-u` for it. For docker and a few others the same flag is a user and a
group, so numbers, the user's own name and names of common groups are not masked.
"""

import re
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.forms import flag_pattern
from pixel_tui.redaction.known import MASK
from pixel_tui.redaction.names import is_no_secret

_FLAGS: Final = ("-u", "-U", "--user", "--proxy-user")
"""Flags of any program."""
_PROGRAMS: Final = {
    "curl": {"-u": ":", "-U": ":"},
    "ab": {"-A": ":", "-P": ":"},
    **{name: {"-a": ":"} for name in ("http", "https", "xh", "xhs")},
    **{name: {"-U": "%"} for name in ("smbclient", "rpcclient", "smbget")},
    "lftp": {"-u": ","},
}
"""Flags and separators of name and password; the login may be joined to the flag."""
_GROUPS: Final = frozenset(
    {"adm", "apache", "app", "daemon", "docker", "git", "http", "mail", "nginx", "nobody",
     "node", "nogroup", "root", "staff", "sudo", "sys", "tty", "users", "wheel", "www-data"}
)  # fmt: skip

_ANY: Final = LatePattern(
    r"(?<![\w\-])(?P<head>(?:-u|--user|--proxy-user|-U)(?:[\"']?,?[\s=]+[\"']?|[\"'],[\"']))"
    r"(?P<login>[^\s:/\"']{1,256}:(?!//)[^\s\"']+)"
)
_PROGRAM_PATTERNS: Final = (
    flag_pattern("curl|smbclient|rpcclient|smbget", "-[uU]"),
    flag_pattern("lftp", "-u"),
    flag_pattern("ab", "-[AP]"),
)


def mask_logins(text: str) -> str:
    """Mask the passwords of the command lines in a text."""
    if "-u" in text or "-U" in text or "--proxy-user" in text:
        text = _ANY.sub(lambda found: found["head"] + _mask_password(found["login"], ":"), text)
    if any(program in text for program in ("curl", "smb", "rpcclient", "lftp", "ab ")):
        for flag in _PROGRAM_PATTERNS:
            text = flag.sub(_mask_flagged, text)
    return text


class Logins:
    """Masks passwords after user names in a command line, word by word."""

    def __init__(self) -> None:
        self._flags = dict.fromkeys(_FLAGS, ":")
        self._program_flags: dict[str, str] = {}
        self._separator = ""
        """The separator of the login in the next word; empty if it is no login."""

    def mask_word(self, word: str) -> str | None:
        """Return the word as it may be shown; None if it has no login."""
        separator, self._separator = self._separator, ""
        if separator:
            return _mask_password(word, separator)
        if word in self._flags:
            self._separator = self._flags[word]
            return None
        name, equals, login = word.partition("=")
        if equals and name.startswith("--") and name in self._flags:
            return f"{name}={_mask_password(login, ':')}"
        if word[:2] in self._program_flags:
            return word[:2] + _mask_password(word[2:], self._program_flags[word[:2]])
        program_flags = _PROGRAMS.get(word.rpartition("/")[2])
        if program_flags is not None and "://" not in word:
            self._program_flags = program_flags
            self._flags.update(program_flags)
        return None


def _mask_password(login: str, separator: str) -> str:
    """Return a login with its password masked, if it has one."""
    name, has_separator, password = login.partition(separator)
    if not has_separator or not name or _is_public(name, password):
        return login
    return f"{name}{separator}{MASK}"


def _is_public(name: str, password: str) -> bool:
    if password == name or password.lower() in _GROUPS or password.startswith(("//", "$(")):
        return True
    if name.isdecimal() and password.isdecimal():
        return True
    return is_no_secret("password", password)


def _mask_flagged(match: re.Match[str]) -> str:
    separator = _PROGRAMS.get(match["program"], {}).get(match["flag"])
    if separator is None:
        return match.group()
    head = match.group()[: match.start("value") - match.start()]
    return head + _mask_password(match["value"], separator)
