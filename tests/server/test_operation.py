"""A server as an operator runs it: several processes, metrics, JSON in the log, limits on creation, backups."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from certificates import make_certificate
from onetime_server.accounts import Accounts
from onetime_server.database import Database
from onetime_server.lease import Lease, served_at
from onetime_server.settings import server_key
from onetime_server.vault import Vault
from tests.support.live_server import LiveServer
from tests.support.server_command import Running, run, serving
from tests.support.smtp import scripted

ALICE, BOB = "alice@example.com", "bob@example.com"
PLAIN, PASSPHRASE = "the plain text of it", "correct-horse"
PATIENCE = 60


@dataclass(frozen=True)
class Operated:
    running: Running
    data: Path
    log: Path
    metrics: str
    tokens: dict[str, str]

    def post(self, path: str, user: str | None = None, address: str = "", **form: str) -> Any:
        return requests.post(
            f"{self.running.url}/api/v1/{path}",
            data=form,
            auth=(user, self.tokens[user]) if user else None,
            headers={"X-Forwarded-For": address} if address else {},
            timeout=PATIENCE,
        ).json()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    folder = tmp_path_factory.mktemp("operated")
    data, log, port = folder / "data", folder / "server.log", free_port()
    tokens = {user: run("account", "add", user, "--data", str(data)).stdout.strip() for user in (ALICE, BOB)}
    arguments = (
        *("--workers", "2", "--metrics-port", str(port), "--log-format", "json", "--log-file", str(log)),
        *("--forwarded-allow-ips", "127.0.0.1", "--creations-per-address", "3", "--creations-per-account", "4"),
    )
    with serving(data, *arguments) as running:
        yield Operated(running, data, log, f"http://127.0.0.1:{port}/metrics", tokens)


def test_what_is_shared_is_read_once_whichever_process_answers(operated: Operated) -> None:
    created = [operated.post("share", secret=f"{PLAIN} {number}") for number in range(20)]
    values = [operated.post(f"secret/{one['secret_key']}")["value"] for one in created]
    again = {operated.post(f"secret/{one['secret_key']}")["message"] for one in created}

    assert values == [f"{PLAIN} {number}" for number in range(20)]
    assert again == {"Unknown secret"}


def test_one_address_creates_so_many_and_this_machine_any_number(operated: Operated) -> None:
    far = [operated.post("share", address="192.0.2.1", secret="x") for _ in range(6)]
    near = [operated.post("share", secret="x") for _ in range(6)]
    neighbours = [operated.post("generate", address=f"2001:db8::{number}") for number in range(6)]

    assert ["secret_key" in one for one in far] == [True] * 3 + [False] * 3
    assert far[3]["message"] == "Rate limit exceeded. Please try again later."
    assert all("secret_key" in one for one in near)
    assert ["secret_key" in one for one in neighbours] == [True] * 3 + [False] * 3


def test_one_account_creates_so_many_from_all_addresses(operated: Operated) -> None:
    created = [operated.post("share", BOB, f"198.51.100.{number}", secret="x") for number in range(6)]

    assert ["secret_key" in one for one in created] == [True] * 4 + [False] * 2
    assert "secret_key" in operated.post("share", ALICE, "198.51.100.99", secret="x")


def test_metrics_count_requests_of_all_processes_and_name_nobody(operated: Operated) -> None:
    created = operated.post("share", ALICE, secret=PLAIN, passphrase=PASSPHRASE)
    operated.post(f"secret/{created['secret_key']}", passphrase="wrong-horse")
    requests.get(f"{operated.running.url}/{PLAIN}", timeout=PATIENCE)

    told = requests.get(operated.metrics, timeout=PATIENCE).text

    count = re.search(r'onetime_server_requests_total\{method="POST",route="/api/v1/share",status="200"\} (\d+)', told)
    assert count
    assert int(count[1]) >= 1
    assert "onetime_server_accounts 2.0" in told
    assert "onetime_server_secrets " in told
    labels = set(re.findall(r'(\w+)="', told))
    assert labels == {"method", "route", "status", "le"}
    secrets = [PLAIN, PASSPHRASE, ALICE, "127.0.0.1", *operated.tokens.values(), *filter(None, created.values())]
    assert [one for one in map(str, secrets) if len(one) > 8 and one in told] == []


def test_the_log_is_one_object_a_line(operated: Operated) -> None:
    operated.post("share", secret=PLAIN)

    lines = [json.loads(line) for line in operated.log.read_text().splitlines()]

    shared = [line for line in lines if line.get("route") == "/api/v1/share"]
    assert set(shared[0]) == {"time", "level", "method", "route", "status", "duration_ms"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shared[0]["time"])


def test_status_says_that_it_runs_and_what_it_holds(operated: Operated) -> None:
    told = run("status", "--data", str(operated.data))

    assert told.returncode == 0
    assert f"server: runs, {operated.running.url}\naccounts: 2\nsecrets: " in told.stdout
    assert "e-mails: none to be sent\n" in told.stdout


def test_a_backup_holds_what_was_there_and_is_closed_to_others(operated: Operated, tmp_path: Path) -> None:
    created = operated.post("share", ALICE, secret=PLAIN)
    file = tmp_path / "backup.sqlite3"

    made = run("backup", str(file), "--data", str(operated.data))

    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    kept = file.read_bytes()
    secrets = (PLAIN, PASSPHRASE, *operated.tokens.values(), created["secret_key"], created["metadata_key"])
    assert [secret for secret in secrets if secret.encode() in kept] == []
    vault = Vault(server_key(operated.data, None))
    with closing(Database(file, vault)) as database:
        assert database.faults() == []
        assert Accounts(database, vault).authenticate(ALICE, operated.tokens[ALICE])
        assert database.unread(time.time()) > 0
    again = run("backup", str(file), "--data", str(operated.data))
    assert (again.returncode, again.stderr) == (1, f"onetime-server: {file} exists already. Choose another name.\n")


def test_a_process_that_dies_is_replaced_and_all_end_with_the_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--workers", "2") as server:
        victims = children_of(server.process.pid)
        os.kill(victims[0], signal.SIGKILL)
        give_up = time.monotonic() + PATIENCE
        while len(set(children_of(server.process.pid)) - {victims[0]}) < len(victims):
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert requests.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200
        workers = children_of(server.process.pid)
        code, output, _log = server.stop()

    assert (code, output) == (0, f"onetime-server listens at {server.url}\n")
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert served_at(data) is None
    assert not server_ready_file(data).exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_hangup_loads_the_renewed_certificate(tmp_path: Path, workers: str) -> None:
    file = make_certificate(tmp_path, "127.0.0.1")
    with serving(tmp_path / "data", "--workers", workers, *tls(file)) as server:
        before = certificate_of(server.url)
        make_certificate(tmp_path, "127.0.0.1")
        assert certificate_of(server.url) == before, "a file that changes is not loaded on its own"
        server.process.send_signal(signal.SIGHUP)
        give_up = time.monotonic() + PATIENCE
        while certificate_of(server.url) == before:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        code, _output, log = server.stop()

    assert code == 0
    assert "SIGHUP: the certificate is loaded again." in log


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_hangup_with_a_damaged_certificate_changes_nothing(tmp_path: Path, workers: str) -> None:
    file = make_certificate(tmp_path, "127.0.0.1")
    with serving(tmp_path / "data", "--workers", workers, "--log-file", str(tmp_path / "log"), *tls(file)) as server:
        before = certificate_of(server.url)
        file.write_text("half a certificate")
        server.process.send_signal(signal.SIGHUP)
        wait_for("SIGHUP changes nothing: Cannot use", tmp_path / "log")
        assert certificate_of(server.url) == before
        code, _output, _log = server.stop()

    assert code == 0


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_hangup_without_tls_stops_nothing(tmp_path: Path, workers: str) -> None:
    log = tmp_path / "log"
    with serving(tmp_path / "data", "--workers", workers, "--log-file", str(log)) as server:
        processes = children_of(server.process.pid)
        server.process.send_signal(signal.SIGHUP)
        wait_for("SIGHUP changes nothing: no certificate is given.", log)
        assert requests.get(f"{server.url}/healthz", timeout=PATIENCE).status_code == 200
        assert children_of(server.process.pid) == processes
        code, _output, _log = server.stop()

    assert code == 0


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_log_that_is_moved_away_goes_on_in_a_new_file(tmp_path: Path, workers: str) -> None:
    log, old = tmp_path / "log", tmp_path / "log.1"
    with serving(tmp_path / "data", "--workers", workers, "--log-file", str(log)) as server:
        requests.get(f"{server.url}/healthz", timeout=PATIENCE)
        wait_for("/healthz", log)
        log.rename(old)
        requests.get(f"{server.url}/api/v1/status", timeout=PATIENCE)
        code, _output, _log = server.stop()

    assert code == 0
    assert "/healthz" in old.read_text()
    assert "/api/v1/status" not in old.read_text()
    assert "/api/v1/status" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def wait_for(line: str, log: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while line not in log.read_text():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def tls(file: Path) -> tuple[str, ...]:
    return ("--tls-certificate", str(file), "--tls-key", str(file))


def certificate_of(url: str) -> str:
    address = urlsplit(url)
    return ssl.get_server_certificate((str(address.hostname), address.port or 443), timeout=PATIENCE)


def server_ready_file(data: Path) -> Path:
    return data.with_name("ready.json")


def children_of(process: int) -> list[int]:
    """The processes that answer; Python starts another one for itself."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_one_process_sweeps_and_another_takes_over_when_it_ends(tmp_path: Path) -> None:
    one, other = Lease(tmp_path, "http://one"), Lease(tmp_path, "http://other")

    assert served_at(tmp_path) is None
    assert one.take()
    assert not other.take()
    assert one.take(), "it keeps what it has"
    assert served_at(tmp_path) == "http://one"
    one.close()
    assert other.take()
    assert served_at(tmp_path) == "http://other"
    other.close()
    assert served_at(tmp_path) is None


def test_health_is_that_of_the_database(operated: Operated) -> None:
    assert requests.get(f"{operated.running.url}/healthz", timeout=PATIENCE).json() == {"status": "ok"}
    assert requests.head(f"{operated.running.url}/healthz/", timeout=PATIENCE).status_code == 200


def test_a_database_that_cannot_be_read_is_no_health(server: LiveServer) -> None:
    with server.services.database.transaction() as connection:
        connection.execute("ALTER TABLE account RENAME TO lost")

    answer = server.request("GET", "/healthz")

    assert (answer.status, answer.json) == (503, {"status": "the database cannot be read"})


def test_check_finds_nothing_wrong_where_nothing_is(operated: Operated) -> None:
    with scripted({"QUIT": "221 bye"}) as mail_server:
        told = run(
            "check", "--data", str(operated.data), "--smtp-host", "127.0.0.1", "--smtp-port", str(mail_server.port)
        )

    assert told.returncode == 0, told.stdout
    assert told.stdout.splitlines() == [
        "ok    server key opens the database",
        "ok    database is of schema 3 and whole",
        "ok    what is stored opens",
        f"ok    mail server 127.0.0.1:{mail_server.port} answers",
    ]
    assert "MAIL" not in mail_server.heard


def test_check_names_what_is_wrong(server: LiveServer) -> None:
    server.share(PLAIN)
    with server.services.database.transaction() as connection:
        connection.execute("UPDATE receipt SET sealed = randomblob(100)")

    told = run("check", "--data", str(server.data), "--smtp-host", "127.0.0.1", "--smtp-port", "1")

    assert told.returncode == 1
    assert "wrong what is stored opens: it was changed by somebody else" in told.stdout
    assert "wrong mail server 127.0.0.1:1 answers: ConnectionRefusedError" in told.stdout


def test_a_server_that_does_not_run_is_said(server: LiveServer) -> None:
    server.stop()

    told = run("status", "--data", str(server.data))

    assert told.returncode == 3
    assert told.stdout.startswith("server: does not run\naccounts: 0\n")


@pytest.mark.parametrize("command", [("status",), ("check",), ("backup", "copy")])
def test_a_directory_without_a_database_is_no_servers(tmp_path: Path, command: tuple[str, ...]) -> None:
    told = run(*command, "--data", str(tmp_path / "mistyped"))

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        f"onetime-server: {tmp_path}/mistyped does not hold a database. Name the server's directory by --data.\n"
    )
    assert not (tmp_path / "mistyped").exists()


def test_a_damaged_database_is_told_without_a_traceback(server: LiveServer) -> None:
    for _ in range(100):
        server.share(PLAIN)
    server.stop()
    file = server.data / "onetime.sqlite3"
    content = bytearray(file.read_bytes())
    content[20_000:60_000] = b"x" * 40_000
    file.write_bytes(content)

    told = run("check", "--data", str(server.data))

    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "malformed" in told.stdout + told.stderr or "wrong" in told.stdout


def test_reading_for_days_keeps_few_connections_open(server: LiveServer) -> None:
    """Threads come and go: none leaves its connection behind."""

    def read() -> None:
        assert server.services.database.count("account") == 0

    for _ in range(50):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    opened = [str(one.resolve()) for one in Path("/proc/self/fd").iterdir()]
    assert sum(file.startswith(str(server.data)) for file in opened) < 20
