"""`onetime-server account` and `domain`."""

from __future__ import annotations

import argparse
import sys

from ..languages import ENGLISH, LANGUAGES
from ..options import AccountOptions, Options, TokenOptions
from .command import Group, Parser, accounts_of, command, first_line, group


def add_to(commands: Group) -> None:
    """Declare them."""
    account = group(commands, "account", "add, list, change and remove accounts")
    add = command(account, "add", _add, AccountOptions, "create an account and print its API token, this once")
    change = command(account, "change", _change, Options, "have its e-mails to recipients in another language")
    command(account, "list", _list, Options, "e-mail address, external id, plan, language and domains of every account")
    remove = command(account, "remove", _remove, Options, "delete an account; its secrets stay until read or expired")
    rotate = command(account, "rotate", _rotate, TokenOptions, "print a new API token; the old one is refused at once")
    for parser in (add, change, remove, rotate):
        parser.add_argument("email", metavar="EMAIL")
    _language_option(add, required=False)
    _language_option(change, required=True)

    domain = group(commands, "domain", "give custom domains to accounts")
    add_domain = command(domain, "add", _add_domain, Options, "let an account share on a custom domain")
    add_domain.add_argument("host", metavar="HOST")
    add_domain.add_argument("--account", required=True, metavar="EMAIL")


def _language_option(parser: Parser, *, required: bool) -> None:
    parser.add_argument(
        "--language",
        choices=sorted(LANGUAGES),
        default=ENGLISH.code,
        required=required,
        help="of its e-mails to recipients" + ("" if required else " (%(default)s)"),
    )


def _add(options: AccountOptions, given: argparse.Namespace) -> None:
    chosen = _chosen_token(options)
    with accounts_of(options) as accounts:
        _account, token = accounts.add(given.email, options.plan, chosen, given.language)
    _tell(token, chosen)


def _rotate(options: TokenOptions, given: argparse.Namespace) -> None:
    chosen = _chosen_token(options)
    with accounts_of(options) as accounts:
        token = accounts.rotate(given.email, chosen)
    _tell(token, chosen)


def _chosen_token(options: TokenOptions) -> str | None:
    return first_line(options.token_file) if options.token_file else None


def _tell(token: str, chosen: str | None) -> None:
    if chosen is None:
        sys.stdout.write(f"{token}\n")


def _change(options: Options, given: argparse.Namespace) -> None:
    with accounts_of(options) as accounts:
        accounts.speak(given.email, given.language)


def _list(options: Options, _given: argparse.Namespace) -> None:
    with accounts_of(options) as accounts:
        for account, domains in accounts.all():
            words = [account.email, account.external_id, account.plan, account.language, *domains]
            sys.stdout.write(f"{' '.join(words)}\n")


def _remove(options: Options, given: argparse.Namespace) -> None:
    with accounts_of(options) as accounts:
        accounts.remove(given.email)


def _add_domain(options: Options, given: argparse.Namespace) -> None:
    with accounts_of(options) as accounts:
        accounts.add_domain(given.host, given.account)
