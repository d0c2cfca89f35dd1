"""One small request to a web server, to see whether it answers, and with what."""

import http.client
import ssl
from dataclasses import dataclass

from pixel_tui.humanize import span
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and where."""

    address: str
    port: int
    path: str = "/"
    host: str = ""
    """The name to ask as; the address where it is empty."""
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    status: int = 0
    """The HTTP status; 0 where there was none."""
    trouble: SafeText = SafeText("")
    """Why there was none."""
    connected: bool = True
    """Somebody listens there."""


def ask(request: Request, seconds: float) -> Answer:
    """Send a GET and read the status; the content is left. Blocks.

    Args:
        request: What to ask. The certificate of a TLS server is not checked: it is not told
            anything, and is asked by another name than it has.
        seconds: How long each single wait may take.
    """
    connection = _connection(request, seconds)
    try:
        connection.connect()
    except OSError as error:
        return Answer(trouble=_reason(error, seconds), connected=False)
    try:
        headers = {"User-Agent": "pixel-tui", "Accept": "*/*", "Connection": "close"}
        connection.request(
            "GET",
            request.path,
            headers={**headers, **({"Host": request.host} if request.host else {})},
        )
        return Answer(status=connection.getresponse().status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(trouble=_reason(error, seconds))
    finally:
        connection.close()


def _connection(request: Request, seconds: float) -> http.client.HTTPConnection:
    if not request.tls:
        return http.client.HTTPConnection(request.address, request.port, timeout=seconds)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(
        request.address, request.port, timeout=seconds, context=context
    )


def _reason(error: Exception, seconds: float) -> SafeText:
    if isinstance(error, TimeoutError):
        return plain(f"no answer within {span(seconds)}")
    words = error.strerror if isinstance(error, OSError) else ""
    return plain((words or str(error) or type(error).__name__).lower())
