"""Reads the configuration of a stack's nginx proxies, if it is on this host."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.files import open_regular
from pixel_tui.operations.nginx.pinned_names import pinned_hosts
from pixel_tui.operations.nginx.routes import find_routes
from pixel_tui.operations.planning.facts import Proxy
from pixel_tui.stack.model.container import Container, Mount
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import SafeText, plain

MAX_BYTES: Final = 512 * 1024
MAX_FILES: Final = 50
INSIDE: Final = "/etc/nginx"
TEMPLATE: Final = ".template"
_INCLUDE: Final = re.compile(r"(?m)(?:^|[;{}])\s*include\s+([^\s;]+)\s*;")
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")


def read_proxies(snapshot: StackSnapshot) -> tuple[Proxy, ...]:
    """Read the nginx services that have containers, with the host names that each caches. Blocks.

    Only files mounted from this host are read. A configuration in the image, in a volume, or on
    the host of another engine is reported as unknown.
    """
    return tuple(
        _read(service) for service in snapshot.services if service.spec and _is_nginx(service)
    )


def _is_nginx(service: Service) -> bool:
    images = [item.image for item in service.regular] + [service.spec.image if service.spec else ""]
    names = [str(image).partition("@")[0].rpartition("/")[2].partition(":")[0] for image in images]
    return bool(service.regular) and (service.name == "nginx" or "nginx" in names)


def _read(service: Service) -> Proxy:
    paths = [path for item in service.regular for path in _mounted_sources(item)]
    if not paths:
        reason = SafeText("its configuration is not in a folder of this host")
        return Proxy(service.name, unknown=reason)
    pinned: dict[SafeText, None] = {}
    places: list[Path] = []
    texts: list[str] = []
    try:
        for path in _with_includes(service):
            text = _text(path, service)
            texts.append(text)
            hosts = pinned_hosts(text)
            pinned |= dict.fromkeys(map(plain, hosts))
            places += [path] if hosts else []
    except OSError as error:
        words = plain(f"{error.filename} can't be read: {error.strerror or error}")
        return Proxy(service.name, unknown=words)
    shown = plain(", ".join(map(str, places)))
    found_routes = find_routes("\n".join(texts)[:MAX_BYTES])
    return Proxy(service.name, pinned=tuple(pinned), file=shown, routes=found_routes)


def _mounted_sources(container: Container) -> Iterator[Path]:
    for mount in container.mounts:
        if mount.kind == "bind" and PurePosixPath(mount.target).is_relative_to(INSIDE):
            yield Path(mount.source)


def _with_includes(service: Service) -> list[Path]:
    """Return the configuration files on this host, with the included ones."""
    mounts = [
        mount
        for container in service.regular
        for mount in container.mounts
        if mount.kind == "bind" and str(mount.target).startswith("/")
    ]
    queue = [
        file
        for item in service.regular
        for place in _mounted_sources(item)
        for file in _files(place)
    ]
    found: dict[Path, None] = {}
    while queue and len(found) < MAX_FILES:
        path = queue.pop(0)
        if path in found:
            continue
        found[path] = None
        for pattern in _INCLUDE.findall(_text(path, service)):
            queue += _on_host(PurePosixPath(INSIDE) / pattern.strip("\"'"), mounts)
    return list(found)


def _on_host(pattern: PurePosixPath, mounts: Sequence[Mount]) -> list[Path]:
    """Return the files on this host for a path in the container, which may have wildcards."""
    for mount in sorted(mounts, key=lambda item: -len(item.target)):
        if pattern == PurePosixPath(mount.target):
            return [Path(mount.source)]
        if pattern.is_relative_to(mount.target):
            inside = str(pattern.relative_to(mount.target))
            if ".." in PurePosixPath(inside).parts:
                return []
            found = Path(mount.source).glob(inside)
            return sorted(item for item in islice(found, MAX_FILES) if item.is_file())
    return []


def _text(path: Path, service: Service) -> str:
    """Return a file as nginx gets it: the image expands variables in templates."""
    with open_regular(path) as file:
        text = file.read(MAX_BYTES).decode("utf-8", "replace")
    if path.suffix != TEMPLATE:
        return text
    known = {item.name: item.value for box in service.regular for item in box.environment}
    return _VARIABLE.sub(lambda match: known.get(SafeText(match[1]), SafeText(match[0])), text)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = (item for item in path.rglob("*") if item.suffix in {".conf", TEMPLATE})
        return sorted(item for item in found if item.is_file())[:MAX_FILES]
    return [path]
