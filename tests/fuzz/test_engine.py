"""Random lives of links, against a model: whatever runs, deaths, faults, clocks and other people do, one link remains.

Real server over real HTTP, real ledgers; a clock for the server and one for us.
"""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from argon2.low_level import hash_secret_raw
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import engine as engine_module
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.tables import KEYS
from onetime_server import store, vault
from onetime_server.profile import PROFILES
from onetime_server.store import Receipt
from tests.support.fuzz.engine_model import GONE, SENDS, UNREAD, Link, completed, expected, seen, truth
from tests.support.fuzz.engine_trouble import (
    HOUR,
    LIVES_ON,
    SLOW,
    SURELY_WITHOUT_EFFECT,
    Death,
    Trouble,
    TroubledClient,
    leaving_an_attempt,
    troubles,
)
from tests.support.gateway import Gateway, gateway
from tests.support.live_server import TOKEN, LiveServer, live_server
from tests.support.steps import watch_transactions
from tests.support.world import KEY

START = 1_800_000_000
GRID = 600  # seconds; all that the clocks are moved by is a multiple of it …
OFF_GRID = 300  # … and only strangers act in between: what they make is never made "right after" an intent of ours
DAY = 86_400
SHARED, GENERATED = ("share/alice", "share/bob"), ("generate/app",)
NAMES = (*SHARED, *GENERATED)

BASE36 = string.digits + string.ascii_lowercase
DICE = Random()  # thrown anew in each life, the same throws in all

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
        options={
            option: value
            for option, value in (
                ("passphrase", draw(passphrases)),
                ("recipient", draw(recipients)),
                ("ttl", draw(ttls)),
            )
            if value is not None
        },
        policy=draw(policies),
    )


@dataclass(frozen=True)
class Made:
    """What a link was made for, and how far our clock was before the server's at the time."""

    name: str
    passphrase: str | None
    aheads: frozenset[float]


class Lives(RuleBasedStateMachine):
    """Rules are what may happen in the life of links; checks are with each rule, and after every one."""

    def __init__(self, server: LiveServer, between: Gateway, ledger_url: str) -> None:
        super().__init__()
        DICE.seed(0)
        self.server = server
        self.server.clock.now = START
        self.gateway = between
        self.ahead = 0.0  # our clock before the server's
        self.clocks_were_set = False
        email = f"{uuid4().hex}@example.com"  # an account, and so a part of the ledger, of its own
        self.server.account(email)
        self.account = self.server.account_of(email)
        self.stack = ExitStack()
        self.client, self.client_through_gateway = (
            self.stack.enter_context(Client(Address.of(url), Credentials.of(email, TOKEN), sleep=lambda _seconds: None))
            for url in (server.url, between.url)
        )
        self.settings = {"ledger": ledger_url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 5}
        self.scope = f"{self.server.url} {email}"
        self.trouble: Trouble | None = None
        self.ledger = self.open_ledger()
        self.links: dict[str, Link] = {}  # by name
        self.last: dict[str, Desired] = {}  # by name: what was asked for
        self.made: dict[str, Made] = {}  # by metadata key: all links that runs have made
        self.strangers: set[str] = set()  # metadata keys
        self.given_up: set[str] = set()  # metadata keys of links that a run had every reason to take for expired
        self.doubted: set[str] = set()  # metadata keys of links that a run was told not to exist
        self.times: list[tuple[float, float]] = []  # the server's and ours, as the last run began and ended
        self.under_way: list[tuple[Callable[[], object], Made]] = []

    def teardown(self) -> None:
        with self.ledger._transaction() as tables:  # of many lives, each would make the next one slower
            for table in KEYS:
                tables.delete(table)
        self.stack.close()
        self.server.clock.now = START + 1000 * DAY
        self.server.services.store.sweep()

    # The world

    def open_ledger(self, *, read_only: bool = False) -> SqlLedger:
        ledger = self.stack.enter_context(open_ledger(self.settings, self.scope, read_only=read_only))
        watch_transactions(ledger, lambda moment: self.trouble and self.trouble.at_transaction(ledger, moment))
        return ledger

    def reopen_ledger(self) -> None:
        self.ledger.close()
        self.ledger = self.open_ledger()

    def our_clock(self) -> float:
        return self.server.clock.now + self.ahead

    def engine(self, ledger: SqlLedger) -> Engine:
        client: Any = self.client
        if self.trouble:
            client = TroubledClient(self.client, self.client_through_gateway, self.gateway, self, self.trouble)
        return Engine(ledger, lambda: client, anonymous=False, clock=self.our_clock)

    def receipts(self) -> dict[str, Receipt]:
        """All that the server remembers for the account, by metadata key."""
        return {one.metadata_key: one for one in self.server.services.store.recent(self.account)}

    def pass_by(self, seconds: float) -> None:
        self.server.clock.advance(seconds)

    def set_ours(self, ahead: float) -> None:
        self.clocks_were_set |= self.ahead != ahead
        self.ahead = ahead

    def unread_of(self, name: str, receipts: dict[str, Receipt]) -> set[str]:
        return {
            key
            for key, made in self.made.items()
            if made.name == name and key in receipts and receipts[key].unread and key not in self.given_up
        }

    # What may happen

    @rule(desired=wishes(), refresh=st.booleans(), again=st.booleans())
    def run_for_present(self, desired: Desired, refresh: bool, again: bool) -> None:
        self.present(desired, refresh, None, again)

    @rule(desired=wishes(), refresh=st.booleans(), trouble=troubles)
    def run_for_present_in_trouble(self, desired: Desired, refresh: bool, trouble: Trouble) -> None:
        self.present(desired, refresh, trouble, False)

    @rule(desired=wishes(), data=st.data())
    def run_leaves_an_attempt(self, desired: Desired, data: st.DataObject) -> None:
        trouble = data.draw(leaving_an_attempt("share" if desired.secret else "generate"), "trouble")
        self.present(desired, True, trouble, False)
        self.wait(GRID)

    @rule(name=names, policy=policies, refresh=st.booleans(), trouble=st.none() | troubles)
    @precondition(lambda self: self.last)
    def run_for_the_same(self, name: str, policy: Policy, refresh: bool, trouble: Trouble | None) -> None:
        """Nothing changed but the policy."""
        if name in self.last:
            self.present(replace(self.last[name], policy=policy), refresh, trouble, False)

    def present(self, desired: Desired, refresh: bool, trouble: Trouble | None, again: bool) -> None:
        name = desired.name
        self.last[name] = desired
        self.let_arrive_what_is_late_for(trouble)
        before, former, entry = self.receipts(), self.links.get(name), self.ledger.read(name)

        passphrase = completed(desired, former)[0]
        outcome = self.run(name, passphrase, lambda engine: engine.present(desired, refresh=refresh), trouble)

        states = self.states_to_see(former, entry, before, trouble, refresh=refresh)
        actions = {expected(desired, former, state, ours) for state in states for _, ours in self.times}
        receipts, now = self.receipts(), self.ledger.read(name)
        made = receipts.keys() - before.keys()
        assert len(made) <= any(action in SENDS for action in actions), "a link that nobody asked for"
        if now.record and (former is None or now.record.metadata_key != former.metadata_key):
            self.links[name] = self.recorded(desired, actions, now, receipts)
        link = self.links.get(name)
        if former and former.metadata_key in before and before[former.metadata_key].unread:
            assert link
            links = (receipts[key] for key in {former.metadata_key, link.metadata_key})
            assert any(one.unread or self.has_expired(one) for one in links), "none is left to read"
        if trouble and trouble.met[:1] in (["share"], ["generate"]) and trouble.of_call in SURELY_WITHOUT_EFFECT:
            assert now.attempts == entry.attempts
        if outcome is None:
            return
        assert link
        action = outcome.action
        assert action in actions
        assert outcome.record == now.record
        assert (len(made), link != former) == ((1, True) if action in SENDS else (0, False))
        was_unread = link.metadata_key in self.unread_of(name, before)
        if action in SENDS or (action == "kept" and refresh and was_unread):
            assert receipts[link.metadata_key].unread or self.has_expired(receipts[link.metadata_key])
        if action in SENDS:
            self.check_debts(outcome, now)
            self.check_orphans(name, entry, outcome, trouble, receipts)
        if again and not trouble:
            self.present(desired, refresh, None, False)
            # Of a clock that was set since the former link only the new one tells, and with it perhaps that a rotation is due.
            clock_was_set = former is not None and former.ahead != self.ahead
            if not (clock_was_set and desired.policy.rotate_after):
                assert self.receipts().keys() == receipts.keys(), "a second run sent another"

    def states_to_see(
        self,
        link: Link | None,
        entry: Entry,
        receipts: dict[str, Receipt],
        trouble: Trouble | None,
        *,
        refresh: bool,
    ) -> set[str]:
        """The states in which a run may see the name's link."""
        if link is None or entry.record is None:
            return {"none"}
        recorded, receipt = entry.record.state.value, receipts.get(link.metadata_key)
        told = {truth(receipt, theirs) for theirs, _ in self.times}
        if trouble and trouble.says_unknown:
            told.add("unknown")
        return {seen(recorded, word, link, ours, refresh=refresh) for word in told for _, ours in self.times}

    def recorded(self, desired: Desired, actions: set[str], entry: Entry, receipts: dict[str, Receipt]) -> Link:
        """The link that a run has put into the ledger, as it is to be there."""
        record, former = entry.record, self.links.get(desired.name)
        assert record
        sending = actions.intersection(SENDS)
        assert sending
        receipt = receipts[record.metadata_key]
        value = desired.secret or record.value
        assert value
        keeps_value = former is not None and value == former.value
        if former and desired.secret is None:
            assert keeps_value or "rotated" in sending
            assert not keeps_value or sending != {"rotated"}
        if former and former.metadata_key in receipts and receipts[former.metadata_key].unread:
            assert former.metadata_key in {burn.metadata_key for burn in entry.pending_burns}
        passphrase, recipient = completed(desired, former)
        assert receipt.has_passphrase == bool(passphrase)
        assert bool(receipt.recipient) == bool(recipient)
        ahead = record.recorded_at - record.created_at
        aheads = [ours - theirs for theirs, ours in self.times]
        assert min(aheads) <= ahead <= max(aheads) + SLOW
        return Link(
            record.metadata_key,
            receipt.secret_key,
            value,
            born=former.born if former and keeps_value else int(receipt.created),
            created=int(receipt.created),
            ttl=receipt.ttl,
            ahead=ahead,
            passphrase=passphrase,
            recipient=recipient,
        )

    @rule(name=names, trouble=st.none() | troubles, by_key=st.booleans(), again=st.booleans())
    def run_for_absent(self, name: str, trouble: Trouble | None, by_key: bool, again: bool) -> None:
        self.let_arrive_what_is_late_for(trouble)
        former, entry, before = self.links.get(name), self.ledger.read(name), self.receipts()

        def act(engine: Engine) -> Outcome:
            return engine.absent_by_key(former.metadata_key) if by_key and former else engine.absent(name)

        outcome = self.run(name, None, act, trouble)

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
        burned = any(key in before and before[key].unread for key in entry.metadata_keys)
        if not (now.pending_burns or (trouble and trouble.met)):
            assert outcome.action == ("burned" if burned else "absent")
            if again and not trouble:
                second = self.run(name, None, lambda engine: engine.absent(name), None)
                assert second is not None
                assert second.action == "absent"

    @rule(desired=wishes(), absent=st.booleans(), refresh=st.booleans())
    def check_mode(self, desired: Desired, absent: bool, refresh: bool) -> None:
        name = desired.name
        entries, before, link = self.ledger.entries(), self.receipts(), self.links.get(name)
        self.times = [(self.server.clock.now, self.our_clock())]
        (state,) = self.states_to_see(link, entries.get(name, Entry()), before, None, refresh=refresh or absent)
        engine = self.engine(self.open_ledger(read_only=True))
        if absent:
            outcome = engine.absent(name, check=True)
            due = state not in (*GONE, "none") or bool(self.ledger.read(name).pending_burns)
            action = "burned" if due else "absent"
        else:
            outcome = engine.present(desired, check=True, refresh=refresh)
            action = expected(desired, link, state, self.our_clock())
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
    @precondition(lambda self: self.links)
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
        self.set_ours(hours * HOUR)

    @rule(like=wishes(), name=names)
    def stranger(self, like: Desired, name: str) -> None:
        """Somebody else with the same account shares something that looks the same as what was last asked for."""
        self.what_was_late_arrives()
        left_behind = [other for other, entry in self.ledger.entries().items() if entry.attempts]
        like = self.last.get(left_behind[0] if left_behind else name, like)  # where it can do most harm
        self.server.clock.advance(OFF_GRID)
        options = {
            "ttl": str(like.ttl or ""),
            "passphrase": like.options.get("passphrase"),
            "recipient": like.recipient,
        }
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

    def let_arrive_what_is_late_for(self, trouble: Trouble | None) -> None:
        """What is under way arrives before a run in which time passes."""
        if trouble and trouble.of_call in LIVES_ON:
            self.what_was_late_arrives()

    # What holds of every run

    def run(
        self, name: str, passphrase: str | None, act: Callable[[Engine], Outcome], trouble: Trouble | None
    ) -> Outcome | None:
        """Run the engine; None where it failed or died, which without trouble it must not."""
        others, entry, receipts = self.entries_but(name), self.ledger.read(name), self.receipts()
        self.times = [(self.server.clock.now, self.our_clock())]
        self.trouble = trouble
        outcome = None
        try:
            outcome = act(self.engine(self.ledger))
        except Death:
            self.reopen_ledger()
        except (OnetimeError, LedgerError):
            assert trouble, "a failure without a cause"
            assert trouble.met, "a failure without a cause"
        finally:
            self.trouble = None
        self.times.append((self.server.clock.now, self.our_clock()))
        wanted = Made(name, passphrase, frozenset(ours - theirs for theirs, ours in self.times))
        if trouble:
            if trouble.befell_a_transaction:
                self.reopen_ledger()
            self.under_way += [(call, wanted) for call in trouble.late]
            if outcome and trouble.is_to_be_told:
                assert outcome.warnings, "a mishap that nobody is told of"
        after = self.receipts()
        self.made |= dict.fromkeys(after.keys() - receipts.keys(), wanted)
        self.check_others(name, others, receipts, after)
        self.check_evidence(entry, self.ledger.read(name), after, trouble)
        self.server.clock.advance(-(self.server.clock.now - START) % GRID)
        return outcome

    def check_others(
        self, name: str, others: dict[str, Entry], before: dict[str, Receipt], after: dict[str, Receipt]
    ) -> None:
        """Nothing of another name or of a stranger was touched."""
        assert self.entries_but(name) == others
        for key, now in after.items():
            if key in before and before[key].unread and now.state == "burned":
                assert key not in self.strangers, "a stranger's link was burned"
                assert self.made[key].name == name

    def check_evidence(
        self, before: Entry, after: Entry, receipts: dict[str, Receipt], trouble: Trouble | None
    ) -> None:
        """What can be read is not forgotten, but where no rule could know better.

        That is where our clock was set since, so that it shows the link's time as over, and the server says that it does not
        know the link, in whatever way it is asked.
        """
        for key in set(before.metadata_keys) - set(after.metadata_keys):
            if key not in receipts or not receipts[key].unread:
                continue
            assert trouble
            assert trouble.says_unknown, "a link was forgotten that can be read"
            aheads = self.made[key].aheads
            assert self.clocks_were_set, "a link was forgotten before its time"
            is_over = max(ours for _, ours in self.times) - min(aheads) >= receipts[key].secret_expires
            assert is_over, "a link was forgotten before its time"
            self.given_up.add(key)
        if trouble and trouble.says_unknown and after.record:
            self.doubted.add(after.record.metadata_key)

    def has_expired(self, receipt: Receipt) -> bool:
        return max(theirs for theirs, _ in self.times) >= receipt.secret_expires

    def entries_but(self, name: str) -> dict[str, Entry]:
        return {other: entry for other, entry in self.ledger.entries().items() if other != name}

    def check_debts(self, outcome: Outcome, entry: Entry) -> None:
        """What was to be burned is burned, or owed and told."""
        if entry.pending_burns:
            assert any("could not be burned" in warning for warning in outcome.warnings)

    def check_orphans(
        self, name: str, before: Entry, outcome: Outcome, trouble: Trouble | None, receipts: dict[str, Receipt]
    ) -> None:
        """What dead runs left is burned where it is certain, and told where not."""
        orphans = self.orphans_of(name, self.ledger.read(name), receipts)
        if orphans:
            assert any("stopped between sending and recording" in warning for warning in outcome.warnings)
        all_attempts = [attempt for entry in self.ledger.entries().values() for attempt in entry.attempts]
        if (
            self.server.services.profile.recent_works
            and not (trouble and trouble.met)
            and outcome.action.sends_link  # else nothing in this run shows the server's clock
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
                is_truth = truth(receipts[entry.record.metadata_key], self.server.clock.now)
                assert entry.record.state in (*UNREAD, is_truth) or entry.record.metadata_key in self.doubted


LIVES = int(os.environ.get("OTS_LIVES", "60"))  # over all releases and back ends; always the same ones unless it is set
SETTINGS = settings(
    max_examples=ceil(LIVES / (2 * len(PROFILES))),
    stateful_step_count=20,
    derandomize="OTS_LIVES" not in os.environ,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory, where that is possible: most of the time would be the disk's, and nothing is to outlast a power cut."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="ots-lives-", dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[LiveServer]:
    with (
        pytest.MonkeyPatch.context() as patch,
        live_server(folder / request.param, profile=PROFILES[request.param]) as running,
    ):
        patch.setattr(vault, "hash_secret_raw", cheap_hash)
        # What is random in the real ones decides what comes first, and a life that fails is to fail again.
        patch.setattr(store, "random_base36", lambda length: "".join(DICE.choices(BASE36, k=length)))
        patch.setattr(engine_module, "secrets", SimpleNamespace(token_hex=lambda size: DICE.randbytes(size).hex()))
        yield running


@pytest.fixture(scope="module")
def between(server: LiveServer) -> Iterator[Gateway]:
    with gateway(server.url) as running:
        yield running


def cheap_hash(*arguments: Any, **costs: Any) -> bytes:
    """What a guess of a passphrase costs is no matter here, but would be most of the time."""
    return hash_secret_raw(*arguments, **{**costs, "time_cost": 1, "memory_cost": 8})


@pytest.mark.parametrize("back_end", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_lives_of_links(
    server: LiveServer, between: Gateway, back_end: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    if back_end == "sqlite":
        url = f"sqlite://{folder}/{uuid4().hex}/ledger.sqlite3"
    else:
        url = request.getfixturevalue("postgresql_server").new_database()
    run_state_machine_as_test(lambda: Lives(server, between, url), settings=SETTINGS)
