"""The life of a secret: created, perhaps looked at, then read, burned or expired. One transaction consumes it.

States: new → (viewed, in older releases) → received | burned | expired | orphaned (contract §6).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .accounts import Account, random_base36
from .attempts import Attempts
from .database import Database
from .errors import UnknownSecretError
from .profile import DAY, Profile
from .vault import Vault, WrongPassphraseError

Clock = Callable[[], float]

_UNREAD = ("new", "viewed")
_RECEIPTS = """
SELECT receipt.*, COALESCE(account.email, 'anon') AS owner, secret.key_hash IS NOT NULL AS secret_exists
FROM receipt
LEFT JOIN account ON account.id = receipt.account_id
LEFT JOIN secret ON secret.key_hash = receipt.secret_key_hash AND secret.expires > :now
WHERE receipt.expires > :now
"""
_ONE = f"{_RECEIPTS} AND receipt.key_hash = :key_hash"
# CROSS: SQLite looks for the secret first. So what was read, burned, swept or never there takes the same steps.
_UNREAD_ONE = """
SELECT receipt.*, COALESCE(account.email, 'anon') AS owner, 1 AS secret_exists
FROM secret
CROSS JOIN receipt ON receipt.secret_key_hash = secret.key_hash
LEFT JOIN account ON account.id = receipt.account_id
WHERE secret.key_hash = :key_hash AND secret.expires > :now AND receipt.expires > :now
"""
_RECENT = 30 * DAY
_SWEEP = (
    "DELETE FROM secret WHERE key_hash IN (SELECT key_hash FROM secret WHERE expires <= ? LIMIT ?)",
    "DELETE FROM receipt WHERE id IN (SELECT id FROM receipt WHERE expires <= ? LIMIT ?)",
)
_SWEPT_AT_ONCE = 500


@dataclass(frozen=True)
class Receipt:
    """What the creator may know of a secret. Times are unix seconds; `received` is None until it was read."""

    metadata_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    owner: str
    """E-mail address of the creator, or "anon"."""
    state: str
    ttl: int
    created: float
    updated: float
    received: float | None
    secret_expires: float
    expires: float
    recipient: str
    """Obfuscated; "" if none."""
    share_domain: str
    has_passphrase: bool
    secret_exists: bool
    value_shown_until: float
    """Until when the next metadata request shows the value."""

    @property
    def unread(self) -> bool:
        """Whether the link still works."""
        return self.secret_exists and self.state in _UNREAD


@dataclass(frozen=True)
class Order:
    """A secret to be stored. `recipient` is obfuscated already."""

    value: bytes = field(repr=False)
    ttl: int
    passphrase: str = field(repr=False)
    recipient: str
    share_domain: str
    generated: bool


class Store:
    """Secrets and their receipts in one database."""

    def __init__(self, database: Database, vault: Vault, profile: Profile, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._profile = profile
        self._clock = clock
        self._attempts = Attempts(profile.wrong_passphrases_per_secret)

    def create(self, order: Order, owner: Account | None) -> Receipt:
        """Store a secret; its receipt carries the new keys."""
        now = self._clock()
        receipt = Receipt(
            metadata_key=random_base36(self._profile.key_length),
            secret_key=random_base36(self._profile.key_length),
            owner=owner.email if owner else "anon",
            state="new",
            ttl=order.ttl,
            created=now,
            updated=now,
            received=None,
            secret_expires=now + order.ttl,
            expires=now + 2 * order.ttl,
            recipient=order.recipient,
            share_domain=order.share_domain,
            has_passphrase=bool(order.passphrase),
            secret_exists=True,
            value_shown_until=self._value_shown_until(order, now),
        )
        value = self._vault.seal_value(order.value, receipt.secret_key, order.passphrase)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO secret (key_hash, sealed, expires) VALUES (?, ?, ?)",
                (self._vault.key_hash(receipt.secret_key), value, receipt.secret_expires),
            )
            # Releases that count asking as viewing take a generated value, shown to its creator, for viewed.
            viewed = order.generated and self._profile.asking_views
            self._insert(connection, replace(receipt, state="viewed") if viewed else receipt, owner)
        return receipt

    def find(self, metadata_key: str) -> Receipt:
        """The receipt as it is, without the effects of asking for it. Raises UnknownSecretError."""
        with self._database.reading() as connection:
            return self._load(connection, _ONE, metadata_key)

    def find_unread(self, secret_key: str) -> Receipt:
        """The receipt of a secret that can still be read, by the link's key. Raises UnknownSecretError."""
        with self._database.reading() as connection:
            return self._load(connection, _UNREAD_ONE, secret_key)

    def ask(self, metadata_key: str) -> tuple[Receipt, bytes | None]:
        """The receipt, after noticing what became of the secret, and the value where it is shown this once.

        Raises UnknownSecretError.
        """
        receipt = self.find(metadata_key)
        if not self._is_to_be_noted(receipt, self._state_when_asked(receipt)):
            return receipt, None
        with self._database.transaction() as connection:
            receipt = self._load(connection, _ONE, metadata_key)
            shown = self._value_to_show(connection, receipt)
            state = self._state_when_asked(receipt)
            self._note(connection, receipt, state)
            return replace(receipt, state=state, updated=self._updated(receipt, state)), shown

    def look(self, secret_key: str) -> Receipt:
        """What the recipient's page tells before the secret is read. Raises UnknownSecretError."""
        receipt = self.find_unread(secret_key)
        if self._profile.asking_views:
            with self._database.transaction() as connection:
                self._note(connection, receipt, "viewed")
        return receipt

    def reveal(self, secret_key: str, passphrase: str) -> bytes:
        """The value; from then on the secret is gone for everybody.

        Raises UnknownSecretError, WrongPassphraseError (the secret stays), TooManyWrongPassphrasesError.
        """
        receipt = self.find_unread(secret_key)
        try:
            value = self._open(receipt, passphrase, "reveal")
        except WrongPassphraseError:
            self._renew(receipt)
            raise
        self._consume(receipt, "received")
        return value

    def burn(self, receipt: Receipt, passphrase: str) -> None:
        """Destroy an unread secret. Raises as `reveal` does."""
        if receipt.has_passphrase:
            self._open(receipt, passphrase, "burn")
        self._consume(receipt, "burned")

    def tries_left(self, receipt: Receipt, action: str) -> int | None:
        """How many passphrases may still be tried for "reveal" or "burn"; None for any number."""
        with self._database.reading() as connection:
            return self._attempts.left(connection, self._vault.key_hash(receipt.secret_key), action, self._clock())

    def recent(self, owner: Account) -> list[Receipt]:
        """The receipts of the last 30 days of one account as they are, oldest first."""
        now = self._clock()
        with self._database.reading() as connection:
            rows = connection.execute(
                _RECEIPTS + "AND receipt.account_id = :owner AND receipt.created > :since ORDER BY receipt.id",
                {"now": now, "owner": owner.id, "since": now - _RECENT},
            ).fetchall()
        return [self._receipt(row) for row in rows]

    def sweep(self) -> None:
        """Delete what has expired."""
        now = self._clock()
        for statement in _SWEEP:
            deleted = _SWEPT_AT_ONCE
            while deleted == _SWEPT_AT_ONCE:  # few at once, because all others wait meanwhile
                with self._database.transaction() as connection:
                    deleted = connection.execute(statement, (now, _SWEPT_AT_ONCE)).rowcount

    def _value_shown_until(self, order: Order, now: float) -> float:
        """Until when a metadata request shows the value of a new secret, 0 for never (contract §0.2)."""
        if order.generated and not order.passphrase and self._profile.generated_echo:
            return now + self._profile.generated_echo
        if not order.generated and not order.passphrase and self._profile.asking_views:
            return now + order.ttl
        return 0

    def _state_when_asked(self, receipt: Receipt) -> str:
        if receipt.state not in _UNREAD:
            return receipt.state
        if receipt.secret_exists:
            return "viewed" if self._profile.asking_views else receipt.state
        if self._clock() >= receipt.secret_expires:
            return "expired"
        return "orphaned" if self._profile.names_orphans else "viewed"

    def _updated(self, receipt: Receipt, state: str) -> float:
        return receipt.updated if state == receipt.state else self._clock()

    def _value_to_show(self, connection: sqlite3.Connection, receipt: Receipt) -> bytes | None:
        if not receipt.unread or self._clock() >= receipt.value_shown_until:
            return None
        return self._vault.open_value(self._sealed_value(connection, receipt), receipt.secret_key, "")

    def _is_to_be_noted(self, receipt: Receipt, state: str) -> bool:
        return state != receipt.state or receipt.value_shown_until > 0

    def _note(self, connection: sqlite3.Connection, receipt: Receipt, state: str) -> None:
        """Keep a new state; whatever the value was, it has been shown."""
        if self._is_to_be_noted(receipt, state):
            connection.execute(
                "UPDATE receipt SET state = ?, updated = ?, value_shown_until = 0 WHERE key_hash = ? AND state = ?",
                (state, self._updated(receipt, state), self._vault.key_hash(receipt.metadata_key), receipt.state),
            )

    def _open(self, receipt: Receipt, passphrase: str, action: str) -> bytes:
        if not receipt.has_passphrase:
            with self._database.reading() as connection:
                sealed = self._sealed_value(connection, receipt)
            return self._vault.open_value(sealed, receipt.secret_key, "")
        with self._database.transaction() as connection:
            sealed = self._sealed_value(connection, receipt)
            secret = self._vault.key_hash(receipt.secret_key)
            self._attempts.admit(connection, secret, action, self._clock(), passphrase)
        if not passphrase:
            raise WrongPassphraseError
        return self._vault.open_value(sealed, receipt.secret_key, passphrase)

    def _renew(self, receipt: Receipt) -> None:
        """Let the secret live on after a wrong passphrase, in the release that does so by mistake (contract §6)."""
        if not self._profile.wrong_passphrase_renews:
            return
        secret, expires = (
            self._vault.key_hash(receipt.secret_key),
            self._clock() + self._profile.wrong_passphrase_renews,
        )
        with self._database.transaction() as connection:
            connection.execute("UPDATE secret SET expires = ? WHERE key_hash = ?", (expires, secret))
            connection.execute("UPDATE receipt SET secret_expires = ? WHERE secret_key_hash = ?", (expires, secret))

    def _consume(self, receipt: Receipt, state: str) -> None:
        """Delete the secret in one transaction: of many who try, one succeeds. Raises UnknownSecretError for the others."""
        now = self._clock()
        with self._database.transaction() as connection:
            claimed = connection.execute(
                "DELETE FROM secret WHERE key_hash = ? AND expires > ? RETURNING 1",
                (self._vault.key_hash(receipt.secret_key), now),
            ).fetchone()
            if claimed is None:
                raise UnknownSecretError
            connection.execute(
                "UPDATE receipt SET state = ?, updated = ?, received = ? WHERE key_hash = ?",
                (state, now, now if state == "received" else None, self._vault.key_hash(receipt.metadata_key)),
            )

    def _sealed_value(self, connection: sqlite3.Connection, receipt: Receipt) -> bytes:
        row = connection.execute(
            "SELECT sealed FROM secret WHERE key_hash = ?", (self._vault.key_hash(receipt.secret_key),)
        ).fetchone()
        if row is None:  # somebody was faster
            raise UnknownSecretError
        return bytes(row["sealed"])

    def _insert(self, connection: sqlite3.Connection, receipt: Receipt, owner: Account | None) -> None:
        connection.execute(
            "INSERT INTO receipt (key_hash, secret_key_hash, sealed, account_id, state, ttl, created, updated, "
            "secret_expires, expires, recipient, share_domain, has_passphrase, value_shown_until) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._vault.key_hash(receipt.metadata_key),
                self._vault.key_hash(receipt.secret_key),
                self._vault.seal(json.dumps([receipt.metadata_key, receipt.secret_key]).encode()),
                owner.id if owner else None,
                receipt.state,
                receipt.ttl,
                receipt.created,
                receipt.updated,
                receipt.secret_expires,
                receipt.expires,
                receipt.recipient,
                receipt.share_domain,
                receipt.has_passphrase,
                receipt.value_shown_until,
            ),
        )

    def _load(self, connection: sqlite3.Connection, query: str, key: str) -> Receipt:
        row = connection.execute(query, {"now": self._clock(), "key_hash": self._vault.key_hash(key)}).fetchone()
        if row is None:
            raise UnknownSecretError
        return self._receipt(row)

    def _receipt(self, row: sqlite3.Row) -> Receipt:
        metadata_key, secret_key = json.loads(self._vault.open(row["sealed"]))
        return Receipt(
            metadata_key=metadata_key,
            secret_key=secret_key,
            owner=row["owner"],
            state=row["state"],
            ttl=row["ttl"],
            created=row["created"],
            updated=row["updated"],
            received=row["received"],
            secret_expires=row["secret_expires"],
            expires=row["expires"],
            recipient=row["recipient"],
            share_domain=row["share_domain"],
            has_passphrase=bool(row["has_passphrase"]),
            secret_exists=bool(row["secret_exists"]),
            value_shown_until=row["value_shown_until"],
        )
