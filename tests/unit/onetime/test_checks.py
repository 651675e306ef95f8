"""What the client refuses before anything is sent, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import (
    check_key,
    check_length,
    check_passphrase,
    check_recipient,
    check_secret,
    check_share_domain,
    check_timeout,
    check_ttl,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.durations import parse_duration
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput, OnetimeError

ENCODABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def metadata_key(value: object) -> str:
    return check_key(value, "metadata_key")


@given(ENCODABLE)
def test_any_text_that_fits_is_a_secret(text: str) -> None:
    assume(len(text.encode()) <= 10_000)
    assert check_secret(text) == text


@pytest.mark.parametrize("text", ["z" * 10_000, "é" * 5_000, " ", "\r\n", "日" * 3_333])
def test_a_secret_of_up_to_10000_bytes_is_taken(text: str) -> None:
    assert check_secret(text) == text


@pytest.mark.parametrize("text", ["z" * 10_001, "é" * 5_001, "日" * 3_334])
def test_a_longer_secret_is_refused_with_its_size(text: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^secret: takes {len(text.encode())} bytes .*10000"):
        check_secret(text)


@given(ENCODABLE.filter(lambda text: len(text) <= 128))
def test_any_passphrase_that_fits_is_taken(text: str) -> None:
    assert check_passphrase(text) == text


@pytest.mark.parametrize("value", [1, "1", 60, "60", "0060", " 60 ", 604_800, 10**11])
def test_ttl_is_a_positive_integer_or_its_digits(value: object) -> None:
    assert check_ttl(value) == int(str(value))


@pytest.mark.parametrize("value", ["a@b.de", "Al.ice+x@mail.example.com", "ö@exämple.org", "o'brien@example.museum"])
def test_one_address_is_a_recipient(value: str) -> None:
    assert check_recipient(f" {value}\n") == value


@pytest.mark.parametrize(
    ("value", "sent"),
    [("secrets.example.com", "secrets.example.com"), ("Secrets.Example.COM", "secrets.example.com"), ("a.de", "a.de")],
)
def test_a_host_name_is_a_share_domain(value: str, sent: str) -> None:
    assert check_share_domain(value) == sent


@pytest.mark.parametrize("value", [4, 128, "12"])
def test_a_length_is_from_4_to_128(value: object) -> None:
    assert check_length(value) == int(str(value))


def test_a_length_that_servers_would_raise_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="below 4, the shortest value that servers generate; give 4 or more"):
        check_length(3)


@given(st.from_regex(r"[0-9a-z]{31}|[0-9a-z]{62}|[0-9A-Za-z_-]{1,256}", fullmatch=True))
def test_any_plain_key_is_taken(key: str) -> None:
    assert metadata_key(key) == key


REFUSED = [
    (check_secret, "secret", ["", "mark\0er", "marker\ud800", None, 5, b"marker", ["marker"], True]),
    (check_passphrase, "passphrase", ["", "p" * 129, "mark\0er", "marker\udfff", None, 12345]),
    (
        check_ttl,
        "ttl",
        [0, -5, "0", "-5", "", "abc", "1h", "3600.9", 3600.0, True, None, [60], "٣٦٠٠", 10**12, "9" * 5000],
    ),
    (
        check_recipient,
        "recipient",
        [
            "",
            " ",
            "marker",
            "marker@b",
            "@b.de",
            "marker@b.d",
            "marker@b..de",
            "marker@b.de,c@d.de",
            "marker@b.de; c@d.de",
            "marker@b.de c@d.de",
            "Alice <marker@b.de>",
            ["marker@b.de"],
            None,
            f"{'m' * 250}@b.de",
            "marker\n@b.de",
        ],
    ),
    (
        check_share_domain,
        "share_domain",
        [
            "",
            "https://marker.example.com",
            "marker.example.com/",
            "marker.example.com:443",
            "marker",
            "marker.example.com.",
            "-marker.example.com",
            "mar ker.example.com",
            "märker.example.com",
            "192.0.2.1",
            "user@marker.example.com",
            None,
        ],
    ),
    (check_length, "length", [0, -1, 1, 3, "3", 129, "", "abc", 12.0, True, None]),
    (
        metadata_key,
        "metadata_key",
        [
            "",
            " ",
            "https://h/secret/marker",
            "marker/burn",
            "../marker",
            "mark er",
            "marker?x",
            "m%2fx",
            "m" * 257,
            None,
        ],
    ),
]


@pytest.mark.parametrize(
    ("check", "field", "value"),
    [pytest.param(check, field, value) for check, field, values in REFUSED for value in values],
)
def test_a_wrong_value_is_refused_by_name_and_never_shown(
    check: Callable[[object], object], field: str, value: object
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(value)
    error = caught.value
    assert isinstance(error, ValueError)
    assert isinstance(error, OnetimeError)
    assert error.field == field
    assert not error.retry_safe
    assert str(error).startswith(f"{field}: ")
    assert error.__context__ is None, "a chained exception would hold the value"
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(error) + repr(error)
        assert "marker" not in str(error) + repr(error)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["a@b.de", "c@d.de"], "is a list"),
        ("a@b.de,c@d.de", "several addresses"),
        ("Alice <a@b.de>", "display name"),
        ("", "is empty"),
    ],
)
def test_a_wrong_recipient_is_told_what_is_wrong_with_it(value: object, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        check_recipient(value)


@pytest.mark.parametrize("seconds", [0.001, 1, "30", 86_400])
def test_a_timeout_is_taken(seconds: float | str) -> None:
    assert check_timeout(seconds) == float(seconds)


@pytest.mark.parametrize("seconds", [0, -1, 86_400.001, "nan", "inf", "soon", None, []])
def test_a_timeout_is_above_nothing_and_up_to_a_day(seconds: object) -> None:
    with pytest.raises(InvalidInput, match="timeout: is not a number of seconds above 0 and up to 86400"):
        check_timeout(seconds)


def test_a_link_in_place_of_a_key_is_recognised() -> None:
    with pytest.raises(InvalidInput, match="is a link"):
        metadata_key("https://eu.onetimesecret.com/secret/abc")


@pytest.mark.parametrize("check", [check for check, _, _ in REFUSED])
@example(value="9\x1f")  # a blank to str.strip, and none to int
@given(
    value=st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.none(), st.booleans(), st.lists(st.text()))
)
def test_no_value_at_all_upsets_a_check(check: Callable[[object], object], value: object) -> None:
    with suppress(InvalidInput):
        checked = check(value)
        assert check(checked) == checked, "what was taken is taken again"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("45s", 45),
        ("90m", 5_400),
        ("1h", 3_600),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1 H", 3_600),
        (" 1h ", 3_600),
        (3600, 3_600),
        ("3600", 3_600),
    ],
)
def test_a_duration_is_turned_into_seconds(written: object, seconds: int) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "h", "0h", "0", "-1h", "1.5h", "1y", "1h30m", "1hour", True, None, 1.5, "1h\n2d", "٣h"]
)
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(InvalidInput, match=r"^max_age: is .*, which is not a duration; give .* such as 3600 or 7d$"):
        parse_duration(written, "max_age")


@given(st.integers(1, 10_000), st.sampled_from("smhdw"))
def test_durations_grow_with_their_number_and_unit(number: int, unit: str) -> None:
    seconds = parse_duration(f"{number}{unit}")
    assert seconds == number * parse_duration(f"1{unit}")
    assert parse_duration(seconds) == seconds
