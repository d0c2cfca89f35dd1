"""Reading the configuration of the proxies of a stack, where it lies on this host."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pixel_tui.operations.facts import Proxy
from pixel_tui.operations.nginx_pins import pinned_hosts
from pixel_tui.operations.nginx_routes import routes
from pixel_tui.stack.model import Container, Service, StackSnapshot
from pixel_tui.text import SafeText, plain

MOST_BYTES: Final = 512 * 1024
MOST_FILES: Final = 50
INSIDE: Final = "/etc/nginx"


def read_proxies(snapshot: StackSnapshot) -> tuple[Proxy, ...]:
    """The running nginx services, each with the addresses that it keeps. Blocks.

    Only what is mounted from a folder of this host is read: a configuration that is in the
    image, in a volume, or on the host of another engine, is told to be unknown.
    """
    return tuple(
        _read(service) for service in snapshot.services if service.spec and _is_nginx(service)
    )


def _is_nginx(service: Service) -> bool:
    images = [item.image for item in service.regular] + [service.spec.image if service.spec else ""]
    names = [str(image).partition("@")[0].rpartition("/")[2].partition(":")[0] for image in images]
    return bool(service.regular) and (service.name == "nginx" or "nginx" in names)


def _read(service: Service) -> Proxy:
    paths = [path for item in service.regular for path in _mounted(item)]
    if not paths:
        reason = SafeText("its configuration is not in a folder of this host")
        return Proxy(service.name, unknown=reason)
    pinned: dict[SafeText, None] = {}
    places: list[Path] = []
    texts: list[str] = []
    try:
        for path in [file for mounted in dict.fromkeys(paths) for file in _files(mounted)]:
            with path.open(encoding="utf-8", errors="replace") as file:
                text = file.read(MOST_BYTES)
            texts.append(text)
            hosts = pinned_hosts(text)
            pinned |= dict.fromkeys(map(plain, hosts))
            places += [path] if hosts else []
    except OSError as error:
        words = plain(f"{error.filename} can't be read: {error.strerror or error}")
        return Proxy(service.name, unknown=words)
    shown = plain(", ".join(map(str, places)))
    handed_on = routes("\n".join(texts)[:MOST_BYTES])
    return Proxy(service.name, pinned=tuple(pinned), file=shown, routes=handed_on)


def _mounted(container: Container) -> Iterator[Path]:
    for mount in container.mounts:
        if mount.kind == "bind" and str(mount.target).startswith(INSIDE):
            yield Path(mount.source)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(item for item in path.rglob("*.conf") if item.is_file())[:MOST_FILES]
    return [path]
