"""What is told beside a result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Metadata
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import warnings as warn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from tests.support.rows import ATTEMPT, RECORD

LACKS = "the server's list of links lacks a link that exists: another server answered, or it lost data"
SHOWS_NONE = "the server's list of links shows no link of this ledger, so it may be incomplete"


@pytest.mark.parametrize(
    ("listed", "shown_if_whole", "known", "gap"),
    [
        ("ab", "a", "", None),
        ("b", "a", "b", LACKS),
        ("", "a", "", LACKS),
        ("a", "", "a", None),
        ("ab", "", "b", None),
        ("a", "", "b", SHOWS_NONE),
        ("a", "", "", SHOWS_NONE),
        ("", "", "", SHOWS_NONE),
    ],
)
def test_a_list_speaks_only_where_it_shows_what_it_must(
    listed: str, shown_if_whole: str, known: str, gap: str | None
) -> None:
    assert warn.gap_in_list(listed, shown_if_whole=shown_if_whole, known=known) == gap


@pytest.mark.parametrize(
    ("asked", "recorded", "is_told"),
    [
        ({"chars": ("digits", "ab")}, {"chars": ["digits", "ab"]}, False),  # a list once it was in the ledger
        ({"chars": ["digits", "ab"]}, {"chars": ("digits", "ab")}, False),
        ({"chars": ("digits",)}, {"chars": ["digits", "ab"]}, True),
        ({"chars": ("digits",)}, {}, True),
        ({"words": 5}, {"words": 5}, False),
        ({"words": 5}, {"words": 6}, True),
        ({"words": None}, {"words": 6}, False),
        ({}, {"words": 6}, False),
    ],
)
def test_a_value_of_another_kind_is_told(asked: dict[str, Any], recorded: dict[str, Any], *, is_told: bool) -> None:
    told = warn.value_of_another_kind(Desired("db/alice").but(**asked), replace(RECORD, options=recorded))
    option = next(iter(asked), "")
    expected = (
        f"The value was generated with other {option}: the value is kept. "
        "To generate a new one, set rotate_after, or burn the name first."
    )
    assert told == (expected if is_told else None)


def test_whoever_is_warned_is_told_what_to_do() -> None:
    stranger = {"metadata_key": "m" * 31, "state": "new", "created": 1_800_000_001, "updated": 1, "ttl": 60}
    suspect = Metadata.of({**stranger, "recipient": [], "share_domain": ""})
    assert suspect is not None
    assert warn.orphan_suspects(ATTEMPT, [suspect]) == (
        "A run that started at 2027-01-15T08:00:00Z stopped between sending and recording. The server has links to the same "
        "recipient that are not in the ledger: one created at 2027-01-15T08:00:01Z with a ttl of 60 seconds. They may belong "
        "to somebody else, so they were left alone. Burn those that you do not want, or let them expire; until then this "
        "warning is repeated."
    )
    assert warn.no_such_link() == (
        "Neither the ledger nor the server knows a link with this metadata_key. Check that it is complete, and not the "
        "secret_key."
    )
    assert warn.state_needs_account() == (
        "This server reports no state without an account, so whether the link was read is not known; its expiry decides. Give "
        "username and api_token to get the state."
    )
