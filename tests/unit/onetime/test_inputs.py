"""Requests and credentials: checked, unchangeable, silent about their secrets."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import GENERATED, LINK


def test_all_fields_are_sent_under_their_names() -> None:
    request = ShareRequest(
        secret="s3cret", passphrase=SecretStr("horse"), ttl="3600", recipient="a@b.de", share_domain="S.example.com"
    )
    assert request.form() == {
        "secret": "s3cret",
        "passphrase": "horse",
        "ttl": "3600",
        "recipient": "a@b.de",
        "share_domain": "s.example.com",
    }
    assert GenerateRequest(length=20).form() == {"length": "20"}


def test_what_is_not_given_is_not_sent() -> None:
    assert ShareRequest(secret=SecretStr("x"), passphrase=None, ttl=None).form() == {"secret": "x"}
    assert GenerateRequest().form() == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": SecretStr("marker\0")}, "secret"),
        ({"secret": "marker\ud800"}, "secret"),
        ({"secret": None}, "secret"),
        ({"secret": ["marker"]}, "secret"),
        ({"secret": "marker", "passphrase": ""}, "passphrase"),
        ({"secret": "marker", "passphrase": "marker" * 30}, "passphrase"),
        ({"secret": "marker", "ttl": "1h"}, "ttl"),
        ({"secret": "marker", "recipient": ["marker@b.de"]}, "recipient"),
        ({"secret": "marker", "share_domain": "https://marker.de"}, "share_domain"),
        ({"secret": "marker", "expires": "marker"}, "expires"),
    ],
)
def test_a_wrong_field_is_named_and_never_shown(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ShareRequest(**fields)
    error = caught.value
    assert error.field == field
    assert error.__context__ is None
    assert "marker" not in str(error) + repr(error)


def test_a_length_belongs_to_what_is_generated() -> None:
    with pytest.raises(InvalidInput, match=r"^length: "):
        ShareRequest(secret="x", length=12)
    with pytest.raises(InvalidInput, match=r"^length: .* 128"):
        GenerateRequest(length=129)
    with pytest.raises(InvalidInput, match=r"^secret: "):
        GenerateRequest(secret="x")


def test_a_request_shows_no_secret_and_cannot_be_changed() -> None:
    request = ShareRequest(secret="marker", passphrase="marker2")
    assert "marker" not in repr(request) + str(request) + repr(request.model_dump())
    with pytest.raises(ValidationError):
        request.secret = SecretStr("other")


def test_credentials_come_whole_or_not_at_all() -> None:
    assert Credentials.of(None, None) is None
    assert Credentials.of("", "") is None
    given = Credentials.of("me@example.com", SecretStr("marker"))
    assert given
    assert given == Credentials.of("me@example.com", "marker")
    assert given.username == "me@example.com"
    assert "marker" not in repr(given)


@pytest.mark.parametrize(
    ("username", "token", "field"),
    [
        ("me@example.com", None, "api_token"),
        ("me@example.com", "", "api_token"),
        (None, "marker", "username"),
        ("me:marker", "marker", "username"),
        ("me@example.com\n", "marker", "username"),
        ("me@example.com", "marker\n", "api_token"),
        ("me@example.com", "marker\ud800", "api_token"),
    ],
)
def test_half_or_broken_credentials_are_refused(username: str | None, token: str | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Credentials.of(username, token)
    assert caught.value.field == field
    assert "marker" not in str(caught.value)


def test_every_option_of_a_link_is_a_field_that_is_sent() -> None:
    for option in GENERATED:
        assert option.name in GenerateRequest.model_fields, (
            f"{option.name} is in options.py: add it to _Request in inputs.py"
        )
    for option in LINK:
        assert option.name in ShareRequest.model_fields
