"""Every recorded exchange of the real server is answered the same: status, headers, fields in order, types, values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from replay import NO_AUTH_SECTION, Replay, Replayed, differences

from onetime_server.profile import V0_22, V0_23, V0_26, Profile
from support.live_server import live_server
from support.recorded import Exchange, load

PROFILES = {"v0.26.6": V0_26, "v0.23.6": V0_23, "v0.22.11": V0_22}


@cache
def replayed(release: str) -> list[Replayed]:
    exchanges = load(release)
    served = [exchange for exchange in exchanges if exchange.section != NO_AUTH_SECTION]
    anonymous_only = [exchange for exchange in exchanges if exchange.section == NO_AUTH_SECTION]
    return [
        *_replay(served, PROFILES[release], auth_enabled=True),
        *(_replay(anonymous_only, PROFILES[release], auth_enabled=False) if anonymous_only else []),
    ]


def _replay(exchanges: list[Exchange], profile: Profile, *, auth_enabled: bool) -> list[Replayed]:
    with (
        TemporaryDirectory() as directory,
        live_server(Path(directory), profile=profile, auth_enabled=auth_enabled) as server,
    ):
        return list(Replay(server, exchanges).run())


SECTIONS = [
    (release, section)
    for release in PROFILES
    for section in dict.fromkeys(exchange.section for exchange in load(release))
]


@pytest.mark.parametrize(("release", "section"), SECTIONS)
def test_answers_as_recorded(release: str, section: str) -> None:
    exchanges = [one for one in replayed(release) if one.exchange.section == section]

    found = [difference for one in exchanges for difference in differences(one)]

    assert exchanges
    assert not found, "\n".join(found)
