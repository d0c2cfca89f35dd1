"""Requests that nginx passes on to upstream hosts, from its configuration. Pure.

It finds one request for each host: `location` by prefix, with `proxy_pass` to a name, an
`upstream`, or a variable from `set`. Locations that depend on patterns, conditions or missing
files are left out, and not probed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_COMMENT: Final = re.compile(r"(?m)(?:^|(?<=[\s;{}]))#[^\n]*")
# A quote within a word is an ordinary character. An unclosed quote extends to the end, so that
# the text is scanned only once.
_TOKEN: Final = re.compile(
    r"\"[^\"\\]*+(?:\\.[^\"\\]*+)*(?:\"|\Z)|'[^'\\]*+(?:\\.[^'\\]*+)*(?:'|\Z)"
    r"|[{};]|[^\s{};\"'][^\s{};]*",
    re.DOTALL,
)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")
_HOST: Final = re.compile(r"^https?://([A-Za-z0-9_.-]+)")
_NAME: Final = re.compile(r"^[A-Za-z0-9.-]+$")
_PORT: Final = re.compile(r"^(?:.*[:\]])?(\d{1,5})$")
_PATH: Final = re.compile(r"/[!-~]*")
_MAX_DEPTH: Final = 30


@dataclass(frozen=True, slots=True)
class Route:
    """A request, and the upstream host that it is passed on to."""

    host: str
    path: str
    server_name: str = ""
    """The host name of the request; empty for any."""
    port: int = 80
    """The container port of the proxy."""
    tls: bool = False


@dataclass(slots=True)
class _Directive:
    words: tuple[str, ...]
    children: "list[_Directive]" = field(default_factory=list)


def find_routes(configuration: str) -> tuple[Route, ...]:
    """Return one request for each upstream host, in the order of the file."""
    top = _parse(configuration)
    groups = {
        item.words[1]: [
            _bare(server.words[1])
            for server in item.children
            if server.words[0] == "server" and len(server.words) > 1
        ]
        for item in _walk(top)
        if item.words[0] == "upstream" and len(item.words) > 1
    }
    found: dict[str, Route] = {}
    for server in _walk(top):
        if server.words == ("server",):
            for route in _server_routes(server, groups):
                best = found.get(route.host)
                if best is None or _effort(route) < _effort(best):
                    found[route.host] = route
    return tuple(found.values())


def _server_routes(server: _Directive, groups: Mapping[str, Sequence[str]]) -> Iterator[Route]:
    listens = [_listen(item.words[1:]) for item in server.children if item.words[0] == "listen"]
    ports = sorted(item for item in listens if item is not None) or ([] if listens else [(0, 80)])
    names = [name for item in server.children if item.words[0] == "server_name"
             for name in item.words[1:]]  # fmt: skip
    plain = [name for name in names if _NAME.fullmatch(name)]
    if not ports or (names and not plain and "_" not in names and "" not in names):
        return
    tls, port = ports[0]
    around = _variables(server)
    for location in _walk(server.children):
        path = _prefix(location.words)
        if not path or any(item.words[0] in {"return", "internal"} for item in location.children):
            continue
        variables = {**around, **_variables(location)}
        for item in location.children:
            if item.words[0] == "proxy_pass" and len(item.words) == 2:
                for host in _hosts(item.words[1], variables, groups):
                    yield Route(host, path, plain[0] if plain else "", port, tls=bool(tls))


def _hosts(
    target: str, variables: Mapping[str, str], groups: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    address = _VARIABLE.sub(lambda match: variables.get(match.group(1), match.group(0)), target)
    match = _HOST.match(address)
    if match is None:
        return ()
    return groups.get(match.group(1), (match.group(1),))


def _listen(words: Sequence[str]) -> tuple[int, int] | None:
    """Return whether a `listen` uses TLS (0 or 1), and its port; None for a Unix socket."""
    address = words[0] if words else ""
    match = _PORT.match(address)
    if address.startswith("unix:"):
        return None
    return int("ssl" in words), int(match.group(1)) if match else 80


def _prefix(words: Sequence[str]) -> str:
    """Return a path that certainly matches a location; empty if there is none."""
    if words[0] != "location":
        return ""
    path = words[-1]
    known = len(words) == 2 or (
        len(words) == 3 and (words[1] == "^~" or (words[1] == "=" and path == "/"))
    )
    return path if known and _PATH.fullmatch(path) else ""


def _variables(block: _Directive) -> dict[str, str]:
    return {
        item.words[1].lstrip("$"): item.words[2]
        for item in block.children
        if item.words[0] == "set" and len(item.words) == 3
    }


def _bare(address: str) -> str:
    return address.partition(":")[0]


def _effort(route: Route) -> tuple[bool, int]:
    return route.tls, len(route.path)


def _walk(directives: Sequence[_Directive]) -> Iterator[_Directive]:
    for directive in directives:
        yield directive
        yield from _walk(directive.children)


def _parse(configuration: str) -> Sequence[_Directive]:
    top: list[_Directive] = []
    open_blocks = [top]
    words: list[str] = []
    for part in _TOKEN.findall(_COMMENT.sub("", configuration)):
        if part == "{" and len(open_blocks) < _MAX_DEPTH:
            block = _Directive(tuple(words) or ("",))
            open_blocks[-1].append(block)
            open_blocks.append(block.children)
            words = []
        elif part == ";":
            if words:
                open_blocks[-1].append(_Directive(tuple(words)))
            words = []
        elif part == "}":
            if len(open_blocks) > 1:
                open_blocks.pop()
            words = []
        else:
            words.append(part[1:-1] if part[0] in "\"'" and len(part) > 1 else part)
    return top
