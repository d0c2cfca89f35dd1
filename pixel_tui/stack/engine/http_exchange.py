"""Sends HTTP requests on an event loop, all at once, with httpx.

httpx is imported when the first request is sent: it takes a while, and brings the parts of its own
command line along if they are installed.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pixel_tui.humanize import span
from pixel_tui.stack.engine.http_failures import certificate_fault, reason
from pixel_tui.stack.engine.http_probe import ProbeRequest, ProbeResponse
from pixel_tui.stack.engine.name_lookup import addresses_of
from pixel_tui.text import SafeText, plain

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 3.0
"""How long a connection may take, TLS included: a firewall that drops packets never refuses one."""
_SENT: Final = "http11.send_request_headers.started"
"""The first event of a request that has a connection."""
_HEADERS: Final = {
    "User-Agent": "pixel-tui",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


async def probe_each(requests: Sequence[ProbeRequest], seconds: float) -> Sequence[ProbeResponse]:
    """Send a GET for each request and read the statuses (`http_probe.probe_all`)."""
    async with _clients(tls=any(request.tls for request in requests)) as clients:
        exchanges = [_Exchange(request, clients).answer(seconds) for request in requests]
        found = await asyncio.gather(*exchanges, return_exceptions=True)
    return [_answered(item) for item in found]


def _answered(found: ProbeResponse | BaseException) -> ProbeResponse:
    """What nothing here foresees counts as no answer: a job must not end by it."""
    if isinstance(found, ProbeResponse):
        return found
    log.error("a web server could not be queried", exc_info=found)
    return ProbeResponse(trouble=plain(reason(found)), connected=False)


@dataclass(frozen=True, slots=True)
class _Clients:
    verifying: "httpx.AsyncClient"
    trusting: "httpx.AsyncClient"
    """Takes every certificate."""


@asynccontextmanager
async def _clients(*, tls: bool) -> AsyncIterator[_Clients]:
    import httpx

    def client(context: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=context,
            trust_env=False,
            follow_redirects=False,
            headers=_HEADERS,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
        )

    any_certificate = httpx.create_ssl_context(verify=False)
    known = any_certificate
    if tls:
        known = httpx.create_ssl_context(trust_env=False)
        # Those of the machine as well: it may know an authority of its own.
        known.load_default_certs()
    async with client(known) as verifying, client(any_certificate) as trusting:
        yield _Clients(verifying, trusting)


class _Exchange:
    """One request and its answer."""

    def __init__(self, request: ProbeRequest, clients: _Clients) -> None:
        self._request = request
        self._clients = clients
        self._connected = False

    async def answer(self, seconds: float) -> ProbeResponse:
        """Ask, and wait for the status for at most so long."""
        try:
            async with asyncio.timeout(seconds):
                return await self._answer()
        except TimeoutError:
            return self._failed(f"no answer within {span(seconds)}")

    async def _answer(self) -> ProbeResponse:
        import httpx

        answer = self._failed(f"no address is known for {self._request.address}")
        try:
            addresses = await addresses_of(self._request.address)
        except OSError:
            return answer
        for address in addresses:
            try:
                return await self._verified(address)
            except httpx.ConnectTimeout:
                answer = self._failed(f"no connection within {span(CONNECT_SECONDS)}")
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                answer = self._failed(reason(error))
            if self._connected:
                break
        return answer

    def _failed(self, words: str) -> ProbeResponse:
        return ProbeResponse(trouble=plain(words), connected=self._connected)

    async def _verified(self, address: str) -> ProbeResponse:
        """Ask as a browser would, and if only the certificate is wrong, ask all the same."""
        import httpx

        try:
            return ProbeResponse(await self._status(self._clients.verifying, address))
        except httpx.ConnectError as error:
            fault = certificate_fault(error, named=bool(self._request.host))
            if fault is None:
                raise
        self._connected = True
        status = await self._status(self._clients.trusting, address)
        return ProbeResponse(status, certificate=SafeText(fault))

    async def _status(self, client: "httpx.AsyncClient", address: str) -> int:
        import httpx

        request = self._request
        url = httpx.URL(
            scheme="https" if request.tls else "http",
            host=address,
            port=request.port,
            path=request.path,
        )
        name = request.host or request.address
        sent = client.stream(
            "GET",
            url,
            headers={"Host": request.host} if request.host else {},
            extensions={"sni_hostname": name, "trace": self._trace},
        )
        async with sent as response:
            return response.status_code

    async def _trace(self, event: str, _: Mapping[str, object]) -> None:
        self._connected = self._connected or event == _SENT
