"""Mutual TLS as go-plugin wants it: each side trusts exactly the one certificate that the other side handed over."""

from __future__ import annotations

import ssl
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME = timedelta(days=30)  # longer than any run of Terraform


@dataclass(frozen=True)
class Tls:
    """What the server needs, and its certificate as the handshake shows it."""

    context: ssl.SSLContext
    certificate: str


def mutual_tls(client_certificate: str, private_folder: Path) -> Tls:
    """Return TLS that only the holder of CLIENT_CERTIFICATE (PEM) gets through.

    The server's own certificate is made up for this process. Python takes its key from a file only: it passes through
    PRIVATE_FOLDER, which nobody else can read, and is gone when this returns.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(key)
    pem = private_folder / "tls.pem"
    try:
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    finally:
        pem.unlink(missing_ok=True)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=client_certificate)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Tls(context, b64encode(der).decode().rstrip("="))


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
