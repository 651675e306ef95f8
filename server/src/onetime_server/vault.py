"""Everything cryptographic: what the database may hold of a key, a token, a value or a passphrase.

Kept            | as                                            | so that who has the database
----------------|-----------------------------------------------|------------------------------------------------------
keys, tokens    | keyed hash (HMAC) under the server key        | cannot even search for a weak one without that key
receipt's keys  | AES-GCM under the server key                  | cannot build a link without that key
value           | AES-GCM under server key + secret's key + passphrase | and the server key still needs the passphrase
passphrase      | not at all: argon2id turns it into key material | must guess it, at argon2id's price for each guess
"""

from __future__ import annotations

import hashlib
import hmac
import os

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE = 32
_SALT_SIZE = 16
_NONCE_SIZE = 12


class WrongPassphraseError(Exception):
    """The value does not open with this passphrase."""


class Vault:
    """Seals and opens under one server key (32 random bytes)."""

    def __init__(self, server_key: bytes) -> None:
        self._lookup_key = _derive(server_key, b"lookup")
        self._sealing_key = _derive(server_key, b"receipt")
        self._value_key = _derive(server_key, b"value")

    def fingerprint(self) -> bytes:
        """Tells whether a database was made under this server key, and nothing else."""
        return self._keyed_hash(b"fingerprint", "")

    def key_hash(self, key: str) -> bytes:
        """What the database knows a secret_key or metadata_key by."""
        return self._keyed_hash(b"key", key)

    def token_hash(self, token: str) -> bytes:
        """What the database knows an API token by."""
        return self._keyed_hash(b"token", token)

    def form_token(self, purpose: str, subject: str) -> str:
        """Proves that who posts the form of a page, such as the one of a secret_key, has loaded it before."""
        return self._keyed_hash(b"form " + purpose.encode(), subject).hex()

    def seal(self, content: bytes) -> bytes:
        """`content` under the server key: 12 bytes of nonce, then the sealed bytes."""
        return _encrypt(self._sealing_key, content)

    def open(self, sealed: bytes) -> bytes:
        """What `seal` was given."""
        return _decrypt(self._sealing_key, sealed)

    def seal_value(self, value: bytes, secret_key: str, passphrase: str) -> bytes:
        """A secret's value: 16 bytes of salt, 12 of nonce, then the sealed bytes. No passphrase is ""."""
        salt = os.urandom(_SALT_SIZE)
        return salt + _encrypt(self._key_of_value(salt, secret_key, passphrase), value)

    def open_value(self, sealed: bytes, secret_key: str, passphrase: str) -> bytes:
        """What `seal_value` was given. Raises WrongPassphraseError: the seal itself tells, no other hash is kept."""
        salt, encrypted = sealed[:_SALT_SIZE], sealed[_SALT_SIZE:]
        try:
            return _decrypt(self._key_of_value(salt, secret_key, passphrase), encrypted)
        except InvalidTag:
            raise WrongPassphraseError from None

    def _key_of_value(self, salt: bytes, secret_key: str, passphrase: str) -> bytes:
        stretched = _stretch(passphrase, salt) if passphrase else b""
        return _derive(self._value_key + stretched + secret_key.encode(), b"value", salt)

    def _keyed_hash(self, purpose: bytes, text: str) -> bytes:
        return hmac.digest(self._lookup_key, purpose + b":" + text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _derive(key: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), KEY_SIZE, salt, purpose).derive(key)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    # OWASP's smallest recommended argon2id setting: some 20 ms and 19 MiB for each guess.
    password = passphrase.encode("utf-8", "surrogatepass")
    return hash_secret_raw(
        password, salt, time_cost=2, memory_cost=19_456, parallelism=1, hash_len=KEY_SIZE, type=Type.ID
    )


def _encrypt(key: bytes, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, content, None)


def _decrypt(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], None)
