"""`onetime-server status`, `backup` and `check`."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

from cryptography.exceptions import InvalidTag

from .. import lease, new_file
from ..database import DATABASE_FILE, Database
from ..mail import problem_of
from ..options import Options, ServeOptions
from ..settings import SettingsError
from ..vault import Vault
from .command import Group, command, database_of
from .serving import smtp_of

_NOT_RUNNING = 3  # what init scripts return


def add_to(commands: Group) -> None:
    """Declare them."""
    command(
        commands, "status", _status, Options, "whether the server runs, and what it holds; exit code 3 if it does not"
    )
    command(commands, "check", _check, ServeOptions, "look for what is wrong with database, key and mail server")
    backup = command(
        commands, "backup", _backup, Options, "copy the database, while the server runs, without the server key"
    )
    backup.add_argument("file", metavar="FILE", type=Path)


def _existing(options: Options) -> AbstractContextManager[tuple[Database, Vault]]:
    """The database. To make one would hide that --data names another directory than the server's."""
    if not (options.data / DATABASE_FILE).exists():
        raise SettingsError(f"{options.data} does not hold a database. Name the server's directory by --data.")
    return database_of(options)


def _status(options: Options, _given: argparse.Namespace) -> int:
    with _existing(options) as (database, _vault):
        url = lease.served_at(options.data)
        mails = ", ".join(f"{number} {state}" for state, number in database.mails().items())
        for name, value in {
            "server": f"runs, {url}" if url is not None else "does not run",
            "accounts": database.count("account"),
            "secrets": f"{database.unread(time.time())} unread",
            "e-mails": mails or "none to be sent",
            "database": f"{database.size() / 1_000_000:.1f} MB, schema {database.version()}",
        }.items():
            sys.stdout.write(f"{name}: {value}\n")
    return _NOT_RUNNING if url is None else 0


def _check(options: ServeOptions, _given: argparse.Namespace) -> int:
    """Every line begins with "ok" or "wrong"."""
    with _existing(options) as (database, vault):
        found: dict[str, list[str]] = {
            "server key opens the database": [],
            f"database is of schema {database.version()} and whole": database.faults(),
            "what is stored opens": [] if _opens(database, vault) else ["it was changed by somebody else"],
        }
    smtp = smtp_of(options)
    if smtp is not None:
        problem = problem_of(smtp)
        found[f"mail server {smtp.host}:{smtp.port} answers"] = [problem] if problem else []
    for statement, faults in found.items():
        sys.stdout.write(f"{'wrong' if faults else 'ok':6}{statement}{': ' if faults else ''}{'; '.join(faults)}\n")
    return int(any(found.values()))


def _opens(database: Database, vault: Vault) -> bool:
    with database.reading() as connection:
        newest = "SELECT sealed FROM {} ORDER BY id DESC LIMIT 1"
        rows = [connection.execute(newest.format(table)).fetchone() for table in ("receipt", "mail")]
    try:
        for row in filter(None, rows):
            vault.open(row["sealed"])
    except InvalidTag:
        return False
    return True


def _backup(options: Options, given: argparse.Namespace) -> None:
    if given.file.exists():
        raise SettingsError(f"{given.file} exists already. Choose another name.")
    if not given.file.parent.is_dir():
        raise SettingsError(f"Cannot write {given.file}: there is no directory {given.file.parent}.")
    with _existing(options) as (database, _vault), new_file.whole(given.file) as unfinished:
        database.copy_to(unfinished)
