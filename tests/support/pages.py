"""What a browser makes of the local server's pages, without one."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser

from tests.support.live_server import Answer, LiveServer

PASSPHRASE = "correct-horse"
KEY_FILE = "-----BEGIN OPENSSH PRIVATE KEY-----\n" + ("b3BlbnNzaC1rZXktdjEA" * 3 + "AAAABG5v\n") * 5 + "-----END-----\n"
BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
_INLINE = frozenset({"a", "b", "code", "span", "strong", "time", "var"})
_VOID = frozenset({"meta", "input", "link", "br", "img"})


class Page(HTMLParser):
    """Its form's fields, what it would load or lead to, its inline code, and its words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
        self.fields: dict[str, str] = {}
        self.targets: list[str] = []
        self.language = ""
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self._inside: list[str] = []
        self._pieces: list[tuple[str, str]] = []
        self._pieces_of: defaultdict[str, list[str]] = defaultdict(list)
        self.feed(answer.text)

    @property
    def value(self) -> str:
        """Browsers drop a newline right after the opening tag."""
        return self.of("textarea").removeprefix("\n")

    @property
    def words(self) -> str:
        """What a person reads, blanks as one."""
        seen = [piece for tag, piece in self._pieces if tag not in ("style", "script", "title")]
        return " ".join("".join(seen).split())

    def of(self, tag: str) -> str:
        """The text inside the elements of this name."""
        return "".join(self._pieces_of.get(tag, ()))

    def allowed_source(self, tag: str) -> str:
        """How a Content-Security-Policy allows exactly this inline code."""
        return f"'sha256-{base64.b64encode(sha256(self.of(tag).encode()).digest()).decode()}'"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.attributes.append((tag, attributes))
        if tag == "html":
            self.language = attributes["lang"] or ""
        if tag == "input":
            self.fields[attributes["name"] or ""] = attributes.get("value") or ""
        self.targets += [attributes[name] or "" for name in ("src", "href", "action") if name in attributes]
        if tag not in _INLINE:
            self._pieces.append((tag, " "))
        if tag not in _VOID:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag, "every element ends where it has to"

    def handle_data(self, data: str) -> None:
        tag = self._inside[-1] if self._inside else ""
        self._pieces.append((tag, data))
        self._pieces_of[tag].append(data)


def open_page(server: LiveServer, target: str, language: str = "") -> Page:
    return Page(server.request("GET", target, headers=BROWSER | {"accept-language": language}))


def post(server: LiveServer, target: str, page: Page, passphrase: str = "", language: str = "") -> Page:
    form = page.fields | ({"passphrase": passphrase} if passphrase else {})
    return Page(server.request("POST", target, headers=BROWSER | {"accept-language": language}, form=form))


def press(server: LiveServer, key: str, passphrase: str = "", language: str = "") -> Page:
    """Open a link and press its button."""
    target = f"/secret/{key}"
    return post(server, target, open_page(server, target, language), passphrase, language)


def follow(server: LiveServer, target: str, page: Page) -> Page:
    """Go where a redirect leads."""
    assert page.answer.status == 303
    location = page.answer.headers["location"]
    assert location.startswith("?"), "to the same page"
    return Page(server.request("GET", target + location, headers=BROWSER))


def _link(server: LiveServer, language: str) -> Page:
    return open_page(server, f"/secret/{server.share('x')['secret_key']}", language)


def _guarded_link(server: LiveServer, language: str) -> Page:
    return open_page(server, f"/secret/{server.share('x', passphrase=PASSPHRASE)['secret_key']}", language)


def _wrong(server: LiveServer, language: str) -> Page:
    return press(server, server.share("x", passphrase=PASSPHRASE)["secret_key"], "wrong-horse", language)


def _locked(server: LiveServer, language: str) -> Page:
    key = server.share("x", passphrase=PASSPHRASE)["secret_key"]
    for _ in range(20):
        server.post(f"secret/{key}", passphrase="wrong-horse")
    return open_page(server, f"/secret/{key}", language)


def _not_our_form(server: LiveServer, language: str) -> Page:
    target = f"/secret/{server.share('x')['secret_key']}"
    return Page(server.request("POST", target, headers=BROWSER | {"accept-language": language}, form={}))


def _unreadable(server: LiveServer, language: str) -> Page:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    key = server.request("POST", "/api/v1/share", headers=headers, body=b"secret=%FF").json["secret_key"]
    return press(server, key, language=language)


def _receipt(fate: str) -> Callable[[LiveServer, str], Page]:
    def opened(server: LiveServer, language: str) -> Page:
        created = server.share("x", ttl="3600", passphrase=PASSPHRASE)
        if fate == "read":
            server.post(f"secret/{created['secret_key']}", passphrase=PASSPHRASE)
        elif fate == "burned":
            server.post(f"private/{created['metadata_key']}/burn", passphrase=PASSPHRASE)
        elif fate == "expired":
            server.clock.advance(3601)
        elif fate == "lost":
            with server.services.database.transaction() as connection:
                connection.execute("DELETE FROM secret")
        return open_page(server, f"/receipt/{created['metadata_key']}", language)

    return opened


def _malformed(server: LiveServer, language: str) -> Page:
    headers = BROWSER | {"accept-language": language, "content-type": "application/x-www-form-urlencoded"}
    return Page(server.request("POST", "/file", headers=headers, body=b"content=%zz"))


def _too_large(server: LiveServer, language: str) -> Page:
    headers = BROWSER | {"accept-language": language}
    return Page(
        server.request("POST", "/file", headers=headers, body=b"x" * (server.services.profile.largest_body + 1))
    )


PAGES: dict[str, tuple[int, Callable[[LiveServer, str], Page]]] = {
    "start": (200, lambda server, language: open_page(server, "/", language)),
    "link": (200, _link),
    "link with passphrase": (200, _guarded_link),
    "wrong passphrase": (403, _wrong),
    "locked": (200, _locked),
    "not our form": (403, _not_our_form),
    "secret": (200, lambda server, language: press(server, server.share("one line")["secret_key"], "", language)),
    "several lines": (200, lambda server, language: press(server, server.share(KEY_FILE)["secret_key"], "", language)),
    "unreadable": (410, _unreadable),
    "gone": (404, lambda server, language: open_page(server, f"/secret/{'q' * 62}", language)),
    "receipt": (200, _receipt("unread")),
    "receipt of what was read": (200, _receipt("read")),
    "receipt of what was burned": (200, _receipt("burned")),
    "receipt of what expired": (200, _receipt("expired")),
    "receipt of what was lost": (200, _receipt("lost")),
    "no such page": (404, lambda server, language: open_page(server, "/nosuch", language)),
    "malformed": (400, _malformed),
    "too large": (413, _too_large),
    "forged file": (
        403,
        lambda server, language: Page(
            server.request("POST", "/file", headers=BROWSER | {"accept-language": language}, form={"content": "eA=="})
        ),
    ),
}
"""Every page but that of a crash, by what it tells: its status, and how it is come by in a language."""
