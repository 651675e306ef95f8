# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sent, as it may come back: in the writing of some layer on the way, wherever in a reply."""

from __future__ import annotations

import base64
import html
import json
import quopri
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, quote_plus

# As it was sent, or as some layer on the way has written it.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent in lower case": lambda text: quote(text, safe="").lower(),
    "form": quote_plus,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "every byte percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "HTML": html.escape,
    "HTML numbers": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML numbers in hex": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "JSON": json.dumps,
    "JSON numbers": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "repr": repr,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "upper case": str.upper,
    "cut": lambda text: text[:-3],
    "cut at the front": lambda text: text[3:],
    "reversed": lambda text: text[::-1],
    "spaced": " ".join,
    "wrongly decoded": lambda text: text.encode().decode("latin-1"),
}
TELLING = 8  # characters in a row that tell something of a text

# What is sent. All that a layer may write otherwise is in it, and none of it stands in any text of ours.
SENT = {
    "secret": "Zq7Märk<&'w'>/+%vXy",
    "passphrase": 'Kj4 pÖrd"<&>/+%qWz',
    "api_token": "Vn8töx<&'>/+%fBhGu",
    "key": "Gw5x_Hc-2jRtLpQzVbNmKd9sTfYr4aE",
}


def windows(text: str) -> set[str]:
    """All pieces of TEXT that tell something of it."""
    return {text[start : start + TELLING] for start in range(len(text) - TELLING + 1)}


def traces(told: str, sent: Iterable[str] = tuple(SENT.values())) -> list[str]:
    """Return the pieces of what was SENT, in any writing, that are found in what was TOLD."""
    pieces = {piece for text in sent for encode in ENCODINGS.values() for piece in windows(encode(text))}
    return sorted(pieces & {piece for line in set(told.splitlines()) for piece in windows(line)})


@dataclass(frozen=True)
class Carrier:
    """Where in a reply an echo comes back. body: of the reply, from the echo. is_lost: the reply does not arrive whole."""

    status: int
    body: Callable[[str], str] = lambda echo: echo
    content_type: str = "application/json"
    headers: Callable[[str], dict[str, str]] = lambda _: {}
    reason: Callable[[str], str] = lambda _: "Whatever"
    is_lost: bool = False


def _json(**fields: str) -> Callable[[str], str]:
    return lambda echo: json.dumps({name: text.replace("ECHO", echo) for name, text in fields.items()})


ISSUED = {"metadata_key": "m" * 31, "secret_key": "s" * 31, "ttl": 3600, "created": 1_800_000_000, "state": "new"}
METADATA = {**ISSUED, "updated": 1_800_000_000, "secret_ttl": 3600}

CARRIERS = {
    "an unknown message": Carrier(404, _json(message="Forbidden: ECHO")),
    "a known message": Carrier(404, _json(message="Unknown domain: ECHO")),
    "another known message": Carrier(404, _json(message="Undeliverable email address: ECHO")),
    "a path in a message": Carrier(404, _json(message="/ECHO is not available")),
    "a rule of passphrases": Carrier(404, _json(message="Passphrase must contain at least one ECHO")),
    "beside a known message": Carrier(404, _json(message="Unknown secret", secret_key="ECHO", shrimp="ECHO")),
    "an error": Carrier(400, _json(error="ECHO")),
    "a page": Carrier(404, content_type="text/html"),
    "a page that wants a login": Carrier(401, content_type="text/html"),
    "a page that forbids": Carrier(403, content_type="text/plain"),
    "a conflict": Carrier(409, _json(message="ECHO", error="ECHO")),
    "a validation": Carrier(422, _json(message="ECHO")),
    "a limit": Carrier(429, _json(message="rate limit for ECHO"), headers=lambda _: {"Retry-After": "0"}),
    "a fault": Carrier(500, _json(message="ECHO", error="ECHO"), headers=lambda _: {"Retry-After": "0"}),
    "a gateway's page": Carrier(502, content_type="text/html", headers=lambda _: {"Retry-After": "0"}),
    "the time to wait": Carrier(404, headers=lambda echo: {"Retry-After": echo}),
    "a redirect's query": Carrier(302, headers=lambda echo: {"Location": f"https://host/?{quote(echo)}"}),
    "a redirect's host": Carrier(307, headers=lambda echo: {"Location": f"https://{quote(echo)}.example.com/"}),
    "a redirect's path": Carrier(308, headers=lambda echo: {"Location": f"/{echo}"}),
    "a success's page": Carrier(200, content_type="text/html"),
    "a document of another kind": Carrier(
        200, lambda echo: json.dumps({"value": [echo], "metadata_key": echo, "created": echo, "status": [echo]})
    ),
    "a cut document": Carrier(200, lambda echo: f'{{"value": "{echo}', is_lost=True),
    "the reason": Carrier(500, _json(), reason=str, headers=lambda _: {"Retry-After": "0"}),
    "a header": Carrier(
        404, headers=lambda echo: {"X-OTS-Intended-Status": echo, "Set-Cookie": f"a={echo}", "Server": echo}
    ),
    "the type": Carrier(404, headers=lambda echo: {"Content-Type": echo}),
    "the packing": Carrier(404, headers=lambda echo: {"Content-Encoding": echo}),
    "a link to somebody else": Carrier(
        200, lambda echo: json.dumps({**ISSUED, "recipient": [echo], "share_domain": "other.example.com"})
    ),
    "a link that is none": Carrier(200, lambda echo: json.dumps({**ISSUED, "shrimp": echo, "state": "received"})),
}


@dataclass
class EchoServer:
    """A running server. `heard`: what it was sent that is secret."""

    url: str
    heard: list[str] = field(default_factory=list)

    def base(self, encoding: str, carrier: str, *, knows_the_link: bool = False) -> str:
        """Return the URL by which it answers so; with `knows_the_link` it tells metadata, and echoes what comes after."""
        place = [list(ENCODINGS).index(encoding), list(CARRIERS).index(carrier), int(knows_the_link)]
        return f"{self.url}/{'/'.join(map(str, place))}"


@contextmanager
def echoing() -> Iterator[EchoServer]:
    """Run a server on loopback that answers every request with all that was secret in it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        server_version = sys_version = ""

        def reply(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            _, encoding, carrier, knows_the_link, path = self.path.split("/", 4)
            encode, carrier_ = list(ENCODINGS.values())[int(encoding)], list(CARRIERS.values())[int(carrier)]
            sent = list(self._sent(form, path))
            running.heard += sent
            echo = " ".join(map(encode, sent))
            if int(knows_the_link) and self.command == "GET":
                metadata = {**METADATA, "metadata_key": path.rpartition("/")[2]}
                self._send(Carrier(200, lambda _: json.dumps(metadata)), echo)
            else:
                self._send(carrier_, echo)

        def _sent(self, form: str, path: str) -> Iterator[str]:
            authorization = self.headers.get("Authorization", "")
            yield from (authorization, authorization.removeprefix("Basic ")) if authorization else ()
            yield from (
                [base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")[2]]
                if authorization
                else []
            )
            yield from (value for name, value in parse_qsl(form) if name in ("secret", "passphrase"))
            yield from (part for part in path.split("/") if len(part) > 20)

        def _send(self, carrier: Carrier, echo: str) -> None:
            content = carrier.body(echo).encode()
            self.send_response(carrier.status, _header(carrier.reason(echo)))
            headers = {"Content-Type": carrier.content_type, **carrier.headers(echo)}
            for name, value in headers.items():
                self.send_header(name, _header(value))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        running = EchoServer(f"http://127.0.0.1:{listening.server_address[1]}")
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            listening.shutdown()
            thread.join()


def _header(text: str) -> str:
    return " ".join(text.split()).encode().decode("latin-1")


def pairs(turns: int) -> list[tuple[str, str]]:
    """Return encodings and carriers: each carrier as often as there are TURNS, in an encoding of its own each time."""
    encodings = list(ENCODINGS)
    return [
        (encodings[(number * turns + turn) % len(encodings)], carrier)
        for number, carrier in enumerate(CARRIERS)
        for turn in range(min(turns, len(encodings)))
    ]
