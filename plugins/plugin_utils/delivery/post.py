# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP POST: bounded in time and size, no redirects, no credentials but those that it is given."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime._thirdparty import (
    CertificateError,
    requests,
    require,
    urllib3_errors,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_ca_bundle
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.trust import all_causes, distrust
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.version import VERSION
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.wire import Call, WatchedAdapter, WayError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.silence import HTTP, silent

_REPLY_LIMIT = 65_536  # bytes


@dataclass(frozen=True)
class Post:
    """What is posted. option: which one the URL was given by, for messages."""

    option: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """The answer of whom it was posted to. body: its beginning, not unpacked."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Way:
    """How it is posted. verify: whether to verify the certificate, or by which bundle. timeout: seconds for the whole of it."""

    verify: bool | str
    proxy: str | None = field(repr=False)
    timeout: float

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Way:
        """Return what the options name. Raises InvalidInput."""
        ca_bundle = check_ca_bundle(options["ca_bundle"]) if options["ca_bundle"] else True
        return cls(options["validate_certs"] and ca_bundle, options["proxy"] or None, options["timeout"])

    @property
    def is_verified(self) -> bool:
        """Whether it is made sure who is at the other end."""
        return self.verify is not False


def post(message: Post, way: Way, who: str) -> Reply:
    """Return a reply of success. who: the one at the other end, in words. Raises DeliveryError, without the URL."""
    require()
    call = Call()
    problem = ""
    if not way.is_verified:  # of which whoever offers the option warns
        warnings.simplefilter("ignore", urllib3_errors.InsecureRequestWarning)
    with requests.Session() as session, silent(HTTP):
        try:
            reply = _exchange(session, message, way, call)
            if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
                return reply
            problem = f"answered with HTTP status {reply.status}"
        except (OSError, ValueError, urllib3_errors.HTTPError) as error:
            problem = _problem(error, call, message.option)
    # Out here, so that no exception that holds the URL is chained to it.
    raise DeliveryError(f"{who} {problem}", may_have_taken_effect=call.handed_over)


def _exchange(session: requests.Session, message: Post, way: Way, call: Call) -> Reply:
    adapter = WatchedAdapter(call)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # A small reply shall not unpack to a huge one; and whatever comes is not unpacked.
    headers = {"User-Agent": f"onetimesecret.ots/{VERSION}", **message.headers, "Accept-Encoding": "identity"}
    # An auth of ours, because requests would look for one in ~/.netrc.
    request = session.prepare_request(
        requests.Request("POST", message.url, data=message.body, headers=headers, auth=lambda request: request)
    )
    proxies = {"http": way.proxy, "https": way.proxy} if way.proxy else {}
    settings = session.merge_environment_settings(message.url, proxies, True, way.verify, None)
    call.begin(way.timeout)
    with adapter.send(
        request,
        stream=True,
        timeout=(way.timeout, way.timeout),
        verify=cast("bool | str", settings["verify"]),
        proxies=settings["proxies"],
    ) as reply:
        return Reply(reply.status_code, reply.raw.read(_REPLY_LIMIT, decode_content=False))


def _problem(error: Exception, call: Call, option: str) -> str:
    if isinstance(error, WayError):
        return error.problem
    if isinstance(error, requests.exceptions.SSLError) and not call.handed_over:
        causes = all_causes(error)
        if any(isinstance(cause, ssl.SSLCertVerificationError | CertificateError) for cause in causes):
            return f"has a certificate that cannot be verified: {distrust(causes)}"
        return f"and this machine cannot agree on TLS; check {option}"
    if not call.handed_over:
        return f"cannot be reached{' within the timeout' if call.is_over else ''}; check {option} and proxy"
    how = "did not answer in time" if call.is_over else "broke off"
    return f"{how}; whether the message was taken is not known; the next run sends the same again"
