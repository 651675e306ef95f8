"""The crash matrix: every operation, on every ledger, killed at every step, then run again. What must remain, and what did."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from death import At, killed_at, watched_client, watched_ledger

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.credentials import Credentials
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired, Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.sql import SqlLedger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import Entry
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.times import iso_time
from onetime_server.profile import V0_23, V0_26, Profile
from onetime_server.store import Receipt
from support.live_server import TOKEN, LiveServer
from support.postgresql import Postgresql
from support.world import KEY

HOUR = 3600
A_MINUTE = 60  # after the death: what was under way has arrived
SHARE = Desired("db/prod/alice", secret="s3cret ✓", ttl=HOUR, recipient="alice@example.com")
GENERATE = Desired("db/prod/app", ttl=HOUR)
ROTATED = replace(GENERATE, policy=Policy(rotate_after=HOUR // 2))


@dataclass(frozen=True)
class Operation:
    """What is killed: a run that asks for `desired`, or for its absence, `later` seconds after one that asked for `before`."""

    desired: Desired
    before: Desired | None = None
    later: int = 0
    absent: bool = False
    new_ledger: bool = False

    def run(self, engine: Engine) -> Outcome:
        return engine.absent(self.desired.name) if self.absent else engine.present(self.desired)

    @property
    def links(self) -> int:
        """How many can be read in the end."""
        return 0 if self.absent else 1


OPERATIONS = {
    "create share": Operation(SHARE),
    "create generate": Operation(GENERATE),
    "create in a new ledger": Operation(GENERATE, new_ledger=True),
    "reissue after expiry": Operation(GENERATE, before=GENERATE, later=HOUR),
    "replace": Operation(replace(SHARE, secret="other"), before=SHARE),
    "rotate": Operation(ROTATED, before=ROTATED, later=HOUR // 2),
    "burn": Operation(
        replace(SHARE, passphrase="correct-horse"), before=replace(SHARE, passphrase="correct-horse"), absent=True
    ),
}
NO_STEP = "(not killed)"
BACK_ENDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Setting:
    """What the matrix is made under. What looks alike is judged the same whatever keeps the ledger."""

    release: Profile
    look_alike: bool = False  # whether somebody else shares what looks like the dead run's link before the second run
    back_ends: tuple[str, ...] = BACK_ENDS

    def __str__(self) -> str:
        return f"{self.release.name}, with a look-alike" if self.look_alike else self.release.name


SETTINGS = [Setting(V0_26), Setting(V0_26, look_alike=True, back_ends=("sqlite",)), Setting(V0_23)]


@dataclass
class Cell:
    """One operation killed at one step, and what was found after the second run."""

    step: str
    unread: int = 0  # links of ours at the server
    orphan: str = "none"  # that the dead run left: none, burned, reported
    warnings: tuple[str, ...] = ()
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)


@dataclass(frozen=True)
class Place:
    """A server and a ledger that exists, and how to come by the URL of one that does not."""

    server: LiveServer
    ledger_url: str
    new_ledger: Callable[[], str]

    @classmethod
    def of(cls, server: LiveServer, back_end: str, folder: Path, postgresql: Postgresql) -> Place:
        """Make a place with a ledger in a folder, or in a database server, as the back end's name says."""
        new_ledger = {
            "sqlite": lambda: f"sqlite://{folder}/{uuid4().hex}/ledger.sqlite3",
            "postgresql": postgresql.new_database,
        }[back_end]
        place = cls(server, new_ledger(), new_ledger)
        with Controller.of(server, place.ledger_url).ledger() as ledger:
            ledger.fingerprint()  # which makes it
        return place


def cells(place: Place, operation: Operation, *, look_alike: bool = False) -> Iterator[Cell]:
    """Yield the operation's cells: killed at its first step, at its second, and so on until it outlives it."""
    for number in itertools.count():
        controller = Controller.of(place.server, place.new_ledger() if operation.new_ledger else place.ledger_url)
        cell = _cell(controller, operation, number, look_alike=look_alike)
        yield cell
        if cell.step == NO_STEP:
            return


@dataclass(frozen=True)
class Controller:
    """Who runs Ansible: with an account of its own, so that cells do not meet at the server or in the ledger."""

    server: LiveServer
    ledger_url: str
    username: str

    @classmethod
    def of(cls, server: LiveServer, ledger_url: str) -> Controller:
        username, _ = server.account(f"{uuid4().hex}@example.com")
        return cls(server, ledger_url, username)

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(Address.of(self.server.url), Credentials.of(self.username, TOKEN)) as client:
            yield client

    @contextmanager
    def ledger(self) -> Iterator[SqlLedger]:
        settings = {"ledger": self.ledger_url, "ledger_key": KEY, "ledger_key_file": None, "ledger_wait": 10}
        with open_ledger(settings, f"{self.server.url} {self.username}") as ledger:
            yield ledger

    def run(self, act: Callable[[Engine], Outcome], at: At | None = None) -> Outcome:
        """Run as a process would that begins and ends with it, with every step told to `at`."""
        with self.ledger() as ledger, self.client() as client:
            seen_ledger = watched_ledger(ledger, at) if at else ledger
            seen_client = watched_client(client, at) if at else client
            return act(Engine(seen_ledger, lambda: seen_client, anonymous=False, clock=self.server.clock))

    def entry(self, name: str) -> Entry:
        with self.ledger() as ledger:
            return ledger.read(name)

    def links(self) -> dict[str, Receipt]:
        """Those that can be read, by metadata key."""
        recent = self.server.services.store.recent(self.server.account_of(self.username))
        return {one.metadata_key: one for one in recent if one.unread}

    def share_like(self, desired: Desired) -> str:
        """Share, as somebody else with the same account, what looks like it; return the metadata key."""
        options = {"ttl": str(desired.ttl), "passphrase": desired.passphrase, "recipient": desired.recipient}
        form = {option: value for option, value in options.items() if value}
        return str(self.server.share("theirs", (self.username, TOKEN), **form)["metadata_key"])


def _cell(controller: Controller, operation: Operation, number: int, *, look_alike: bool) -> Cell:
    clock = controller.server.clock
    if operation.before:
        before = operation.before
        controller.run(lambda engine: engine.present(before))
        clock.advance(operation.later)
    step = killed_at(number, lambda at: controller.run(operation.run, at))
    left_by_the_dead = controller.entry(operation.desired.name)
    orphans = controller.links().keys() - set(left_by_the_dead.metadata_keys)
    clock.advance(A_MINUTE)
    theirs = {controller.share_like(operation.desired)} if look_alike else set()

    second = controller.run(operation.run)

    links = controller.links()
    left = orphans & links.keys()
    cell = Cell(
        step or NO_STEP,
        unread=len(links.keys() - theirs),
        orphan="none" if not orphans else "reported" if left else "burned",
        warnings=second.warnings,
    )
    is_knowable = controller.server.services.profile.recent_works and not look_alike
    cell.expect(theirs <= links.keys(), "a stranger's link was burned")
    cell.expect(cell.unread == operation.links + len(left), "too many links, or none")
    _check_orphan(cell, left_by_the_dead, is_knowable=is_knowable)

    third = controller.run(operation.run)

    cell.expect(not third.action.is_change, "the third run changed something")
    cell.expect(controller.links().keys() == links.keys(), "the third run made or burned a link")
    cell.expect(third.warnings == (() if is_knowable else second.warnings), "the third run warned of something else")
    _check_ledger(cell, controller, operation, is_knowable=is_knowable)
    return cell


def _check_orphan(cell: Cell, left_by_the_dead: Entry, *, is_knowable: bool) -> None:
    """The dead run's link was burned, or its latest expiry told where it cannot be known for certain."""
    told = " ".join(cell.warnings)
    cell.expect(cell.orphan != "burned" or "found at the server and burned" in told, "a link was burned without a word")
    cell.expect(cell.orphan != "reported" or not is_knowable, "an orphan that can be known was left")
    if cell.orphan == "reported":
        (attempt,) = left_by_the_dead.attempts
        cell.expect(
            iso_time(attempt.latest_expiry) in told or "so they were left" in told, "an orphan was not reported"
        )


def _check_ledger(cell: Cell, controller: Controller, operation: Operation, *, is_knowable: bool) -> None:
    """It is whole, and tells the value that the link reveals to its recipient."""
    desired, entry = operation.desired, controller.entry(operation.desired.name)
    cell.expect(not entry.owed, "a burn is owed")
    cell.expect(not (entry.attempts and is_knowable), "an intent was not settled")
    cell.expect(len(entry.metadata_keys) == operation.links, "the ledger has not what the server has")
    if controller.ledger_url.startswith("sqlite"):
        with closing(sqlite3.connect(controller.ledger_url.removeprefix("sqlite://"))) as db:
            cell.expect(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the file is broken")
    if entry.record:
        with controller.client() as recipient:
            value = recipient.reveal(entry.record.secret_key, entry.record.passphrase).value.get_secret_value()
        cell.expect(value == (desired.secret or entry.record.value), "the link reveals something else")
