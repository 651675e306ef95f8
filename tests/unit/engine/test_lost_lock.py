"""Somebody removes the lock file while a run is busy, and another run makes another link: nothing of it is undone or forgotten."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.reveal import Disclosure, reveal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Ledger
from tests.support.messenger import Messenger
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.25")  # on a ledger in a file
ONE, TWO = (Desired("db/alice", secret=secret, policy=Policy(frozenset())) for secret in ("one", "two"))


@dataclass
class Busy:
    """A run in whose midst another one makes another link, having the lock although this one has it."""

    world: World
    lock: Path
    is_over: bool = False

    def meanwhile(self) -> None:
        if not self.is_over:
            self.is_over = True
            self.lock.unlink()
            other_run = multiprocessing.get_context("fork").Process(target=self._replace)
            other_run.start()
            other_run.join()
            assert other_run.exitcode == 0

    def _replace(self) -> None:
        self.world.engine(self.world.open_ledger()).present(TWO)

    def client(self) -> Client:
        busy = self

        class Interrupted(Client):
            def metadata(self, *arguments: Any) -> Any:
                found = super().metadata(*arguments)
                busy.meanwhile()
                return found

        return Interrupted(Address.of(self.world.server.url), self.world.credentials)


def keep(busy: Busy) -> None:
    record = busy.world.ledger.read(ONE.name).record
    assert record
    busy.world.read(record.secret_key)  # so that there is something to note
    with busy.client() as client:
        busy.world.engine(client=client).present(ONE)


def burn(busy: Busy) -> None:
    with busy.client() as client:
        busy.world.engine(client=client).absent(ONE.name)


def send(busy: Busy) -> None:
    message = Message(Part.LINK, "A credential", None, by_the_same_channel=False)
    address = Address.of(busy.world.server.url)
    chat = Messenger("webhook", "webhook", "chat.example.com", meanwhile=busy.meanwhile)
    deliver(busy.world.ledger, ONE.name, message, chat, address, clock=busy.world.server.clock, check=False)


LOST = r"the lock of .* was lost: the lock file .* was removed|was changed by another run while this one worked on it"


@pytest.mark.parametrize("act", [keep, burn, send])
def test_the_other_run_s_link_stays_known_and_is_sent(
    world: World, ledger_file: Path, act: Callable[[Busy], None]
) -> None:
    world.engine().present(ONE)
    with pytest.raises(LedgerError, match=LOST):
        act(Busy(world, ledger_file.with_name(f"{ledger_file.name}.lock")))

    assert (world.links_ever(), world.live_links()) == (2, 1)
    entry = world.ledger.read(ONE.name)
    assert entry.record
    assert entry.deliveries == ()
    assert world.read(entry.record.secret_key) == "two"


def test_a_value_that_another_run_has_read_meanwhile_is_kept_and_given(world: World, ledger_file: Path) -> None:
    key = world.server.share("licence")["secret_key"]
    lock = ledger_file.with_name(f"{ledger_file.name}.lock")

    def read(ledger: Ledger, client: Client) -> Disclosure:
        return reveal(ledger, lambda: client, "vendor", key, None, now=world.server.clock())

    class Slow(Client):
        def reveal(self, *arguments: Any) -> Any:
            lock.unlink()
            other_run = multiprocessing.get_context("fork").Process(
                target=read, args=(world.open_ledger(), world.client)
            )
            other_run.start()
            other_run.join()
            assert other_run.exitcode == 0
            return super().reveal(*arguments)

    with Slow(Address.of(world.server.url)) as slow:
        assert read(world.ledger, slow).value == "licence"
    assert read(world.ledger, world.client) == Disclosure("vendor", "licence", changed=False)
