"""Many links at once: each by itself, whatever becomes of the others, and next to nothing where nothing is to be done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import Rejected, Unreachable
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.links import NOT_TRIED, Links, Result, Wanted
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.world import World

pytestmark = pytest.mark.only_release("v0.23", "v0.26")
NAMES = [f"db/{number}" for number in range(12)]
WANTED = [Wanted(Desired(name).but(ttl=3600)) for name in NAMES]


@dataclass
class Batch:
    """Settles links in a world, and counts what that costs."""

    world: World
    trouble: Callable[[str, Any], None] = lambda _call, _asked: None
    calls: Counter[str] = field(default_factory=Counter)
    locks: int = 0
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, wanted: list[Wanted] = WANTED, **options: Any) -> list[Result]:
        self.calls.clear()
        self.locks = 0
        links = Links(self._ledger, self._client, anonymous=False, clock=self.world.server.clock)
        return links.settle(wanted, **{"concurrency": 4, "refresh": True, "check": False, **options})

    def actions(self, wanted: list[Wanted] = WANTED, **options: Any) -> list[str]:
        results = self.settle(wanted, **options)
        assert [result.name for result in results] == [each.name for each in wanted]
        return [result.outcome.action.value if result.outcome else f"failed: {result.problem}" for result in results]

    @contextmanager
    def _ledger(self) -> Iterator[SqlLedger]:
        batch = self
        ledger = self.world.open_ledger()
        plain = ledger.locked

        @contextmanager
        def counted(name: str) -> Iterator[None]:
            with plain(name):
                with batch._gate:
                    batch.locks += 1
                yield

        ledger.locked = counted  # type: ignore[method-assign]
        yield ledger

    @contextmanager
    def _client(self) -> Iterator[Client]:
        batch = self

        class Counted(Client):
            def _ask_once(self, call: Any) -> Any:
                with batch._gate:
                    batch.calls[call.path.split("/")[1 + call.path.startswith("/private")]] += 1
                batch.trouble(call.path, call.form)
                return super()._ask_once(call)

        with Counted(Address.of(self.world.server.url), self.world.credentials) as client:
            yield client


@pytest.fixture
def batch(world: World) -> Batch:
    return Batch(world)


def test_all_are_made_once_and_then_kept_for_one_request(batch: Batch) -> None:
    assert batch.actions() == ["created"] * len(NAMES)
    assert batch.world.links_ever() == len(NAMES)

    first = batch.actions()  # which on older releases turns new links into viewed ones
    assert first == ["kept"] * len(NAMES)
    assert batch.actions() == ["kept"] * len(NAMES)
    if batch.world.lists_recent_links:
        assert (batch.calls, batch.locks) == ({"recent": 1}, 0)
    assert batch.actions(refresh=False) == ["kept"] * len(NAMES)
    assert (batch.calls, batch.locks) == ({}, 0)
    assert batch.world.links_ever() == len(NAMES)


def test_only_what_changes_is_worked_on(batch: Batch) -> None:
    made = batch.settle()
    read = made[3].outcome
    assert read
    assert read.record
    batch.world.read(read.record.secret_key)
    wanted = [*WANTED]
    wanted[3] = Wanted(WANTED[3].desired.but(passphrase="of its own"))
    wanted[5] = Wanted(WANTED[5].desired, absent=True)
    wanted[7] = Wanted(WANTED[7].desired.but(recipient="bob@example.com"))

    actions = batch.actions(wanted)
    expected = ["kept"] * len(NAMES)
    expected[3], expected[5], expected[7] = "created", "burned", "replaced"
    assert actions == expected
    assert batch.actions([wanted[5]]) == ["absent"]
    assert batch.world.live_links() == len(NAMES) - 1
    record = batch.world.ledger.read(NAMES[3]).record
    assert record
    assert record.passphrase == "of its own"


def test_what_fails_hides_and_undoes_nothing(batch: Batch) -> None:
    def of_bob(_call: str, form: dict[str, str]) -> None:
        if form.get("recipient") == "bob@example.com":
            raise Rejected("the server does not like bob@example.com")

    batch.trouble = of_bob
    wanted = [Wanted(each.desired.but(recipient="bob@example.com")) if each is WANTED[2] else each for each in WANTED]
    actions = batch.actions(wanted)

    assert actions.count("created") == len(NAMES) - 1
    assert actions[2] == "failed: the server does not like bob@example.com"
    batch.trouble = lambda _call, _form: None
    expected = ["kept"] * len(NAMES)
    expected[2] = "created"
    assert batch.actions(wanted) == expected
    assert batch.world.links_ever() == len(NAMES)


def test_a_server_that_cannot_be_reached_is_not_tried_for_each(batch: Batch) -> None:
    def down(_call: str, _form: dict[str, str]) -> None:
        raise Unreachable("no connection to the server", retry_safe=False)

    batch.trouble = down
    actions = batch.actions()

    assert set(actions) == {"failed: no connection to the server", f"failed: {NOT_TRIED}"}
    assert sum(batch.calls.values()) <= 4  # one for each thread
    assert batch.world.links_ever() == 0
    assert all(not entry.attempts for entry in batch.world.ledger.entries().values())


def test_what_is_wrong_with_one_is_its_own(batch: Batch) -> None:
    batch.settle([Wanted(Desired(NAMES[0], secret="given"))])
    actions = batch.actions()

    assert actions[0].startswith(
        f"failed: name: {NAMES[0]!r} is already the name of a value that was made by ots_share"
    )
    assert actions[1:] == ["created"] * (len(NAMES) - 1)


def test_check_mode_does_nothing_and_says_the_same(batch: Batch) -> None:
    assert batch.actions(check=True) == ["created"] * len(NAMES)
    assert batch.world.links_ever() == 0
    batch.settle(WANTED[:6])
    assert batch.actions(check=True) == ["kept"] * 6 + ["created"] * 6
    assert batch.world.links_ever() == 6


def test_batches_at_once_make_one_link_for_each_name(world: World) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(Batch(world).actions())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sorted(actions) for actions in zip(*done, strict=True)] == [["created", "kept", "kept"]] * len(NAMES)
    assert world.links_ever() == len(NAMES)


def test_rotation_and_what_was_left_over_go_the_whole_way(batch: Batch) -> None:
    batch.settle()
    batch.world.server.clock.advance(120)
    wanted = [Wanted(Desired(name, policy=Policy(rotate_after=60))) for name in NAMES[:3]]

    def no_burn(call: str, _form: dict[str, str]) -> None:
        if call.endswith("/burn"):
            raise Rejected("not now")

    batch.trouble = no_burn
    assert batch.actions(wanted) == ["rotated"] * 3
    batch.trouble = lambda _call, _form: None
    assert batch.world.live_links() == len(NAMES) + 3
    assert batch.actions(wanted) == ["kept"] * 3  # and the burns that were pending are done
    assert batch.world.live_links() == len(NAMES)
