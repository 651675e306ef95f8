# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Why a server's certificate is not trusted, in OpenSSL's words, and what to do about it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

_EXPIRED, _WRONG_HOST, _WRONG_IP_ADDRESS = 10, 62, 64  # OpenSSL's numbers
_OTHER_HOST = "give the host name that the certificate is for"
_FIXES = {_EXPIRED: "renew the certificate of the server", _WRONG_HOST: _OTHER_HOST, _WRONG_IP_ADDRESS: _OTHER_HOST}


def distrust(causes: Iterable[BaseException]) -> str:
    """Return what is wrong with the certificate that one of these exceptions is about."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_message:
            fix = _FIXES.get(cause.verify_code, "set ca_bundle to a PEM file of the authority that signed it")
            return f"{cause.verify_message.rstrip('.')}; {fix}"
    return f"it is for another host; {_OTHER_HOST}"


def all_causes(error: BaseException) -> list[BaseException]:
    """Return an exception and all that it wraps, in the several ways in which requests and urllib3 wrap."""
    wrapped = (getattr(error, "reason", None), error.__cause__, *error.args)
    return [error, *(cause for inner in wrapped if isinstance(inner, BaseException) for cause in all_causes(inner))]
