"""The command line: start, stop, accounts, settings, and errors that say what to do."""

from __future__ import annotations

import io
import re
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from certificates import make_certificate
from onetime_server.addresses import is_loopback
from onetime_server.cli import main
from tests.support.server_command import run, serving

TOKEN = "a-token-of-our-own-choice"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def authenticates(url: str, user: str, token: str) -> bool:
    return requests.get(f"{url}/api/v1/authcheck", auth=(user, token), timeout=10).status_code == 200


def test_starts_with_one_command_and_stops_cleanly(data: Path) -> None:
    with serving(data) as server:
        assert requests.get(f"{server.url}/api/v1/status", timeout=10).json()["status"] == "nominal"
        code, output, log = server.stop()

    assert (code, output) == (0, f"onetime-server listens at {server.url}\n")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ GET /api/v1/status 200 \d+ms\n", log)


def test_speaks_tls_of_its_own(data: Path, tmp_path: Path) -> None:
    certificate = str(make_certificate(tmp_path, "127.0.0.1"))
    with serving(data, "--tls-certificate", certificate, "--tls-key", certificate) as server:
        with requests.Session() as session:
            session.trust_env = False  # a bundle named there would win over our certificate
            session.verify = certificate
            created = session.post(f"{server.url}/api/v1/share", data={"secret": "x"}, timeout=10).json()
        code, _output, log = server.stop()

    assert server.url.startswith("https://127.0.0.1:")
    assert created["metadata_url"].startswith(f"{server.url}/receipt/")
    assert code == 0
    assert "POST /api/v1/share 200" in log


def test_a_new_account_works_at_once_with_the_token_that_was_printed(data: Path) -> None:
    with serving(data) as server:
        token = run("account", "add", "alice@example.com", "--data", str(data)).stdout.strip()
        external_id = run("account", "list", "--data", str(data)).stdout.split()[1]

        assert re.fullmatch("[0-9a-z]{40}", token)
        assert authenticates(server.url, "alice@example.com", token)
        assert authenticates(server.url, external_id, token)
        assert not authenticates(server.url, "ALICE@example.com", token)
        assert not authenticates(server.url, "alice@example.com", token.upper())
        run("account", "remove", "alice@example.com", "--data", str(data))
        assert not authenticates(server.url, "alice@example.com", token)


def test_a_rotated_token_works_at_once_and_the_old_one_no_longer(data: Path) -> None:
    with serving(data) as server:
        old = run("account", "add", "alice@example.com", "--data", str(data)).stdout.strip()
        assert authenticates(server.url, "alice@example.com", old)
        new = run("account", "rotate", "alice@example.com", "--data", str(data)).stdout.strip()

        assert re.fullmatch("[0-9a-z]{40}", new)
        assert authenticates(server.url, "alice@example.com", new)
        assert not authenticates(server.url, "alice@example.com", old)


@pytest.mark.parametrize("way", ["file", "standard input"])
def test_a_given_token_is_taken_and_not_printed(data: Path, tmp_path: Path, way: str) -> None:
    file = tmp_path / "token"
    content = f"{TOKEN}\nthe next line is none of it\n"
    file.write_text(content)
    source = str(file) if way == "file" else "-"
    added = run("account", "add", "alice@example.com", "--data", str(data), "--token-file", source, stdin=content)

    assert (added.returncode, added.stdout, added.stderr) == (0, "", "")
    with serving(data) as server:
        assert authenticates(server.url, "alice@example.com", TOKEN)


def test_accounts_and_domains_are_listed(data: Path) -> None:
    run("account", "add", "bob@example.com", "--plan", "identity", "--data", str(data))
    run("account", "add", "alice@example.com", "--language", "uk", "--data", str(data))
    run("account", "change", "bob@example.com", "--language", "ja", "--data", str(data))
    run("domain", "add", "secrets.example.net", "--account", "alice@example.com", "--data", str(data))

    listed = run("account", "list", "--data", str(data)).stdout.splitlines()

    assert [re.sub(r"ur[0-9a-z]{25}", "ID", line) for line in listed] == [
        "alice@example.com ID free uk secrets.example.net",
        "bob@example.com ID identity ja",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("account", "add", "alice@example.com"), "There is an account alice@example.com already."),
        (("account", "add", "no-address"), "'no-address' is not an e-mail address."),
        (("account", "add", "bob@example.com", "--token-file", "-"), "A token must have at least 16 characters"),
        (("account", "add", "bob@example.com", "--token-file", "/nonexistent"), "Cannot read /nonexistent"),
        (("account", "change", "bob@example.com", "--language", "de"), "There is no account bob@example.com."),
        (("account", "remove", "bob@example.com"), "There is no account bob@example.com."),
        (("account", "rotate", "bob@example.com"), "There is no account bob@example.com."),
        (("account", "rotate", "alice@example.com", "--token-file", "-"), "A token must have at least 16 characters"),
        (("domain", "add", "https://x.example.com", "--account", "alice@example.com"), "is not a bare host name"),
        (("domain", "add", "x.example.com", "--account", "bob@example.com"), "There is no account bob@example.com."),
        (("domain", "add", "Secrets.example.net", "--account", "alice@example.com"), "is registered already."),
    ],
)
def test_mistakes_are_named_without_a_traceback(
    data: Path,
    arguments: tuple[str, ...],
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main(["account", "add", "alice@example.com", "--data", str(data)])
    main(["domain", "add", "secrets.example.net", "--account", "alice@example.com", "--data", str(data)])
    monkeypatch.setattr("sys.stdin", io.StringIO("short-token\n"))
    capsys.readouterr()

    code = main([*arguments, "--data", str(data)])

    output, errors = capsys.readouterr()
    assert (code, output) == (1, "")
    assert errors.startswith("onetime-server: ")
    assert problem in errors
    assert len(errors.splitlines()) == 1
    assert "short-token" not in errors


def test_a_port_that_is_taken_is_said(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = run("serve", "--data", str(data), "--port", str(taken.getsockname()[1]))

    assert failed.returncode == 1
    assert "Address already in use" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_metrics_need_a_port_of_their_own(data: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])

    failed = run("serve", "--data", str(data), "--port", port, "--metrics-port", port, "--workers", workers)

    assert failed.returncode == 1
    assert failed.stderr.startswith(f"onetime-server: Cannot serve metrics on 127.0.0.1 port {port}: ")
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "problem"),
    [
        (
            ["--ready-file", "/nonexistent/ready"],
            {},
            "Cannot write /nonexistent/ready: there is no directory /nonexistent.",
        ),
        (["--log-file", "/nonexistent/log"], {}, "No such file or directory: '/nonexistent/log'"),
        (["--host", "256.1.1.1"], {}, "Cannot listen on 256.1.1.1 port 0"),
        ([], {"ONETIME_SERVER_AS": "v0.1"}, "ONETIME_SERVER_AS must be one of: v0.22, v0.23, v0.25, v0.26."),
        (["--port", "65536"], {}, "--port must be less than or equal to 65535."),
        ([], {"ONETIME_SERVER_SMTP_PORT": "mail"}, "ONETIME_SERVER_SMTP_PORT must be a valid integer"),
        ([], {"ONETIME_SERVER_NO_AUTH": "perhaps"}, "ONETIME_SERVER_NO_AUTH must be a valid boolean"),
        (
            ["--public-url", "secrets.example.com"],
            {},
            "--public-url must be a URL such as https://secrets.example.com.",
        ),
        (["--link-domains", "https://one.example.org"], {}, "--link-domains must be bare host names"),
        (
            [],
            {"ONETIME_SERVER_SMPT_HOST": "x"},
            "ONETIME_SERVER_SMPT_HOST is not an option. Did you mean ONETIME_SERVER_SMTP_HOST?",
        ),
        (["--data", ""], {}, "--data must not be empty."),
        (["--config", "/"], {}, "Cannot read /: Is a directory."),
        (["--public-url", "https://[bad"], {}, "--public-url must be a URL such as https://secrets.example.com."),
        (["--tls-key", "/nonexistent"], {}, "--tls-certificate and --tls-key belong together."),
        (
            ["--tls-certificate", "/none", "--tls-key", "/none"],
            {},
            "Cannot use /none with /none (--tls-certificate,",
        ),
        (
            ["--forwarded-allow-ips", "proxy"],
            {},
            "--forwarded-allow-ips must be addresses or networks after commas, or *.",
        ),
        (["--log-format", "xml"], {}, "--log-format must be one of: text, json."),
        (["--workers", "0"], {}, "--workers must be greater than or equal to 1."),
        (["--config", "/nonexistent"], {}, "Cannot read /nonexistent: No such file or directory."),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    data: Path,
    arguments: list[str],
    environment: dict[str, str],
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    code = main(["serve", "--data", str(data), "--port", "0", *arguments])

    errors = capsys.readouterr().err
    assert code == 1
    assert problem in errors
    assert len(errors.splitlines()) == 1


def test_a_file_that_is_no_database_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    (data / "onetime.sqlite3").write_text("something else altogether")

    assert main(["account", "list", "--data", str(data)]) == 1
    assert "file is not a database" in capsys.readouterr().err


def test_another_server_key_is_refused_and_changes_nothing(data: Path) -> None:
    run("account", "add", "alice@example.com", "--data", str(data))

    other = run("account", "list", "--data", str(data), ONETIME_SERVER_KEY="0" * 64)
    malformed = run("account", "list", "--data", str(data), ONETIME_SERVER_KEY="secret-but-wrong")

    assert (other.returncode, malformed.returncode) == (1, 1)
    assert "made under another server key" in other.stderr
    assert "must hold 64 hexadecimal digits" in malformed.stderr
    assert "secret-but-wrong" not in malformed.stderr
    assert "alice@example.com" in run("account", "list", "--data", str(data)).stdout


def test_a_key_from_the_environment_leaves_none_on_the_disk(data: Path) -> None:
    run("account", "add", "alice@example.com", "--data", str(data), ONETIME_SERVER_KEY="12" * 32)

    assert [file.name for file in data.iterdir()] == ["onetime.sqlite3"]


def test_only_the_owner_can_read_what_is_kept(data: Path) -> None:
    with serving(data) as server:
        requests.post(f"{server.url}/api/v1/share", data={"secret": "x"}, timeout=10)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in [data, *data.iterdir()]}

    assert modes.pop("data") == 0o700
    assert {"onetime.sqlite3", "server.key"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_options_may_come_from_the_environment(data: Path) -> None:
    environment = {"ONETIME_SERVER_AS": "v0.23", "ONETIME_SERVER_PUBLIC_URL": "https://secrets.example.com/"}
    with serving(data, **environment, ONETIME_SERVER_NO_AUTH="true") as server:
        created = requests.post(f"{server.url}/api/v1/share", data={"secret": "x"}, timeout=10).json()
        read = requests.post(f"{server.url}/api/v1/secret/{created['secret_key']}", timeout=10).json()
        refused = requests.get(f"{server.url}/api/v1/status", auth=("a", "b"), timeout=10).json()

    assert len(created["secret_key"]) == 31
    assert read["share_domain"] == "https://secrets.example.com"
    assert refused == {"message": "/api/v1/status is not available"}


@pytest.mark.parametrize(
    ("address", "exposed"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("::", True)]
)
def test_listening_beyond_this_machine_is_exposure(address: str, exposed: bool) -> None:
    assert is_loopback(address) is not exposed


def test_a_request_that_has_begun_is_finished_before_the_server_stops(data: Path) -> None:
    with serving(data) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            body = b"secret=x"
            connection.sendall(
                b"POST /api/v1/share HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            server.process.terminate()
            connection.sendall(body)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        code, _, _ = server.stop()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert code == 0


def test_what_was_shared_outlives_a_restart(data: Path) -> None:
    with serving(data) as server:
        created = requests.post(f"{server.url}/api/v1/share", data={"secret": "kept"}, timeout=10).json()
        server.stop()
    with serving(data) as server:
        read = requests.post(f"{server.url}/api/v1/secret/{created['secret_key']}", timeout=10).json()

    assert read["value"] == "kept"


@pytest.mark.parametrize(
    ("way", "trusted", "evades"),
    [
        ("option", None, False),
        ("option", "127.0.0.1", True),
        ("option", "192.0.2.1", False),
        ("environment", "127.0.0.1", True),
    ],
)
def test_a_forged_address_evades_no_limit_unless_its_proxy_is_trusted(
    data: Path, trusted: str | None, evades: bool, way: str
) -> None:
    arguments = ["--forwarded-allow-ips", trusted] if trusted and way == "option" else []
    environment = {"ONETIME_SERVER_FORWARDED_ALLOW_IPS": trusted} if trusted and way == "environment" else {}
    # uvicorn's own variable is none of ours.
    with serving(data, "--as", "v0.23", *arguments, **environment, FORWARDED_ALLOW_IPS="*") as server:
        api, form = f"{server.url}/api/v1", {"secret": "x", "passphrase": "correct-horse"}
        key = requests.post(f"{api}/share", data=form, timeout=10).json()["secret_key"]
        answers = [
            requests.post(
                f"{api}/secret/{key}",
                data={"passphrase": "wrong-horse"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
                timeout=10,
            ).json()["message"]
            for number in range(6)
        ]

    assert answers == ["Unknown secret"] * 5 + ["Unknown secret" if evades else "Cripes! You have been rate limited."]


def test_the_pool_of_link_domains_may_come_from_the_environment(data: Path) -> None:
    with serving(data, ONETIME_SERVER_LINK_DOMAINS="one.example.org, Two.example.org") as server:
        form = {"secret": "x", "share_domain": "two.example.org"}
        created = requests.post(f"{server.url}/api/v1/share", data=form, timeout=10).json()

    assert created["share_domain"] == "two.example.org"
