# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Where the service lives, and the links that lead there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .checks import check_key
from .errors import InvalidInput

REGIONS = ("us", "eu", "ca", "nz", "uk")
API_PREFIX = "/api/v1"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")


@dataclass(frozen=True)
class Address:
    """One service: `base` is its canonical URL, without `/api/v1` and without a trailing slash."""

    base: str

    @classmethod
    def of(cls, url: str | None = None, region: str | None = None) -> Address:
        """Return the address of URL (any base URL of a service) or of REGION (us, eu, ca, nz, uk), exactly one of them.

        There is no default: an account lives in one region, and credentials must not go where nobody sent them.
        """
        if bool(url) == bool(region):
            raise InvalidInput(
                f"give either the URL of the service or a region ({', '.join(REGIONS)})"
                + (", not both" if url else "; there is no default, because an account lives in one place"),
                field="url",
            )
        if url:
            return cls(_canonical(url))
        if region not in REGIONS:
            raise InvalidInput(f"is none of {', '.join(REGIONS)}", field="region")
        return cls(f"https://{region}.onetimesecret.com")

    @classmethod
    def of_link(cls, link: str) -> Address:
        """Return the address of the service that a link such as https://HOST/secret/KEY leads to."""
        parse_link(link)
        return cls(_canonical(link.strip().rstrip("/").rpartition("/secret/")[0]))

    def api(self, path: str) -> str:
        """Return the URL of an endpoint, PATH being such as `/share`."""
        return self.base + API_PREFIX + path

    def link(self, secret_key: str, share_domain: str = "") -> str:
        """Return the link to give to the recipient; the API itself returns none (v1 contract §3)."""
        host = f"https://{share_domain}" if share_domain else self.base
        return f"{host}/secret/{secret_key}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: all that an error text says about a URL."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The name of the service's host, or its IP address."""
        return urlsplit(self.base).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether the service runs on this very machine."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or an IP address is this very machine's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_plain_http(address: Address, *, allowed: bool) -> Address:
    """Return ADDRESS; raise InvalidInput where secrets and token would cross a network in the clear, unless ALLOWED."""
    if address.base.startswith("http:") and not (allowed or address.is_loopback):
        raise InvalidInput(
            "is plain HTTP to another machine, so secrets and API token would be sent unencrypted; give an https URL, or"
            " set allow_plain_http",
            field="url",
        )
    return address


def parse_link(url: str) -> str:
    """Return the secret_key of a link such as https://HOST/secret/KEY."""
    parts = _split(url, "link")
    head, _slash, key = parts.path.rstrip("/").rpartition("/")
    if parts.scheme not in _DEFAULT_PORTS or not head.endswith("/secret"):
        raise InvalidInput("is not a link to a secret; give one such as https://HOST/secret/KEY", field="link")
    return check_key(key, "link")


def _canonical(url: str) -> str:
    parts = _split(url, "url")
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidInput("is not a web address; give one such as https://eu.onetimesecret.com", field="url")
    if "@" in parts.netloc:
        raise InvalidInput("contains credentials; give them as username and api_token instead", field="url")
    if parts.query or parts.fragment:
        raise InvalidInput("has a query or fragment; give the address up to the path only", field="url")

    port = _port(parts)
    port_suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{_host(parts)}{port_suffix}{_path_prefix(parts.path)}"


def _split(url: object, field: str) -> SplitResult:
    if not isinstance(url, str):
        raise InvalidInput(f"is {type(url).__name__}, not text", field=field)
    trimmed = url.strip()
    parts = None
    # Checked first, because urlsplit drops line breaks and tabs without a word.
    if trimmed.isascii() and trimmed.isprintable() and not set(trimmed) & set(' \\"<>^`{|}'):
        try:
            parts = urlsplit(trimmed)
        except ValueError:
            parts = None
    if parts is None:
        raise InvalidInput("is not a URL; use only ASCII characters and no blanks", field=field)
    return parts


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise InvalidInput("has a port that is not a number from 1 to 65535", field="url")
    return port


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc and "%" not in host:  # a zone such as %eth0 means nothing to other machines
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            host = ""
    if not _HOST_NAME.fullmatch(host):
        raise InvalidInput("names no host; give an address such as https://eu.onetimesecret.com", field="url")
    return host


def _path_prefix(path: str) -> str:
    segments = [segment for segment in path.split("/") if segment]
    if {".", ".."} & set(segments) or not _PATH.fullmatch(path):
        raise InvalidInput("has a path with special characters; give the base URL of the server", field="url")
    prefix = "".join(f"/{segment}" for segment in segments)
    return prefix.removesuffix(API_PREFIX)
