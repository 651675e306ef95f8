"""Recipients and custom domains are taken, refused, ignored and shown as the real server does (contract §3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetime_server.accounts import AccountError
from onetime_server.names import first_recipient_in, has_known_suffix, is_recipient, obfuscated
from onetime_server.profile import PROFILES, V0_23, V0_25, V0_26, Profile
from tests.support.live_server import LiveServer, live_server

OWN = "secrets.example.net"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


@pytest.fixture
def release(profile: Profile, tmp_path: Path) -> Iterator[LiveServer]:
    """A server of every release, where alice has a custom domain."""
    with live_server(tmp_path / "data", profile=profile) as running:
        running.account()
        running.services.accounts.add_domain(OWN, "alice@example.com")
        yield running


ALICE = ("alice@example.com", "a" * 40)


@pytest.mark.parametrize(
    "domain",
    [
        *("secrets.corp.internal", "foo.local", "foo.example", "xn--bcher-kva.example", "co.uk", "github.io"),
        *("not a domain", f"https://{OWN}", ".com", "com", "...", "127.0.0.1"),
    ],
)
def test_a_name_of_no_known_suffix_is_ignored(release: LiveServer, domain: str) -> None:
    assert release.share("x", ALICE, share_domain=domain)["share_domain"] == ""


@pytest.mark.parametrize("domain", ["a_b.example.com", "nope.example.com.", "-foo.com", "foo..com"])
def test_a_malformed_name_of_a_known_suffix_is_refused(release: LiveServer, domain: str) -> None:
    answer = release.post("share", ALICE, secret="x", share_domain=domain)

    assert (answer.status, answer.json["message"]) == (404, f"Unknown domain: {domain}")


def test_a_domain_that_would_be_ignored_is_not_registered(server: LiveServer) -> None:
    server.account()

    with pytest.raises(AccountError, match=r"'secrets\.corp\.internal' ends in no public suffix"):
        server.services.accounts.add_domain("secrets.corp.internal", "alice@example.com")


@pytest.mark.parametrize("host", [OWN, OWN.upper(), f"{OWN}:8443"])
@pytest.mark.parametrize("auth", [ALICE, None])
def test_a_request_to_a_custom_domain_puts_its_link_there(
    release: LiveServer, host: str, auth: tuple[str, str] | None
) -> None:
    for path, body in (("share", b"secret=x"), ("generate", b""), ("share", b"secret=x&share_domain=co.uk")):
        answer = release.request("POST", f"/api/v1/{path}", auth=auth, headers={**FORM, "host": host}, body=body)

        assert answer.json["share_domain"] == OWN
        assert release.get(f"private/{answer.json['metadata_key']}").json["share_domain"] == OWN


@pytest.mark.parametrize("host", ["secrets.example.org", "", "[", "[::1]:80", "example.net"])
def test_a_request_to_any_other_host_does_not(release: LiveServer, host: str) -> None:
    answer = release.request("POST", "/api/v1/share", headers={**FORM, "host": host}, body=b"secret=x")

    assert answer.json["share_domain"] == ""


@pytest.mark.parametrize("auth", [ALICE, None])
@pytest.mark.parametrize("domain", ["pool.example.org", "POOL.example.org"])
def test_everybody_may_use_a_domain_of_the_pool(tmp_path: Path, domain: str, auth: tuple[str, str] | None) -> None:
    pool = frozenset({"pool.example.org"})
    with live_server(tmp_path / "data", link_domains=pool) as server:
        server.account()

        assert server.share("x", auth, share_domain=domain)["share_domain"] == domain


@pytest.mark.parametrize("profile", [V0_25, V0_23])
def test_older_releases_have_no_pool(tmp_path: Path, profile: Profile) -> None:
    with live_server(tmp_path / "data", profile=profile, link_domains=frozenset({"pool.example.org"})) as server:
        answer = server.post("share", server.account(), secret="x", share_domain="pool.example.org")

        assert answer.json["message"] == "Unknown domain: pool.example.org"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("o'brien@example.com", "o'***@e***.com"),
        ("a!x@example.com", "a!***@e***.com"),
        ("alice/x=y@example.com", "al***@e***.com"),
        ("alice@bücher.example", "al***@b***.example"),
        ("älice@example.com", "äl***@e***.com"),
        ("a@b.co", "a@b.co"),
        ("al@example.com", "al@e***.com"),
        ("x@sub.example.co.uk", "x@s***.co.uk"),
        ("Alice.Smith@Example.COM", "al***@e***.com"),
    ],
)
@pytest.mark.parametrize("profile", [V0_26, V0_25], ids=["v0.26", "v0.25"], indirect=False)
def test_newer_releases_take_and_show_a_recipient(tmp_path: Path, profile: Profile, address: str, shown: str) -> None:
    with live_server(tmp_path / "data", profile=profile) as server:
        created = server.share("x", server.account(), recipient=address)

        assert (created["recipient"], created["recipients"]) == ([shown], [shown])


@pytest.mark.parametrize(
    "address",
    [
        *("alice@-example.com", "alice@ex_ample.com", "alice@example..com", ".alice@example.com", "a@b", "no-address"),
        *(" ", "alice@example.com,bob@example.com", "alice@example.com\nBcc: eve@example.com"),
    ],
)
def test_newer_releases_refuse_what_is_no_recipient(server: LiveServer, address: str) -> None:
    answer = server.post("share", server.account(), secret="x", recipient=address)

    assert (answer.status, answer.json["message"]) == (404, f"Undeliverable email address: {address.strip()}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("o'brien@example.com", ["br*****@e*****.com"]),
        ("alice@example.technology", []),
        ("alice@example.online", []),
        ("write to alice@example.com, please", ["al*****@e*****.com"]),
        ("al@b.co", ["al*****@b*****.co"]),
        (" ", []),
    ],
)
def test_older_releases_take_the_first_thing_that_looks_like_a_recipient(
    tmp_path: Path, text: str, shown: list[str]
) -> None:
    with live_server(tmp_path / "data", profile=V0_23) as server:
        assert server.share("x", server.account(), recipient=text)["recipient"] == shown


@given(st.text())
def test_no_text_is_too_strange_to_be_judged(text: str) -> None:
    has_known_suffix(text)
    first_recipient_in(text)
    for address in (text, f"a@{text}", f"{text}@example.com"):
        if is_recipient(address):
            assert obfuscated(address, 3).count("@") == 1


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_very_short_password_has_one_character_of_each_kind(release: LiveServer, length: int) -> None:
    assert len(release.post("generate", length=str(length)).json["value"]) == 4


def test_a_slash_at_the_end_is_dropped_but_by_the_older_releases_reveal(release: LiveServer, profile: Profile) -> None:
    created = release.share("x")

    assert release.get("status/").status == 200
    assert release.get(f"private/{created['metadata_key']}/").status == 200
    answer = release.post(f"secret/{created['secret_key']}/")
    if profile.reveal_takes_slash:
        assert answer.json["value"] == "x"
    else:
        assert (answer.status, answer.json) == (404, {"error": "Not Found"})
        assert release.post(f"secret/{created['secret_key']}").json["value"] == "x", "nothing was consumed"
