# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one secret: read the ledger, ask the server, decide, act, write the ledger.

Check mode stops before the act and tells the same decision; there is one path, not two.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    Misdirected,
    NotAuthorized,
    OnetimeError,
    RateLimited,
    UnknownSecret,
    WrongPassphrase,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import GENERATED, LINK
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.state import State
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.values import recipe_of
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import warnings as warn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.decision import (
    Action,
    decide_absent,
    decide_present,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.orphans import (
    Suspects,
    Witness,
    is_over,
    may_still_arrive,
    suspects_of,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.trail import (
    End,
    ended,
    forgotten,
    seen,
    sent,
    withdrawn,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.events import Happening
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import (
    MAIL,
    Attempt,
    Entry,
    Kind,
    Part,
    PendingBurn,
    Record,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.protocol import Completion, Ledger

if TYPE_CHECKING:  # at run time only where a request is due: a name that the ledger knows costs no HTTP import
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata
    from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.api import Api

_MADE_BY = {Kind.SHARE: "ots_share", Kind.GENERATE: "ots_generate"}


class ContradictionError(OnetimeError):
    """The server says what cannot be: it does not know a link that it must still know."""


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
        """Return the same with more warnings."""
        return replace(self, warnings=(*self.warnings, *filter(None, warnings)))

    @property
    def recipient(self) -> str | None:
        """Who gets the link that exists afterwards, or got the former one."""
        link = self.record or self.desired or self.former
        return link.recipient if link else None


@dataclass(frozen=True, slots=True)
class Left:
    """What failed runs have left of one name, of which nobody knows yet what it is.

    metadata_keys: of the links that were known as this run began. record: the link that exists by now. witness: what this
    run knows of the server's clock, if it made one.
    """

    name: str
    attempts: tuple[Attempt, ...]
    metadata_keys: tuple[str, ...] = field(repr=False)
    record: Record | None = None
    witness: Witness | None = None


class Engine:
    """Makes links exist, or not, in one ledger and on one server.

    `connect` returns the client and is called only where a request is due; `anonymous` tells whether it has no account.
    later: where to put what failed runs have left, for `settle_together`, instead of looking for it name by name.
    """

    def __init__(
        self,
        ledger: Ledger,
        connect: Callable[[], Api],
        *,
        anonymous: bool,
        clock: Callable[[], float] = time.time,
        later: list[Left] | None = None,
    ) -> None:
        self._ledger = ledger
        self._connect = connect
        self._anonymous = anonymous
        self._clock = clock
        self._later = later

    def named(self, desired: Desired) -> Desired:
        """Return what is desired with a name: its own, or one that stands for its content."""
        if desired.name:
            return desired
        return replace(desired, name=f"content/{self._ledger.fingerprint(*desired.naming)[:32]}")

    def present(self, desired: Desired, *, check: bool = False, refresh: bool = True) -> Outcome:
        """Make one live link exist for what is desired; with `check` only return what would be done.

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
            former, warnings = self._refreshed(desired.name, entry.record, refresh=refresh, check=check)
            outcome = self._decide(desired, former, warnings)
            if outcome.action.sends_link:
                self._check_apart(desired.completed_from(former), entry)
            if check:
                return outcome.but_told(warn.possible_orphan(attempt, "check mode") for attempt in entry.attempts)
            pending, witness = list(entry.pending_burns), None
            if outcome.action.sends_link:
                outcome, witness, due = self._send(desired, outcome)
                pending += [due] if due else []
            told = [self._retry_burn(desired.name, burn) for burn in pending]
            return outcome.but_told([*told, *self._settle_attempts(desired.name, entry, outcome.record, witness)])

    def must_ask(self, entry: Entry, *, refresh: bool) -> bool:
        """Whether the server is to be asked how the recorded link stands."""
        return entry.record is not None and self._must_ask(entry.record, refresh=refresh)

    def unchanged(
        self, desired: Desired, entry: Entry, listed: Mapping[str, Metadata], *, refresh: bool, absent: bool
    ) -> Outcome | None:
        """Return the outcome where nothing is to be done, noted or asked about a name, or None where something is.

        entry: what the ledger has of it. listed: links that the server has told of just now, by metadata key.
        """
        record = entry.record
        if entry.attempts or entry.pending_burns:
            return None
        if absent or record is None:
            return Outcome(Action.ABSENT) if absent and record is None else None
        if self._must_ask(record, refresh=refresh):
            metadata = listed.get(record.metadata_key)
            if metadata is None or record != replace(record, state=metadata.state, received_at=metadata.received):
                return None
        outcome = self._decide(desired, record, ())
        return outcome if outcome.action is Action.KEPT else None

    def absent(self, name: str, *, passphrase: str | None = None, check: bool = False) -> Outcome:
        """Burn the name's link where it may still be read, and forget the name; with `check` only return what would be done.

        A server that takes no more burns for now still owes this one: the next run that names it tries again.
        passphrase: tried where the server does not accept the one that the ledger has.
        """
        with self._held(name, check=check):
            entry = self._ledger.read(name)
            former, warnings = self._refreshed(name, entry.record, refresh=True, check=check)
            action = decide_absent(former.state if former else None, burn_is_pending=bool(entry.pending_burns))
            outcome = Outcome(action, former=former, warnings=warnings)
            if check:
                return outcome
            due = _burn_due(former)
            if former:
                self._ledger.retire(name, former, due, forgotten(former))
            outcome = self._burn_all(name, outcome, [*entry.pending_burns, *([due] if due else [])], passphrase)
            return outcome.but_told(self._settle_attempts(name, entry, None, None))

    def absent_by_key(self, metadata_key: str, *, passphrase: str | None = None, check: bool = False) -> Outcome:
        """Burn the link with this metadata key where it may still be read, whoever made it.

        `passphrase` is needed only where the ledger does not know it, or knows a wrong one.
        """
        name = self._ledger.name_of(metadata_key)
        if name is not None:
            return self.absent(name, passphrase=passphrase, check=check)
        try:
            metadata = self._connect().metadata(metadata_key)
        except UnknownSecret:
            return Outcome(Action.ABSENT, warnings=(warn.no_such_link(),))
        action = decide_absent(metadata.state)
        if check or action is Action.ABSENT:
            return Outcome(action)
        burn = PendingBurn(metadata_key, passphrase, metadata.expires_at)
        name = f"burn/{self._ledger.fingerprint(metadata_key)[:32]}"
        try:
            end = self._burn(burn)
        except RateLimited as error:
            with self._ledger.locked(name):
                self._ledger.retire(name, None, burn)
            return Outcome(Action.BURN_PENDING, warnings=(warn.burn_pending(name, burn, error),))
        self._ledger.settle(name, burn, ended(burn, end))
        return Outcome(end.action)

    def _held(self, name: str, *, check: bool) -> AbstractContextManager[None]:
        return nullcontext() if check else self._ledger.locked(name)

    def _refreshed(
        self, name: str, record: Record | None, *, refresh: bool, check: bool
    ) -> tuple[Record | None, tuple[str, ...]]:
        """Return the recorded link as it stands now, and what is to be said of it."""
        if record is None or not self._must_ask(record, refresh=refresh):
            return record, ()
        now, warning = self._ask(record)
        if now != record and not check:
            self._ledger.note(name, now, seen(record, now))
        return now, (warning,) if warning else ()

    @contextmanager
    def _attempt(self, name: str, attempt: Attempt) -> Iterator[None]:
        """Note the intent of the request in the block; take it back where the request surely had no effect.

        A link that was made otherwise than asked, and could not be burned at once, is owed its burn.
        """
        self._ledger.begin(name, attempt)
        try:
            yield
        except Misdirected as error:
            if error.was_burned:
                self._ledger.abandon(name, attempt)
            else:
                key = error.metadata_key.get_secret_value()
                burn = PendingBurn(key, attempt.passphrase, error.expires_at, attempt.recipient)
                with suppress(LedgerError):  # which is no more urgent than what went wrong; the intent stays
                    self._ledger.owe(name, attempt, burn, withdrawn(burn))
            raise
        except OnetimeError as error:
            if not error.may_have_taken_effect:
                self._ledger.abandon(name, attempt)
            raise

    def _must_ask(self, record: Record, *, refresh: bool) -> bool:
        """Whether the server's answer can matter: an end is believed for good only when the link's time is over as well."""
        is_past_expiry = record.is_past_expiry(self._clock())
        if record.state.is_final:
            return refresh and not is_past_expiry
        return refresh or is_past_expiry

    def _ask(self, record: Record) -> tuple[Record, str | None]:
        """Return the record with the state that the server reports now. A fault of the server is raised, never guessed."""
        try:
            metadata = self._connect().metadata(record.metadata_key)
        except UnknownSecret:
            if not record.is_past_expiry(self._clock()):
                # Metadata lives twice the ttl (contract §6): another node answered, or the server lost its data.
                return record, warn.server_forgot(record)
            return replace(record, state=State.UNKNOWN), None
        except NotAuthorized:
            if not self._anonymous:
                raise
            state = State.EXPIRED if record.is_past_expiry(self._clock()) else record.state
            return replace(record, state=state), warn.state_needs_account()
        return replace(record, state=metadata.state, received_at=metadata.received), None

    def _decide(self, desired: Desired, record: Record | None, warnings: tuple[str, ...]) -> Outcome:
        if record and record.kind is not desired.kind:
            raise InvalidInput(
                f"{desired.name!r} is already the name of a value that was made by {_MADE_BY[record.kind]}; "
                "use another name, or burn this one first",
                field="name",
            )
        if desired.kind is Kind.GENERATE:
            recipe_of(desired.completed_from(record).options)  # raises InvalidInput for what does not go together
        changed = record is not None and any(
            self._fingerprint(desired.name, part, value) != self._recorded(desired.name, part, record)
            for part, value in desired.content.items()
            if value is not None
        )
        decision = decide_present(
            record.state if record else None,
            changed,
            desired.policy.reissue_on,
            rotation_is_due=record is not None and desired.policy.rotation_is_due(record, self._clock()),
        )
        outcome = Outcome(decision.action, former=record, desired=desired, warnings=warnings)
        if decision.action is Action.KEPT:
            outcome = replace(outcome, record=record).but_told([decision.warning, warn.ttl_cut(desired, record)])
        if decision.action is not Action.ROTATED:
            outcome = outcome.but_told([warn.value_of_another_kind(desired, record)])
        if desired.kind is Kind.GENERATE and decision.action in (Action.CREATED, Action.ROTATED):
            outcome = outcome.but_told([warn.weak_value(desired.completed_from(record))])
        return outcome

    def _check_apart(self, wanted: Desired, entry: Entry) -> None:
        """Raise InvalidInput where the server would mail a link by the way by which its passphrase was told."""
        passphrase, recipient = wanted.options.get("passphrase"), wanted.recipient
        if passphrase is None or recipient is None:
            return
        fingerprint = self._fingerprint(wanted.name, "passphrase", passphrase)
        for told in entry.told:
            is_its = told.part is Part.PASSPHRASE and told.of == fingerprint
            is_same_way = told.way.service == MAIL or told.way.destination == recipient
            if is_its and is_same_way and not told.same_channel:
                raise InvalidInput(warn.told_by_mail(wanted.name, told.way.destination), field="recipient")

    def _fingerprint(self, name: str, part: str, value: str | None) -> str:
        # The name goes in, so that the ledger does not even show that two names have the same passphrase.
        return self._ledger.fingerprint(name, part, value)

    def _recorded(self, name: str, part: str, record: Record) -> str:
        """Return the fingerprint of a part of the link's content; one that its record does not know was not given."""
        return record.fingerprints.get(part) or self._fingerprint(name, part, None)

    def _send(self, desired: Desired, outcome: Outcome) -> tuple[Outcome, Witness | None, PendingBurn | None]:
        """Have the server make the link that was decided on and record it, with the burn that is due then.

        Returns as well what the reply tells of the server, if it does, and that burn.
        """
        former = outcome.former
        desired = desired.completed_from(former)
        source = None if outcome.action is Action.ROTATED else former  # of a generated value, the same in its next link
        value = _value_of(desired, source)
        attempt = self._new_attempt(desired)
        with self._attempt(desired.name, attempt):
            issued = self._request(desired, value)
        witness = Witness.of(attempt, issued, self._clock())
        due = _burn_due(former, server_is_ahead=issued.created - self._now())
        value = issued.value.get_secret_value() if issued.value else value
        record = self._record(desired, source, value, issued)
        self._complete(desired.name, attempt, record, former=former, due=due, event=sent(outcome.action, record))
        return replace(outcome, record=record).but_told([warn.ttl_cut(desired, record)]), witness, due

    def _new_attempt(self, desired: Desired) -> Attempt:
        options = desired.options
        return Attempt(
            secrets.token_hex(8),
            self._now(),
            ttl=desired.ttl,
            recipient=desired.recipient,
            share_domain=options.get("share_domain"),
            passphrase=options.get("passphrase"),
        )

    def _complete(
        self,
        name: str,
        attempt: Attempt,
        record: Record,
        *,
        former: Record | None,
        due: PendingBurn | None,
        event: Happening,
    ) -> None:
        """Record the link. Where it surely is not recorded, burn it: the next run would send another one."""
        try:
            self._ledger.complete(name, attempt, record, former=former, due=due, event=event)
        except LedgerError as error:
            burn = PendingBurn.of(record)
            completion = self._ledger.withdraw(name, attempt, record, burn, withdrawn(burn))
            if completion is Completion.RECORDED:
                return
            if completion is Completion.UNKNOWN:
                raise LedgerError(str(error), "then run again: the next run looks for the link that was made") from None
            with suppress(OnetimeError, LedgerError):
                self._ledger.settle(name, burn, ended(burn, self._burn(burn)))
            raise

    def _request(self, desired: Desired, value: str | None) -> Issued:
        from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import (
            GenerateRequest,
            ShareRequest,
        )

        if value is None:
            return self._connect().generate(GenerateRequest(**desired.only(GENERATED)))
        fields: dict[str, Any] = {"secret": value, **desired.only(LINK)}
        return self._connect().share(ShareRequest(**fields))

    def _record(self, desired: Desired, source: Record | None, value: str | None, issued: Issued) -> Record:
        fingerprints = {part: self._fingerprint(desired.name, part, value) for part, value in desired.content.items()}
        is_same_value = source is not None and source.fingerprints["secret"] == fingerprints["secret"]
        return Record(
            kind=desired.kind,
            fingerprints=fingerprints,
            options=desired.options,
            metadata_key=issued.metadata_key.get_secret_value(),
            secret_key=issued.secret_key.get_secret_value(),
            value=value if desired.kind is Kind.GENERATE else None,  # one that was given stays with its caller
            share_domain=issued.share_domain,
            state=State.NEW,
            ttl=issued.ttl,
            value_created_at=source.value_created_at if source and is_same_value else issued.created,
            created_at=issued.created,
            recorded_at=self._now(),
        )

    def _retry_burn(self, name: str, burn: PendingBurn) -> str | None:
        """Burn a link that was replaced; return a warning where that must wait for the next run."""
        try:
            end = self._burn(burn)
        except OnetimeError as error:
            return warn.burn_pending(name, burn, error)
        self._ledger.settle(name, burn, ended(burn, end))
        return None

    def _burn_all(self, name: str, outcome: Outcome, burns: Iterable[PendingBurn], passphrase: str | None) -> Outcome:
        """Burn what is to be absent. What fails stays pending, and fails the run but for a server that wants us to wait.

        A link whose passphrase is not known keeps no other one from being burned.
        """
        ends, refusals = list[Action](), list[WrongPassphrase]()
        for burn in burns:
            try:
                end = self._burn_by_either(burn, passphrase)
            except RateLimited as error:
                ends.append(Action.BURN_PENDING)
                outcome = outcome.but_told([warn.burn_pending(name, burn, error)])
            except WrongPassphrase as error:
                refusals.append(error)
            else:
                self._ledger.settle(name, burn, ended(burn, end))
                ends.append(end.action)
        for refusal in refusals:
            raise refusal
        worst_first = (Action.BURN_PENDING, Action.BURNED, Action.ABSENT)
        return replace(outcome, action=next((action for action in worst_first if action in ends), Action.ABSENT))

    def _burn_by_either(self, burn: PendingBurn, passphrase: str | None) -> End:
        """Burn a link by the passphrase that the ledger has, or else by the one that is given."""
        try:
            return self._burn(burn)
        except WrongPassphrase:
            if passphrase in (None, burn.passphrase):
                raise
        return self._burn(replace(burn, passphrase=passphrase))

    def _settle_attempts(self, name: str, entry: Entry, record: Record | None, witness: Witness | None) -> list[str]:
        """Look for the links that failed runs have left behind, burn what is certainly theirs, warn of the rest.

        An attempt is kept until it is known what it left. `entry` is the name's as the run began, `record` its link by now.
        """
        now = self._clock()
        over = [attempt for attempt in entry.attempts if is_over(attempt, now)]
        for attempt in over:
            self._ledger.abandon(name, attempt)
        open_attempts = tuple(attempt for attempt in entry.attempts if attempt not in over)
        if not open_attempts:
            return []
        left = Left(name, open_attempts, entry.metadata_keys, record, witness)
        if self._later is not None:
            self._later.append(left)
            return []
        return self._settle_left([left])[name]

    def settle_together(self, all_left: Sequence[Left]) -> dict[str, list[str]]:
        """Do for several names at once what `present` and `absent` have left for later; return the warnings of each.

        While all names are held, none of their attempts is another run's, so they do not cast doubt on each other: what
        one dead run left of names that look alike can be told from a stranger's.
        """
        with ExitStack() as held:
            for name in sorted(left.name for left in all_left):  # in one order, so that no two runs wait for each other
                held.enter_context(self._ledger.locked(name))
            entries = self._ledger.read_all([left.name for left in all_left])
            still = [
                replace(left, attempts=tuple(one for one in left.attempts if one in entries[left.name].attempts))
                for left in all_left
            ]
            return self._settle_left(still)

    def _settle_left(self, all_left: Sequence[Left]) -> dict[str, list[str]]:
        now = self._clock()
        warnings: dict[str, list[str]] = {left.name: [] for left in all_left}
        pairs = [(left, attempt) for left in all_left for attempt in left.attempts]
        try:
            listed = self._connect().recent()
        except OnetimeError as error:
            for left, attempt in pairs:
                warnings[left.name].append(warn.possible_orphan(attempt, error))
            return warnings
        # After the list was made, so that what is ours in it is in the ledger by now.
        footprint = self._ledger.footprint()
        open_attempts = [attempt for _left, attempt in pairs]
        rivals = [attempt for attempt in footprint.attempts if attempt not in open_attempts]
        witness = min(
            (left.witness for left in all_left if left.witness), key=lambda one: one.most - one.least, default=None
        )
        there = [
            left.record.metadata_key
            for left in all_left
            if left.record and left.record.state.is_unread and not left.record.is_past_expiry(now)
        ]
        gap = warn.gap_in_list(
            {link.metadata_key.get_secret_value() for link in listed},
            shown_if_whole=there,
            known=footprint.metadata_keys.union(*(left.metadata_keys for left in all_left)),
        )
        burned = set[str]()
        links = {link.metadata_key.get_secret_value(): link for link in listed}
        for left, attempt in pairs:
            find = partial(
                suspects_of,
                open_attempts,
                known=footprint.metadata_keys | burned,
                rivals=rivals,
                witness=witness,
                now=now,
            )
            try:
                suspects = self._certain_of(attempt, links, find)
            except OnetimeError as error:
                warnings[left.name].append(warn.possible_orphan(attempt, error))
                continue
            is_settled, gone, warning = self._settle_attempt(left.name, attempt, suspects, gap)
            burned |= {gone} if gone else set()
            warnings[left.name] += [warning] if warning else []
            if is_settled:  # what was not this one's may be the next one's
                open_attempts.remove(attempt)
        return warnings

    def _certain_of(
        self,
        attempt: Attempt,
        links: dict[str, Metadata],
        find: Callable[[Iterable[Metadata]], dict[Attempt, Suspects]],
    ) -> Suspects:
        """Find the attempt's suspects among links, having asked about the certain one what lists leave out.

        That is whether it needs a passphrase: a server that needs none burns a link whatever passphrase is given. What the
        server tells goes into `links`.
        """
        asked = set[str]()
        while True:
            suspects = find(links.values())[attempt]
            key = suspects.certain.metadata_key.get_secret_value() if suspects.certain else None
            if key is None or key in asked or links[key].passphrase_required is not None:
                return suspects
            asked.add(key)
            with suppress(UnknownSecret):  # by which nothing is known; the burn finds out
                links[key] = self._connect().metadata(key)

    def _settle_attempt(
        self, name: str, attempt: Attempt, suspects: Suspects, gap: str | None
    ) -> tuple[bool, str | None, str | None]:
        """Burn the attempt's link where it is certain, and strike off the attempt where nothing is left of it.

        That nothing is left is believed only of a list without a gap. Returns whether the attempt was struck off, the
        metadata key of the link that is gone, and a warning.
        """
        links, certain = suspects.links, suspects.certain
        if certain:
            key = certain.metadata_key.get_secret_value()
            burn = PendingBurn(key, attempt.passphrase, certain.expires_at, attempt.recipient)
            try:
                end = self._burn(burn)
            except WrongPassphrase:
                links = tuple(link for link in links if link is not certain)  # which is another's after all
            except OnetimeError as error:
                return False, None, warn.possible_orphan(attempt, error)
            else:
                self._ledger.abandon(name, attempt, ended(burn, end, orphan=True))
                return True, burn.metadata_key, warn.orphan_burned(attempt) if end.is_ours else None
        if links:
            return False, None, warn.orphan_suspects(attempt, links)
        if gap:
            return False, None, warn.possible_orphan(attempt, gap)
        if may_still_arrive(attempt, self._clock()):
            return False, None, None
        self._ledger.abandon(name, attempt)
        return True, None, None

    def _burn(self, burn: PendingBurn) -> End:
        """Burn a link; return its end, another one where it could not be read any more when the burn arrived.

        Servers answer "Unknown secret" to a link that was read or burned, and so does a server that has lost its data or is
        not the one that made the link. Only metadata that says so tells them apart, and where there is none any more, the
        link's own time.
        """
        client = self._connect()
        try:
            client.burn(burn.metadata_key, burn.passphrase)
        except UnknownSecret:
            end = self._other_end(client, burn)
            if end is None:
                raise ContradictionError(warn.contradiction(burn)) from None
            return end
        return End(State.BURNED, is_ours=True)

    def _other_end(self, client: Api, burn: PendingBurn) -> End | None:
        try:
            metadata = client.metadata(burn.metadata_key)
        except (UnknownSecret, NotAuthorized):  # some servers report nothing without an account
            return End(State.UNKNOWN) if self._clock() >= burn.expires_at else None
        return End(metadata.state, received_at=metadata.received) if metadata.is_final else None

    def _now(self) -> int:
        return int(self._clock())


def _value_of(desired: Desired, source: Record | None) -> str | None:
    """What is to be shared; None for a value that the server generates."""
    if desired.secret is not None:
        return desired.secret
    if source and source.value is not None:
        return source.value
    recipe = recipe_of(desired.options)
    return recipe.make() if recipe else None


def _burn_due(former: Record | None, *, server_is_ahead: int | None = None) -> PendingBurn | None:
    """The burn that is due when another link takes this one's place, or none shall be.

    server_is_ahead: seconds, measured just now. Our clock may have been set since the link was recorded, and its time is not
    over before it is so by both clocks.
    """
    if former is None or former.state.is_final:
        return None
    burn = PendingBurn.of(former)
    return burn if server_is_ahead is None else burn.until(former.expires_at - server_is_ahead)
