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
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ._thirdparty import CertificateError, requests, require, urllib3_errors
from .address import Address
from .checks import check_ca_bundle, check_timeout
from .credentials import Credentials
from .errors import InvalidInput, OnetimeError, ReplyLost, Unreachable, UntrustedServer
from .trust import all_causes, distrust
from .version import VERSION
from .wire import Call, WatchedAdapter, WayError

_HEADERS = {
    "User-Agent": f"onetimesecret.ots/{VERSION}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # a small reply shall not unpack to a huge one
    "Accept-Language": "en",  # errors are distinguished by their English texts
}
_CHECK_WAY = "check url or region, proxy, and that the server runs"
_CHUNK = 65_536
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")

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

    timeout: seconds in which a call must be over, from connecting to the last byte of the reply. verify: whether to
    verify the server's certificate, or the path of the CA bundle to verify it by. proxy: URL of the proxy to use whatever
    the environment says; without it the environment decides, as it does for requests.
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
        if isinstance(verify, str):
            check_ca_bundle(verify)
        if proxy and not _is_proxy(proxy):
            raise InvalidInput(
                "is not the URL of a proxy; give one such as http://proxy.example.com:3128", field="proxy"
            )
        if verify is False:
            # Whoever offers the option says so once, in its own words; urllib3 would at each call.
            warnings.simplefilter("ignore", urllib3_errors.InsecureRequestWarning)
        self._address = address
        self._auth = _basic(credentials) if credentials else None
        self._timeout = check_timeout(timeout)
        self._verify = verify
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._call = Call()
        self._session: requests.Session | None = None
        self._settings: dict[str, Any] = {}
        self._owner = os.getpid()

    def send(self, method: str, path: str, form: Mapping[str, str], *, limit: int, reads: bool) -> Reply:
        """Send FORM to PATH of the API and return the whole reply, whatever its status.

        limit: the most bytes to take of a body. reads: whether the call only reads, so that a lost reply does no harm.
        Raises Unreachable, UntrustedServer or ReplyLost.
        """
        try:
            return self._exchange(method, path, form, limit)
        except (OSError, ValueError, urllib3_errors.HTTPError) as error:
            failure = _explain(error, self._address.origin, reads=reads, handed_over=self._call.handed_over)
        self.close()  # the next attempt shall not meet what is left of this one
        raise failure  # out here, so that the exception above is not chained to it

    def close(self) -> None:
        """Close the connection; the next call opens another one."""
        if self._session:
            self._session.close()

    def _exchange(self, method: str, path: str, form: Mapping[str, str], limit: int) -> Reply:
        session = self._own_session()
        url = self._address.api(path)
        # Prepared without the session, which would look for credentials in ~/.netrc.
        request = requests.Request(method, url, data=dict(form), headers=_HEADERS, auth=self._auth).prepare()
        # Straight through the adapter: Session.send would read a redirect's body and remember cookies.
        adapter = session.get_adapter(url)
        self._call.begin(self._timeout)
        with adapter.send(
            request,
            stream=True,
            timeout=(self._timeout, self._timeout),
            **self._settings,
        ) as response:
            if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
                raise _UnreadableError("a compressed reply, which was not requested")
            body = bytearray()
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > limit:
                    raise _UnreadableError(f"a reply of more than {limit} bytes")
            return Reply(response.status_code, response.headers, bytes(body))

    def _own_session(self) -> requests.Session:
        """The session of this very process: one inherited over a fork would deliver another process's reply."""
        if self._session is None or self._owner != os.getpid():
            self._owner, self._session = os.getpid(), requests.Session()
            for scheme in ("http://", "https://"):
                self._session.mount(scheme, WatchedAdapter(self._call))
            # Once: requests goes through all variables of the environment, which takes a fifth of a call's time.
            found = self._session.merge_environment_settings(
                self._address.origin, dict(self._proxies), True, self._verify, None
            )
            self._settings = {"verify": found["verify"], "proxies": found["proxies"]}
        return self._session


class _UnreadableError(ValueError):
    """A reply that is not read, or not to its end."""


def _basic(credentials: Credentials) -> requests.auth.AuthBase:
    # In bytes, because requests would encode text in Latin-1.
    return requests.auth.HTTPBasicAuth(credentials.username.encode(), credentials.api_token.get_secret_value().encode())


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname)


def _explain(error: Exception, origin: str, *, reads: bool, handed_over: bool) -> OnetimeError:
    """Return our error for one of requests, urllib3 or the operating system."""
    causes = all_causes(error)

    def came_from(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    timed_out = came_from(TimeoutError, urllib3_errors.ReadTimeoutError)
    if isinstance(error, WayError):
        return Unreachable(f"{origin} {error.problem}")
    if isinstance(error, _UnreadableError):
        return ReplyLost(f"{origin} sent {error}; check url")
    if handed_over:
        how = "no reply came within the timeout" if timed_out else "the connection broke"
        effect = "" if reads else "; the request may have taken effect"
        return ReplyLost(f"{origin} was called, but {how}{effect}", retry_safe=reads)

    if came_from(urllib3_errors.ProxyError):
        return Unreachable(
            f"the proxy on the way to {origin} cannot be reached or refuses the connection; check proxy, HTTPS_PROXY and HTTP_PROXY"
        )
    if came_from(ssl.SSLCertVerificationError, CertificateError):
        return UntrustedServer(f"the certificate of {origin} cannot be verified: {distrust(causes)}")
    if came_from(ssl.SSLError, urllib3_errors.SSLError):
        reason = next(
            (f" ({cause.reason})" for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason), ""
        )
        return UntrustedServer(
            f"{origin} and this machine cannot agree on TLS{reason}; check the scheme and port of url"
        )
    if str(error).startswith("Could not find"):  # requests has no class of its own for it
        return UntrustedServer("the CA bundle does not exist; check ca_bundle and REQUESTS_CA_BUNDLE")
    if came_from(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        return InvalidInput("cannot be used with this address or proxy", field="url")
    if timed_out:
        return Unreachable(f"no connection to {origin} within the timeout; {_CHECK_WAY}")
    return Unreachable(f"no connection to {origin}: {_system_words(causes)}; {_CHECK_WAY}")


def _system_words(causes: list[BaseException]) -> str:
    words = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return words[-1] if words else "the host cannot be reached"
