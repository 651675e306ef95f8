# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the item of a loop holds a secret that its task was given."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.loops import holds_secret, secrets_in

SECRET = "s3cret-of-alice"


@pytest.mark.parametrize(
    ("item", "given", "holds"),
    [
        (SECRET, SECRET, True),
        ({"name": "alice", "deep": [{"password": SECRET}]}, SECRET, True),
        ({SECRET: "alice"}, SECRET, True),
        (["alice", (SECRET,)], SECRET, True),
        (f"x{SECRET}y", SECRET, True),
        ({"pin": 12345678}, "12345678", True),
        ({"pin": 12345678}, 12345678, True),
        # of a wrong kind
        ({"password": SECRET}, {"password": SECRET}, True),
        ({"password": [SECRET]}, [SECRET], True),
        ({"password": SECRET}, {SECRET: None}, True),
        # made of parts of the item
        ({"user": "alice", "password": SECRET}, f"alice:{SECRET}", True),
        ("alice", "a-secret-of-alice", False),
        # of somebody else
        ({"name": "alice", "admin": True, "shell": None}, SECRET, False),
        ({"name": "alice"}, None, False),
        ({"name": "alice"}, "", False),
        ({"name": "", "admin": True}, "True", False),
    ],
)
def test_a_secret_is_found_however_deep(item: Any, given: Any, *, holds: bool) -> None:
    assert holds_secret(item, [("db/alice", False), (given, True)]) is holds
    assert not holds_secret(item, [(given, False)])


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        (f"postgresql://ots:{SECRET}@db/ots", True),
        (f"http://me:{SECRET}@proxy:3128", True),
        (f"http://proxy/{SECRET}", False),
        (f"{SECRET}@example.com", False),
    ],
)
def test_a_password_in_a_url_is_secret_wherever_it_is_given(url: str, *, holds: bool) -> None:
    assert holds_secret({"url": url}, [(url, False)]) is holds
    assert holds_secret({"password": SECRET}, [(url, False)]) is holds


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ots:s3cret@db.example.com/ots?sslmode=verify-full",
        "postgresql://ots@db.example.com/ots?password=s3cret&sslmode=verify-full",
        "postgresql://ots@db.example.com/ots?sslmode=verify-full&password=s3cret",
        "postgresql://ots@db.example.com/ots?sslpassword=s3cret",
        "https://example.com, http://:s3cret@proxy.example.com:3128",
    ],
)
def test_a_password_is_found_wherever_a_url_may_have_it(url: str) -> None:
    assert secrets_in([(url, False)]) == {"s3cret"}
    assert holds_secret({"password": "s3cret"}, [(url, False)])


@pytest.mark.parametrize(
    "password", ["s3/cret", "s3?cret", "#s3cret", "s3@cret", "s3:cret", "s3@@/?#cret", "@s3cret", "s3cret#"]
)
def test_a_password_is_found_that_is_not_escaped(password: str) -> None:
    assert password in secrets_in([(f"postgresql://ots:{password}@db.example.com/ots", False)])


@pytest.mark.parametrize(
    "url", ["https://ots.example.com:8443/x", "https://ots.example.com/a:b@c", "sqlite:///a:b@c", "mailto:a:b@c"]
)
def test_a_url_without_a_password_holds_none(url: str) -> None:
    assert secrets_in([(url, False)]) == set()


def test_a_password_ends_where_the_first_reader_ends_it() -> None:
    found = secrets_in([("https://me:s3cret@ots.example.com/a@b", False)])
    assert "s3cret" in found
    found = secrets_in([("https://me:s3@cret@ots.example.com/a@b", False)])
    assert {"s3", "s3@cret"} <= found
