"""What replies mean, in every form that servers and their documentation give them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import (
    Issued,
    Metadata,
    Revealed,
    Status,
    read_json,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State

# The samples of the documentation: numbers in quotes, and hardly any of the fields that servers send.
DOCUMENTED = {
    "custid": "USERNAME",
    "metadata_key": "qjpjroeit8wra0ojeyhcw5pjsgwtuq7",
    "secret_key": "153l8vbwqx5taskp92pf05uvgjefvu9",
    "ttl": "3600",
    "updated": "1324174006",
    "created": "1324174006",
}
UNREAD = {**DOCUMENTED, "ttl": 3600, "updated": 1324174006, "created": 1324174006, "state": "new", "secret_ttl": 3000}
GONE = {**UNREAD, "secret_key": "", "secret_ttl": None}
LISTED = {**{name: UNREAD[name] for name in UNREAD if name != "secret_key"}, "secret_ttl": None}


def metadata(**changes: Any) -> Metadata:
    found = Metadata.of({**UNREAD, **changes})
    assert found
    return found


def test_the_documented_share_is_understood() -> None:
    issued = Issued.of(DOCUMENTED)
    assert issued
    assert issued.metadata_key.get_secret_value() == DOCUMENTED["metadata_key"]
    assert issued.secret_key.get_secret_value() == DOCUMENTED["secret_key"]
    assert (issued.ttl, issued.created, issued.expires_at) == (3600, 1324174006, 1324177606)
    assert (issued.state, issued.recipient, issued.share_domain, issued.value) == (State.NEW, (), "", None)
    assert not issued.passphrase_required


def test_the_documented_metadata_is_understood_but_says_nothing_about_the_state() -> None:
    found = Metadata.of(DOCUMENTED)
    assert found
    assert (found.ttl, found.updated) == (3600, 1324174006)
    assert not found.is_unread
    assert not found.is_final


def test_the_documented_reveal_is_understood() -> None:
    revealed = Revealed.of({"secret_key": "153l8vbwqx5taskp92pf05uvgjefvu9", "value": " s3cret\r\n"})
    assert revealed
    assert revealed.value.get_secret_value() == " s3cret\r\n"


@pytest.mark.parametrize("seconds", [-1, -62_135_596_801, 10**18])
@pytest.mark.parametrize("name", ["received", "updated"])
def test_a_time_before_all_times_is_no_reply(name: str, seconds: int) -> None:
    metadata = {"metadata_key": "m" * 31, "state": "received", "created": 1, "updated": 1, "ttl": 60, "recipient": []}
    good = {**metadata, name: 1_800_000_000}
    assert Metadata.of(good)
    assert Metadata.of({**good, name: seconds}) is None


@pytest.mark.parametrize(
    ("word", "state", "unread", "final"),
    [
        ("new", State.NEW, True, False),
        ("viewed", State.VIEWED, True, False),
        ("shared", State.NEW, True, False),
        ("previewed", State.VIEWED, True, False),
        ("received", State.RECEIVED, False, True),
        ("revealed", State.RECEIVED, False, True),
        ("burned", State.BURNED, False, True),
        ("expired", State.EXPIRED, False, True),
        ("orphaned", State.ORPHANED, False, True),
        ("archived", State.UNKNOWN, False, False),
        ("", State.UNKNOWN, False, False),
        (None, State.UNKNOWN, False, False),
        (7, State.UNKNOWN, False, False),
        (["new"], State.UNKNOWN, False, False),
    ],
)
def test_a_state_is_unread_or_final_or_not_known(word: object, state: State, *, unread: bool, final: bool) -> None:
    found = metadata(state=word)
    assert found.state is state
    assert (found.is_unread, found.is_final) == (unread, final)


@pytest.mark.parametrize("word", ["new", "viewed", "previewed", "archived", None])
def test_a_secret_that_vanished_is_orphaned_whatever_the_state_says(word: object) -> None:
    found = Metadata.of({**GONE, "state": word})
    assert found
    assert found.state is State.ORPHANED
    assert found.is_final
    assert found.secret_key is None


@pytest.mark.parametrize("word", ["burned", "expired", "received", "orphaned"])
def test_a_final_state_is_kept_when_the_secret_is_gone(word: str) -> None:
    found = Metadata.of({**GONE, "state": word})
    assert found
    assert found.state == word


def test_a_listed_secret_without_its_key_is_no_orphan() -> None:
    found = Metadata.of(LISTED)
    assert found
    assert found.state is State.NEW
    assert found.secret_key is None


@pytest.mark.parametrize("received", [0, "0", None])
def test_an_unknown_time_of_receipt_is_none(received: object) -> None:
    assert metadata(state="received", received=received).received is None


def test_a_metadata_reply_never_shows_the_secret() -> None:
    found = metadata(value="marker", secret_value="marker", secret_identifier="marker")
    assert "marker" not in repr(found) + repr(vars(found)) + str(found.model_dump())
    assert found.model_extra is None


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (["al***@e***.com"], ("al***@e***.com",)),
        ([], ()),
        ("al***@e***.com", ("al***@e***.com",)),
        (None, ()),
        ([1], ()),
    ],
)
def test_a_recipient_is_a_list_or_a_text(recipient: object, expected: tuple[str, ...]) -> None:
    assert metadata(recipient=recipient).recipient == expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [("Secrets.Example.com", "secrets.example.com"), ("", ""), (None, ""), ("evil.example/x?", ""), (5, "")],
)
def test_a_share_domain_is_a_host_name_or_nothing(domain: object, expected: str) -> None:
    assert metadata(share_domain=domain).share_domain == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_key": "../../evil"},
        {"secret_key": ""},
        {"secret_key": None},
        {"metadata_key": 5},
        {"metadata_key": "a b"},
        {"ttl": "soon"},
        {"ttl": None},
        {"created": 10**300},
        {"created": 1.5},
        {"value": ["x"]},
        {"value": "\ud800"},
    ],
)
def test_a_reply_without_what_matters_is_not_taken_for_one(changes: dict[str, object]) -> None:
    assert Issued.of({**UNREAD, **changes}) is None


@pytest.mark.parametrize("model", [Status, Issued, Revealed, Metadata])
@pytest.mark.parametrize("document", [None, [], {}, "text", 5, True, [UNREAD]])
def test_other_documents_are_no_replies(model: type[Status], document: object) -> None:
    assert model.of(document) is None


def test_replies_show_no_secret_and_cannot_be_changed() -> None:
    issued = Issued.of({**UNREAD, "metadata_key": "marker1", "secret_key": "marker2", "value": "marker3"})
    revealed = Revealed.of({"value": "marker"})
    found = metadata(metadata_key="marker1", secret_key="marker2")
    for reply in (issued, revealed, found):
        assert reply
        assert "marker" not in repr(reply) + str(reply) + str(reply.model_dump())
        with pytest.raises(ValidationError):
            reply.value = None  # type: ignore[union-attr]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([*UNREAD, "value", "received", "recipient"]), inner)
    ),
)


@given(JSON, st.dictionaries(st.sampled_from([*UNREAD, "value", "received", "recipient", "share_domain"]), JSON))
def test_no_document_at_all_upsets_the_replies(document: object, changes: dict[str, object]) -> None:
    for candidate in (document, {**UNREAD, **changes}):
        for model in (Status, Issued, Revealed, Metadata):
            reply = model.of(candidate)
            assert reply is None or isinstance(reply, model)


@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_at_all_upsets_the_reader(body: bytes) -> None:
    read_json(body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xfd", b"[" * 100_000, b"1" * 5_000, b"<html></html>"])
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    assert read_json(body) is None
