"""The role credentials with a thousand people: every mail is counted, one link lives for each name, and no secret is shown."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Record
from tests.support.ledgers import ledger_of, records
from tests.support.playbooks import Playbooks
from tests.support.programs import output_of
from tests.support.rows import note
from tests.support.tenants import Tenant

PEOPLE, TEAMS, LEAVERS, MOVED = 1000, 10, 10, 5
A_TEAM = PEOPLE // TEAMS
A_DAY = 86_400
RUN_LIMIT = 900  # seconds
HOLDS = [{"name": "vpn", "rotate_after": "30d", "ttl": "7d"}, {"name": "key", "secret": "-----KEY-----", "ttl": "7d"}]


def person(number: int) -> str:
    return f"p{number:04}"


@dataclass
class Company:
    """Who works there, in which team, and what the role has printed so far."""

    stack: Tenant
    playbooks: Playbooks
    teams: dict[str, list[str]]
    leavers: set[str] = field(default_factory=set)
    output: str = ""
    secrets: set[str] = field(default_factory=set)

    @property
    def people(self) -> list[dict[str, Any]]:
        everybody = [person(number) for number in range(PEOPLE)]
        sites = [
            {
                "group": team,
                "holds": [{"name": f"site/{team}", "shared": True, "rotate_on_leave": True, "length": 24, "ttl": "7d"}],
            }
            for team in self.teams
        ]
        return [
            {"name": name, "state": "absent"}
            if name in self.leavers
            else {"name": name, "email": f"{name}@example.com", "holds": HOLDS}
            for name in everybody
        ] + sites

    def hand_over(self, mails: int = 0) -> tuple[Counter[str], Counter[str | None], int]:
        """Run the role; return what it did how often, how many mails each person got, and how many requests it took.

        mails: how many must come, which the server sends one after the other.
        """
        before, requests = self.mails(), self.stack.requests()
        role = {"ansible.builtin.include_role": {"name": "onetimesecret.ots.credentials"}}
        given = self.playbooks.folder / "people.json"
        given.write_text(json.dumps({"credentials_people": self.people, "credentials_groups": self.teams}))
        tasks = [role, self.playbooks.save("credentials_report.links")]
        with self.playbooks.start(tasks, "-vvv", "--diff", "-e", f"@{given}") as process:
            output = output_of(process, RUN_LIMIT)
        assert process.returncode == 0, output[-5000:]
        self.output += output
        done = self.playbooks.registered()
        self.remember()
        actions = Counter(link["action"] for link in done.values())
        give_up = time.monotonic() + RUN_LIMIT
        while (self.mails() - before).total() < mails and time.monotonic() < give_up:
            time.sleep(1)
        return actions, self.mails() - before, self.stack.requests() - requests

    def mails(self) -> Counter[str | None]:
        """How many mails each person has got."""
        return Counter(mail["To"] for mail in self.stack.mailbox.mails())

    def remember(self) -> Mapping[str, Record]:
        """Note what must not be shown, and return what there is."""
        held = records(self.stack)
        for record in held.values():
            self.secrets |= {record.secret_key, record.metadata_key, *([record.value] if record.value else [])}
        return held

    def live(self) -> set[str]:
        """The metadata keys' digests of all links that can be read."""
        query = """
            SELECT receipt.key_hash FROM secret JOIN receipt ON receipt.secret_key_hash = secret.key_hash
            JOIN account ON account.id = receipt.account_id WHERE secret.expires > ? AND account.email = ?"""
        with sqlite3.connect(self.stack.database) as db:
            return {row[0] for row in db.execute(query, [time.time(), self.stack.username])}


@contextmanager
def older(company: Company, prefix: str, seconds: int) -> Iterator[None]:
    """Have all values whose names begin so be older."""
    with ledger_of(company.stack) as ledger:
        for name, entry in ledger.entries().items():
            if name.startswith(prefix) and entry.record:
                note(ledger, name, replace(entry.record, value_created_at=entry.record.value_created_at - seconds))
    yield


@pytest.mark.long
def test_each_has_one_live_link_for_each_name_and_every_mail_is_counted(stack: Tenant, playbooks: Playbooks) -> None:
    teams = {f"team-{n}": [person(m) for m in range(n * A_TEAM, (n + 1) * A_TEAM)] for n in range(TEAMS)}
    company = Company(stack, playbooks, teams)

    done, mails, _ = company.hand_over(mails=3 * PEOPLE)
    assert done == {"created": 3 * PEOPLE}
    assert mails == {f"{person(number)}@example.com": 3 for number in range(PEOPLE)}

    assert company.hand_over() == ({"kept": 3 * PEOPLE}, {}, 1)

    with older(company, "vpn/", 31 * A_DAY):
        done, mails, _ = company.hand_over(mails=PEOPLE)
    assert done == {"rotated": PEOPLE, "kept": 2 * PEOPLE}
    assert mails == {f"{person(number)}@example.com": 1 for number in range(PEOPLE)}

    moved = [person(number) for number in range(MOVED)]
    teams["team-0"], teams["team-1"] = teams["team-0"][MOVED:], teams["team-1"] + moved
    done, mails, _ = company.hand_over(mails=A_TEAM)
    assert done == {
        "kept": 3 * PEOPLE - A_TEAM,
        "replaced": A_TEAM - MOVED,
        "created": MOVED,
        "burned": MOVED,
    }
    assert mails == {f"{person(number)}@example.com": 1 for number in range(A_TEAM)}

    company.leavers = {person(number) for number in range(2 * A_TEAM, 2 * A_TEAM + LEAVERS)}
    done, mails, _ = company.hand_over(mails=A_TEAM - LEAVERS)
    assert done == {
        "kept": 3 * (PEOPLE - A_TEAM) + 2 * (A_TEAM - LEAVERS),
        "replaced": A_TEAM - LEAVERS,
        "burned": 3 * LEAVERS,
    }
    assert mails == {f"{person(number)}@example.com": 1 for number in range(2 * A_TEAM + LEAVERS, 3 * A_TEAM)}

    held = company.remember()
    own = {name for name in held if not name.startswith("site/team-") or name.count("/") == 2}
    assert len(own) == 3 * (PEOPLE - LEAVERS)
    assert len(held) == len(own) + TEAMS  # the shared values
    assert not [name for name in held if name.rpartition("/")[2] in company.leavers]
    assert len(company.live()) == len(held)
    sites = {f"site/team-{n}": held[f"site/team-{n}"].value for n in range(TEAMS)}
    assert len(set(sites.values())) == TEAMS
    assert company.hand_over()[0] == {"kept": len(own)}
    assert len(company.output) > 1_000_000  # all of it was printed
    assert [secret for secret in company.secrets if secret in company.output] == []
