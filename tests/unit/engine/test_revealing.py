"""A link of somebody else's is read once, and its value is the same ever after."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    ReplyLost,
    UnknownSecret,
    Unreachable,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Revealed as Reply
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.reveal import (
    Disclosure,
    forget,
    reveal,
    secret_key_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import What
from tests.support.world import World


def read(
    world: World, key: str, name: str | None = "vendor", client: Client | None = None, **options: Any
) -> Disclosure:
    passphrase = options.pop("passphrase", None)
    connect = lambda: client or world.client  # noqa: E731
    return reveal(world.ledger, connect, name, key, passphrase, now=world.server.clock(), **options)


def test_it_is_read_once(world: World) -> None:
    key = world.server.share("licence ✓")["secret_key"]
    first, second = read(world, key), read(world, key)

    assert first == Disclosure("vendor", "licence ✓", changed=True)
    assert second == Disclosure("vendor", "licence ✓", changed=False)
    assert world.live_links() == 0
    assert "licence" not in repr(first)


def test_without_a_name_it_is_kept_under_one_of_its_own(world: World) -> None:
    keys = [world.server.share(text)["secret_key"] for text in ("a", "b")]

    assert [read(world, key, None).value for key in keys * 2] == ["a", "b", "a", "b"]
    names = [f"link/{world.ledger.fingerprint('secret_key', key)[:32]}" for key in keys]  # as every release names them
    assert [read(world, key, None).name for key in keys] == names


def test_what_was_read_under_another_name_is_found(world: World) -> None:
    key = world.server.share("licence")["secret_key"]
    read(world, key, "vendor/licence")

    assert read(world, key, None) == Disclosure("vendor/licence", "licence", changed=False)
    for check in (True, False):
        with pytest.raises(
            InvalidInput, match=r"^name: is another .* holds its value as 'vendor/licence'; use that name"
        ):
            read(world, key, "another", check=check)
    assert read(world, key, "vendor/licence").value == "licence"


def test_a_new_link_takes_the_former_values_place(world: World) -> None:
    old, new = (world.server.share(text)["secret_key"] for text in ("old", "new"))
    read(world, old)

    assert (read(world, new).value, read(world, new).value) == ("new", "new")
    with pytest.raises(UnknownSecret):
        read(world, old)
    assert read(world, new).value == "new"  # a link that fails does no harm to the value that is kept


def test_name_is_held_while_it_is_read_or_forgotten_and_the_trail_tells_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    plain = world.ledger.locked

    def locked(name: str) -> AbstractContextManager[None]:
        held.append(name)
        return plain(name)

    monkeypatch.setattr(world.ledger, "locked", locked)
    key = world.server.share("x")["secret_key"]
    read(world, key, check=True)
    assert held == []
    read(world, key)
    assert held == ["vendor"]
    assert [kept.started_at for kept in world.ledger.read("vendor").revealed] == [int(world.server.clock())]
    forget(world.ledger, "vendor", check=True)
    assert held == ["vendor"]
    forget(world.ledger, "vendor")
    assert held == ["vendor"] * 2

    told = list(world.ledger.history())
    assert [(event.name, event.what) for event in told] == [("vendor", What.FORGOTTEN), ("vendor", What.REVEALED)]
    assert told[0].link == told[1].link
    assert told[0].link


def test_check_mode_reads_nothing(world: World) -> None:
    key = world.server.share("x")["secret_key"]
    assert read(world, key, check=True) == Disclosure("vendor", None, changed=True)
    assert world.live_links() == 1

    read(world, key)
    assert read(world, key, check=True) == Disclosure("vendor", "x", changed=False)


def test_a_passphrase_is_given(world: World) -> None:
    key = world.server.share("x", passphrase="correct-horse")["secret_key"]
    with pytest.raises(UnknownSecret):
        read(world, key, passphrase="wrong-horse")

    assert read(world, key, passphrase="correct-horse").value == "x"


def test_what_is_forgotten_is_gone(world: World) -> None:
    read(world, world.server.share("x")["secret_key"])

    assert forget(world.ledger, "vendor", check=True) is True
    assert forget(world.ledger, "vendor") is True
    assert forget(world.ledger, "vendor") is False
    assert world.ledger.entries() == {}


def test_a_value_that_died_with_its_run_is_told(world: World) -> None:
    class Deaf(Client):
        def reveal(self, *arguments: object) -> Reply:  # type: ignore[override]
            super().reveal(*arguments)  # type: ignore[arg-type]
            raise ReplyLost("the connection broke")

    key = world.server.share("x")["secret_key"]
    with Deaf(Address.of(world.server.url)) as deaf, pytest.raises(ReplyLost):
        read(world, key, client=deaf)

    with pytest.raises(
        UnknownSecret,
        match=r"the link of 'vendor'\. .* stopped while it read it, so the value is lost.*Ask the sender for a new link",
    ):
        read(world, key)
    with pytest.raises(UnknownSecret, match="does not know this secret"):
        read(world, key)


def test_what_never_arrived_is_read_by_the_next_run(world: World) -> None:
    key = world.server.share("x")["secret_key"]
    with Client(Address.of("http://127.0.0.1:1"), sleep=lambda _seconds: None) as nowhere, pytest.raises(Unreachable):
        read(world, key, client=nowhere)

    assert world.ledger.entries() == {}
    assert read(world, key).value == "x"


def test_a_value_is_not_read_where_it_could_not_be_kept(world: World) -> None:
    full = world.open_ledger()

    def keep(*_arguments: object) -> None:
        raise LedgerError("the disk is full", "make room")

    full.keep = keep  # type: ignore[method-assign]
    key = world.server.share("x")["secret_key"]
    with pytest.raises(LedgerError):
        reveal(full, lambda: world.client, "vendor", key, None, now=0)
    assert world.live_links() == 1


OPTIONS: dict[str, Any] = {
    "url": "https://eu.example.com/ots",
    "region": None,
    "username": "ops@example.com",
    "api_token": "t" * 40,
    "timeout": 30.0,
    "allow_plain_http": False,
    "validate_certs": True,
    "ca_bundle": None,
    "proxy": None,
}


@pytest.mark.parametrize(
    ("link", "base", "username"),
    [
        ("https://eu.example.com/ots/secret/" + "k" * 31, "https://eu.example.com/ots", "ops@example.com"),
        ("https://EU.example.com:443/ots/secret/" + "k" * 31 + "/", "https://eu.example.com/ots", "ops@example.com"),
        ("https://eu.example.com/secret/" + "k" * 31, "https://eu.example.com", None),
        ("https://secrets.example.org/secret/" + "k" * 31, "https://secrets.example.org", None),
    ],
)
def test_credentials_go_to_the_service_that_was_named_and_nowhere_else(
    link: str, base: str, username: str | None
) -> None:
    connection = Connection.of_link(OPTIONS, link)

    assert (connection.address.base, connection.username) == (base, username)
    assert bool(connection.api_token) == bool(username)
    assert secret_key_of(link, None) == "k" * 31


def test_a_link_may_be_named_by_its_key() -> None:
    assert secret_key_of(None, "k" * 31) == "k" * 31
    with pytest.raises(InvalidInput, match=r"^secret_key: "):
        secret_key_of("", "not a key")


@pytest.mark.parametrize("link", ["https://eu.example.com/", "ftp://x.example/secret/" + "k" * 31, "k" * 31])
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Connection.of_link(OPTIONS, link)
    assert "k" * 31 not in str(error.value)
