"""The recipient's page: looking is free, the button reads once, and nothing on the way keeps what it showed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from onetime_server import consuming
from onetime_server.profile import V0_23, V0_25
from tests.support.live_server import LiveServer, live_server
from tests.support.pages import BROWSER, KEY_FILE, PAGES, PASSPHRASE, Page, open_page, post, press


def test_the_button_shows_the_secret_once(server: LiveServer) -> None:
    created = server.share('  first\r\n\n<b>&amp;"second"</b> ✓\n')
    target = f"/secret/{created['secret_key']}"
    page = open_page(server, target)

    shown, again = (post(server, target, page) for _ in range(2))

    assert shown.answer.status == 200
    assert shown.value == '  first\r\n\n<b>&amp;"second"</b> ✓\n'
    assert again.answer.status == 404
    assert "There is no secret here" in again.words
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "received"


def test_a_leading_newline_is_shown(server: LiveServer) -> None:
    assert press(server, server.share("\nbelow")["secret_key"]).value == "\nbelow"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_mail_scanners_and_previews_read_nothing(server: LiveServer, method: str) -> None:
    created = server.share("x")

    for _ in range(3):
        assert server.request(method, f"/secret/{created['secret_key']}").status == 200
        assert server.request(method, f"/receipt/{created['metadata_key']}").status == 200

    assert server.get(f"private/{created['metadata_key']}").json["state"] == "new"
    assert server.post(f"secret/{created['secret_key']}").json["value"] == "x"


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_post_that_did_not_come_from_the_page_reads_nothing(server: LiveServer, token: str) -> None:
    key = server.share("x")["secret_key"]

    refused = server.request("POST", f"/secret/{key}", form={"token": token} if token else {})

    assert refused.status == 403
    assert press(server, key).answer.status == 200


def test_the_form_of_one_secret_does_not_open_another(server: LiveServer) -> None:
    one, other = (server.share("x")["secret_key"] for _ in range(2))

    assert post(server, f"/secret/{other}", open_page(server, f"/secret/{one}")).answer.status == 403


def test_the_page_tells_who_sent_it_until_when_it_works_and_what_is_needed(server: LiveServer) -> None:
    alice = server.account()
    named = open_page(server, f"/secret/{server.share('x', alice, ttl='86400', passphrase=PASSPHRASE)['secret_key']}")
    nameless = open_page(server, f"/secret/{server.share('x')['secret_key']}")

    assert "From alice@example.com" in named.words
    assert "Link works until 16 January 2027, 08:00 UTC (in 1 day)" in named.words
    assert "Needed. The sender gives it to you in another way." in named.words
    assert "From Somebody without an account" in nameless.words
    assert "Passphrase Not needed" in nameless.words
    assert "passphrase" not in nameless.fields
    machine_readable = [attributes["datetime"] for tag, attributes in named.attributes if tag == "time"]
    assert machine_readable == ["2027-01-16T08:00:00Z"]


def test_a_wrong_passphrase_keeps_the_focus_and_says_how_many_tries_are_left(server: LiveServer) -> None:
    key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
    before = open_page(server, f"/secret/{key}")

    wrong = press(server, key, "wrong-horse")

    assert "You have 20 tries left." in before.words
    assert wrong.answer.status == 403
    assert "The passphrase is wrong. You have 19 tries left." in wrong.words
    [field] = [attributes for tag, attributes in wrong.attributes if attributes.get("name") == "passphrase"]
    assert {"autofocus", "aria-invalid", "required"} <= field.keys()
    [alert] = [attributes for tag, attributes in wrong.attributes if attributes.get("role") == "alert"]
    assert field["aria-describedby"] == alert["id"]
    assert post(server, f"/secret/{key}", wrong, PASSPHRASE).value == "guarded"


def test_guessing_is_stopped_for_page_and_api_together(server: LiveServer) -> None:
    key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
    page = open_page(server, f"/secret/{key}")
    for number in range(10):
        post(server, f"/secret/{key}", page, f"wrong-{number}")
        server.post(f"secret/{key}", passphrase=f"wrong-{number}")

    refused = post(server, f"/secret/{key}", page, PASSPHRASE)

    assert refused.answer.status == 429
    assert "Too many wrong passphrases. Try again in half an hour." in refused.words
    assert refused.fields == {}, "a form that cannot work is not offered"
    server.clock.advance(30 * 60)
    assert "You have 20 tries left." in open_page(server, f"/secret/{key}").words
    assert post(server, f"/secret/{key}", page, PASSPHRASE).answer.status == 200


def test_one_try_is_singular(server: LiveServer) -> None:
    key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
    for number in range(19):
        server.post(f"secret/{key}", passphrase=f"wrong-{number}")

    assert "You have 1 try left." in open_page(server, f"/secret/{key}").words


def test_guessing_is_stopped_per_caller_in_older_releases(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]
        page = open_page(server, f"/secret/{key}")
        tried = [post(server, f"/secret/{key}", page, f"wrong-{number}") for number in range(6)]

        assert "You have 5 tries left." in page.words
        assert [wrong.answer.status for wrong in tried] == [403] * 5 + [429]
        assert "You have 4 tries left." in tried[0].words
        server.clock.advance(20 * 60)
        assert "You have 5 tries left." in open_page(server, f"/secret/{key}").words


def test_a_release_without_limit_counts_no_tries(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_25) as server:
        key = server.share("guarded", passphrase=PASSPHRASE)["secret_key"]

        assert "left" not in press(server, key, "wrong-horse").words


@pytest.mark.parametrize("key", ["q" * 62, "short", "not%20a%20key%3Cb%3E"])
def test_an_unknown_link_says_so(server: LiveServer, key: str) -> None:
    page = open_page(server, f"/secret/{key}")

    assert page.answer.status == 404
    assert "There is no secret here" in page.words
    assert "<b>" not in page.words


def test_who_has_only_the_link_cannot_tell_what_became_of_the_secret(server: LiveServer) -> None:
    read, burned, expired = (server.share("x", ttl=ttl) for ttl in ("3600", "3600", "60"))
    server.post(f"secret/{read['secret_key']}")
    server.post(f"private/{burned['metadata_key']}/burn")
    server.clock.advance(61)
    keys = [*(one["secret_key"] for one in (read, burned, expired)), "q" * 62]

    pages = [open_page(server, f"/secret/{key}").answer for key in keys]

    assert {page.status for page in pages} == {404}
    assert len({page.body for page in pages}) == 1


def test_an_unreadable_secret_is_said_to_be_one(server: LiveServer) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    key = server.request("POST", "/api/v1/share", headers=headers, body=b"secret=%FF").json["secret_key"]

    page = press(server, key)

    assert page.answer.status == 410
    assert "cannot be shown" in page.words


def test_one_line_is_copied_and_several_can_be_saved_as_a_file(server: LiveServer) -> None:
    one, several = (press(server, server.share(value)["secret_key"]) for value in ("one line\n", KEY_FILE))

    assert "Save as a file" not in one.words
    assert "Save as a file" in several.words
    [button] = [attributes for _, attributes in one.attributes if attributes.get("id") == "copy"]
    assert "hidden" in button, "it takes JavaScript"


@pytest.mark.parametrize("value", ["\nfirst\r\nsecond\n\n", KEY_FILE, "日本語, Україна\n\x00\x0b"])
def test_the_file_holds_the_value_byte_for_byte(server: LiveServer, value: str) -> None:
    page = press(server, server.share(value)["secret_key"])

    saved = server.request("POST", "/file", form=page.fields)

    assert saved.status == 200
    assert saved.body == value.encode()
    assert saved.headers["content-disposition"] == 'attachment; filename="secret.txt"'
    assert saved.headers["content-type"] == "text/plain; charset=utf-8"
    assert saved.headers["cache-control"] == "no-store"


def test_nobody_else_can_have_a_file_handed_out(server: LiveServer) -> None:
    page = press(server, server.share("first\nsecond")["secret_key"])

    for form in ({}, {"content": "eA=="}, page.fields | {"content": "eA=="}, page.fields | {"token": "é"}):
        refused = server.request("POST", "/file", form=form)
        assert refused.status == 403
        assert "content-disposition" not in refused.headers


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_kept_from_caches_frames_referrers_and_other_sites(server: LiveServer, name: str) -> None:
    status, opened = PAGES[name]
    page = opened(server, "en")
    headers = page.answer.headers
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))

    assert page.answer.status == status
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "noindex" in headers["x-robots-tag"]
    assert rules == {
        "default-src": "'none'",
        "style-src": page.allowed_source("style"),
        "script-src": page.allowed_source("script"),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert [target for target in page.targets if not target.startswith("?lang=") and target != "../file"] == []
    assert not [attributes for _, attributes in page.attributes if "style" in attributes]
    assert not [name for _, attributes in page.attributes for name in attributes if name.startswith("on")]


def test_no_title_address_or_log_holds_a_secret(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "onetime_server")
    created = server.share("first-pl41n\nsecond-pl41n", passphrase=PASSPHRASE)
    shown = press(server, created["secret_key"], PASSPHRASE)
    server.request("POST", "/file", form=shown.fields)
    receipt = open_page(server, f"/receipt/{created['metadata_key']}")

    for page in (shown, receipt):
        assert page.of("title") in ("Your secret", "What became of a secret")
        assert not [target for target in page.targets if "pl41n" in target]
    assert "POST /file 200" in caplog.text
    for hidden in ("pl41n", PASSPHRASE, created["secret_key"], created["metadata_key"], shown.fields["content"]):
        assert hidden not in caplog.text


def test_the_start_page_tells_what_runs_here_and_how_to_use_it(server: LiveServer) -> None:
    page = open_page(server, "/")

    assert page.answer.status == 200
    assert f"{server.url}/api/v1/share" in page.words
    assert "answers as Onetime Secret 0.26 does" in page.words
    assert server.request("HEAD", "/").status == 200


@pytest.mark.parametrize("target", ["/nosuch", "/secret/a/b", "/api/v1/nosuch", "/api", "/api/v2/share"])
@pytest.mark.parametrize("accept", [BROWSER["accept"], "*/*", "application/json"])
def test_a_browser_gets_a_page_and_a_program_gets_json(server: LiveServer, target: str, accept: str) -> None:
    answer = server.request("GET", target, headers={"accept": accept})

    assert answer.status == 404
    if accept == BROWSER["accept"] and not target.startswith("/api"):
        assert "There is no page here" in Page(answer).words
    else:
        assert answer.json == {"error": "Not Found"}


@pytest.mark.parametrize("headers", [BROWSER, {}])
def test_a_crash_is_a_page_for_browsers(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    key = server.share("x")["secret_key"]

    def crash(*_: object) -> None:
        raise RuntimeError("the plain text")

    monkeypatch.setattr(consuming, "tries_left", crash)
    monkeypatch.setattr(consuming, "reveal", crash)
    form = open_page(server, f"/secret/{key}").fields
    answer = server.request("POST", f"/secret/{key}", headers=headers, form=form)

    assert answer.status == 500
    if headers:
        assert "Something went wrong" in Page(answer).words
        assert "plain text" not in answer.text
    else:
        assert answer.body == b""
