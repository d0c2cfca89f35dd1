"""Looks up the addresses of a host without blocking an event loop."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress


async def addresses_of(host: str) -> Sequence[str]:
    """The addresses of a host, in the order in which to try them.

    A lookup that is cancelled continues on its thread, which nothing waits for: a resolver may take
    half a minute, and the end of `asyncio.run` would wait for one of asyncio's own threads.

    Raises:
        OSError: The name is unknown, or can't be looked up.
    """
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(addresses: Sequence[str], error: OSError | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look_up() -> None:
        addresses: Sequence[str] = ()
        failed: OSError | None = None
        try:
            entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except UnicodeError:  # no name of a host is like that
            failed = OSError(f"no host has such a name: {host}")
        except OSError as error:
            failed = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, addresses, failed)

    threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
    return await found
