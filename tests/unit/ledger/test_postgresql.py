"""What is particular to a ledger in PostgreSQL: the URL, the connection, the roles, TLS."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_options
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.postgresql import Postgresql
from tests.support.rows import ATTEMPT, RECORD, complete
from tests.support.smtp import scripted
from tests.support.world import KEY

Open = Callable[..., SqlLedger]


@pytest.fixture
def open_url() -> Iterator[Open]:
    with ExitStack() as stack:

        def opened(url: str, key: str | None = KEY, wait: float = 10) -> SqlLedger:
            settings = {"ledger": url, "ledger_key": key, "ledger_key_file": None, "ledger_wait": wait}
            return stack.enter_context(open_by_options(settings, "scope"))

        yield opened


@pytest.mark.parametrize(
    "userinfo",
    ["ots:p@ss", "ots:pa/ss", "ots:12/ss", "ots:p%zzss", "ots:pa:ss/"],
)
def test_a_password_that_is_not_encoded_is_never_shown(open_url: Open, userinfo: str) -> None:
    with pytest.raises(LedgerError, match="percent-encode special characters") as error:
        open_url(f"postgresql://{userinfo}@127.0.0.1/ots")
    assert "ss" not in str(error.value).replace("password", "")


def test_a_server_that_is_not_there_is_told_without_the_password(open_url: Open) -> None:
    with pytest.raises(
        LedgerError, match=r"postgresql://127\.0\.0\.1/ots cannot be used: connection .* failed"
    ) as error:
        open_url("postgresql://ots:hunter22@127.0.0.1:1/ots").read("alice")
    assert "hunter22" not in str(error.value)


def test_a_key_is_needed(open_url: Open, database: str) -> None:
    with pytest.raises(LedgerError, match="controllers that share a ledger need the same one; make one with"):
        open_url(database, key=None).begin("alice", ATTEMPT)


def test_a_role_without_the_right_to_make_it_is_told(open_url: Open, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS weak")
        db.execute("CREATE ROLE weak LOGIN")
    weak = database.replace("//ots@", "//weak@")

    with pytest.raises(LedgerError, match=r"permission denied for database .*check .* the role's rights"):
        open_url(weak).begin("alice", ATTEMPT)
    open_url(database).begin("alice", ATTEMPT)
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("GRANT USAGE ON SCHEMA onetimesecret TO weak")
        db.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA onetimesecret TO weak")
    assert open_url(weak).read("alice").attempts == (ATTEMPT,)


def test_a_lost_connection_is_told_and_gives_the_name_back(open_url: Open, database: str) -> None:
    ledger = open_url(database)
    ledger.begin("alice", ATTEMPT)
    with (
        pytest.raises(LedgerError, match=r"cannot be used: .*check the database, the connection"),
        ledger.locked("alice"),
    ):
        with psycopg.connect(database, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with open_url(database, wait=10).locked("alice"):
            pass  # somebody else has the name now
        complete(ledger, "alice", ATTEMPT, RECORD, None)

    assert open_url(database).read("alice").attempts == (ATTEMPT,)
    assert open_url(database).read("alice").record is None


def test_the_holder_of_a_name_is_told_by_its_controller(open_url: Open, database: str) -> None:
    with open_url(database).locked("alice"):
        with (
            pytest.raises(
                LedgerError, match=r"'alice' is held by onetimesecret\.ots on \S+, process \d+ \(server process \d+\)"
            ),
            open_url(database, wait=0.1).locked("alice"),
        ):
            pass


def test_what_libpq_knows_of_tls_is_obeyed(
    open_url: Open, postgresql_server: Postgresql, database: str, tmp_path: Path
) -> None:
    if postgresql_server.certificate is None:
        pytest.skip(
            "this PostgreSQL was built without TLS; install the system's, such as by apt-get install postgresql"
        )
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(postgresql_server.certificate.read_bytes())
    trusted.chmod(0o644)

    open_url(f"{database}?sslmode=verify-full&sslrootcert={trusted}").begin("alice", ATTEMPT)
    other = tmp_path / "other.pem"
    other.write_text("")
    with pytest.raises(LedgerError, match=r"cannot be used: .*(certificate|root)"):
        open_url(f"{database}?sslmode=verify-full&sslrootcert={other}").read("alice")


def test_a_server_without_tls_is_not_spoken_to_in_the_clear_where_tls_is_asked_for(open_url: Open) -> None:
    heard: list[bytes] = []

    def refuse_tls(connection: socket.socket) -> None:
        heard.append(connection.recv(1024))
        connection.sendall(b"N")
        heard.append(connection.recv(1024))

    with (
        scripted({}, first=refuse_tls) as server,
        pytest.raises(LedgerError, match="server does not support SSL, but SSL was required"),
    ):
        open_url(f"postgresql://ots:pa55word@127.0.0.1:{server.port}/ots?sslmode=require").read("alice")
    assert heard == [bytes.fromhex("0000000804d2162f"), b""]  # it asks for TLS, and hangs up


def test_without_its_library_the_fix_is_told(database: str, collections_path: str) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        f"from ansible.plugins.loader import init_plugin_loader; init_plugin_loader([{collections_path!r}])\n"
        "from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger\n"
        f"options = {{'ledger': {database!r}, 'ledger_key': None, 'ledger_key_file': None, 'ledger_wait': 1}}\n"
        "with open_ledger(options, 'scope'): pass\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "needs the Python package psycopg on the controller; install it: pip install" in run.stderr


def test_a_file_costs_no_import_of_psycopg(tmp_path: Path, collections_path: str) -> None:
    code = (
        "import sys\n"
        f"from ansible.plugins.loader import init_plugin_loader; init_plugin_loader([{collections_path!r}])\n"
        "from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger\n"
        f"options = {{'ledger': 'sqlite://{tmp_path}/l', 'ledger_key': None, 'ledger_key_file': None, 'ledger_wait': 1}}\n"
        "with open_ledger(options, 'scope') as ledger: ledger.read('alice')\n"
        "sys.exit('psycopg' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
