"""Somebody goes through every page: in each language, on a phone and at a desk, light and dark, with JavaScript and without.

On the phone all is tapped, at the desk all is done by keyboard alone.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onetime_server.languages import LANGUAGES
from tests.support.browser import SCHEMES, SIZES, Reader, View, context, reader
from tests.support.live_server import LiveServer
from tests.support.pages import KEY_FILE, PAGES, PASSPHRASE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

VIEWS = [View(*chosen) for chosen in product(LANGUAGES.values(), SIZES, SCHEMES, (True, False))]
NOT_CLICKED = [
    "not our form",
    "unreadable",
    "receipt of what expired",
    "receipt of what was lost",
    "malformed",
    "too large",
]
"""Pages that no click leads to: they are made by what people do not do, or by time."""


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_every_page_can_be_read_and_used(chromium: Browser, server: LiveServer, view: View, tmp_path: Path) -> None:
    with context(chromium, view) as opened:
        somebody = reader(opened, view, server.url)
        find_the_way_about(somebody, server)
        read_one_line(somebody, server)
        read_several_lines_behind_a_passphrase(somebody, server, tmp_path)
        be_locked_out(somebody, server)
        burn(somebody, server)
        for name in NOT_CLICKED:
            _status, made = PAGES[name]
            somebody.be_shown(f"{server.url}/shown", made(server, view.language.tag).answer)
            somebody.look(name)


def find_the_way_about(somebody: Reader, server: LiveServer) -> None:
    page, view = somebody.page, somebody.view
    somebody.open(f"{server.url}/")
    somebody.look("start")
    other = LANGUAGES["de" if view.language.code != "de" else "ja"]
    somebody.use(page.locator(f"nav a[lang={other.tag}]"))
    page.wait_for_url("**/?lang=*")
    assert page.locator("html").get_attribute("lang") == other.tag
    somebody.use(page.locator(f"nav a[lang={view.language.tag}]"))
    page.wait_for_url(f"**/?lang={view.language.code}")
    somebody.open(f"{server.url}/nosuch")
    somebody.look("no such page")


def read_one_line(somebody: Reader, server: LiveServer) -> None:
    page, view = somebody.page, somebody.view
    link = f"{server.url}/secret/{server.share('correct battery staple')['secret_key']}"
    somebody.open(link)
    assert view.says("Somebody without an account") in page.inner_text("dl")
    assert page.locator(".local").is_visible() is view.scripted
    somebody.look("link")

    somebody.use(page.get_by_role("button", name=view.says("Show the secret")))
    value = page.get_by_label(view.says("Save it now: nobody can open this link again."))
    assert value.input_value() == "correct battery staple"
    copy = page.get_by_role("button", name=view.says("Copy"))
    assert copy.is_visible() is view.scripted
    if view.scripted:
        somebody.use(copy)
        page.get_by_text(view.says("Copied.")).wait_for()
    assert page.locator("nav").count() == 0
    somebody.look("secret")

    somebody.open(link)
    somebody.look("gone")


def read_several_lines_behind_a_passphrase(somebody: Reader, server: LiveServer, folder: Path) -> None:
    page, view = somebody.page, somebody.view
    alice = server.account()
    created = server.share(KEY_FILE, alice, passphrase=PASSPHRASE, recipient="bob@example.org")
    somebody.open(f"{server.url}/secret/{created['secret_key']}")
    assert "alice@example.com" in page.inner_text("dl")
    assert view.tries(20) in page.inner_text("form")
    somebody.look("link with passphrase")

    field = page.get_by_label(view.says("Passphrase"), exact=True)
    somebody.type(field, "wrong-horse")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert view.tries(19) in page.get_by_role("alert").inner_text()
    assert somebody.has_focus(field)
    somebody.look("wrong passphrase")

    page.keyboard.type(PASSPHRASE)  # it has the focus already
    somebody.use(page.get_by_role("button", name=view.says("Show the secret")))
    assert page.locator("#value").input_value() == KEY_FILE
    somebody.look("several lines")

    with page.expect_download() as download:
        somebody.use(page.get_by_role("button", name=view.says("Save as a file")))
    download.value.save_as(folder / "saved")
    assert (folder / "saved").read_text() == KEY_FILE
    assert download.value.suggested_filename == "secret.txt"

    somebody.open(f"{server.url}/receipt/{created['metadata_key']}")
    assert view.says("Read at") in page.inner_text("dl")
    somebody.look("receipt of what was read")


def be_locked_out(somebody: Reader, server: LiveServer) -> None:
    page, view = somebody.page, somebody.view
    key = server.share("x", passphrase=PASSPHRASE)["secret_key"]
    for _ in range(19):
        server.post(f"secret/{key}", passphrase="wrong-horse")
    somebody.open(f"{server.url}/secret/{key}")
    assert view.tries(1) in page.inner_text("form")
    somebody.type(page.get_by_label(view.says("Passphrase"), exact=True), "wrong-horse")
    somebody.use(page.get_by_role("button", name=view.says("Show the secret")))
    page.get_by_role("alert").wait_for()
    somebody.look("locked")
    server.clock.advance(30 * 60)
    somebody.use(page.get_by_role("link", name=view.says("Open this page again")))
    page.get_by_label(view.says("Passphrase"), exact=True).wait_for()


def burn(somebody: Reader, server: LiveServer) -> None:
    page, view = somebody.page, somebody.view
    created = server.share("x", passphrase=PASSPHRASE)
    somebody.open(f"{server.url}/receipt/{created['metadata_key']}")
    somebody.use(page.locator("summary"))
    somebody.look("receipt")

    somebody.type(page.get_by_label(view.says("Passphrase"), exact=True), PASSPHRASE)
    somebody.use(page.get_by_role("button", name=view.says("Burn it now")))
    page.get_by_text(view.says("Burned: nobody can read it any more")).wait_for()
    assert page.locator("form").count() == 0
    somebody.look("receipt of what was burned")
    assert server.get(f"private/{created['metadata_key']}").json["state"] == "burned"


def test_every_page_is_looked_at() -> None:
    clicked = {
        *(
            "start",
            "no such page",
            "link",
            "secret",
            "gone",
            "link with passphrase",
            "wrong passphrase",
            "several lines",
        ),
        *("receipt of what was read", "locked", "receipt", "receipt of what was burned"),
    }
    assert clicked | set(NOT_CLICKED) | {"forged file"} == set(PAGES)
