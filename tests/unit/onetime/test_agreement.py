"""What a server made, compared with what it was asked for: every form in which releases show it (v1 contract §3, §10)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.agreement import differences, is_obfuscated
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued

REPLY = {"metadata_key": "m" * 31, "secret_key": "s" * 31, "ttl": 3600, "created": 1795225122, "state": "new"}


def differs(asked: dict[str, Any], told: dict[str, Any], host: str = "ots.example.com") -> bool:
    issued = Issued.of({**REPLY, **told})
    assert issued
    return bool(differences(ShareRequest(secret="s3cret", **asked), issued, host=host))


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("al***@e***.com", "alice@example.com"),
        ("al***@e***.com", "Alice@Example.COM"),
        ("a@b.co", "a@b.co"),
        ("al@e***.com", "al@example.com"),
        ("x@s***.co.uk", "x@sub.example.co.uk"),
        ('"a***@e***.com', '"a@b"@example.com'),
        ("o'***@e***.com", "o'brien@example.com"),
        ("äl***@e***.com", "Älice@example.com"),
        ("al***@e***.technology", "alice@example.technology"),
        ("al*****@e*****.com", "alice@example.com"),
        ("a*****@e*****.com", "a.b@example.com"),
        ("x*****@s*****.uk", "x@sub.example.co.uk"),
        ("al*****@e*****.com", "alice+tag@example.com"),
        ("alice+ta*****@e*****.com", "alice+tag@example.com"),
    ],
)
def test_an_address_is_known_by_its_obfuscated_form(shown: str, address: str) -> None:
    assert is_obfuscated(shown, address)


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        ("br*****@e*****.com", "o'brien@example.com"),  # who gets it before 0.24
        ("o*****@e*****.com", "o'o@example.com"),  # the same letter, and yet a stranger
        ("al*****@e*****.co", "alice@example.co.technology"),
        ("al*****@e*****.technology", "alice@example.technology"),
        ("bo***@e***.com", "alice@example.com"),
        ("al***@f***.com", "alice@example.com"),
        ("al***@e***.org", "alice@example.com"),
        ("al@e***.com", "alice@example.com"),
        ("al***@e.com", "alice@example.com"),
        ("al***@example.com.org", "alice@example.com"),
        ("***@***", "alice@example.com"),
        ("*", "alice@example.com"),
        ("", "alice@example.com"),
        ("al***@e***.com,bo***@e***.com", "alice@example.com"),
        ("al****@e****.com", "alice@example.com"),
    ],
)
def test_anybody_else_is_told_from_it(shown: str, address: str) -> None:
    assert not is_obfuscated(shown, address)


@given(st.from_regex(r"[a-z0-9._]{0,8}[a-z0-9]@[a-z0-9]{1,8}(\.[a-z]{2,8}){1,3}", fullmatch=True))
def test_any_address_is_known_as_0_26_shows_it(address: str) -> None:
    person, _at, domain = address.partition("@")
    name, _dot, suffix = domain.partition(".")
    shown = f"{person[:2]}{'***' if len(person) > 2 else ''}@{name[:1]}{'***' if len(name) > 1 else ''}.{suffix}"
    assert is_obfuscated(shown, address)
    assert is_obfuscated(shown, address.upper())


@pytest.mark.parametrize(
    ("asked", "told", "wrong"),
    [
        ({}, {}, False),
        ({"recipient": "alice@example.com"}, {"recipient": ["al***@e***.com"]}, False),
        ({"recipient": "alice@example.com"}, {"recipient": "al***@e***.com"}, False),
        ({"recipient": "alice@example.com"}, {"recipient": []}, True),
        ({"recipient": "alice@example.com"}, {}, True),
        ({"recipient": "alice@example.com"}, {"recipient": ["al***@e***.com", "bo***@e***.com"]}, True),
        ({}, {"recipient": ["al***@e***.com"]}, True),
        ({"share_domain": "s.example.net"}, {"share_domain": "s.example.net"}, False),
        ({"share_domain": "s.example.net"}, {"share_domain": "S.Example.NET"}, False),
        ({"share_domain": "s.example.net"}, {"share_domain": ""}, True),
        ({"share_domain": "s.example.net"}, {"share_domain": "t.example.net"}, True),
        ({"share_domain": "ots.example.com"}, {"share_domain": ""}, False),  # the site's own host
        ({}, {"share_domain": "ots.example.com"}, False),  # called by its custom domain
        ({}, {"share_domain": "t.example.net"}, True),
        ({"passphrase": "horse"}, {"passphrase_required": True}, False),
        ({"passphrase": "horse"}, {"passphrase_required": False}, True),
        ({}, {"passphrase_required": True}, True),
        ({}, {"state": "viewed"}, False),
        ({}, {"state": "a newer word"}, False),
        ({}, {"state": "received"}, True),
        ({}, {"ttl": 0}, True),
        ({}, {"ttl": 1}, False),
        ({"ttl": 10**7}, {"ttl": 60}, False),
        ({"ttl": 1}, {"ttl": 60}, False),
    ],
)
def test_what_differs_is_found(asked: dict[str, Any], told: dict[str, Any], *, wrong: bool) -> None:
    assert differs(asked, told) is wrong


@pytest.mark.parametrize(
    ("asked", "told", "words"),
    [
        ({}, {"recipient": ["al***@e***.com"]}, ["it was mailed, though no recipient was given"]),
        ({"share_domain": "s.example.net"}, {}, ["it is on another host than share_domain"]),
        ({}, {"share_domain": "t.example.net"}, ["it is on a custom domain that was not requested"]),
        ({}, {"passphrase_required": True}, ["it needs a passphrase, though none was given"]),
        ({"passphrase": "horse"}, {}, ["it has no passphrase"]),
        (
            {},
            {"ttl": 0, "passphrase_required": True},
            ["it needs a passphrase, though none was given", "it can no longer be read"],
        ),
    ],
)
def test_each_difference_is_told_in_words(asked: dict[str, Any], told: dict[str, Any], words: list[str]) -> None:
    issued = Issued.of({**REPLY, **told})
    assert issued
    assert list(differences(ShareRequest(secret="s3cret", **asked), issued, host="ots.example.com")) == words


def test_what_releases_before_0_24_do_not_read_is_not_taken_for_it() -> None:
    assert not is_obfuscated("äl*****@e*****.com", "älice@example.com")  # mailed to lice@example.com
    assert is_obfuscated("al*****@e*****.com", "alice@example.com")
