"""Host names that nginx resolves only once, when it starts. Pure.

`proxy_pass http://api:3000;` and `upstream x { server api:3000; }` keep the address that the name
had when nginx started; a variable, with a `resolver`, is resolved again.
"""

import re
from typing import Final

_COMMENT: Final = re.compile(r"#[^\n]*")
# An unclosed block extends to the end, so that the text is scanned only once.
_UPSTREAM: Final = re.compile(r"\bupstream\s+(\S+)\s*\{([^}]*)(?:\}|\Z)")
_SERVER: Final = re.compile(r"\bserver\s+([^\s;]+)([^;]*)(?:;|\Z)")
_PASS: Final = re.compile(r"\b(?:proxy|grpc|fastcgi|uwsgi)_pass\s+([^\s;]+)\s*;")
_HOST: Final = re.compile(r"^(?:[a-z]+://)?([A-Za-z0-9_.-]+)")


def pinned_hosts(configuration: str) -> tuple[str, ...]:
    """Return the host names that are resolved only at the start, in the order of the file."""
    text = _COMMENT.sub("", configuration)
    groups = dict(_UPSTREAM.findall(text))
    found: dict[str, None] = {}
    for body in groups.values():
        for address, options in _SERVER.findall(body):
            if "resolve" not in options.split():
                _add(found, address)
    for address in _PASS.findall(text):
        if _host(address) not in groups:
            _add(found, address)
    return tuple(found)


def _add(found: dict[str, None], address: str) -> None:
    host = _host(address)
    if host and "$" not in address and not address.startswith("unix:"):
        found[host] = None


def _host(address: str) -> str:
    match = _HOST.match(address)
    return match.group(1) if match else ""
