"""Every recorded exchange of four releases, held against the client and against the local server."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support.contract import client_side, server_side
from tests.support.contract.agreement import Checked
from tests.support.recorded import RELEASES, load

SIDES = {client_side.SIDE: client_side.check, server_side.SIDE: server_side.check}


@cache
def checked(side: str, release: str) -> list[Checked]:
    return SIDES[side](release, load(release))


SECTIONS = [
    (release, section)
    for release in RELEASES
    for section in dict.fromkeys(exchange.section for exchange in load(release))
]


@pytest.mark.parametrize(("release", "section"), SECTIONS)
@pytest.mark.parametrize("side", SIDES)
def test_agrees_with_the_recordings(side: str, release: str, section: str) -> None:
    found = [one for one in checked(side, release) if one.section == section]

    assert len(found) == sum(exchange.section == section for exchange in load(release)), "nothing is skipped"
    assert [f"{one.name}: {difference}" for one in found for difference in one.differences] == []


def test_metadata_replies_with_a_value_are_among_the_recordings() -> None:
    """Guards the check that the client drops it."""
    replies = [
        exchange.reply.json
        for release in RELEASES
        for exchange in load(release)
        if client_side.call_for(exchange) == "metadata"
    ]

    assert any("value" in (reply or {}) for reply in replies)
