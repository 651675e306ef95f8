# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP POST of a JSON text: bounded in time and size, no redirects, no credentials but the URL."""

from __future__ import annotations

import ssl
import warnings
from typing import cast

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime._thirdparty import (
    CertificateError,
    requests,
    require,
    urllib3_errors,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.trust import all_causes, distrust
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.version import VERSION
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, WatchedAdapter

_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"onetimesecret.ots/{VERSION}",
    "Accept-Encoding": "identity",  # and whatever comes is not unpacked
}
_REPLY_LIMIT = 65_536  # bytes


class PostError(Exception):
    """No reply came; the text says what happened, without the URL."""


def post(url: str, body: bytes, *, verify: bool | str, proxy: str | None, timeout: float) -> int:
    """Return the status of the reply, which is read up to a limit. Raises PostError."""
    require()
    call = Call()
    problem = ""
    if verify is False:  # of which whoever offers the option warns
        warnings.simplefilter("ignore", urllib3_errors.InsecureRequestWarning)
    with requests.Session() as session:
        adapter = WatchedAdapter(call)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        try:
            # An auth of ours, because requests would look for one in ~/.netrc.
            request = session.prepare_request(
                requests.Request("POST", url, data=body, headers=_HEADERS, auth=lambda request: request)
            )
            proxies = {"http": proxy, "https": proxy} if proxy else {}
            settings = session.merge_environment_settings(url, proxies, True, verify, None)
            call.begin(timeout)
            with adapter.send(
                request,
                stream=True,
                timeout=(timeout, timeout),
                verify=cast("bool | str", settings["verify"]),
                proxies=settings["proxies"],
            ) as reply:
                reply.raw.read(_REPLY_LIMIT, decode_content=False)
                return reply.status_code
        except (OSError, ValueError, urllib3_errors.HTTPError) as error:
            problem = _problem(error, call)
    raise PostError(problem)  # out here, so that no exception that holds the URL is chained to it


def _problem(error: Exception, call: Call) -> str:
    if isinstance(error, requests.exceptions.SSLError) and not call.handed_over:
        causes = all_causes(error)
        if any(isinstance(cause, ssl.SSLCertVerificationError | CertificateError) for cause in causes):
            return f"has a certificate that cannot be verified: {distrust(causes)}"
        return "and this machine cannot agree on TLS; check webhook_url"
    if not call.handed_over:
        return f"cannot be reached{' within the timeout' if call.is_over else ''}; check webhook_url and proxy"
    how = "did not answer in time" if call.is_over else "broke off"
    return f"{how}; whether the message was taken is not known"
