"""What a task asks for: what is given, what is not, and what an unnamed share is named by."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import GENERATED, LINK, MADE_HERE
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import (
    Desired,
    desired_generate,
    desired_share,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind

SHARE: dict[str, Any] = {
    **dict.fromkeys((option.name for option in LINK), None),
    "name": "db/alice",
    "secret": "s3cret",
    "reissue_on": [],
    "rotate_after": None,
}
GENERATE: dict[str, Any] = {**SHARE, **dict.fromkeys((option.name for option in (*MADE_HERE, *GENERATED)), None)}


def test_a_share_is_what_the_options_give() -> None:
    wanted = desired_share({**SHARE, "ttl": "2h", "passphrase": "p4ss", "recipient": "a@example.com"})
    given = {"ttl": 7200, "passphrase": "p4ss", "recipient": "a@example.com"}
    assert wanted == Desired("db/alice", "s3cret", given, Policy(frozenset()))
    assert (wanted.kind, wanted.ttl, wanted.recipient) == (Kind.SHARE, 7200, "a@example.com")


def test_a_generated_value_is_what_the_options_give() -> None:
    wanted = desired_generate({**GENERATE, "length": 20, "exclude_similar": True, "rotate_after": "1d"})
    assert wanted == Desired(
        "db/alice", None, {"length": 20, "exclude_similar": True}, Policy(frozenset(), rotate_after=86_400)
    )
    assert (wanted.kind, wanted.length) == (Kind.GENERATE, 20)


@pytest.mark.parametrize("name", ["", None])
def test_a_share_needs_no_name(name: str | None) -> None:
    assert desired_share({**SHARE, "name": name}).name == ""


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"secret": None}, "secret: is missing; give the text to share"),
        ({"secret": ""}, "secret: is empty"),
        ({"passphrase": ""}, "passphrase: is empty"),
        ({"ttl": "soon"}, "ttl: "),
        ({"recipient": "nobody"}, "recipient: "),
    ],
)
def test_what_is_wrong_names_its_option(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        desired_share({**SHARE, **given})
    assert str(caught.value).startswith(problem)


def test_empty_text_is_not_given_but_where_it_would_open_something() -> None:
    assert desired_share({**SHARE, "ttl": "", "recipient": "", "share_domain": ""}).options == {}
    with pytest.raises(InvalidInput, match=r"^passphrase: "):
        desired_generate({**GENERATE, "passphrase": ""})


def test_no_repr_holds_what_is_secret() -> None:
    wanted = desired_share({**SHARE, "passphrase": "p4ss"})
    assert "db/alice" in repr(wanted)
    assert "s3cret" not in repr(wanted)
    assert "p4ss" not in repr(wanted)


def test_an_unnamed_share_keeps_its_name_when_the_collection_learns_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Desired("", "s3cret", {"passphrase": "p4ss", "ttl": 60})
    assert before.naming == ("s3cret", "p4ss", None, None)

    monkeypatch.setattr(desired, "CONTENT", (*desired.CONTENT, "theme", "color"))
    assert before.naming == ("s3cret", "p4ss", None, None)
    assert before.but(theme="dark", color="red").naming == ("s3cret", "p4ss", None, None, "color=red", "theme=dark")
