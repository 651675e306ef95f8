# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""HTTP as this API needs it: bounded in time and size, no redirects, no cookies, no netrc, no keys in logs.

Each exception of requests and urllib3 holds the URL, and the URL holds keys: none leaves this module, not even chained.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from ._thirdparty import CertificateError, requests, require, urllib3_errors
from .address import Address
from .credentials import Credentials
from .errors import InvalidInput, OnetimeError, ReplyLost, Unreachable, UntrustedServer
from .version import VERSION

_HEADERS = {
    "User-Agent": f"onetimesecret.ots/{VERSION}",
    "Accept": "application/json",
    "Accept-Language": "en",  # errors are told apart by their English texts
}
_CHUNK = 65_536
_LONGEST_TIMEOUT = 86_400  # a day; operating systems refuse much longer ones
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")

# What OpenSSL reports before anything but the handshake was sent. Any other TLS error may come later.
_HANDSHAKE_FAILURES = {
    "HTTP_REQUEST",
    "NO_CERTIFICATE_OR_CRL_FOUND",
    "NO_PROTOCOLS_AVAILABLE",
    "RECORD_LAYER_FAILURE",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "TLSV1_UNRECOGNIZED_NAME",
    "UNSUPPORTED_PROTOCOL",
    "WRONG_VERSION_NUMBER",
}

_LOGGED_SECRET = re.compile(r"(/(?:secret|private)/)[^/\s\"']+|(unparsed data: ).*", re.DOTALL)


def _hide_secrets(record: logging.LogRecord) -> bool:
    """Mask what urllib3 logs of a request's path and of a garbled reply's text."""
    text = record.getMessage()
    masked = _LOGGED_SECRET.sub(r"\1\2***", text)
    if masked != text:
        record.msg, record.args, record.exc_info = masked, (), None
    return True


for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_hide_secrets)


@dataclass(frozen=True)
class Reply:
    """A complete reply; `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport:
    """One kept-alive way to one server with one set of credentials, or none.

    timeout: the longest wait in seconds for a connection, and for each next piece of a reply. verify: whether to verify
    the server's certificate, or the path of the CA bundle to verify it by. proxy: URL of the proxy to use whatever the
    environment says; without it the environment decides, as it does for requests.
    """

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None,
        *,
        timeout: float,
        verify: bool | str,
        proxy: str | None,
    ) -> None:
        require()
        if not 0 < timeout <= _LONGEST_TIMEOUT:
            raise InvalidInput(f"is no number of seconds above 0 and up to {_LONGEST_TIMEOUT}", field="timeout")
        if isinstance(verify, str) and not Path(verify).exists():
            raise InvalidInput("is no file or folder on this machine", field="ca_bundle")
        if proxy and not _is_proxy(proxy):
            raise InvalidInput("is no URL of a proxy, such as http://proxy.example.com:3128", field="proxy")
        self._address = address
        self._auth = _basic(credentials) if credentials else _anonymous
        self._timeout = timeout
        self._verify = verify
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._session = requests.Session()
        self._owner = os.getpid()

    def send(self, method: str, path: str, form: Mapping[str, str], *, limit: int, reads: bool) -> Reply:
        """Send FORM to PATH of the API and return the whole reply, whatever its status.

        limit: the most bytes to take of a body. reads: whether the call only reads, so that a lost reply does no harm.
        Raises Unreachable, UntrustedServer or ReplyLost.
        """
        try:
            return self._exchange(method, path, form, limit)
        except (OSError, ValueError, urllib3_errors.HTTPError) as error:
            failure = _explain(error, self._address.origin, reads=reads)
        self.close()  # the next attempt shall not meet what is left of this one
        raise failure  # out here, so that the exception above is not chained to it

    def close(self) -> None:
        """Close the connection; the next call opens another one."""
        self._session.close()

    def _exchange(self, method: str, path: str, form: Mapping[str, str], limit: int) -> Reply:
        session = self._own_session()
        url = self._address.api(path)
        request = session.prepare_request(
            requests.Request(method, url, data=dict(form), headers=_HEADERS, auth=self._auth)
        )
        settings = session.merge_environment_settings(url, dict(self._proxies), True, self._verify, None)
        # Straight through the adapter: Session.send would read a redirect's body and remember cookies.
        adapter = session.get_adapter(url)
        with adapter.send(
            request,
            stream=True,
            timeout=(self._timeout, self._timeout),
            verify=cast("bool | str", settings["verify"]),
            proxies=settings["proxies"],
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise _TooLongError(limit)
            return Reply(response.status_code, response.headers, bytes(body))

    def _own_session(self) -> requests.Session:
        """The session of this very process: one inherited over a fork would deliver another process's reply."""
        if self._owner != os.getpid():
            self._session = requests.Session()
            self._owner = os.getpid()
        return self._session


class _TooLongError(ValueError):
    """A reply beyond the limit."""


def _basic(credentials: Credentials) -> requests.auth.AuthBase:
    # In bytes, because requests would encode text in Latin-1.
    return requests.auth.HTTPBasicAuth(credentials.username.encode(), credentials.api_token.get_secret_value().encode())


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials at all. Without an auth of ours, requests would look for some in ~/.netrc."""
    return request


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname)


def _explain(error: Exception, origin: str, *, reads: bool) -> OnetimeError:
    """Return our error for one of requests, urllib3 or the operating system."""
    causes = list(_causes(error))

    def came_from(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    tls = next((cause.reason for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(error, _TooLongError):
        return ReplyLost(f"{origin} sent a reply of more than {error.args[0]} bytes; check the URL")
    if came_from(urllib3_errors.ProxyError) and _proxy_passed_nothing_on(causes):
        return Unreachable(f"the proxy on the way to {origin} cannot be reached or refuses; check the proxy's address")
    if came_from(ssl.SSLCertVerificationError, CertificateError):
        return UntrustedServer(f"the certificate of {origin} cannot be verified; give the CA bundle that it needs")
    if tls in _HANDSHAKE_FAILURES:
        return UntrustedServer(f"{origin} and this machine cannot agree on TLS ({tls}); check scheme and port")
    if str(error).startswith("Could not find"):  # requests has no class of its own for it
        return UntrustedServer("the CA bundle is not there; check the option and REQUESTS_CA_BUNDLE")
    if came_from(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        return InvalidInput("cannot be used with this address or proxy", field="url")
    if came_from(urllib3_errors.NewConnectionError):
        return Unreachable(f"no connection to {origin}: {_system_words(causes)}")
    if came_from(urllib3_errors.ConnectTimeoutError):
        return Unreachable(f"no connection to {origin} in time")
    how = "no reply came in time" if came_from(urllib3_errors.ReadTimeoutError) else "the connection broke"
    effect = "" if reads else "; the call may have taken effect"
    return ReplyLost(f"{origin} was called, but {how}{effect}", retry_safe=reads)


def _proxy_passed_nothing_on(causes: list[BaseException]) -> bool:
    """Whether a ProxyError is one of connecting. urllib3 raises it as well where a proxy hangs up after the request."""
    never_connected = (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)
    # http.client says that CONNECT was refused by this text alone.
    return any(
        isinstance(cause, never_connected) or str(cause).startswith("Tunnel connection failed") for cause in causes
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """ERROR and all that it wraps, in the several ways in which requests and urllib3 wrap."""
    yield error
    for inner in (getattr(error, "reason", None), error.__cause__, *error.args):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _system_words(causes: list[BaseException]) -> str:
    words = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return words[-1] if words else "the host cannot be reached"
