"""What opens what; and that a database of today opens with the server of tomorrow."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag

from onetime_server.vault import Vault, WrongPassphraseError

# As version 0.3.0 wrote them with nothing but 7 for nonces and salts: who changes how they are made has to migrate databases.
KEPT: dict[str, tuple[Callable[[Vault], bytes], str]] = {
    "fingerprint": (Vault.fingerprint, "e3245ed7d028b5cd0bcea0ed38e98eb089e1339503e228041779a2a09afd86c3"),
    "key": (lambda vault: vault.key_hash("k"), "3c31721b7eb1b1d2aa2f0c4f6bde0dcefa8d88951af745f60856e52edf1a19d1"),
    "token": (lambda vault: vault.token_hash("k"), "e41a045a1c7d2c2e339c6cfb875b1571193dc8da62446d68c8572d43a35dc6a5"),
    "form": (
        lambda vault: bytes.fromhex(vault.form_token("burn", "k")),
        "a47d76cef7bf25a88a49f54f6e0e8b44136cac92a557760fff24b2e47d501edb",
    ),
    "content": (lambda vault: vault.seal(b"content"), 12 * "07" + "cc92d904a8b00246ca0842150f92892dce74b7dee863fe"),
    "value": (
        lambda vault: vault.seal_value(b"value", "secret-key", ""),
        28 * "07" + "872adab078519f809444d7a3c14106704fbe9e5c61",
    ),
    "value with a passphrase": (
        lambda vault: vault.seal_value(b"value", "secret-key", "passé"),
        28 * "07" + "525dbd768a1a63980bb2f52efd3e47bea0354a115f",
    ),
}


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture
def other() -> Vault:
    """Of another server."""
    return Vault(bytes(32))


@pytest.mark.parametrize("what", KEPT)
def test_what_the_database_keeps_is_made_as_ever(vault: Vault, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda size: bytes([7]) * size)
    make, made = KEPT[what]
    assert make(vault).hex() == made


def test_what_is_no_unicode_has_a_hash_of_its_own(vault: Vault) -> None:
    assert len({vault.key_hash(key) for key in ("\ud800", "\udfff", "?", "")}) == 4


@pytest.mark.parametrize(
    ("value", "passphrase"), [(b"", ""), (b"value", ""), ("välue".encode(), "passé"), (b"v", "\ud800")]
)
def test_a_value_opens_with_all_that_it_was_sealed_with(vault: Vault, value: bytes, passphrase: str) -> None:
    assert vault.open_value(vault.seal_value(value, "secret-key", passphrase), "secret-key", passphrase) == value


@pytest.mark.parametrize(
    "open_otherwise",
    [
        lambda vault, _other, sealed: vault.open_value(sealed, "secret-key", ""),
        lambda vault, _other, sealed: vault.open_value(sealed, "secret-key", "Passphrase"),
        lambda vault, _other, sealed: vault.open_value(sealed, "another-key", "passphrase"),
        lambda _vault, other, sealed: other.open_value(sealed, "secret-key", "passphrase"),
        lambda vault, _other, sealed: vault.open_value(bytes([sealed[0] ^ 1]) + sealed[1:], "secret-key", "passphrase"),
        lambda vault, _other, sealed: vault.open_value(
            sealed[:-1] + bytes([sealed[-1] ^ 1]), "secret-key", "passphrase"
        ),
    ],
)
def test_it_opens_with_nothing_less(
    vault: Vault, other: Vault, open_otherwise: Callable[[Vault, Vault, bytes], bytes]
) -> None:
    sealed = vault.seal_value(b"value", "secret-key", "passphrase")
    with pytest.raises(WrongPassphraseError):
        open_otherwise(vault, other, sealed)


def test_the_same_is_never_sealed_alike(vault: Vault, other: Vault) -> None:
    assert vault.seal(b"content") != vault.seal(b"content")
    first, second = (vault.seal_value(b"value", "secret-key", "passphrase") for _ in range(2))
    assert first[:16] != second[:16]
    assert first[28:] != second[28:]
    assert vault.open(vault.seal(b"content")) == b"content"
    with pytest.raises(InvalidTag):
        other.open(vault.seal(b"content"))
