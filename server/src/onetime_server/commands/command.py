"""How a command is declared, and what most of them open."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from ..accounts import Accounts
from ..database import DATABASE_FILE, Database
from ..options import Options, add_to
from ..settings import SettingsError, data_directory, server_key
from ..vault import Vault

_Kind = TypeVar("_Kind", bound=Options)


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def __init__(self, **settings: Any) -> None:
        # An abbreviation would make --smtp-password one of --smtp-password-file, and its value a file's name.
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


class Group(Protocol):
    """Commands of one level, as argparse makes them."""

    def add_parser(self, name: str, *, help: str, description: str) -> Parser:  # noqa: A002
        """One more."""


def group(commands: Group, name: str, help: str) -> Group:  # noqa: A002
    """A command that has others below it."""
    return commands.add_parser(name, help=help, description=_sentence(help)).add_subparsers(
        required=True, metavar="ACTION"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def command(
    commands: Group,
    name: str,
    run: Callable[[_Kind, argparse.Namespace], int | None],
    kind: type[_Kind],
    help: str,  # noqa: A002
) -> Parser:
    """A command that takes the options of `kind`. `run` gets them, and the arguments; it returns the exit code, None for 0."""
    parser = commands.add_parser(name, help=help, description=_sentence(help))
    add_to(parser, kind)
    parser.set_defaults(run=run, kind=kind, parser=parser)
    return parser


def key_of(options: Options) -> bytes:
    """The server key; its file and the data directory are made if need be."""
    given = options.key.get_secret_value() if options.key else None
    return server_key(data_directory(options.data), given)


@contextmanager
def database_of(options: Options) -> Iterator[tuple[Database, Vault]]:
    """The database, as long as the block lasts."""
    vault = Vault(key_of(options))
    database = Database(options.data / DATABASE_FILE, vault)
    try:
        yield database, vault
    finally:
        database.close()


@contextmanager
def accounts_of(options: Options) -> Iterator[Accounts]:
    """The accounts, as long as the block lasts."""
    with database_of(options) as (database, vault):
        yield Accounts(database, vault)


def first_line(file: str) -> str:
    """The first line of a file, or of standard input (`-`)."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
    except OSError as error:
        raise SettingsError(f"Cannot read {file}: {error.strerror}.") from None
    return text.split("\n", 1)[0].strip()
