"""What the event source takes, and what it says: each occasion once, and nothing secret."""

from __future__ import annotations

import json
from threading import Event
from typing import Any

import pytest
import requests

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.watching import Watch
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Record
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from tests.support.tenants import Tenant


@pytest.fixture
def arguments(stack: Tenant, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of a source that watches a ledger of its own; the secrets are in the environment."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return {"read_for": "1s", "expires_within": "30m", "deliver_within": "1d"}


def make(watch: Watch, name: str, **options: Any) -> Record:
    with open_ledger(watch.options, watch.connection.scope) as ledger:
        engine = Engine(ledger, watch.connection.client, anonymous=False)
        record = engine.present(Desired(name).but(**options)).record
    assert record
    return record


def test_each_watcher_is_sent_each_event_once_and_no_secret(stack: Tenant, arguments: dict[str, Any]) -> None:
    watch = Watch.of({**arguments, "read_for": None})
    read = make(watch, "db/alice", ttl=3600, recipient="alice@example.com", passphrase="p4ssphrase")
    make(watch, "db/bob", ttl=1200)
    make(watch, "db/carol", ttl=3600)
    assert [event["name"] for event in watch.look()] == ["db/bob"]
    requests.post(
        f"{stack.url}/api/v1/secret/{read.secret_key}", data={"passphrase": "p4ssphrase"}, timeout=30
    ).raise_for_status()

    (event,) = watch.look()
    assert (event["occasion"], event["name"], event["recipient"]) == ("read", "db/alice", "alice@example.com")
    assert list(watch.look()) == []
    secret = (read.secret_key, read.metadata_key, read.value, "p4ssphrase", stack.api_token)
    assert not any(str(one) in json.dumps(event) for one in secret)

    other = Watch.of({**arguments, "read_for": None, "watcher": "other", "occasions": ["expires_soon"]})
    assert [(event["occasion"], event["name"]) for event in other.look()] == [("expires_soon", "db/bob")]


@pytest.mark.parametrize("name", ["db/{{ lookup('pipe', 'id') }}", "{% if x %}", "{# x"])
def test_what_a_playbook_would_run_as_a_template_sends_no_event(
    arguments: dict[str, Any], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A name may come from a fact of a managed host, and rulebooks hand it to playbooks as a variable."""
    watch = Watch.of({**arguments, "occasions": ["expires_soon"]})
    make(watch, name, ttl=1200)
    make(watch, "db/bob", ttl=1200)

    assert [event["name"] for event in watch.look()] == ["db/bob"]
    assert list(watch.look()) == []
    (warning,) = caplog.messages
    assert warning == f"no event expires_soon for {name!r}: a playbook would run the template in it"


def test_one_that_is_stopped_notes_nothing_that_nobody_gets(arguments: dict[str, Any]) -> None:
    watch, stopped = Watch.of({**arguments, "occasions": ["expires_soon"]}), Event()
    for name in ("db/alice", "db/bob"):
        make(watch, name, ttl=1200)
    looking = watch.look(stopped)
    assert next(looking)["name"] == "db/alice"
    stopped.set()
    assert list(looking) == []

    assert [event["name"] for event in watch.look()] == ["db/bob"]


def test_a_ledger_that_vanishes_is_not_made_anew(stack: Tenant, arguments: dict[str, Any]) -> None:
    watch = Watch.of({**arguments, "occasions": ["expires_soon"]})
    for name in ("db/alice", "db/bob"):
        make(watch, name, ttl=1200)
    looking = watch.look()
    assert next(looking)["name"] == "db/alice"
    file = stack.folder / "ledger.sqlite3"
    file.rename(file.with_name("elsewhere"))

    assert list(looking) == []
    assert not file.exists()


@pytest.mark.parametrize(
    "ledger",
    [
        "postgresql://ots:s3#cret@h/db",
        "postgresql://ots:s3?cret@h/db",
        "postgresql://ots:#s3cret@h/db",
        "postgresql://ots:s3/cret@h/db",
        "postgresql://ots@h/db?passw%6Frd=s3cret",
        "postgresql://ots@h/db?oauth_client_secret=s3cret",
        "host=h password=s3cret",
    ],
)
def test_no_spelling_of_a_password_is_let_into_the_log(arguments: dict[str, Any], ledger: str) -> None:
    with pytest.raises(InvalidInput, match="ledger: is shown in the log") as error:
        Watch.of({**arguments, "ledger": ledger})
    assert "s3" not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"ledger": "postgresql://ots@db.example.com:5432/ots?sslmode=verify-full&passfile=/etc/ots/pgpass"},
        {"proxy": "http://proxy.example.com:3128"},
        {"occasions": None},
    ],
)
def test_what_is_public_is_taken(arguments: dict[str, Any], given: dict[str, Any]) -> None:
    assert Watch.of({**arguments, "ledger_key_file": None, **given})


def test_an_empty_ledger_is_watched_without_a_request(stack: Tenant, arguments: dict[str, Any]) -> None:
    assert list(Watch.of(arguments).look()) == []
    assert stack.requests() == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"api_token": "s3cret"}, "api_token: is shown in the log of ansible-rulebook; set OTS_API_TOKEN"),
        ({"ledger_key": "s3cret"}, "ledger_key: is shown in the log"),
        ({"ledger": "postgresql://ots:s3cret@db/ots"}, "ledger: is shown in the log"),
        ({"ledger": "postgresql://ots@db/ots?sslmode=verify-full&password=s3cret"}, "ledger: is shown in the log"),
        ({"url": "http://me:s3cret@a\u2100b"}, "url: is shown in the log"),  # which urllib shows whole in its error
        ({"proxy": "http://me:s3cret@proxy:3128"}, "proxy: is shown in the log"),
        ({"interval": "s3cret ago"}, "interval: is 's3cret ago', which is not a duration"),
        ({"interval": 60}, "interval: is a number, not text"),
        ({"occasions": ["lost"]}, "occasions: has an element that is not one of read, expired_unread"),
        ({"expire_within": "1d"}, "expire_within: is not an option of the event source links"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Watch.of({**arguments, **wrong})
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value).replace("s3cret ago", "")


def test_a_url_without_a_password_may_stand_in_a_rulebook(arguments: dict[str, Any]) -> None:
    arguments |= {"ledger": "postgresql://ots@db.example.com/ots?sslmode=verify-full"}
    assert Watch.of(arguments).options["ledger"] == arguments["ledger"]
