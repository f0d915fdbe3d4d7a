"""The way to the cloud: certificates, proxy, and what a failed request means in words of errors."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from edge_agent.errors import (
    AnswerLate,
    CertificatesUnreadable,
    CertificateUntrusted,
    CloudUnreachable,
    ConnectionCut,
    ConnectionRefused,
    NameUnknown,
    NoRoute,
    ProxyFailed,
    TlsFailed,
)

_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)
_CUT = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificates, or those of `ca_file` instead. Raises CertificatesUnreadable."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        reason = "not PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise CertificatesUnreadable(file=ca_file, reason=reason) from None


def client(context: ssl.SSLContext, *, timeout_s: float, proxy: str | None = None) -> httpx.Client:
    """A connection pool. proxy: for https only; plain http stays within this machine (urls.py)."""
    limits = httpx.Limits(max_connections=128, max_keepalive_connections=64)
    mounts = {"https://": httpx.HTTPTransport(verify=context, limits=limits, proxy=proxy)} if proxy else None
    return httpx.Client(verify=context, timeout=timeout_s, limits=limits, mounts=mounts, trust_env=False)


def place(url: str) -> tuple[str, int]:
    """Host and port that `url` names."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def issuer(url: str, timeout_s: float) -> str | None:
    """Who signed the certificate that `url` shows, believed or not; None when it shows none. Nothing is sent."""
    host, port = place(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout_s) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
            shown = tls.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown).issuer.rfc4514_string() if shown else None
    except (OSError, ValueError):
        return None


def meaning(error: httpx.HTTPError, url: str, *, route: str, timeout_s: float, proxy: str | None = None) -> CloudUnreachable:
    """Why a request to `url` got no answer. route: what was asked, for the log."""
    key = "cloud.url"
    host, port = place(url)
    if isinstance(error, httpx.ProxyError):
        return ProxyFailed(proxy=proxy, host=host, route=route, reason=str(error))
    if proxy and url.startswith("https:") and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not _tls(error):
        key, (host, port) = "cloud.proxy", place(proxy)
    if isinstance(error, httpx.TimeoutException):
        return AnswerLate(host=host, port=port, timeout_s=timeout_s, route=route)
    return _of_system(error, host, port, key, route) or CloudUnreachable(route=route, reason=type(error).__name__)


def _of_system(error: BaseException, host: str, port: int, key: str, route: str) -> CloudUnreachable | None:
    """By what the system said beneath httpx."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CertificateUntrusted(host=host, route=route, reason=cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            if isinstance(error, httpx.ConnectError):
                return TlsFailed(host=host, port=port, key=key, route=route, reason=cause.reason or "no handshake")
        elif isinstance(cause, socket.gaierror):
            return NameUnknown(host=host, key=key, route=route)
        elif isinstance(cause, ConnectionRefusedError):
            return ConnectionRefused(host=host, port=port, key=key, route=route)
        elif isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
            return NoRoute(host=host, route=route, reason=cause.strerror)
    if isinstance(error, _CUT) or any(isinstance(cause, ConnectionError) for cause in _causes(error)):
        return ConnectionCut(host=host, route=route, reason=str(error) or type(error).__name__)
    return None


def _tls(error: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error`, what it wraps and what that wraps; httpcore hands the system's error over as its argument."""
    while error is not None:
        yield error
        inner = next((argument for argument in error.args if isinstance(argument, BaseException)), None)
        error = inner or error.__cause__ or error.__context__
