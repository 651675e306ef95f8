"""The pictures of the documentation are as tools/pictures.py draws them, and each is shown somewhere."""

from __future__ import annotations

import pytest
from pictures import FOLDER, PICTURES, svg

from tests.support import CHECKOUT

GUIDES = "".join(path.read_text() for path in (CHECKOUT / "docs").glob("*.md"))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_as_it_is_drawn_and_shown(name: str) -> None:
    assert (FOLDER / f"{name}.svg").read_text() == svg(PICTURES[name]), "run python tools/pictures.py"
    assert f"(pictures/{name}.svg)" in GUIDES
