"""What is particular to a ledger in PostgreSQL: the URL, the connection, the roles, TLS."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger import postgresql
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    Announcement,
    Delivery,
    Entry,
    Part,
    RevealedValue,
    Told,
    Way,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger as open_by_options
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.postgresql import Postgresql
from tests.support.rows import ATTEMPT, OTHER_KEY, OWED, RECORD, complete
from tests.support.smtp import scripted
from tests.support.world import KEY

Open = Callable[..., SqlLedger]
TERMINATE = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


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
    with pytest.raises(LedgerError, match=r"ledger is not a URL that libpq understands; .*percent-encode") as error:
        open_url(f"postgresql://{userinfo}@127.0.0.1/ots")
    assert "ss" not in str(error.value).replace("password", "")


def test_nor_is_one_that_stands_where_a_port_does(open_url: Open) -> None:
    with pytest.raises(LedgerError, match="percent-encode special characters") as error:
        open_url("postgresql://ots:hunter22/ots")
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ots:hunter22@db1:5432,db2:5433/ots", "postgresql://db1,db2/ots"),
        ("postgresql://", "postgresql:///"),  # libpq's environment has the rest
    ],
)
def test_a_place_is_told_by_hosts_and_database(open_url: Open, url: str, place: str) -> None:
    assert open_url(url).place == place


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


def test_a_name_is_free_again_while_the_connection_stays(open_url: Open, database: str) -> None:
    ledger = open_url(database)
    with ledger.locked("alice"):
        pass
    with open_url(database, wait=0.1).locked("alice"):
        pass


def test_runs_that_write_do_not_wait_for_each_other(open_url: Open, database: str) -> None:
    ledger = open_url(database)
    ledger.begin("alice", ATTEMPT)
    with ledger._transaction():
        open_url(database, wait=0.1).begin("bob", ATTEMPT)
        with pytest.raises(LedgerError, match="lock timeout"):  # but a change of the key waits for all of them
            open_url(database, wait=0.1).reseal(base64.b64decode(OTHER_KEY))
        with pytest.raises(LedgerError, match="lock timeout"):  # and who tells of an event, for two would both tell
            open_url(database, wait=0.1).announce("alice", Announcement("read", "key", 1_800_000_000))


def connections(database: str) -> int:
    with psycopg.connect(database) as db:
        found = db.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(found.fetchone()[0])  # type: ignore[index]


def test_a_ledger_that_is_closed_leaves_no_connection(database: str) -> None:
    settings = {"ledger": database, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 1}
    before = connections(database)
    with open_by_options(settings, "scope") as ledger:
        ledger.begin("alice", ATTEMPT)
        assert connections(database) == before + 1
    give_up = time.monotonic() + 30  # the server's process ends when it has noticed
    while connections(database) != before:
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_what_is_committed_is_on_the_disk_whatever_the_database_has_as_its_default(
    open_url: Open, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        name = db.execute("SELECT current_database()").fetchone()[0]  # type: ignore[index]
        db.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')  # type: ignore[arg-type]
    ledger = open_url(database)
    with ledger._transaction() as tables:
        assert tables.db.execute("SHOW synchronous_commit").fetchone() == {"synchronous_commit": "on"}


def test_after_a_lost_connection_a_link_is_withdrawn_by_another_one(open_url: Open, database: str) -> None:
    ledger = open_url(database)
    ledger.begin("alice", ATTEMPT)
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(TERMINATE)
    with pytest.raises(LedgerError, match="cannot be used"):
        ledger.read("alice")

    assert ledger.withdraw("alice", ATTEMPT, RECORD, OWED) is Completion.WITHDRAWN
    assert ledger.read("alice").pending_burns == (OWED,)


def test_a_lost_connection_is_told_and_gives_the_name_back(open_url: Open, database: str) -> None:
    ledger = open_url(database)
    ledger.begin("alice", ATTEMPT)
    with (
        pytest.raises(LedgerError, match=r"cannot be used: .*check the database, the connection"),
        ledger.locked("alice"),
    ):
        with psycopg.connect(database, autocommit=True) as db:
            db.execute(TERMINATE)
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


def test_a_holder_that_has_gone_meanwhile_is_another_run(
    open_url: Open, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "FIND_HOLDER", "SELECT 1 WHERE %s::bigint IS NULL")
    held = open_url(database).locked("alice")
    with (
        held,
        pytest.raises(LedgerError, match="'alice' is held by another run"),
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


def test_without_its_library_nothing_is_opened(open_url: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "HAS_PSYCOPG", False)
    with pytest.raises(LedgerError) as error:
        open_url("postgresql://ots@127.0.0.1/ots")
    assert str(error.value) == (
        "a ledger in PostgreSQL needs the Python package psycopg on the controller; install it: pip install 'psycopg[binary]>=3.2'"
    )


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


def test_what_has_happened_is_written_although_the_session_was_lost(
    postgresql_server: Postgresql, open_url: Open
) -> None:
    with postgresql_server.lent_database() as url:
        ledger = open_url(url)
        complete(ledger, "alice", ATTEMPT, RECORD, None)
        value = RevealedValue("secret-key-of-theirs", "value of theirs", 1_800_000_000)
        sent = Delivery(Part.LINK, "webhook", "chat.example.com", 1_800_000_000)
        for write in (lambda: ledger.keep("alice", value), lambda: ledger.delivered("alice", RECORD, sent)):
            with ledger.locked("alice"):
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute(TERMINATE)
                write()
        entry = ledger.read("alice")
        assert (entry.revealed, entry.deliveries) == ((value,), (sent,))


def test_what_was_only_intended_is_not(postgresql_server: Postgresql, open_url: Open) -> None:
    with postgresql_server.lent_database() as url:
        complete(open_url(url), "alice", ATTEMPT, RECORD, None)
        told = Told(Part.LINK, RECORD.metadata_key, Way("webhook", "chat.example.com"), same_channel=False)
        for write in (
            lambda ledger: ledger.telling("alice", RECORD, told),
            lambda ledger: ledger.note("alice", RECORD),
            lambda ledger: ledger.retire("alice", RECORD, None),
            lambda ledger: ledger.keep("alice", RevealedValue("secret-key-of-theirs", None, 1_800_000_000)),
        ):
            ledger = open_url(url)
            with ledger.locked("alice"):
                with psycopg.connect(url, autocommit=True) as other:
                    other.execute(TERMINATE)
                with pytest.raises(LedgerError):
                    write(ledger)
        assert open_url(url).read("alice") == Entry(RECORD)
