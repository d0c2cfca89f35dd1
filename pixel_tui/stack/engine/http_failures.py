"""Why an HTTP request failed, in plain words."""

import os
import ssl
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

CLOSED: Final = "it closed the connection"

_WRONG_NAME: Final = frozenset({62, 64})
"""A certificate for another name, for another address."""
_CERTIFICATES: Final[Mapping[int, str]] = MappingProxyType(
    {
        9: "certificate that is not valid yet",
        10: "expired certificate",
        18: "self-signed certificate",
        19: "certificate of an unknown authority",
        20: "certificate of an unknown authority",
        21: "certificate of an unknown authority",
    }
)
"""By OpenSSL's number (`X509_V_ERR_`)."""
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})


def certificate_fault(error: BaseException, *, named: bool) -> str | None:
    """What is wrong with the certificate of a server.

    Args:
        error: What a connection failed with.
        named: Whether the server was asked by a name that its certificate should have.

    Returns:
        Some words; empty if only the name is wrong of a server that was asked by its address; None
        if the certificate is not what it failed for.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            if cause.verify_code in _WRONG_NAME:
                return "certificate for another name" if named else ""
            return _CERTIFICATES.get(cause.verify_code, "invalid certificate")
    return None


def reason(error: BaseException) -> str:
    """Why there was no answer, in a few words."""
    import httpx

    for cause in reversed(list(_causes(error))):
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(cause)
        if isinstance(cause, OSError) and cause.errno:
            # Its own words are asyncio's, and name the address again.
            return os.strerror(cause.errno).lower()
    if isinstance(error, httpx.RemoteProtocolError):
        return CLOSED if "disconnected" in str(error) else "it does not speak HTTP"
    if isinstance(error, httpx.NetworkError):
        return CLOSED
    return (str(error) or type(error).__name__).lower()


def _tls_failure(error: ssl.SSLError) -> str:
    name = error.reason or ""
    if name in _NO_TLS:
        return "it has no TLS"
    if name.startswith("UNEXPECTED_EOF"):
        return CLOSED
    return f"TLS failed ({(name or str(error)).replace('_', ' ').lower()})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it was raised for."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
