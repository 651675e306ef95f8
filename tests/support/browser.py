"""A real browser on the local server's pages: how it is set up, what is looked at on each page, and what is kept of it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from onetime_server.languages import Language, translations
from tests.support import CHECKOUT
from tests.support.live_server import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

KEPT = CHECKOUT / ".pages"
LOOKS = KEPT / "looks.jsonl"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
SCHEMES = ("light", "dark")
ZONE = "Asia/Tokyo"
SERIOUS = ("serious", "critical")
_MOST_TABS = 40


def program() -> str | None:
    """The browser to use, if there is one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass(frozen=True)
class View:
    """How somebody looks at the pages: a phone is tapped on, at a desk there is only a keyboard."""

    language: Language
    size: str
    scheme: str
    scripted: bool

    def __str__(self) -> str:
        return f"{self.language.code}-{self.size}-{self.scheme}-{'script' if self.scripted else 'no-script'}"

    def says(self, english: str) -> str:
        return translations(self.language).gettext(english)

    def tries(self, count: int) -> str:
        sentence = translations(self.language).ngettext(
            "You have %(count)s try left.", "You have %(count)s tries left.", count
        )
        return sentence % {"count": count}


@dataclass
class Reader:
    """Somebody with a view."""

    view: View
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        self.page.goto(url)

    def use(self, locator: Locator) -> None:
        """Tap on it, or go there by keyboard and press Enter."""
        if self.view.size == "phone":
            locator.tap()
            return
        self.reach(locator)
        self.page.keyboard.press("Enter")

    def reach(self, locator: Locator) -> None:
        """Press Tab until it has the focus."""
        for _ in range(_MOST_TABS):
            if self.has_focus(locator):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {locator}")

    def has_focus(self, locator: Locator) -> bool:
        return bool(locator.evaluate("element => element === document.activeElement"))

    def type(self, locator: Locator, text: str) -> None:
        if self.view.size == "phone":
            locator.tap()
        else:
            self.reach(locator)
        self.page.keyboard.type(text)

    def look(self, name: str) -> None:
        """Hold what every page has to be, and keep a picture of it."""
        page, view = self.page, self.view
        assert page.locator("html").get_attribute("lang") == view.language.tag, name
        assert page.locator("h1").is_visible()
        # Nothing is cut off, and nothing has to be moved sideways.
        wide = page.evaluate(
            "() => [document.documentElement, ...document.querySelectorAll('main *')]"
            ".filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1"
            " && getComputedStyle(one).display !== 'inline').map(one => one.outerHTML.slice(0, 80))"
        )
        assert wide == [], (name, wide)
        assert self.complaints == [], name
        picture = KEPT / str(view) / f"{name.replace(' ', '-')}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture, full_page=True)
        found = axe(page) if view.scripted else axe_without_script(page, view)
        with LOOKS.open("a") as looks:
            looks.write(json.dumps({"view": str(view), "page": name, "axe": found}) + "\n")
        assert [one for one in found if one["impact"] in SERIOUS] == [], name

    def be_shown(self, url: str, answer: Answer) -> None:
        """An answer that came by another way, as if it were the one to `url`."""
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        self.page.route(url, lambda route: route.fulfill(status=answer.status, headers=headers, body=answer.body))
        self.page.goto(url)
        self.page.unroute(url)


def axe(page: Page) -> list[dict[str, Any]]:
    """What axe finds: rule, impact and where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        {"rule": one["id"], "impact": one["impact"], "where": [node["html"][:120] for node in one["nodes"]]}
        for one in found
    ]


def axe_without_script(page: Page, view: View) -> list[dict[str, Any]]:
    """What axe finds on a page as it is where no script runs.

    Axe is a script too. So what the page came to is opened once more where axe may run and the page's own script may not.
    """
    markup, browser = page.content(), page.context.browser
    assert browser is not None
    with context(browser, replace(view, scripted=True)) as opened:
        twin = opened.new_page()
        twin.route(
            "**/*",
            lambda route: route.fulfill(
                body=markup, content_type="text/html", headers={"Content-Security-Policy": "script-src 'none'"}
            ),
        )
        twin.goto(page.url)
        assert twin.locator("#copy, .local").locator("visible=true").count() == 0, "its script ran"
        return axe(twin)


def context(browser: Browser, view: View, **settings: Any) -> BrowserContext:
    """A new browser of somebody with this view, who may go nowhere else."""
    width, height = SIZES[view.size]
    opened = browser.new_context(
        locale=view.language.tag,
        timezone_id=ZONE,
        viewport={"width": width, "height": height},
        color_scheme=view.scheme,
        java_script_enabled=view.scripted,
        has_touch=view.size == "phone",
        is_mobile=view.size == "phone",
        device_scale_factor=2 if view.size == "phone" else 1,
        accept_downloads=True,
        **settings,
    )
    opened.set_default_timeout(15_000)
    return opened


def reader(opened: BrowserContext, view: View, server: str) -> Reader:
    """Whoever complains about what the browser does on its own: other addresses, errors, refused code."""
    somebody = Reader(view, opened.new_page())
    page = somebody.page
    page.on("request", lambda sent: sent.url.startswith(server) or somebody.complaints.append(f"asks {sent.url}"))
    page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
    page.on("console", lambda said: _is_ours(said.text) and somebody.complaints.append(said.text))
    return somebody


def _is_ours(said: str) -> bool:
    """What browsers say of every status of 400 and more is no news."""
    return not said.startswith("Failed to load resource")
