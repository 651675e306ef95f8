"""The process that Terraform starts: who gets through to it, and when it ends."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import ssl
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.config import Configuration
from grpclib.exceptions import StreamTerminatedError
from terraform_provider_onetimesecret.onetime.version import VERSION
from terraform_provider_onetimesecret.protocol import tfplugin6_pb2 as pb
from terraform_provider_onetimesecret.transport.certificate import make_certificate
from terraform_provider_onetimesecret.transport.plugin import COOKIE

from tests.support.terraform.workspace import PROGRAMS

PROGRAM = str(PROGRAMS / "terraform-provider-onetimesecret")
SERVE = [PROGRAM, "serve", VERSION]
END_LIMIT = 20  # seconds


class ClientIdentity:
    """A certificate as go-plugin makes one for itself: P-521, self-signed."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP521R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA512())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.file = folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.file.write_text(private.decode() + self.pem)


@dataclass
class Started:
    """A provider's process, and what its handshake said."""

    process: subprocess.Popen[str]
    socket: Path
    certificate: str

    def end(self) -> None:
        """Be gone, as Terraform is when it crashes."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(END_LIMIT)

    def call(self, identity: ClientIdentity | None) -> pb.GetProviderSchema.Response:
        """Ask for the schema, as the owner of a client certificate or nobody."""

        async def ask() -> pb.GetProviderSchema.Response:
            as_go_plugin = Configuration(ssl_target_name_override="localhost")
            channel = Channel(path=str(self.socket), ssl=self._tls(identity), config=as_go_plugin)
            try:
                method = UnaryUnaryMethod(
                    channel,
                    "/tfplugin6.Provider/GetProviderSchema",
                    pb.GetProviderSchema.Request,
                    pb.GetProviderSchema.Response,
                )
                response: pb.GetProviderSchema.Response = await method(pb.GetProviderSchema.Request(), timeout=20)
                return response
            finally:
                channel.close()

        return asyncio.run(ask())

    def _tls(self, identity: ClientIdentity | None) -> ssl.SSLContext | None:
        if not self.certificate:
            return None
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2"])
        der = base64.b64decode(self.certificate + "=" * (-len(self.certificate) % 4))
        context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(der))
        if identity:
            context.load_cert_chain(identity.file)
        return context


def start(client_certificate: str | None) -> Started:
    name, cookie = COOKIE
    more = {name: cookie, **({"PLUGIN_CLIENT_CERT": client_certificate} if client_certificate else {})}
    process = subprocess.Popen(
        SERVE, env={**os.environ, **more}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    core, protocol, network, address, kind, certificate = process.stdout.readline().rstrip("\n").split("|")
    assert (core, protocol, network, kind) == ("1", "6", "unix", "grpc")
    return Started(process, Path(address), certificate)


@pytest.fixture
def terraform(tmp_path: Path) -> ClientIdentity:
    return ClientIdentity(tmp_path)


@pytest.fixture
def provider(terraform: ClientIdentity) -> Iterator[Started]:
    started = start(terraform.pem)
    yield started
    started.end()


def test_terraform_gets_through(provider: Started, terraform: ClientIdentity) -> None:
    assert set(provider.call(terraform).resource_schemas) == {"onetimesecret_link", "onetimesecret_generated_link"}


def test_nobody_else_gets_through(provider: Started, terraform: ClientIdentity, tmp_path: Path) -> None:
    for stranger in (None, ClientIdentity(tmp_path)):
        with pytest.raises((ssl.SSLError, StreamTerminatedError, ConnectionError)):
            provider.call(stranger)
    provider.call(terraform)  # and Terraform does so still


def test_no_other_user_reaches_the_socket_or_finds_the_key(provider: Started) -> None:
    assert stat.S_IMODE(provider.socket.parent.stat().st_mode) == 0o700
    assert [file.name for file in provider.socket.parent.iterdir()] == ["socket"]


def test_without_tls_if_terraform_says_so() -> None:
    started = start(None)
    try:
        assert started.call(None).provider.block.attributes
    finally:
        started.end()


def test_it_ends_when_terraform_is_gone_and_leaves_nothing(provider: Started) -> None:
    provider.end()
    assert provider.process.returncode == 0
    assert not provider.socket.parent.exists()


@pytest.mark.parametrize("length", [20, 59, 60, 80, 100, 200])
def test_a_temporary_folder_of_any_length_will_do(
    monkeypatch: pytest.MonkeyPatch, terraform: ClientIdentity, length: int
) -> None:
    with TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short.ljust(length, "x"))
        folder.mkdir(exist_ok=True)
        try:
            monkeypatch.setenv("TMPDIR", str(folder))
            started = start(terraform.pem)
            started.call(terraform)
            started.end()
            assert list(folder.iterdir()) == []
        finally:
            if str(folder) != short:
                folder.rmdir()


def test_a_temporary_folder_that_is_not_there_is_told(terraform: ClientIdentity) -> None:
    name, cookie = COOKIE
    environment = {**os.environ, name: cookie, "PLUGIN_CLIENT_CERT": terraform.pem, "TMPDIR": "/no/such/folder"}
    done = subprocess.run(SERVE, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("no folder for the socket can be made in /no/such/folder: ")
    assert "set TMPDIR" in done.stdout
    assert done.stderr == ""


def test_ctrl_c_is_terraforms_business(provider: Started, terraform: ClientIdentity) -> None:
    provider.process.send_signal(signal.SIGINT)
    provider.call(terraform)


def test_the_certificate_is_for_localhost_and_one_month() -> None:
    made = make_certificate()
    certificate = x509.load_der_x509_certificate(made.certificate)
    certificate.verify_directly_issued_by(certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    assert timedelta(29) < certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(31)
    assert make_certificate().private_key != made.private_key


def test_a_person_is_told_that_serve_is_for_terraform() -> None:
    done = subprocess.run(SERVE, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "serve is for Terraform" in done.stderr


def test_a_launcher_of_another_version_is_refused() -> None:
    done = subprocess.run([PROGRAM, "serve", "9.9.9"], text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "the launcher has version 9.9.9" in done.stdout
    assert "terraform-provider-onetimesecret install" in done.stdout
