"""Go through the local server's pages with a real browser, and print what was looked at and what was found.

--pictures renews the pictures of the documentation. Exit code 1 if a page is not as it should be.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter

import pytest

from tests.support import CHECKOUT
from tests.support.browser import KEPT, LOOKS, SERIOUS

PICTURES = {
    "link": "en-phone-light-script/link-with-passphrase",
    "wrong-passphrase": "en-desktop-light-script/wrong-passphrase",
    "secret": "ja-phone-dark-script/several-lines",
    "receipt": "uk-desktop-light-script/receipt",
    "start": "de-desktop-dark-script/start",
}
FOLDER = CHECKOUT / "docs" / "images"


def main() -> int:
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir()
    code = pytest.main(["-n", "2", "--dist", "worksteal", "-q", "-m", "long", str(CHECKOUT / "tests" / "pages")])
    if not LOOKS.exists():
        sys.stdout.write("pages: none was looked at; the lines above say why\n")
        return int(code)
    looks = [json.loads(line) for line in LOOKS.read_text().splitlines()]
    found = Counter(found["impact"] for look in looks for found in look["axe"])
    sys.stdout.write(
        f"pages: {len(looks)} looked at, {len({look['page'] for look in looks})} different in "
        f"{len({look['view'] for look in looks})} views (language, size, scheme, JavaScript); axe judged each: "
        f"{sum(found[impact] for impact in SERIOUS)} serious, {found.total()} findings in all; pictures in {KEPT.name}\n"
    )
    if "--pictures" in sys.argv:
        FOLDER.mkdir(exist_ok=True)
        for name, picture in PICTURES.items():
            shutil.copy(KEPT / f"{picture}.png", FOLDER / f"{name}.png")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
