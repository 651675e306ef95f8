"""What is said of a call that got no reply, by the exception that tells of it."""

from __future__ import annotations

import ssl

import pytest
import requests
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.util.ssl_match_hostname import CertificateError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime import errors
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.transport import _explain

ORIGIN = "https://ots.example.com"
CHECK = "check url or region, proxy, and that the server runs"
LATE = urllib3_errors.ReadTimeoutError(HTTPConnectionPool("ots.example.com"), "/", "late")
BAD_TLS = ssl.SSLError(1, "wrong version number")
BAD_TLS.reason = "WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (TimeoutError(), errors.Unreachable, f"no connection to {ORIGIN} within the timeout; {CHECK}"),
        (LATE, errors.Unreachable, f"no connection to {ORIGIN} within the timeout; {CHECK}"),
        (OSError(111, "refused"), errors.Unreachable, f"no connection to {ORIGIN}: refused; {CHECK}"),
        (ValueError("x"), errors.Unreachable, f"no connection to {ORIGIN}: the host cannot be reached; {CHECK}"),
        (
            urllib3_errors.ProxyError("x", OSError(111, "refused")),
            errors.Unreachable,
            (
                f"the proxy on the way to {ORIGIN} cannot be reached or refuses the connection;"
                " check proxy, HTTPS_PROXY and HTTP_PROXY"
            ),
        ),
        (
            CertificateError("another host"),
            errors.UntrustedServer,
            f"the certificate of {ORIGIN} cannot be verified: ",
        ),
        (
            BAD_TLS,
            errors.UntrustedServer,
            f"{ORIGIN} and this machine cannot agree on TLS (WRONG_VERSION_NUMBER); check the scheme and port of url",
        ),
        (
            urllib3_errors.SSLError("x"),
            errors.UntrustedServer,
            f"{ORIGIN} and this machine cannot agree on TLS; check the scheme and port of url",
        ),
        (
            OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /marker"),
            errors.UntrustedServer,
            "the CA bundle does not exist; check ca_bundle and REQUESTS_CA_BUNDLE",
        ),
        (requests.exceptions.InvalidURL("x"), errors.InvalidInput, "url: cannot be used with this address or proxy"),
        (requests.exceptions.InvalidSchema("x"), errors.InvalidInput, "url: cannot be used with this address or proxy"),
    ],
    ids=str,
)
def test_what_failed_before_the_request_left(error: Exception, kind: type[errors.OnetimeError], says: str) -> None:
    told = _explain(error, ORIGIN, reads=False, handed_over=False)

    assert type(told) is kind
    assert str(told) == says or (says.endswith(": ") and str(told).startswith(says))
    assert not told.may_have_taken_effect


@pytest.mark.parametrize(
    ("error", "how"),
    [
        (TimeoutError(), "no reply came within the timeout"),
        (LATE, "no reply came within the timeout"),
        (ConnectionResetError(), "the connection broke"),
        (BAD_TLS, "the connection broke"),
    ],
    ids=str,
)
def test_what_failed_after_the_request_had_left(error: Exception, how: str) -> None:
    change = _explain(error, ORIGIN, reads=False, handed_over=True)
    read = _explain(error, ORIGIN, reads=True, handed_over=True)

    assert str(change) == f"{ORIGIN} was called, but {how}; the request may have taken effect"
    assert str(read) == f"{ORIGIN} was called, but {how}"
    assert (type(change), change.retry_safe, read.retry_safe) == (errors.ReplyLost, False, True)
