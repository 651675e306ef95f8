"""Random lives of links, against a model: whatever runs, deaths, faults, clocks and other people do, one link remains.

Real server over real HTTP, real ledgers; a clock for the server and one for us.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2.low_level import hash_secret_raw
from engine_model import GONE, SENDS, UNREAD, Link, completed, expected, truth
from engine_trouble import SURELY_WITHOUT_EFFECT, Death, Trouble, TroubledClient, troubles
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired, Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Entry
from onetime_server import vault
from onetime_server.profile import PROFILES
from onetime_server.store import Receipt
from support.live_server import TOKEN, LiveServer, live_server
from support.steps import watch_transactions
from support.world import KEY

START = 1_800_000_000
GRID = 600  # seconds; all that the clocks are moved by is a multiple of it …
OFF_GRID = 300  # … and only strangers act in between: what they make is never made "right after" an intent of ours
HOUR, DAY = 3600, 86_400
SHARED, GENERATED = ("share/alice", "share/bob"), ("generate/app",)
NAMES = (*SHARED, *GENERATED)

names = st.sampled_from(NAMES)
policies = st.builds(Policy, st.frozensets(st.sampled_from(ReissueOn)), st.sampled_from([None, None, 2 * HOUR, DAY]))
recipients = st.sampled_from([None, None, "alice@example.com", "bob@example.com"])
passphrases = st.sampled_from([None, None, None, "correct-horse", "battery-staple"])
ttls = st.sampled_from([HOUR, 2 * HOUR, DAY, None])


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    name = draw(names)
    return Desired(
        name,
        secret=draw(st.sampled_from(["s3cret", "s3cret", "other s3cret"])) if name in SHARED else None,
        passphrase=draw(passphrases),
        recipient=draw(recipients),
        ttl=draw(ttls),
        policy=draw(policies),
        partial=name in GENERATED and draw(st.booleans()),
    )


@dataclass(frozen=True)
class Made:
    """What a link was made for."""

    name: str
    passphrase: str | None


class Lives(RuleBasedStateMachine):
    """Rules are what may happen in the life of links; checks are with each rule, and after every one."""

    def __init__(self, server: LiveServer, ledger_url: str) -> None:
        super().__init__()
        self.server = server
        self.server.clock.now = START
        self.ahead = 0  # our clock before the server's
        self.clocks_were_set = False
        email = f"{uuid4().hex}@example.com"  # an account, and so a part of the ledger, of its own
        self.server.account(email)
        self.account = self.server.account_of(email)
        self.stack = ExitStack()
        self.client = self.stack.enter_context(
            Client(Address.of(self.server.url), Credentials.of(email, TOKEN), sleep=lambda _seconds: None)
        )
        self.settings = {"ledger": ledger_url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 5}
        self.scope = f"{self.server.url} {email}"
        self.trouble: Trouble | None = None
        self.ledger = self.open_ledger()
        self.links: dict[str, Link] = {}  # by name
        self.last: dict[str, Desired] = {}  # by name: what was asked for
        self.made: dict[str, Made] = {}  # by metadata key: all links that runs have made
        self.strangers: set[str] = set()  # metadata keys
        self.under_way: list[tuple[Callable[[], object], Made]] = []

    def teardown(self) -> None:
        self.stack.close()
        self.server.clock.now = START + 1000 * DAY
        self.server.services.store.sweep()

    # The world

    def open_ledger(self, *, read_only: bool = False) -> SqlLedger:
        ledger = self.stack.enter_context(open_ledger(self.settings, self.scope, read_only=read_only))
        watch_transactions(ledger, lambda moment: self.trouble and self.trouble.at_transaction(moment))
        return ledger

    def our_clock(self) -> float:
        return self.server.clock.now + self.ahead

    def engine(self, ledger: SqlLedger) -> Engine:
        client = TroubledClient(self.client, self.trouble) if self.trouble else self.client
        return Engine(ledger, lambda: client, anonymous=False, clock=self.our_clock)  # type: ignore[arg-type,return-value]

    def receipts(self) -> dict[str, Receipt]:
        """All that the server remembers for the account, by metadata key."""
        return {one.metadata_key: one for one in self.server.services.store.recent(self.account)}

    def seen(self, name: str, *, refresh: bool = True) -> str:
        """The state in which a run will see the name's link."""
        link, record = self.links.get(name), self.ledger.read(name).record
        if link is None or record is None:
            return "none"
        if record.state in GONE or not (refresh or link.is_past_expiry(self.our_clock())):
            return record.state.value
        return truth(self.receipts().get(link.metadata_key))

    def unread_of(self, name: str, receipts: dict[str, Receipt]) -> set[str]:
        return {
            key for key, made in self.made.items() if made.name == name and key in receipts and receipts[key].unread
        }

    # What may happen

    @rule(desired=wishes(), refresh=st.booleans(), again=st.booleans())
    def run_for_present(self, desired: Desired, refresh: bool, again: bool) -> None:
        self.present(desired, refresh, None, again)

    @rule(desired=wishes(), refresh=st.booleans(), trouble=troubles)
    def run_for_present_in_trouble(self, desired: Desired, refresh: bool, trouble: Trouble) -> None:
        self.present(desired, refresh, trouble, False)

    @rule(name=names, policy=policies, refresh=st.booleans(), trouble=st.none() | troubles)
    @precondition(lambda self: self.last)
    def run_for_the_same(self, name: str, policy: Policy, refresh: bool, trouble: Trouble | None) -> None:
        """Nothing changed but the policy."""
        if name in self.last:
            self.present(replace(self.last[name], policy=policy), refresh, trouble, False)

    def present(self, desired: Desired, refresh: bool, trouble: Trouble | None, again: bool) -> None:
        name = desired.name
        self.last[name] = desired
        action = expected(desired, self.links.get(name), self.seen(name, refresh=refresh), self.our_clock())
        before, former, entry = self.receipts(), self.links.get(name), self.ledger.read(name)

        wanted = Made(name, completed(desired, former)[0])
        outcome = self.run(wanted, lambda engine: engine.present(desired, refresh=refresh), trouble)

        receipts, now = self.receipts(), self.ledger.read(name)
        made = receipts.keys() - before.keys()
        assert len(made) <= (action in SENDS), "a link that nobody asked for"
        self.made |= dict.fromkeys(made, wanted)
        if now.record and (former is None or now.record.metadata_key != former.metadata_key):
            self.links[name] = self.recorded(desired, action, now, receipts)
        link = self.links.get(name)
        if former and former.metadata_key in before and before[former.metadata_key].unread:
            assert link
            assert receipts[former.metadata_key].unread or receipts[link.metadata_key].unread, "none is left to read"
        if trouble and trouble.met[:1] in (["share"], ["generate"]) and trouble.of_call in SURELY_WITHOUT_EFFECT:
            assert now.attempts == entry.attempts
        if outcome is None:
            return
        assert link
        assert outcome.action == action
        assert outcome.record == now.record
        assert (len(made), link != former) == ((1, True) if action in SENDS else (0, False))
        if action in SENDS or (action == "kept" and refresh and link.metadata_key in self.unread_of(name, before)):
            assert receipts[link.metadata_key].unread
        if action in SENDS:
            self.check_debts(outcome, now)
            self.check_orphans(name, entry, outcome, trouble, receipts)
        if again and not trouble:
            self.present(desired, refresh, None, False)
            # Of a clock that was set since the former link only the new one tells, and with it perhaps that a rotation is due.
            clock_was_set = former is not None and former.ahead != self.ahead
            if not (clock_was_set and desired.policy.rotate_after):
                assert self.receipts().keys() == receipts.keys(), "a second run sent another"

    def recorded(self, desired: Desired, action: str, entry: Entry, receipts: dict[str, Receipt]) -> Link:
        """The link that a run has put into the ledger, as it is to be there."""
        record, former = entry.record, self.links.get(desired.name)
        assert record
        assert action in SENDS
        receipt = receipts[record.metadata_key]
        value = desired.secret or record.value
        assert value
        keeps_value = former is not None and desired.secret is None and action != "rotated"
        if former and desired.secret is None:
            assert (value == former.value) == keeps_value
        if former and former.metadata_key in receipts and receipts[former.metadata_key].unread:
            assert former.metadata_key in {burn.metadata_key for burn in entry.owed}
        passphrase, recipient = completed(desired, former)
        assert receipt.has_passphrase == bool(passphrase)
        assert bool(receipt.recipient) == bool(recipient)
        return Link(
            record.metadata_key,
            receipt.secret_key,
            value,
            born=former.born if former and keeps_value else int(receipt.created),
            created=int(receipt.created),
            ttl=receipt.ttl,
            ahead=self.ahead,
            passphrase=passphrase,
            recipient=recipient,
        )

    @rule(name=names, trouble=st.none() | troubles, by_key=st.booleans(), again=st.booleans())
    def run_for_absent(self, name: str, trouble: Trouble | None, by_key: bool, again: bool) -> None:
        former, entry = self.links.get(name), self.ledger.read(name)
        state, before = self.seen(name), self.receipts()

        def act(engine: Engine) -> Outcome:
            return engine.absent_by_key(former.metadata_key) if by_key and former else engine.absent(name)

        outcome = self.run(Made(name, None), act, trouble)

        receipts, now = self.receipts(), self.ledger.read(name)
        assert receipts.keys() <= before.keys()
        if now.record is None:
            self.links.pop(name, None)
        if outcome is None:
            return
        assert now.record is None
        assert name not in self.links
        self.check_debts(outcome, now)
        self.check_orphans(name, entry, outcome, trouble, receipts)
        debts = {burn.metadata_key for burn in entry.owed} | (
            {former.metadata_key} if former and state not in GONE else set()
        )
        burned = any(key in before and before[key].unread for key in debts)
        if not now.owed:
            assert outcome.action == ("burned" if burned else "absent")
            if again and not trouble:
                second = self.run(Made(name, None), lambda engine: engine.absent(name), None)
                assert second is not None
                assert second.action == "absent"

    @rule(desired=wishes(), absent=st.booleans(), refresh=st.booleans())
    def check_mode(self, desired: Desired, absent: bool, refresh: bool) -> None:
        name = desired.name
        state = self.seen(name, refresh=refresh or absent)
        entries, before = self.ledger.entries(), self.receipts()
        engine = self.engine(self.open_ledger(read_only=True))
        if absent:
            outcome = engine.absent(name, check=True)
            due = state not in (*GONE, "none") or bool(self.ledger.read(name).owed)
            action = "burned" if due else "absent"
        else:
            outcome = engine.present(desired, check=True, refresh=refresh)
            action = expected(desired, self.links.get(name), state, self.our_clock())
        assert outcome.action == action
        assert self.ledger.entries() == entries
        receipts = self.receipts()
        assert {key: one.unread for key, one in receipts.items()} == {key: one.unread for key, one in before.items()}

    @rule(data=st.data())
    @precondition(lambda self: self.any_unread())
    def read(self, data: st.DataObject) -> None:
        """A recipient reads a link, be it one that no ledger knows."""
        key = data.draw(st.sampled_from(self.any_unread()), "link")
        made = self.made[key]
        value = self.server.services.store.reveal(self.receipts()[key].secret_key, made.passphrase or "").decode()
        link, record = self.links.get(made.name), self.ledger.read(made.name).record
        if link and record and link.metadata_key == key:
            assert value == link.value
            assert record.value in (None, value)

    @rule(name=names)
    def burn_by_somebody_else(self, name: str) -> None:
        link, receipts = self.links.get(name), self.receipts()
        if link and link.metadata_key in receipts and receipts[link.metadata_key].unread:
            self.server.services.store.burn(receipts[link.metadata_key], link.passphrase or "")

    @rule(seconds=st.sampled_from([GRID, 2 * GRID, HOUR, 2 * HOUR, DAY, 8 * DAY]))
    def wait(self, seconds: int) -> None:
        self.what_was_late_arrives()
        self.server.clock.advance(seconds)

    @rule(hours=st.sampled_from([-1, 0, 1]))
    def set_our_clock(self, hours: int) -> None:
        self.what_was_late_arrives()
        self.clocks_were_set |= self.ahead != hours * HOUR
        self.ahead = hours * HOUR

    @rule(like=wishes(), name=names)
    def stranger(self, like: Desired, name: str) -> None:
        """Somebody else with the same account shares something that looks the same as what was last asked for."""
        self.what_was_late_arrives()
        left_behind = [other for other, entry in self.ledger.entries().items() if entry.attempts]
        like = self.last.get(left_behind[0] if left_behind else name, like)  # where it can do most harm
        self.server.clock.advance(OFF_GRID)
        options = {"ttl": str(like.ttl or ""), "passphrase": like.passphrase, "recipient": like.recipient}
        form = {option: value for option, value in options.items() if value}
        made = self.server.share("theirs", (self.account.email, TOKEN), **form)
        self.strangers.add(made["metadata_key"])
        self.server.clock.advance(GRID - OFF_GRID)

    @rule()
    @precondition(lambda self: self.under_way)
    def what_was_late_arrives(self) -> None:
        """A request of a run that is over reaches the server only now."""
        for call, wanted in self.under_way:
            before = self.receipts()
            with suppress(OnetimeError):  # such as a burn of what is burned by now
                call()
            self.made |= dict.fromkeys(self.receipts().keys() - before.keys(), wanted)
        self.under_way.clear()

    # What holds of every run

    def run(self, wanted: Made, act: Callable[[Engine], Outcome], trouble: Trouble | None) -> Outcome | None:
        """Run the engine; None where it failed or died, which without trouble it must not."""
        others, receipts = self.entries_but(wanted.name), self.receipts()
        self.trouble = trouble
        outcome = None
        try:
            outcome = act(self.engine(self.ledger))
        except Death:
            self.ledger.close()
            self.ledger = self.open_ledger()
        except (OnetimeError, LedgerError):
            assert trouble, "a failure without a cause"
            assert trouble.met, "a failure without a cause"
        finally:
            self.trouble = None
        if trouble:
            self.under_way += [(call, wanted) for call in trouble.late]
            if outcome and trouble.met:
                assert outcome.warnings, "a mishap that nobody is told of"
        assert self.entries_but(wanted.name) == others
        for key, now in self.receipts().items():
            if key in receipts and receipts[key].unread and not now.unread:
                assert key not in self.strangers, "a stranger's link was burned"
                assert self.made[key].name == wanted.name
        return outcome

    def entries_but(self, name: str) -> dict[str, Entry]:
        return {other: entry for other, entry in self.ledger.entries().items() if other != name}

    def check_debts(self, outcome: Outcome, entry: Entry) -> None:
        """What was to be burned is burned, or owed and told."""
        if entry.owed:
            assert any("could not be burned" in warning for warning in outcome.warnings)

    def check_orphans(
        self, name: str, before: Entry, outcome: Outcome, trouble: Trouble | None, receipts: dict[str, Receipt]
    ) -> None:
        """What dead runs left is burned where it is certain, and told where not."""
        orphans = self.orphans_of(name, self.ledger.read(name), receipts)
        if orphans:
            assert any("died between sending and recording" in warning for warning in outcome.warnings)
        all_attempts = [attempt for entry in self.ledger.entries().values() for attempt in entry.attempts]
        if (
            self.server.services.profile.recent_works
            and not (trouble and trouble.met)
            and not (self.clocks_were_set or self.strangers)
            and len(before.attempts) == 1
            and len(all_attempts) <= 1
        ):
            assert not orphans, "an orphan that is certainly ours was left"

    def orphans_of(self, name: str, entry: Entry, receipts: dict[str, Receipt]) -> set[str]:
        return self.unread_of(name, receipts) - set(entry.metadata_keys)

    def any_unread(self) -> list[str]:
        receipts = self.receipts()
        return [key for key in self.made if key in receipts and receipts[key].unread]

    @invariant()
    def one_link_per_name(self) -> None:
        """Beside burns that are owed, and orphans that are on the books; and the ledger tells how it stands."""
        receipts, entries = self.receipts(), self.ledger.entries()
        assert entries.keys() <= set(NAMES)
        for name in NAMES:
            entry, link = entries.get(name, Entry()), self.links.get(name)
            assert len(self.orphans_of(name, entry, receipts)) <= len(entry.attempts)
            assert (entry.record and entry.record.metadata_key) == (link and link.metadata_key)
            if entry.record and entry.record.metadata_key in receipts:
                assert entry.record.state in (*UNREAD, truth(receipts[entry.record.metadata_key]))


BACK_ENDS = ("sqlite", "postgresql")
LIVES = int(os.environ.get("OTS_LIVES", "60"))  # over all releases and back ends; always the same ones unless it is set
SETTINGS = settings(
    max_examples=ceil(LIVES / (len(PROFILES) * len(BACK_ENDS))),
    stateful_step_count=20,
    derandomize="OTS_LIVES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with (
        pytest.MonkeyPatch.context() as patch,
        live_server(tmp_path_factory.mktemp("server"), profile=PROFILES[request.param]) as running,
    ):
        patch.setattr(vault, "hash_secret_raw", cheap_hash)
        yield running


def cheap_hash(*arguments: Any, **costs: Any) -> bytes:
    """What a guess of a passphrase costs is no matter here, but would be most of the time."""
    return hash_secret_raw(*arguments, **{**costs, "time_cost": 1, "memory_cost": 8})


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_lives_of_links(server: LiveServer, back_end: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if back_end == "sqlite":
        url = f"sqlite://{tmp_path}/ledger.sqlite3"
    else:
        url = request.getfixturevalue("postgresql_server").new_database()
    run_state_machine_as_test(lambda: Lives(server, url), settings=SETTINGS)
