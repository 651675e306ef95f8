"""The creator's page: what happened when, and a button that burns."""

from __future__ import annotations

from pathlib import Path

import pytest

from onetime_server.profile import V0_23
from tests.support.live_server import LiveServer, live_server
from tests.support.pages import PASSPHRASE, follow, open_page, post


def test_it_tells_what_happened_when_and_no_secret(server: LiveServer) -> None:
    created = server.share("the plain text", ttl="3600")
    target = f"/receipt/{created['metadata_key']}"
    before = open_page(server, target)
    server.clock.advance(60)
    server.post(f"secret/{created['secret_key']}")
    server.clock.advance(60)
    after = open_page(server, target)

    assert "State Not read yet" in before.words
    assert "Created at 15 January 2027, 08:00 UTC" in before.words
    assert "Link works until 15 January 2027, 09:00 UTC" in before.words
    assert "State Read " in after.words
    assert "Read at 15 January 2027, 08:01 UTC" in after.words
    assert "This page works until 15 January 2027, 10:00 UTC" in after.words
    for page in (before, after):
        assert created["secret_key"] not in page.answer.text
        assert "the plain text" not in page.answer.text
    assert open_page(server, f"/receipt/{'q' * 62}").answer.status == 404


def test_what_is_over_no_longer_works_until_some_time(server: LiveServer) -> None:
    read, burned, expired = (server.share("x", ttl="3600") for _ in range(3))
    server.clock.advance(60)
    server.post(f"secret/{read['secret_key']}")
    server.post(f"private/{burned['metadata_key']}/burn")
    server.clock.advance(3600)
    server.get(f"private/{expired['metadata_key']}")  # notices it, later than it happened

    pages = [open_page(server, f"/receipt/{one['metadata_key']}") for one in (read, burned, expired)]

    assert "Read at 15 January 2027, 08:01 UTC" in pages[0].words
    assert "Burned at 15 January 2027, 08:01 UTC" in pages[1].words
    assert "Expired at 15 January 2027, 09:00 UTC" in pages[2].words
    for page in pages:
        assert "Link works until" not in page.words
        assert page.fields == {}, "there is nothing left to burn"


def test_the_button_burns_and_the_page_tells(server: LiveServer) -> None:
    created = server.share("x")
    target = f"/receipt/{created['metadata_key']}"

    burned = follow(server, target, post(server, target, open_page(server, target)))

    assert "Burned: nobody can read it any more" in burned.words
    assert server.post(f"secret/{created['secret_key']}").status == 404
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "burned"


def test_the_language_stays_when_it_burns(server: LiveServer) -> None:
    target = f"/receipt/{server.share('x')['metadata_key']}"
    page = open_page(server, target)

    burned = follow(server, target, post(server, f"{target}?lang=sv", page))

    assert burned.language == "sv"


def test_a_passphrase_guards_the_button_too(server: LiveServer) -> None:
    created = server.share("x", passphrase=PASSPHRASE)
    target = f"/receipt/{created['metadata_key']}"
    page = open_page(server, target)

    wrong = post(server, target, page, "wrong-horse")

    assert wrong.answer.status == 403
    assert "The passphrase is wrong. You have 19 tries left." in wrong.words
    assert [attributes for tag, attributes in wrong.attributes if tag == "details" and "open" in attributes]
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "new"
    assert "Burned" in follow(server, target, post(server, target, wrong, PASSPHRASE)).words


def test_too_many_wrong_passphrases_lock_the_button(server: LiveServer) -> None:
    created = server.share("x", passphrase=PASSPHRASE)
    target = f"/receipt/{created['metadata_key']}"
    page = open_page(server, target)
    for _ in range(20):
        post(server, target, page, "wrong-horse")

    locked = post(server, target, page, PASSPHRASE)

    assert locked.answer.status == 429
    assert "Try again in half an hour" in locked.words
    assert locked.fields == {}
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "new"


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_post_that_did_not_come_from_the_page_burns_nothing(server: LiveServer, token: str) -> None:
    created = server.share("x")
    link = open_page(server, f"/secret/{created['secret_key']}")

    for form in ({"token": token}, link.fields):
        answer = server.request("POST", f"/receipt/{created['metadata_key']}", form=form)
        assert answer.status == 403

    assert server.get(f"private/{created['metadata_key']}").json["state"] == "new"


def test_what_was_read_meanwhile_is_shown_as_read(server: LiveServer) -> None:
    created = server.share("x")
    target = f"/receipt/{created['metadata_key']}"
    page = open_page(server, target)
    server.post(f"secret/{created['secret_key']}")

    assert "State Read " in post(server, target, page).words
    assert post(server, f"/receipt/{'q' * 62}", page).answer.status == 404


def test_the_limit_of_burns_holds_for_the_button(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        statuses = []
        for _ in range(11):
            target = f"/receipt/{server.share('x')['metadata_key']}"
            statuses.append(post(server, target, open_page(server, target)).answer.status)

    assert statuses == [303] * 10 + [429]
