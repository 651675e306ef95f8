"""Mutual TLS as go-plugin wants it: each side trusts exactly the one certificate that the other side handed over."""

from __future__ import annotations

import ssl
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from .certificate import make_certificate


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
    own = make_certificate()
    pem = private_folder / "tls.pem"
    try:
        pem.write_text(_pem("PRIVATE KEY", own.private_key) + ssl.DER_cert_to_PEM_cert(own.certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    finally:
        pem.unlink(missing_ok=True)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=client_certificate)
    return Tls(context, b64encode(own.certificate).decode().rstrip("="))


def _pem(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{b64encode(der).decode()}\n-----END {label}-----\n"
