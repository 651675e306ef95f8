"""What is in the files and in the log, and what a thief could do with them."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from onetime_server.vault import Vault, WrongPassphraseError
from tests.support.live_server import LiveServer
from tests.support.server_command import run, serving

PLAIN = "the plain text of it"
PASSPHRASE = "correct-horse"


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_the_files_hold_no_value_passphrase_token_or_key(server: LiveServer) -> None:
    alice = server.account(token="the-token-of-alice")
    created = [server.share(PLAIN, alice), server.share(PLAIN, alice, passphrase=PASSPHRASE)]
    created.append(server.post("generate", alice).json)
    server.post(f"secret/{created[0]['secret_key']}")

    kept = everything_in(server.data)

    secrets = [PLAIN, PASSPHRASE, alice[1], created[2]["value"]]
    secrets += [one[key] for one in created for key in ("secret_key", "metadata_key")]
    assert b"alice@example.com" in kept, "the right files were searched"
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_the_database_alone_opens_nothing(server: LiveServer) -> None:
    created = server.share(PLAIN)
    with server.services.database.reading() as connection:
        sealed = bytes(connection.execute("SELECT sealed FROM secret").fetchone()[0])

    opened = server.services.vault.open_value(sealed, created["secret_key"], "")
    assert opened == PLAIN.encode()
    with pytest.raises(WrongPassphraseError):
        Vault(bytes(32)).open_value(sealed, created["secret_key"], "")


def test_a_passphrase_protects_even_from_who_has_database_server_key_and_link(server: LiveServer) -> None:
    created = server.share(PLAIN, passphrase=PASSPHRASE)
    with server.services.database.reading() as connection:
        sealed = bytes(connection.execute("SELECT sealed FROM secret").fetchone()[0])

    with pytest.raises(WrongPassphraseError):
        server.services.vault.open_value(sealed, created["secret_key"], "")
    assert server.services.vault.open_value(sealed, created["secret_key"], PASSPHRASE) == PLAIN.encode()


def test_no_secret_reaches_the_log_whatever_is_asked(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "server.log"
    token = run("account", "add", "alice@example.com", "--data", str(data)).stdout.strip()
    # Port 1 of this machine: no e-mail can be sent, which is logged.
    with serving(data, "--log-file", str(log), "--smtp-host", "127.0.0.1", "--smtp-port", "1") as server:
        api = f"{server.url}/api/v1"
        session = requests.Session()

        def share(**form: str) -> dict[str, str]:
            answer = session.post(
                f"{api}/share", data={"secret": PLAIN, **form}, auth=("alice@example.com", token), timeout=30
            )
            reply: dict[str, str] = answer.json()
            return reply

        one, two = share(recipient="bob@example.org"), share(passphrase=PASSPHRASE)
        generated = session.post(f"{api}/generate", timeout=30).json()
        session.post(f"{api}/share?secret={PLAIN}&passphrase={PASSPHRASE}", timeout=30)
        session.post(
            f"{api}/share", data=f"secret={PLAIN}%", headers={"content-type": "multipart/form-data"}, timeout=30
        )
        session.post(
            f"{api}/share",
            data=f"--x\r\n{PLAIN}",
            headers={"content-type": "multipart/form-data; boundary=x"},
            timeout=30,
        )
        session.post(f"{api}/share", json={"secret": PLAIN, "ttl": [PASSPHRASE]}, timeout=30)
        session.get(f"{api}/status", auth=("alice@example.com", token + "wrong"), timeout=30)
        session.get(f"{api}/private/{one['metadata_key']}", timeout=30)
        session.post(f"{api}/secret/{two['secret_key']}", data={"passphrase": PASSPHRASE + "wrong"}, timeout=30)
        session.post(f"{api}/secret/{two['secret_key']}?passphrase={PASSPHRASE}", timeout=30)
        session.post(f"{api}/private/{one['metadata_key']}/burn", timeout=30)
        session.get(f"{server.url}/secret/{one['secret_key']}", timeout=30)
        session.get(f"{server.url}/secret/{one['secret_key']}/nosuch", timeout=30)
        code, output, errors = server.stop()

    written = log.read_text() + output + errors
    keys = [made[key] for made in (one, two, generated) for key in ("secret_key", "metadata_key")]
    assert code == 0
    assert "POST /api/v1/private/{key}/burn 200" in written
    assert "E-mail 1 not sent: ConnectionRefusedError at 127.0.0.1:1." in written
    for secret in (PLAIN, PLAIN.replace(" ", "%20"), PASSPHRASE, token, generated["value"], "bob@example.org", *keys):
        assert secret not in written
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_caller_who_hangs_up_is_no_crash(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "onetime_server.access")
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/v1/share HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")

    server.stop()

    assert "POST /api/v1/share 0 " in caplog.text
    assert "Crash" not in caplog.text


def test_a_crash_is_logged_by_place_and_answered_with_nothing(
    server: LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    with server.services.database.transaction() as connection:
        connection.execute("DROP TABLE secret")

    answer = server.post("share", secret=PLAIN, passphrase=PASSPHRASE)

    assert (answer.status, answer.body) == (500, b"")
    assert "Crash: OperationalError" in caplog.text
    assert "store.py" in caplog.text
    assert PLAIN not in caplog.text


def test_a_value_opens_under_the_key_of_its_own_link_only(server: LiveServer) -> None:
    """Who writes in the database cannot hand one secret out under another's link."""
    theirs, ours = server.share(PLAIN), server.share("ours")
    keys = [server.services.vault.key_hash(created["secret_key"]) for created in (theirs, ours)]
    with server.services.database.transaction() as connection:
        connection.execute(
            "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE key_hash = ?) WHERE key_hash = ?", keys
        )

    assert server.post(f"secret/{ours['secret_key']}").json["message"] == "Unknown secret"
    assert server.post(f"secret/{theirs['secret_key']}").json["value"] == PLAIN


def test_not_even_the_sealed_value_is_left_in_the_files(server: LiveServer) -> None:
    created = server.share(PLAIN * 100)
    for _ in range(5):
        server.share("another")
    with server.services.database.reading() as connection:
        sealed = max((bytes(row[0]) for row in connection.execute("SELECT sealed FROM secret")), key=len)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pieces = [sealed[start : start + 32] for start in range(0, len(sealed) - 32, 32)]
    assert any(piece in everything_in(server.data) for piece in pieces), "the right files are searched"

    server.post(f"secret/{created['secret_key']}")
    server.stop()

    kept = everything_in(server.data)
    assert [piece for piece in pieces if piece in kept] == []
