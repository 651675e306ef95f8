"""A hundred secrets, passphrases and tokens, and the keys of their links: in no file, no log and no metric of the server."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import requests

from onetime_server.accounts import Accounts
from onetime_server.database import DATABASE_FILE, Database
from onetime_server.profile import FREE
from onetime_server.settings import data_directory, server_key
from onetime_server.vault import Vault
from tests.support.server_command import run, serving

pytestmark = pytest.mark.long

PLANTED = 100
NOWHERE = ("--smtp-host", "127.0.0.1", "--smtp-port", "1")


@dataclass
class Traces:
    """What a server wrote and said, by its name, and what must not be in it."""

    planted: list[str] = field(default_factory=list)
    said: dict[str, bytes] = field(default_factory=dict)

    def keep(self, folder: Path, moment: str) -> None:
        for file in folder.rglob("*"):
            if file.is_file():
                self.said[f"{file.name} {moment}"] = file.read_bytes()


def forms_of(secret: str) -> Iterator[bytes]:
    yield from {secret.encode(), quote(secret).encode(), quote_plus(secret).encode(), secret.encode().hex().encode()}
    # Base64 by its inner part, wherever in a text the secret stands.
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + secret.encode())
        yield encoded[4:-4]


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port


def plant(url: str, number: int, token: str) -> list[str]:
    """Live through what happens to a secret; returns what must be found nowhere."""
    value, passphrase = f"secret {number} of the test", f"passphrase-{number}-of-it"
    auth = (f"user{number}@example.com", token)
    api = f"{url}/api/v1"

    def post(path: str, **form: str) -> dict[str, str]:
        answer: dict[str, str] = requests.post(f"{api}/{path}", data=form, auth=auth, timeout=60).json()
        return answer

    kept = post("share", secret=value, passphrase=passphrase, recipient="bob@example.org")
    read = post("share", secret=value)
    burned = post("generate")
    post(f"secret/{kept['secret_key']}", passphrase=f"{passphrase} but wrong")
    post(f"secret/{read['secret_key']}")
    post(f"private/{burned['metadata_key']}/burn")
    post(f"share?secret={value}&passphrase={passphrase}&ttl=%")
    requests.get(f"{url}/secret/{kept['secret_key']}", headers={"accept": "text/html"}, timeout=60)
    requests.get(f"{url}/receipt/{kept['metadata_key']}", headers={"accept": "text/html"}, timeout=60)
    requests.get(f"{api}/status", auth=(auth[0], f"{token}wrong"), timeout=60)
    keys = [made[key] for made in (kept, read, burned) for key in ("secret_key", "metadata_key")]
    return [value, passphrase, token, burned["value"], *keys]


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    folder = tmp_path_factory.mktemp("traces")
    data, port, found = data_directory(folder / "data"), free_port(), Traces()
    vault = Vault(server_key(data, None))
    tokens = [f"token-of-user-{number}-in-this-test" for number in range(PLANTED)]
    with closing(Database(data / DATABASE_FILE, vault)) as database:
        for number, token in enumerate(tokens):
            Accounts(database, vault).add(f"user{number}@example.com", FREE, token)
    shared = folder / "temporary"
    shared.mkdir()
    formats = {"text": ("--workers", "1"), "json": ("--workers", "2", "--metrics-port", str(port))}
    half = PLANTED // 2
    for which, (log_format, more) in enumerate(formats.items()):
        options = ("--log-format", log_format, "--log-file", str(folder / f"{log_format}.log"), *NOWHERE, *more)
        with serving(data, *options, TMPDIR=str(shared)) as server, ThreadPoolExecutor(4) as pool:
            numbers = range(which * half, (which + 1) * half)
            for planted in pool.map(lambda number, url=server.url: plant(url, number, tokens[number]), numbers):
                found.planted += planted
            if log_format == "json":
                found.said["metrics"] = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).content
            assert run("backup", str(folder / f"backup-{log_format}"), "--data", str(data)).returncode == 0
            for command in (("status",), ("check", *NOWHERE), ("mail", "list"), ("account", "list")):
                told = run(*command, "--data", str(data))
                found.said[f"{command[0]} {log_format}"] = (told.stdout + told.stderr).encode()
            found.keep(folder, "while it runs")
            _code, output, errors = server.stop()
            found.said[f"terminal {log_format}"] = (output + errors).encode()
    found.keep(folder, "afterwards")
    return found


def test_everything_was_searched(traces: Traces) -> None:
    assert len(traces.planted) == PLANTED * 10
    said = {name: len(content) for name, content in traces.said.items()}
    for name in ("onetime.sqlite3", "onetime.sqlite3-wal", "backup-text", "text.log", "json.log", "limits.sqlite3"):
        assert f"{name} while it runs" in said
    assert b"user99@example.com" in traces.said["onetime.sqlite3 afterwards"]
    assert b"/api/v1/share" in traces.said["metrics"]
    assert traces.said["mail json"].count(b"waiting") == PLANTED


def test_nothing_secret_is_in_it(traces: Traces) -> None:
    found = [
        (name, secret)
        for secret in traces.planted
        for form in set(forms_of(secret))
        for name, content in traces.said.items()
        if form in content
    ]

    assert found == []


def test_the_search_finds_what_is_there(traces: Traces) -> None:
    secret = traces.planted[0]
    for hidden in (secret, quote(secret), base64.b64encode(f"user:{secret}".encode()).decode()):
        assert any(form in hidden.encode() for form in forms_of(secret))
