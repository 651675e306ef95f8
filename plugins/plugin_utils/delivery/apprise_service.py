# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service of Apprise: the request that it makes of a text, and whether a reply means that the text was taken.

Nothing is sent here. Apprise itself may send a text again, follow a redirect with it, and write it to its log with the token.
So its service is run with a stand-in for the library requests, as a function of text and reply; and only the module of that one
service is loaded, so that Apprise reads no configuration and no plugins of others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime._thirdparty import requests, require
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, MissingLibrary
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.apprise_services import MODULES, written_for
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.post import Post, Reply
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.silence import APPRISE, silent

OPTION = "notify_url"
# Of a request; how it travels is not Apprise's to say.
_OF_REQUEST = ("params", "data", "json", "files", "headers", "cookies", "auth")
_REFUSED = {
    "email": "the service would mail the message as well; use channel mail for that",
    "format": "messages are plain text",
    "template": "it would read a file, and the message is given by text",
}
# Headers that say how a request travels or whom it is for, in another place than where its URL leads.
_OURS = frozenset(
    {"connection", "expect", "host", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"}
)
_PUBLISHED = "https://appriseit.com/services/"


@dataclass(frozen=True)
class AppriseService:
    """What one URL addresses. kind: Apprise's class. fields: what it has read in the URL."""

    module: str
    kind: Any
    fields: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, url: str) -> AppriseService:
        """Return what a URL of Apprise addresses. Raises InvalidInput, which shows nothing of it, and MissingLibrary."""
        require()
        scheme, separator, _rest = url.strip().partition("://")
        module = MODULES.get(scheme.lower())
        if not separator:
            raise _wrong("is not a URL of Apprise; give one such as ntfys://ntfy.example.com/TOPIC")
        if module is None:
            raise _wrong(
                "has a scheme that channel notify does not send by; its documentation lists those that it does, and says why"
                " others are left out"
            )
        kind = _kind(module, scheme.lower())
        # Apprise takes a hash at the beginning of a part of the path as a name's, not as a fragment's.
        fields = _quietly(lambda: kind.parse_url(url.strip().replace("/#", "/%23")))
        if not fields:
            raise _wrong(f"lacks something, or has it in another form; see {_PUBLISHED}")
        for parameter, why in _REFUSED.items():
            if parameter in fields["qsd"]:
                raise _wrong(f"has the parameter {parameter}: {why}; remove it")
        if "format" in fields:  # some services have one that they prefer
            fields["format"] = "text"
        return cls(module, kind, fields)

    @property
    def wants_no_verification(self) -> bool:
        """Whether the URL says that nobody is to look at certificates."""
        return not self.fields.get("verify", True)

    def post(self, subject: str, text: str) -> Post:
        """Return the one request that brings a text there. Raises InvalidInput where Apprise would do anything else."""
        stand_in = _Requests(Reply(200, b""))
        self._run(subject, text, stand_in)
        if stand_in.wants_more:
            raise _wrong(
                "would take more than one POST; name one recipient, and no login that takes a request of its own"
            )
        if stand_in.made is None:
            raise _wrong(f"does not say all that is needed, such as to whom; see {_PUBLISHED}")
        for header in _OURS & {name.lower() for name in stand_in.made.headers}:
            raise _wrong(f"sets the header {header}, which says how the request travels; remove it")
        url, body = str(stand_in.made.url), stand_in.made.body or b""
        if not (url.startswith("https:") or _origin(url).is_loopback):
            raise _wrong(
                "leads to plain HTTP, so others could read what is sent; use the scheme with an s at its end, such as ntfys"
            )
        content = body if isinstance(body, bytes) else str(body).encode()
        wanted = written_for(self.module, text.strip())
        if not any(wanted in found.replace("\r\n", "\n") for found in _texts(content.decode(errors="replace"))):
            raise InvalidInput(
                "would not arrive as it stands, because Apprise changes characters of it; use another channel, or a passphrase"
                " of letters and digits",
                field="text",
            )
        return Post(OPTION, url, content, dict(stand_in.made.headers))

    def destination(self, post: Post) -> str:
        """Return where a request goes: a host, with its port where that is not the usual one."""
        return _origin(post.url).origin.partition("://")[2]

    def takes(self, subject: str, text: str, reply: Reply) -> bool:
        """Return whether such a reply means that the text was taken: some say no with a status of success."""
        return self._run(subject, text, _Requests(reply))

    def _run(self, subject: str, text: str, stand_in: _Requests) -> bool:
        def notify() -> bool:
            from apprise import AppriseAsset, NotifyFormat, OverflowMode

            asset = AppriseAsset(app_id="onetimesecret.ots", image_url_mask="", storage_mode="memory")
            service = self.kind(**deepcopy(dict(self.fields)), asset=asset)
            service.throttle = lambda *_arguments, **_options: None  # it waits before a second request
            return bool(
                service.notify(body=text, title=subject, body_format=NotifyFormat.TEXT, overflow=OverflowMode.UPSTREAM)
            )

        with _in_place_of_requests(self.kind, stand_in):
            return bool(_quietly(notify))


class _EnoughError(BaseException):
    """Ends what Apprise does: it is none of what its services catch."""


class _Requests:
    """Stands in for the library requests: notes the first POST, gives the reply, and ends at whatever else is wanted."""

    def __init__(self, reply: Reply) -> None:
        self.codes, self.exceptions = requests.codes, requests.exceptions
        self.RequestException = requests.RequestException
        self.made: requests.PreparedRequest | None = None
        self.wants_more = False
        self._reply = reply

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        if self.made is not None or method.upper() != "POST":
            self._end()
        wanted = {name: options[name] for name in _OF_REQUEST if name in options}
        self.made = requests.Request("POST", url, **wanted).prepare()
        response = requests.Response()
        response.status_code, response.raw, response.encoding = self._reply.status, BytesIO(self._reply.body), "utf-8"
        return response

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> requests.Response:
        return self.request("POST", url, data=data, json=json, **options)

    def __getattr__(self, _name: str) -> Any:
        self._end()

    def _end(self) -> None:
        self.wants_more = True
        raise _EnoughError


def _kind(module: str, scheme: str) -> Any:
    """Return the class of Apprise that has the scheme."""
    with silent(APPRISE):
        try:
            loaded = vars(import_module(f"apprise.plugins.{module}"))
        except ImportError:
            loaded = {}
    kinds = (it for it in loaded.values() if isinstance(it, type) and scheme in _schemes(it))
    kind = next(kinds, None)
    if kind is None or loaded.get("requests") is not requests:  # with another way to send, it would send by itself
        raise MissingLibrary(
            "the Python package apprise is missing, or of a version that this collection cannot use; channel notify needs it on"
            " the controller, in the Python that runs Ansible: pip install 'apprise>=2.3'"
        )
    return kind


def _schemes(kind: type) -> list[str]:
    schemes: list[str] = []
    for attribute in ("protocol", "secure_protocol"):
        value = getattr(kind, attribute, None) or ()
        schemes += [value] if isinstance(value, str) else value
    return schemes


@contextmanager
def _in_place_of_requests(kind: type, stand_in: _Requests) -> Iterator[None]:
    """Have the modules of a service find the stand-in under the name of the library. Nobody else in this process is to use them."""
    modules = [vars(sys.modules[base.__module__]) for base in kind.__mro__]
    replaced = [names for names in modules if names.get("requests") is requests]
    for names in replaced:
        names["requests"] = stand_in
    try:
        yield
    finally:
        for names in replaced:
            names["requests"] = requests


def _quietly(work: Any) -> Any:
    """Return what Apprise returns, None where it fails: what it says of that may hold the URL or the text."""
    with silent(APPRISE):
        try:
            return work()
        except (Exception, _EnoughError):  # noqa: BLE001 - whatever it is, the caller says what it means
            return None


def _wrong(problem: str) -> InvalidInput:
    return InvalidInput(problem, field=OPTION)


def _origin(url: str) -> Address:
    parts = urlsplit(url)
    try:
        return Address.of(f"{parts.scheme}://{parts.netloc}")
    except InvalidInput:
        raise _wrong("names no host that can be reached; check its host and port") from None


def _texts(body: str) -> Iterator[str]:
    """Yield every text in a body of JSON, of a form, or of anything else. Quotes need no escape in the text of XML."""
    yield body
    yield body.replace("&quot;", '"').replace("&apos;", "'")
    try:
        content = json.loads(body)
    except ValueError:
        content = [value for _name, value in parse_qsl(body)]
    yield from _texts_in(content)


def _texts_in(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield from _texts(content)
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _texts_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts_in(value)
