"""Accounts, their API tokens and their custom domains."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import string
from dataclasses import dataclass

from .database import Database
from .languages import ENGLISH
from .names import has_known_suffix, is_account_email, is_host_name
from .vault import Vault

_BASE36 = string.digits + string.ascii_lowercase
_TOKEN_LENGTH = 40
_SHORTEST_TOKEN = 16


class AccountError(Exception):
    """An account or domain that cannot be added or changed; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """Who calls. `external_id` ("ur…") may be used as the user name instead of `email`.

    `language` is the one that its e-mails to recipients are in.
    """

    id: int
    email: str
    external_id: str
    plan: str
    language: str = ENGLISH.code


@dataclass(frozen=True)
class Domain:
    """A custom domain, as it was registered."""

    host: str
    account_id: int


def random_base36(length: int) -> str:
    """A random text of digits and small letters."""
    number, digits = secrets.randbelow(36**length), []
    for _position in range(length):  # one draw for all: one for each costs as much as the rest of a request
        number, digit = divmod(number, 36)
        digits.append(_BASE36[digit])
    return "".join(digits)


class Accounts:
    """The accounts in one database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, email: str, plan: str, token: str | None = None, language: str = ENGLISH.code) -> tuple[Account, str]:
        """Create an account; returns it and its token, a new random one unless given. Raises AccountError."""
        if not is_account_email(email):
            raise AccountError(f"{email!r} is not an e-mail address.")
        token = _token(token)
        external_id = "ur" + random_base36(25)
        try:
            with self._database.transaction() as connection:
                cursor = connection.execute(
                    "INSERT INTO account (email, external_id, plan, token_hash, language) VALUES (?, ?, ?, ?, ?)",
                    (email, external_id, plan, self._vault.token_hash(token), language),
                )
        except sqlite3.IntegrityError:
            raise AccountError(
                f"There is an account {email} already. A new token: onetime-server account rotate {email}."
            ) from None
        return Account(cursor.lastrowid or 0, email, external_id, plan, language), token

    def authenticate(self, user: str, token: str) -> Account | None:
        """The account of this user name (e-mail address or external id) and token."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM account WHERE email = ?1 OR external_id = ?1", (user,)).fetchone()
        expected = row["token_hash"] if row else bytes(32)
        matches = hmac.compare_digest(expected, self._vault.token_hash(token))
        return _account(row) if row and matches else None

    def rotate(self, email: str, token: str | None = None) -> str:
        """Replace the token of an account; returns the new one, random unless given. Raises AccountError."""
        token = _token(token)
        with self._database.transaction() as connection:
            found = connection.execute(
                "UPDATE account SET token_hash = ? WHERE email = ?", (self._vault.token_hash(token), email)
            )
            _expect_one(found, email)
        return token

    def speak(self, email: str, language: str) -> None:
        """Have the e-mails of an account in another language. Raises AccountError."""
        with self._database.transaction() as connection:
            _expect_one(connection.execute("UPDATE account SET language = ? WHERE email = ?", (language, email)), email)

    def remove(self, email: str) -> None:
        """Delete an account and its domains. Its secrets live on until read. Raises AccountError."""
        with self._database.transaction() as connection:
            _expect_one(connection.execute("DELETE FROM account WHERE email = ?", (email,)), email)

    def all(self) -> list[tuple[Account, list[str]]]:
        """Every account with its domains, by e-mail address."""
        with self._database.reading() as connection:
            accounts = [_account(row) for row in connection.execute("SELECT * FROM account ORDER BY email")]
            domains = connection.execute("SELECT account_id, host FROM domain ORDER BY host").fetchall()
        return [(account, [row["host"] for row in domains if row["account_id"] == account.id]) for account in accounts]

    def add_domain(self, host: str, email: str) -> None:
        """Let an account share on a custom domain. Raises AccountError."""
        if not is_host_name(host):
            raise AccountError(f"{host!r} is not a bare host name such as secrets.example.com.")
        if not has_known_suffix(host):
            raise AccountError(f"{host!r} ends in no public suffix, such as .com: the API ignores such a share_domain.")
        with self._database.transaction() as connection:
            account = connection.execute("SELECT id FROM account WHERE email = ?", (email,)).fetchone()
            if account is None:
                raise AccountError(f"There is no account {email}.")
            try:
                connection.execute("INSERT INTO domain VALUES (?, ?)", (host, account["id"]))
            except sqlite3.IntegrityError:
                raise AccountError(f"The domain {host} is registered already.") from None

    def domain(self, host: str) -> Domain | None:
        """The registered domain of this name, in any case."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT host, account_id FROM domain WHERE host = ?", (host,)).fetchone()
        return Domain(row["host"], row["account_id"]) if row else None


def _expect_one(found: sqlite3.Cursor, email: str) -> None:
    if not found.rowcount:
        raise AccountError(f"There is no account {email}.")


def _token(given: str | None) -> str:
    """The token that was given, else a random one."""
    if given is None:
        return random_base36(_TOKEN_LENGTH)
    # Tokens are hashed without stretching, because every request pays for it: a weak one is not for us.
    if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isprintable():
        raise AccountError(f"A token must have at least {_SHORTEST_TOKEN} characters, all printable ASCII.")
    return given


def _account(row: sqlite3.Row) -> Account:
    return Account(row["id"], row["email"], row["external_id"], row["plan"], row["language"])
