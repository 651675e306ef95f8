# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one secret: read the ledger, ask the server, decide, act, write the ledger.

Check mode stops before the act and tells the same decision; there is one path, not two.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    NotAuthorized,
    OnetimeError,
    RateLimited,
    Refused,
    ReplyLost,
    ServerFault,
    UnknownSecret,
    WrongPassphrase,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.plugin_utils import hints
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.decision import Action, decide_absent, decide_present
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.base import Ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.orphans import (
    Suspects,
    is_over,
    may_still_arrive,
    suspects_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.record import (
    Attempt,
    Kind,
    OwedBurn,
    Record,
)

if TYPE_CHECKING:  # at run time only where a request is due: a name that the ledger knows costs no HTTP import
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued

_MADE_BY = {Kind.SHARE: "ots_share", Kind.GENERATE: "ots_generate"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did about one name, or in check mode would do.

    `record` is the link that exists afterwards (None where there is none, or not yet), `former` the one before, `desired`
    the one that was asked for.
    """

    action: Action
    record: Record | None = None
    former: Record | None = None
    desired: Desired | None = None
    warnings: tuple[str, ...] = ()

    @property
    def state(self) -> str | None:
        """The state of the link that exists afterwards, or in which the former one ended."""
        if self.action is Action.BURNED:
            return State.BURNED.value
        link = self.record or self.former
        return link.state.value if link else None

    def but_told(self, warnings: Iterable[str | None]) -> Outcome:
        """Return the same with more to tell the user."""
        return replace(self, warnings=(*self.warnings, *filter(None, warnings)))

    @property
    def recipient(self) -> str | None:
        """Who gets the link that exists afterwards, or got the former one."""
        link = self.record or self.desired or self.former
        return link.recipient if link else None


class Engine:
    """Makes links exist, or not, in one ledger and on one server.

    `connect` returns the client and is called only where a request is due; `anonymous` tells whether it has no account.
    """

    def __init__(
        self, ledger: Ledger, connect: Callable[[], Client], *, anonymous: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._connect = connect
        self._anonymous = anonymous
        self._clock = clock

    def named(self, desired: Desired) -> Desired:
        """Return what is desired with a name: its own, or one that stands for its content."""
        if desired.name:
            return desired
        return replace(desired, name=f"content/{self._ledger.fingerprint(*desired.content.values())[:32]}")

    def present(self, desired: Desired, *, check: bool = False, refresh: bool = True) -> Outcome:
        """Make one live link exist for what is desired; with `check` only tell what would be done.

        With `refresh` the server is asked for the state of a link that is not known to be read, burned or expired;
        without it only past the recorded expiry. Raises OnetimeError and LedgerError; then no second link was sent.
        """
        if not refresh:
            record = self._ledger.read(desired.name).record
            if record and not self._must_ask(record, refresh=False):
                outcome = self._decide(desired, record, ())
                if outcome.action is Action.KEPT:
                    return outcome
        with self._held(desired.name, check=check):
            entry = self._ledger.read(desired.name)
            former, warnings = self._look(desired.name, entry.record, refresh=refresh, check=check)
            outcome = self._decide(desired, former, warnings)
            if check:
                return outcome.but_told(hints.possible_orphan(attempt, "check mode") for attempt in entry.attempts)
            owed = list(entry.owed)
            if outcome.action.sends_link:
                due = _burn_due(former)
                outcome = self._send(desired, outcome, due)
                owed += [due] if due else []
            told = [self._pay(desired.name, burn) for burn in owed]
            return outcome.but_told([*told, *self._trace(desired.name, entry.attempts, outcome.record)])

    def absent(self, name: str, *, check: bool = False) -> Outcome:
        """Burn the name's link where it may still be read, and forget the name; with `check` only tell what would be done.

        A server that takes no more burns for now still owes this one: the next run that names it tries again.
        """
        with self._held(name, check=check):
            entry = self._ledger.read(name)
            former, warnings = self._look(name, entry.record, refresh=True, check=check)
            action = decide_absent(former.state if former else None, burn_is_owed=bool(entry.owed))
            outcome = Outcome(action, former=former, warnings=warnings)
            if check:
                return outcome
            due = _burn_due(former)
            if former:
                self._ledger.retire(name, due)
            outcome = self._collect(name, outcome, [*entry.owed, *([due] if due else [])])
            return outcome.but_told(self._trace(name, entry.attempts, former))

    def absent_by_key(self, metadata_key: str, *, passphrase: str | None = None, check: bool = False) -> Outcome:
        """Burn the link with this metadata key where it may still be read, whoever made it.

        `passphrase` is needed only where the ledger does not know it.
        """
        name = self._ledger.name_of(metadata_key)
        if name is not None:
            return self.absent(name, check=check)
        try:
            metadata = self._connect().metadata(metadata_key)
        except UnknownSecret:
            return Outcome(Action.ABSENT)
        action = decide_absent(metadata.state)
        if check or action is Action.ABSENT:
            return Outcome(action)
        try:
            return Outcome(self._burn(metadata_key, passphrase))
        except RateLimited as error:
            owed = OwedBurn(metadata_key, passphrase, metadata.expires_at)
            name = f"link/{self._ledger.fingerprint(metadata_key)[:32]}"
            self._ledger.retire(name, owed)
            return Outcome(Action.BURN_OWED, warnings=(hints.burn_owed(name, owed, error),))

    def _held(self, name: str, *, check: bool) -> AbstractContextManager[None]:
        return nullcontext() if check else self._ledger.locked(name)

    def _look(
        self, name: str, record: Record | None, *, refresh: bool, check: bool
    ) -> tuple[Record | None, tuple[str, ...]]:
        """Return the recorded link as it stands now, and what is to be said of it."""
        if record is None or not self._must_ask(record, refresh=refresh):
            return record, ()
        seen, warning = self._ask(record)
        if seen != record and not check:
            self._ledger.note(name, seen)
        return seen, (warning,) if warning else ()

    @contextmanager
    def _attempt(self, name: str, attempt: Attempt) -> Iterator[None]:
        """Note the intent of the request in the block; take it back where the request surely had no effect."""
        self._ledger.begin(name, attempt)
        try:
            yield
        except OnetimeError as error:
            if not may_have_taken_effect(error):
                self._ledger.abandon(name, attempt)
            raise

    def _must_ask(self, record: Record, *, refresh: bool) -> bool:
        return not record.state.is_final and (refresh or record.is_past_expiry(self._clock()))

    def _ask(self, record: Record) -> tuple[Record, str | None]:
        """Return the record with the state that the server tells now. A fault of the server is raised, never guessed."""
        try:
            metadata = self._connect().metadata(record.metadata_key)
        except UnknownSecret:
            return replace(record, state=State.UNKNOWN), None
        except NotAuthorized:
            if not self._anonymous:
                raise
            state = State.EXPIRED if record.is_past_expiry(self._clock()) else record.state
            return replace(record, state=state), hints.nothing_told_without_an_account()
        return replace(record, state=metadata.state, received_at=metadata.received), None

    def _decide(self, desired: Desired, record: Record | None, warnings: tuple[str, ...]) -> Outcome:
        if record and record.kind is not desired.kind:
            raise InvalidInput(
                f"{desired.name!r} already names a value that was made by {_MADE_BY[record.kind]}; "
                "choose another name, or burn that one first",
                field="name",
            )
        changed = record is not None and any(
            self._fingerprint(desired.name, part, value) != record.fingerprints[part]
            for part, value in desired.content.items()
            if not (desired.partial and value is None)
        )
        decision = decide_present(
            record.state if record else None,
            changed,
            desired.policy.reissue_on,
            rotation_is_due=record is not None and desired.policy.rotation_is_due(record, self._clock()),
        )
        outcome = Outcome(decision.action, former=record, desired=desired, warnings=warnings)
        if decision.action is Action.KEPT:
            outcome = replace(outcome, record=record).but_told([decision.warning, hints.ttl_cut(desired, record)])
        if decision.action is not Action.ROTATED:
            outcome = outcome.but_told([hints.value_of_another_length(desired, record)])
        return outcome

    def _fingerprint(self, name: str, part: str, value: str | None) -> str:
        # The name goes in, so that the ledger does not even tell that two names have the same passphrase.
        return self._ledger.fingerprint(name, part, value)

    def _send(self, desired: Desired, outcome: Outcome, due: OwedBurn | None) -> Outcome:
        """Have the server make the link that was decided on and record it, with the burn that is due then."""
        former = outcome.former
        if former and desired.partial:
            desired = desired.completed_from(former)
        source = None if outcome.action is Action.ROTATED else former  # of a generated value, the same in its next link
        attempt = Attempt(
            secrets.token_hex(8), self._now(), desired.ttl, desired.recipient, desired.share_domain, desired.passphrase
        )
        with self._attempt(desired.name, attempt):
            issued = self._request(desired, source)
        record = self._record(desired, source, issued)
        try:
            self._ledger.complete(desired.name, attempt, record, due)
        except LedgerError:
            # The next run would send another: take this one back while its key is known.
            with suppress(OnetimeError):
                self._burn(record.metadata_key, record.passphrase)
            raise
        return replace(outcome, record=record).but_told([hints.ttl_cut(desired, record)])

    def _request(self, desired: Desired, source: Record | None) -> Issued:
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import (
            GenerateRequest,
            ShareRequest,
        )

        fields: dict[str, Any] = {
            "passphrase": desired.passphrase,
            "ttl": desired.ttl,
            "recipient": desired.recipient,
            "share_domain": desired.share_domain,
        }
        if desired.kind is Kind.SHARE:
            return self._connect().share(ShareRequest(**fields | {"secret": desired.secret}))
        if source:
            return self._connect().share(ShareRequest(**fields | {"secret": source.value}))
        return self._connect().generate(GenerateRequest(**fields | {"length": desired.length}))

    def _record(self, desired: Desired, source: Record | None, issued: Issued) -> Record:
        fingerprints = {part: self._fingerprint(desired.name, part, value) for part, value in desired.content.items()}
        is_same_value = source is not None and source.fingerprints["secret"] == fingerprints["secret"]
        return Record(
            kind=desired.kind,
            fingerprints=fingerprints,
            metadata_key=issued.metadata_key.get_secret_value(),
            secret_key=issued.secret_key.get_secret_value(),
            passphrase=desired.passphrase,
            # A value that is not new came from the former link; one that was shared stays with its caller.
            value=issued.value.get_secret_value() if issued.value else source.value if source else None,
            recipient=desired.recipient,
            share_domain=issued.share_domain,
            state=State.NEW,
            ttl_asked=desired.ttl,
            ttl=issued.ttl,
            value_created_at=source.value_created_at if source and is_same_value else issued.created,
            created_at=issued.created,
            recorded_at=self._now(),
        )

    def _pay(self, name: str, owed: OwedBurn) -> str | None:
        """Burn a link that was replaced; return a warning where that must wait for the next run."""
        try:
            self._burn(owed.metadata_key, owed.passphrase)
        except OnetimeError as error:
            return hints.burn_owed(name, owed, error)
        self._ledger.settle(name, owed)
        return None

    def _collect(self, name: str, outcome: Outcome, debts: Iterable[OwedBurn]) -> Outcome:
        """Burn what is to be absent. What fails stays owed, and fails the run but for a server that wants us to wait."""
        ends = []
        for owed in debts:
            try:
                ends.append(self._burn(owed.metadata_key, owed.passphrase))
            except RateLimited as error:
                ends.append(Action.BURN_OWED)
                outcome = outcome.but_told([hints.burn_owed(name, owed, error)])
            except WrongPassphrase:
                self._ledger.settle(name, owed)  # a burn by key that waited: another one can be given now
                raise
            else:
                self._ledger.settle(name, owed)
        worst_first = (Action.BURN_OWED, Action.BURNED, Action.ABSENT)
        return replace(outcome, action=next((action for action in worst_first if action in ends), Action.ABSENT))

    def _trace(self, name: str, attempts: Iterable[Attempt], record: Record | None) -> list[str]:
        """Look for the links that runs which died have left behind, burn what is certainly theirs, tell of the rest.

        `record` tells by how much the server's clock is ahead of ours. An attempt is kept until it is known what it left.
        """
        now, warnings = self._clock(), []
        over = [attempt for attempt in attempts if is_over(attempt, now)]
        for attempt in over:
            self._ledger.abandon(name, attempt)
        open_attempts = [attempt for attempt in attempts if attempt not in over]
        if not open_attempts:
            return []
        try:
            listed = self._connect().recent()
        except OnetimeError as error:
            return [hints.possible_orphan(attempt, error) for attempt in open_attempts]
        # After the list was made, so that what is ours in it is in the ledger by now.
        entries = self._ledger.entries().values()
        for attempt in open_attempts:
            suspects = suspects_of(
                attempt,
                listed,
                known={key for entry in entries for key in entry.metadata_keys},
                rivals=[other for entry in entries for other in entry.attempts if other != attempt],
                server_ahead=record.created_at - record.recorded_at if record else 0,
                now=now,
            )
            warnings.append(self._clear(name, attempt, suspects))
        return [warning for warning in warnings if warning]

    def _clear(self, name: str, attempt: Attempt, suspects: Suspects) -> str | None:
        """Burn the attempt's link where it is certain, and strike off the attempt where nothing is left of it."""
        links, end = suspects.links, None
        if suspects.certain:
            try:
                end = self._burn(suspects.certain.metadata_key.get_secret_value(), attempt.passphrase)
            except WrongPassphrase:
                links = ()  # it is another's after all
            except OnetimeError as error:
                return hints.possible_orphan(attempt, error)
        if end or not (links or may_still_arrive(attempt, self._clock())):
            self._ledger.abandon(name, attempt)
        if end:
            return hints.orphan_burned(attempt) if end is Action.BURNED else None
        return hints.orphan_suspects(attempt, links) if links else None

    def _burn(self, metadata_key: str, passphrase: str | None) -> Action:
        """Burn a link; ABSENT where it could not be read any more when the burn arrived."""
        try:
            self._connect().burn(metadata_key, passphrase)
        except UnknownSecret:
            return Action.ABSENT
        return Action.BURNED

    def _now(self) -> int:
        return int(self._clock())


def _burn_due(former: Record | None) -> OwedBurn | None:
    """The burn that is due when another link takes this one's place, or none shall be."""
    return OwedBurn.of(former) if former and not former.state.is_final else None


def may_have_taken_effect(error: OnetimeError) -> bool:
    """Whether a request that ended so may have made a link all the same; a 200 that makes no sense may stand for one."""
    return isinstance(error, ReplyLost | ServerFault) or (isinstance(error, Refused) and error.status < 300)
