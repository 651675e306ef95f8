"""A certificate for one process, in DER.

Terraform starts a provider up to five times in one command, and a library for X.509 would take 50 ms to load each time. This
certificate is trusted by one peer and looked at by nobody: all of it is fixed but the key and the dates (RFC 5280, RFC 8410).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LIFETIME = timedelta(days=30)  # longer than any run of Terraform

_INTEGER, _BITS, _OCTETS, _UTF8, _TIME, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x0C, 0x17, 0x30, 0x31
_FIELD = 0xA0  # added to the number of an optional field
_DNS_NAME = 0x82

_ED25519 = bytes.fromhex("06032b6570")
_COMMON_NAME = bytes.fromhex("0603550403")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("0603551d11")


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost, and its private key (PKCS #8), both in DER."""

    certificate: bytes
    private_key: bytes


def make_certificate() -> Certificate:
    """Return a new certificate with a new key."""
    key = Ed25519PrivateKey.generate()
    algorithm = _der(_SEQUENCE, _ED25519)
    signed = _to_be_signed(_der(_BITS, b"\0", key.public_key().public_bytes_raw()), algorithm)
    private = _der(_OCTETS, _der(_OCTETS, key.private_bytes_raw()))
    return Certificate(
        certificate=_der(_SEQUENCE, signed, algorithm, _der(_BITS, b"\0", key.sign(signed))),
        private_key=_der(_SEQUENCE, _der(_INTEGER, b"\0"), algorithm, private),
    )


def _to_be_signed(public_key: bytes, algorithm: bytes) -> bytes:
    now = datetime.now(UTC)
    name = _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, _COMMON_NAME, _der(_UTF8, b"localhost"))))
    names = _der(_OCTETS, _der(_SEQUENCE, _der(_DNS_NAME, b"localhost")))
    return _der(
        _SEQUENCE,
        _der(_FIELD + 0, _der(_INTEGER, b"\2")),  # version 3
        _der(_INTEGER, b"\1", os.urandom(8)),
        algorithm,
        name,
        _der(_SEQUENCE, _time(now - timedelta(minutes=5)), _time(now + LIFETIME)),
        name,
        _der(_SEQUENCE, algorithm, public_key),
        _der(_FIELD + 3, _der(_SEQUENCE, _der(_SEQUENCE, _SUBJECT_ALTERNATIVE_NAME, names))),
    )


def _der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    size_bytes = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(size_bytes)]) + size_bytes + content


def _time(moment: datetime) -> bytes:
    return _der(_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
