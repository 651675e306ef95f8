"""The recipient's page: looking is free, the button reads once, and nothing on the way keeps what it showed."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from onetime_server.profile import V0_23
from support.live_server import Answer, LiveServer, live_server

PASSPHRASE = "correct-horse"


class Page(HTMLParser):
    """What a browser makes of the page: its form's fields, what it would load, and the text of its text area."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.external: list[str] = []
        self._text = ""
        self._in_text = False
        self.feed(answer.text)

    @property
    def value(self) -> str:
        """Browsers drop a newline right after the opening tag."""
        return self._text.removeprefix("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input":
            self.fields[attributes["name"] or ""] = attributes.get("value") or ""
        self._in_text = tag == "textarea"
        self.external += [attributes[name] or "" for name in ("src", "href", "action") if name in attributes]

    def handle_endtag(self, tag: str) -> None:
        self._in_text = self._in_text and tag != "textarea"

    def handle_data(self, data: str) -> None:
        if self._in_text:
            self._text += data


def open_link(server: LiveServer, key: str) -> Page:
    answer = server.request("GET", f"/secret/{key}")
    assert answer.status == 200
    return Page(answer)


def press(server: LiveServer, key: str, page: Page, passphrase: str = "") -> Answer:
    return server.request(
        "POST", f"/secret/{key}", form=page.fields | ({"passphrase": passphrase} if passphrase else {})
    )


def test_the_button_shows_the_secret_once(server: LiveServer) -> None:
    created = server.share('  first\r\n\n<b>&amp;"second"</b> ✓\n')
    page = open_link(server, created["secret_key"])

    shown, again = (press(server, created["secret_key"], page) for _ in range(2))

    assert shown.status == 200
    assert Page(shown).value == '  first\r\n\n<b>&amp;"second"</b> ✓\n'
    assert again.status == 404
    assert "There is no secret here" in again.text
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "received"


def test_a_leading_newline_is_shown(server: LiveServer) -> None:
    key = server.share("\nbelow")["secret_key"]

    assert Page(press(server, key, open_link(server, key))).value == "\nbelow"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_mail_scanners_and_previews_read_nothing(server: LiveServer, method: str) -> None:
    created = server.share("x")

    for _ in range(3):
        assert server.request(method, f"/secret/{created['secret_key']}").status == 200

    assert server.get(f"private/{created['metadata_key']}").json["state"] == "new"
    assert server.post(f"secret/{created['secret_key']}").json["value"] == "x"


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_post_that_did_not_come_from_the_page_reads_nothing(server: LiveServer, token: str) -> None:
    key = server.share("x")["secret_key"]

    refused = server.request("POST", f"/secret/{key}", form={"token": token} if token else {})

    assert refused.status == 403
    assert press(server, key, open_link(server, key)).status == 200


def test_the_form_of_one_secret_does_not_open_another(server: LiveServer) -> None:
    one, other = (server.share("x")["secret_key"] for _ in range(2))

    assert press(server, other, open_link(server, one)).status == 403


def test_a_passphrase_is_asked_for_where_it_is_needed(server: LiveServer) -> None:
    key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
    page = open_link(server, key)

    assert "passphrase" in page.fields
    assert "passphrase" not in open_link(server, server.share("x")["secret_key"]).fields
    wrong = press(server, key, page, "wrong-horse")
    assert wrong.status == 403
    assert 'role="alert">That passphrase does not open this secret.' in wrong.text
    assert Page(press(server, key, Page(wrong), PASSPHRASE)).value == "guarded"


def test_guessing_is_stopped_for_page_and_api_together(server: LiveServer) -> None:
    key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
    page = open_link(server, key)
    for number in range(10):
        press(server, key, page, f"wrong-{number}")
        server.post(f"secret/{key}", passphrase=f"wrong-{number}")

    assert press(server, key, page, PASSPHRASE).status == 429
    server.clock.advance(30 * 60)
    assert press(server, key, page, PASSPHRASE).status == 200


def test_guessing_is_stopped_per_caller_in_older_releases(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
        page = open_link(server, key)

        assert [press(server, key, page, f"wrong-{number}").status for number in range(6)] == [403] * 5 + [429]


@pytest.mark.parametrize("key", ["q" * 62, "short", "not%20a%20key%3Cb%3E"])
def test_an_unknown_link_says_so(server: LiveServer, key: str) -> None:
    answer = server.request("GET", f"/secret/{key}")

    assert answer.status == 404
    assert "There is no secret here" in answer.text
    assert "<b>" not in answer.text


def test_an_unreadable_secret_is_said_to_be_one(server: LiveServer) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    key = server.request("POST", "/api/v1/share", headers=headers, body=b"secret=%FF").json["secret_key"]

    answer = press(server, key, open_link(server, key))

    assert answer.status == 410
    assert "cannot be shown" in answer.text


def test_every_page_is_kept_from_caches_frames_referrers_and_other_sites(server: LiveServer) -> None:
    created = server.share("x")
    key = created["secret_key"]
    page = open_link(server, key)
    answers = [
        server.request("GET", f"/secret/{key}"),
        press(server, key, page),
        server.request("GET", f"/secret/{key}"),
        server.request("GET", f"/receipt/{created['metadata_key']}"),
    ]

    for answer in answers:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert Page(answer).external == []
        assert "<script" not in answer.text


def test_the_receipt_tells_the_state_and_no_secret(server: LiveServer) -> None:
    created = server.share("the plain text", ttl="3600")
    target = f"/receipt/{created['metadata_key']}"

    before = server.request("GET", target)
    server.post(f"secret/{created['secret_key']}")
    after = server.request("GET", target)

    assert "not read yet" in before.text
    assert "received" in after.text
    for answer in (before, after):
        assert created["secret_key"] not in answer.text
        assert "the plain text" not in answer.text
    assert server.request("GET", f"/receipt/{'q' * 62}").status == 404
