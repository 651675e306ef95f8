"""A year of a team: 10,000 links, rotations, leavers, two controllers, 20 crashes. The audit trail answers what auditors ask."""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.times import iso_time
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.history import Question, history_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import DAY, Audit
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from tests.support.back_ends import sql
from tests.support.live_server import Clock
from tests.support.rows import OTHER_KEY
from tests.support.shortcut import Shortcut
from tests.support.steps import watch_transactions
from tests.support.world import KEY

IN_MEMORY = Path("/dev/shm")
PEOPLE = 2_000
QUARTERS = 5
QUARTER = 91 * DAY
KEEP = 250 * DAY
START = 1_800_000_000
LEAVERS = range(0, 400, 10)  # 40 of them
BURNED_BY_OTHERS = range(5, 2_000, 400)
READERS = 70  # of a hundred
CRASHES = 20
CONTROLLERS = {
    "a": {"user": "runner", "host": "awx", "job_user": "alice"},
    "b": {"user": "bob", "host": "laptop"},
}  # fmt: skip


class DiedError(BaseException):
    """The controller lost its power."""


def name_of(person: int) -> str:
    return f"team{person % 10}/{person:04}"


def mail_of(person: int) -> str:
    return f"p{person}@example.com"


def desired(person: int) -> Desired:
    policy = Policy(reissue_on=frozenset(), rotate_after=QUARTER - DAY)
    return Desired(name_of(person), policy=policy).but(ttl=14 * DAY, recipient=mail_of(person))


@dataclass
class Year:
    """What has happened, noted apart from the trail."""

    url: str
    server: Shortcut
    clock: Clock
    key: str = KEY
    links: dict[int, list[int]] = field(default_factory=dict)  # when each person's links were made
    read_at: dict[tuple[int, int], int] = field(default_factory=dict)  # by person and quarter
    crashed: list[int] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    opened: ExitStack = field(default_factory=ExitStack)

    def ledger(self, controller: str) -> SqlLedger:
        """Open the ledger as a controller does, until the test ends."""
        options = {"ledger": self.url, "ledger_key": self.key, "ledger_key_file": None, "ledger_wait": 30}
        ledger = self.opened.enter_context(open_ledger(options, "http://server ops@example.com"))
        ledger.audit = Audit({**CONTROLLERS[controller], "job": self.job}, KEEP, self.clock)
        return ledger

    @property
    def job(self) -> str:
        """The number of the job: one a day."""
        return str(int(self.clock() - START) // DAY)

    def engine(self, ledger: SqlLedger) -> Engine:
        return Engine(ledger, lambda: self.server, anonymous=False, clock=self.clock)  # type: ignore[arg-type,return-value]

    def quarter(self, number: int) -> None:
        """All get a new value; some read it, some have it burned by others; later the controllers look who did."""
        present = [person for person in range(PEOPLE) if not (number > 2 and person in LEAVERS)]
        crashing = {present[100 * crash + 7 * number]: crash for crash in range(CRASHES // QUARTERS)}
        engines = {controller: self.engine(self.ledger(controller)) for controller in CONTROLLERS}
        for person in present:
            if person in crashing:
                self.crash(person, step=2 + crashing[person])
                self.crashed.append(person)
                self.clock.advance(120)
            outcome = engines["ab"[person % 2]].present(desired(person))
            assert outcome.record
            self.links.setdefault(person, []).append(outcome.record.created_at)
            self.secrets += [outcome.record.secret_key, outcome.record.metadata_key, str(outcome.record.value)]
            self.clock.advance(1)
        self.clock.advance(2 * DAY)
        records = {name: entry.record for name, entry in self.ledger("a").entries().items()}
        for person in present:
            record = records[name_of(person)]
            assert record
            if person in BURNED_BY_OTHERS and number == 2:
                self.server.burn(record.metadata_key)
            elif person % 100 < READERS:
                self.server.services.store.reveal(record.secret_key, "")
                self.read_at[person, number] = int(self.clock())
            self.clock.advance(1)
        if number == 2:
            self.leave()
            present = [person for person in present if person not in LEAVERS]
        self.clock.advance(15 * DAY)
        for person in present:
            engines["ab"[person % 2]].present(desired(person))

    def crash(self, person: int, step: int) -> None:
        """A run dies at one of its transactions."""
        ledger, left = self.ledger("a"), iter(range(step))

        def die(_moment: str) -> None:
            if next(left, None) is None:
                raise DiedError

        watch_transactions(ledger, die)
        with pytest.raises(DiedError):
            self.engine(ledger).present(desired(person))
        ledger.close()

    def leave(self) -> None:
        for person in LEAVERS:
            self.engine(self.ledger("b")).absent(name_of(person))
            self.clock.advance(1)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that is in memory where there is one: a year waits for no disk."""
    with TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def year(memory: Path) -> Iterator[Year]:
    clock = Clock(START)
    with ExitStack() as opened:
        yield Year(f"sqlite://{memory}/ledger.sqlite3", Shortcut.of(memory / "server", clock), clock, opened=opened)


def ask(ledger: SqlLedger, now: float, **options: Any) -> list[dict[str, Any]]:
    given = dict.fromkeys(("names", "recipient", "since", "actions")) | options
    return list(history_of(ledger, Question.of(given, now))["events"])


@pytest.mark.long
def test_an_auditor_gets_the_right_answers(year: Year, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)  # each mail that is not sent is a warning
    for number in range(QUARTERS):
        begin = START + number * QUARTER
        year.clock.advance(begin - year.clock())
        year.quarter(number)
        if number == 3:
            year.ledger("b").reseal(base64.b64decode(OTHER_KEY))
            year.key = OTHER_KEY
    ledger, now = year.ledger("a"), year.clock()

    assert ledger.verify().problems == ()
    assert sum(map(len, year.links.values())) > 9_900
    check_answers(ledger, year, now)

    everything = ask(ledger, now)
    text = repr(everything)
    assert not [secret for secret in year.secrets if secret in text]

    altered, removed = everything[100]["number"], everything[5_000]["number"]
    sql(year.url, f"UPDATE event SET mac = 'x' WHERE number = {altered}")
    sql(year.url, f"DELETE FROM event WHERE number = {removed}")
    assert ledger.verify().problems == (
        f"row {altered} ({everything[100]['name']!r}) was altered",
        f"row {removed} is missing",
    )


def check_answers(ledger: SqlLedger, year: Year, now: float) -> None:
    kept_since = now - KEEP
    begins = [START + number * QUARTER for number in range(QUARTERS)]
    third, fourth = begins[3], begins[4]

    # 1. Was the password of 0102 that was sent in the third quarter read, and when?
    asked = ask(ledger, now, names=[name_of(102)], since=iso_time(third), actions=["read"])
    assert [event["server_at"] for event in asked] == [iso_time(year.read_at[102, 3]), iso_time(year.read_at[102, 4])]

    # 2. Until when could it be read?
    sent = ask(ledger, now, names=[name_of(102)], since=iso_time(third), actions=["rotated"])
    assert [event["details"]["expires_at"] for event in sent] == [
        iso_time(made + 14 * DAY) for made in year.links[102][3:]
    ]

    # 3. Who had it rotated since, and in which job?
    assert [event["by"] for event in sent] == [
        {"user": "runner", "host": "awx", "job_user": "alice", "job": str(number * 91)} for number in (3, 4)
    ]

    # 4. Which links of the fourth quarter expired unread?
    expired = ask(ledger, now, since=iso_time(fourth), actions=["expired"])
    assert {event["name"] for event in expired} == {
        name_of(person) for person in year.links if person % 100 >= READERS and len(year.links[person]) == QUARTERS
    }

    # 5. What did p7@example.com ever get?
    got = ask(ledger, now, recipient="P7@example.com", actions=["made", "rotated", "reissued", "replaced"])
    kept = [made for made in year.links[7] if made >= kept_since]
    assert [event["server_at"] for event in got][-len(kept) :] == [iso_time(made) for made in kept]

    # 6. Who left, and was what they had taken from them? Their names are gone from the ledger.
    left = ask(ledger, now, actions=["forgotten"])
    assert {event["name"] for event in left} == {name_of(person) for person in LEAVERS}
    assert {event["by"]["user"] for event in left} == {"bob"}
    assert not {event["name"] for event in left} & ledger.entries().keys()

    burned = ask(ledger, now, actions=["burned", "burned_elsewhere"])
    assert {event["name"]: event["action"] for event in burned} == {
        **{name_of(person): "burned" for person in LEAVERS if person % 100 >= READERS},
        **{name_of(person): "burned_elsewhere" for person in BURNED_BY_OTHERS},
    }

    # 7. What happened in the last 20 days?
    recent = Counter(event["action"] for event in ask(ledger, now, since="20d"))
    readers = sum((person, 4) in year.read_at for person in year.links)
    assert (recent["rotated"], recent["read"]) == (PEOPLE - len(LEAVERS), readers)

    # 8. What did bob's laptop do to team 3 in the fourth quarter?
    team = ask(ledger, now, names=["team3/*"], since=iso_time(fourth), actions=["rotated"])
    assert len(team) == PEOPLE / 10
    assert {event["by"]["host"] for event in team} == {"laptop"}

    # 9. What became of links that dead runs left?
    orphans = ask(ledger, now, actions=["orphan_burned"])
    assert orphans
    assert {event["name"] for event in orphans} <= {name_of(person) for person in year.crashed}
    recorded = {event["link"] for event in ask(ledger, now, actions=["made", "rotated"])}
    assert not {event["link"] for event in orphans} & recorded

    # 10. Was the ledger's key changed, and by whom?
    assert [event["by"]["host"] for event in ask(ledger, now, actions=["key_changed"])] == ["laptop"]

    # 11. How many links were made in each of the last two quarters?
    made = Counter(
        (event["at"] >= iso_time(fourth)) for event in ask(ledger, now, since=iso_time(third), actions=["rotated"])
    )
    assert made == {True: PEOPLE - len(LEAVERS), False: PEOPLE - len(LEAVERS)}

    # 12. Is the trail whole, and what is not in it any longer?
    pruned = ask(ledger, now, actions=["pruned"])
    first = ask(ledger, now)[0]
    assert first["at"] >= iso_time(kept_since - 2 * DAY)
    assert sum(event["details"]["events"] for event in pruned) == first["number"] - 1
