"""What the one script adds: the reader's own time, a button that copies exactly, and care with double clicks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from onetime_server.languages import ENGLISH, LANGUAGES
from tests.support.browser import SERIOUS, View, axe, axe_without_script, context, reader
from tests.support.live_server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long

DESK = View(ENGLISH, "desktop", "light", scripted=True)
VALUE = "first\r\n\n  second\n"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COMMAND = "document.execCommand = () => false"


@pytest.mark.parametrize(("language", "time"), [("en", "17:00"), ("de", "17:00"), ("ja", "17:00"), ("sv", "17:00")])
def test_the_reader_sees_the_time_where_they_are(
    chromium: Browser, server: LiveServer, language: str, time: str
) -> None:
    view = View(LANGUAGES[language], "phone", "light", scripted=True)
    with context(chromium, view) as opened:
        somebody = reader(opened, view, server.url)
        somebody.open(f"{server.url}/secret/{server.share('x', ttl='86400')['secret_key']}")
        told = somebody.page.inner_text(".local")

    assert "2027" in told
    assert "16" in told
    assert time in told or "5:00" in told


@pytest.mark.parametrize("fault", ["", NO_CLIPBOARD])
def test_what_is_copied_is_what_was_sent(chromium: Browser, server: LiveServer, fault: str) -> None:
    """Even the line ends, which the field itself changes; and without a clipboard, as on pages without TLS."""
    with context(chromium, DESK, permissions=["clipboard-read", "clipboard-write"]) as opened:
        somebody = reader(opened, DESK, server.url)
        page = somebody.page
        if fault:
            page.add_init_script(fault)
        somebody.open(f"{server.url}/secret/{server.share(VALUE)['secret_key']}")
        page.get_by_role("button", name="Show the secret").click()
        page.get_by_role("button", name="Copy").click()
        page.get_by_text("Copied.").wait_for()
        other = opened.new_page()
        other.goto(f"{server.url}/")
        assert other.evaluate("() => navigator.clipboard.readText()") == VALUE


def test_a_copy_that_fails_says_so(chromium: Browser, server: LiveServer) -> None:
    with context(chromium, DESK) as opened:
        somebody = reader(opened, DESK, server.url)
        somebody.page.add_init_script(f"{NO_CLIPBOARD}; {NO_COMMAND}")
        somebody.open(f"{server.url}/secret/{server.share(VALUE)['secret_key']}")
        somebody.page.get_by_role("button", name="Show the secret").click()
        somebody.page.get_by_role("button", name="Copy").click()

        assert "could not be copied" in somebody.page.get_by_role("status").inner_text()


def test_a_double_click_reads_once_and_shows_it(chromium: Browser, server: LiveServer) -> None:
    with context(chromium, DESK) as opened:
        somebody = reader(opened, DESK, server.url)
        somebody.open(f"{server.url}/secret/{server.share('shown')['secret_key']}")
        somebody.page.get_by_role("button", name="Show the secret").dblclick()

        assert somebody.page.locator("#value").input_value() == "shown"


@pytest.mark.parametrize("scripted", [True, False])
def test_axe_notices_what_is_wrong(chromium: Browser, server: LiveServer, scripted: bool) -> None:
    view = replace(DESK, scripted=scripted)
    with context(chromium, view) as opened:
        page = reader(opened, view, server.url).page
        page.goto(server.url)
        # The page's own policy is in force: it has no style but its own.
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><input><font color="#eee">pale</font></main>')
        found = axe(page) if scripted else axe_without_script(page, view)

    assert {"label", "color-contrast"} <= {one["rule"] for one in found if one["impact"] in SERIOUS}
