"""Where calls go and links lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import (
    REGIONS,
    Address,
    check_plain_http,
    parse_link,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_has_its_own_host(region: str) -> None:
    assert Address.of(region=region).api("/share") == f"https://{region}.onetimesecret.com/api/v1/share"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://ots.example.com", "https://ots.example.com"),
        ("HTTPS://OTS.Example.com:443//", "https://ots.example.com"),
        ("http://ots.example.com:80", "http://ots.example.com"),
        ("http://ots.example.com:443", "http://ots.example.com:443"),
        ("https://ots.example.com:", "https://ots.example.com"),
        ("https://ots.example.com:8443/Tools/ots/", "https://ots.example.com:8443/Tools/ots"),
        ("https://ots.example.com/api/v1", "https://ots.example.com"),
        ("https://ots.example.com/ots/api/v1/", "https://ots.example.com/ots"),
        ("http://[::1]:7143", "http://[::1]:7143"),
        ("http://[0:0::1]", "http://[::1]"),
        ("http://my_service:3000", "http://my_service:3000"),
        ("  https://ots.example.com\n", "https://ots.example.com"),
    ],
)
def test_any_base_url_is_understood(url: str, base: str) -> None:
    address = Address.of(url)
    assert address.base == base
    assert address.api("/status") == f"{base}/api/v1/status"
    assert address.link("abc") == f"{base}/secret/abc"
    assert Address.of(base) == address


def test_an_origin_has_no_path() -> None:
    assert Address.of("https://ots.example.com:8443/ots").origin == "https://ots.example.com:8443"


def test_a_link_on_a_custom_domain_is_https() -> None:
    address = Address.of("http://127.0.0.1:7143/ots")
    assert address.link("abc", "secrets.example.com") == "https://secrets.example.com/secret/abc"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ots.example.com", "is not a web address"),
        ("ftp://ots.example.com", "is not a web address"),
        ("file:///etc/passwd", "is not a web address"),
        ("https://me:marker@ots.example.com", "credentials"),
        ("https://@ots.example.com", "credentials"),
        ("https://ots.example.com?x=marker", "query"),
        ("https://ots.example.com/#marker", "query or fragment"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://a..b", "names no host"),
        ("https://[fe80::1%25eth0]", "names no host|not a URL"),
        ("https://[::marker]", "names no host|not a URL"),
        ("https://ots.example.com:99999", "port"),
        ("https://ots.example.com:0", "port"),
        ("https://ots.example.com:marker", "port"),
        ("https://ots.example.com/../x", "path"),
        ("https://ots.exa\nmple.com", "not a URL"),
        ("https://ots example.com", "not a URL"),
        ("https://öts.example.com", "not a URL"),
        ("https://[::1", "not a URL"),
        (5, "not text"),
    ],
)
def test_a_wrong_url_is_refused_by_its_problem_and_never_shown(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught:
        Address.of(url)
    assert caught.value.field == "url"
    assert "marker" not in str(caught.value)


def test_there_is_no_default_service() -> None:
    with pytest.raises(InvalidInput, match="there is no default"):
        Address.of()
    with pytest.raises(InvalidInput, match="not both"):
        Address.of("https://ots.example.com", "eu")
    with pytest.raises(InvalidInput, match="region: is none of us, eu, ca, nz, uk"):
        Address.of(region="mars")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:7143", True),
        ("http://[::1]", True),
        ("http://localhost:3000", True),
        ("http://ots.localhost", True),
        ("http://192.0.2.1", False),
        ("https://localhost.example.com", False),
    ],
)
def test_loopback_is_recognised(url: str, *, expected: bool) -> None:
    assert Address.of(url).is_loopback is expected


@given(st.from_regex(r"[0-9a-z]{1,62}", fullmatch=True), st.sampled_from(["", "/ots", "/a/b"]), st.booleans())
def test_the_key_of_a_link_is_found_again(key: str, prefix: str, trailing_slash: bool) -> None:
    link = Address.of(f"https://ots.example.com{prefix}").link(key)
    assert parse_link(link + "/" * trailing_slash) == key


@pytest.mark.parametrize(
    "link",
    [
        "",
        "abcmarker",
        "/secret/marker",
        "https://h",
        "https://h/secret/",
        "https://h/private/marker",
        "https://h/secret/mar%20ker",
        "ftp://h/secret/marker",
        "https://h/secret/a/marker",
        None,
    ],
)
def test_what_is_no_link_is_refused_and_never_shown(link: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_link(link)
    assert caught.value.field == "link"
    assert "marker" not in str(caught.value)


@given(st.text())
def test_no_text_at_all_upsets_the_address(text: str) -> None:
    for url in (text, f"https://{text}", f"https://ots.example.com/{text}"):
        for use in (Address.of, parse_link):
            try:
                use(url)
            except InvalidInput:
                continue


@pytest.mark.parametrize(
    "url",
    ["https://ots.example.com", "http://127.0.0.1:7143", "http://127.8.8.8", "http://[::1]", "http://localhost:80"],
)
def test_what_stays_private_needs_no_permission(url: str) -> None:
    assert check_plain_http(Address.of(url), allowed=False) == Address.of(url)


@pytest.mark.parametrize(
    "url", ["http://ots.example.com", "http://192.0.2.1", "http://localhost.example.com", "HTTP://ots"]
)
def test_plain_http_to_another_machine_wants_permission(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^url: is plain HTTP to another machine"):
        check_plain_http(Address.of(url), allowed=False)
    assert check_plain_http(Address.of(url), allowed=True) == Address.of(url)
