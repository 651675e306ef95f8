"""A certificate for one process, in DER.

Terraform starts a provider up to five times in one command, and loading a whole X.509 library would cost 50 ms each time. This
certificate is never looked at by a person and trusted by one peer only, so all of it is fixed but the key and the dates (RFC 5280).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

LIFETIME = timedelta(days=30)  # longer than any run of Terraform

_INTEGER, _BITS, _OCTETS, _UTF8, _TIME, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x0C, 0x17, 0x30, 0x31
_FIELD = 0xA0  # added to the number of an optional field
_DNS_NAME = 0x82

_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
_P256 = bytes.fromhex("06082a8648ce3d030107")
_ECDSA_WITH_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_COMMON_NAME = bytes.fromhex("0603550403")
_SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("0603551d11")


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost, and its private key, both in DER (the key as RFC 5915 has it)."""

    certificate: bytes
    private_key: bytes


def make_certificate() -> Certificate:
    """Return a new certificate with a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    public = _der(_BITS, b"\0\x04", point.x.to_bytes(32), point.y.to_bytes(32))
    private = _der(_OCTETS, key.private_numbers().private_value.to_bytes(32))
    algorithm = _der(_SEQUENCE, _ECDSA_WITH_SHA256)
    signed = _to_be_signed(public, algorithm)
    signature = key.sign(signed, ec.ECDSA(SHA256()))
    return Certificate(
        certificate=_der(_SEQUENCE, signed, algorithm, _der(_BITS, b"\0", signature)),
        private_key=_der(_SEQUENCE, _der(_INTEGER, b"\1"), private, _der(_FIELD + 0, _P256), _der(_FIELD + 1, public)),
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
        _der(_SEQUENCE, _der(_SEQUENCE, _EC_PUBLIC_KEY, _P256), public_key),
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
