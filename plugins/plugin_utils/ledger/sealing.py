# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger keeps secret, sealed under the ledger key, and how it recognises what it has seen before."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError

NONCE_BYTES = 12


class Fingerprints:
    """Keyed digests that distinguish same from changed, and say nothing else.

    Their key is made with the ledger and kept in it, sealed: what was shared is not kept, so under another key nothing
    would be recognised and every link be replaced.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Fingerprints(…)"

    def of(self, *parts: str | None) -> str:
        """Return the digest of the parts."""
        return hmac.digest(self._key, json.dumps(parts).encode(), hashlib.sha256).hex()

    def derived(self, purpose: bytes) -> Fingerprints:
        """Return others, under a key that is derived from this one for another purpose."""
        return Fingerprints(_subkey(self._key, purpose))


class Seal:
    """Seals and opens under one ledger key of 32 random bytes."""

    def __init__(self, key: bytes) -> None:
        # ansible-core brings cryptography, but ansible-test imports every plugin without it.
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._altered = InvalidTag
        self._aead = AESGCM(_subkey(key, b"seal"))
        # Kept in the ledger, so that a wrong key is known before it does harm.
        self.check = _subkey(key, b"check").hex()
        # What fingerprints were made with in ledgers of version 1. Newer ones have a random key of their own.
        self.fingerprint_key = _subkey(key, b"fingerprint")

    def __repr__(self) -> str:
        return "Seal(…)"

    def close(self, content: Mapping[str, Any], identity: tuple[str, ...]) -> bytes:
        """Seal the content for one identity; a row copied to another identity does not open."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, json.dumps(content).encode(), json.dumps(identity).encode())

    def open(self, sealed: bytes, identity: tuple[str, ...], shown: str) -> dict[str, Any]:
        """Return what `close` sealed for this identity; raise LedgerError where it was altered or belongs elsewhere.

        shown: what the error calls the row.
        """
        try:
            content = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], json.dumps(identity).encode())
        except (self._altered, ValueError, TypeError):  # SQLite keeps text and numbers in a column of bytes as well
            raise LedgerError(
                f"the ledger's record of {shown!r} cannot be decrypted: it was altered, or copied from another name",
                "find out who can write to the ledger, then restore it from a backup",
            ) from None
        return dict(json.loads(content))


def _subkey(key: bytes, purpose: bytes) -> bytes:
    """HKDF-Expand (RFC 5869) to one block; the key is uniformly random, so no extraction is needed."""
    return hmac.digest(key, b"onetimesecret.ots ledger " + purpose + b"\x01", hashlib.sha256)
