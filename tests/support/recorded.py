"""Read the golden recordings: each recorded curl command becomes the request that it sent, beside the answer it got.

for exchange in load("v0.26.6"):
    answer = send(exchange.method, exchange.path, exchange.query, exchange.headers, exchange.auth, exchange.body)
    assert answer.status == exchange.reply.status
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from tests.support import CHECKOUT

RECORDINGS = CHECKOUT / "tests" / "recordings"
RELEASES = ("v0.22.11", "v0.23.6", "v0.25.11", "v0.26.6")

_FORM = "application/x-www-form-urlencoded"
_BOUNDARY = "recorded-form-boundary"


@dataclass(frozen=True)
class Reply:
    """What the real server answered: `json` where the body was JSON (else None), `text` where it was not."""

    status: int
    headers: dict[str, str]
    json: Any
    text: str | None

    @property
    def body(self) -> bytes:
        return (self.text or "" if self.json is None else json.dumps(self.json)).encode()


@dataclass(frozen=True)
class Exchange:
    """One request as it went over the wire, and its reply.

    `path` and `query` are percent-encoded as sent, without the `?`; `headers` hold what curl was told to send and the
    content type of the body; `auth` is (user name, token) of HTTP Basic, or None.
    """

    section: str
    name: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    auth: tuple[str, str] | None
    body: bytes
    reply: Reply


@cache
def load(release: str) -> list[Exchange]:
    """All exchanges of one release (one of RELEASES), in the order in which they were recorded."""
    recording = json.loads((RECORDINGS / f"{release}.json").read_text())
    return [_exchange(recorded) for recorded in recording["exchanges"]]


def _exchange(recorded: dict[str, Any]) -> Exchange:
    reply = Reply(recorded["status"], recorded["headers"], recorded.get("json"), recorded.get("text"))
    words = iter(shlex.split(recorded["request"])[1:])
    method, url, auth = "", "", None
    headers: dict[str, str] = {}
    data: list[bytes] = []
    parts: list[tuple[str, str]] = []
    for word in words:
        match word:
            case "-i":
                pass
            case "-I":
                method = "HEAD"
            case "-X":
                method = next(words)
            case "-u":
                user, _, token = next(words).partition(":")
                auth = (user, token)
            case "-H":
                name, _, value = next(words).partition(":")
                headers[name.strip().lower()] = value.strip()
            case "-d":
                data.append(next(words).encode())
            case "--data-urlencode":
                data.append(_urlencoded(next(words), recorded["name"]))
            case "-F":
                name, _, value = next(words).partition("=")
                parts.append((name, value))
            case _ if word.startswith("http://HOST/"):
                url = word
            case _:
                raise ValueError(f"{recorded['name']}: the recording uses {word!r}, which this reader does not know")

    body = _multipart(parts) if parts else b"&".join(data)
    if body:
        headers.setdefault("content-type", f"multipart/form-data; boundary={_BOUNDARY}" if parts else _FORM)
    address = urlsplit(url)
    return Exchange(
        section=recorded["section"],
        name=recorded["name"],
        method=method or ("POST" if body else "GET"),
        path=address.path,
        query=address.query,
        headers=headers,
        auth=auth,
        body=body,
        reply=reply,
    )


def _urlencoded(argument: str, exchange_name: str) -> bytes:
    """What curl makes of `name=content` or `name@file`. The one file, big.txt, is described by the exchange's name."""
    name, separator, content = re.fullmatch(r"(\w+)([=@])(.*)", argument, re.DOTALL).groups()  # type: ignore[union-attr]
    if separator == "@":
        content = _big_file(exchange_name)
    return f"{name}={quote(content, safe='')}".encode()


def _big_file(exchange_name: str) -> str:
    """big.txt of an exchange named "… 10001 ASCII bytes …", "… 6000 2-byte chars …" or "… 100001 chars"."""
    count, kind = re.search(r"(\d+) (ASCII bytes|2-byte chars|chars)", exchange_name).groups()  # type: ignore[union-attr]
    return ("é" if kind == "2-byte chars" else "z") * int(count)


def _multipart(parts: list[tuple[str, str]]) -> bytes:
    fields = "".join(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
    )
    return f"{fields}--{_BOUNDARY}--\r\n".encode()
