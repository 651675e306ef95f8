"""Reading and burning, which consume a secret, and the limits on wrong passphrases per caller (contract §5, §7)."""

from __future__ import annotations

from .accounts import Account
from .errors import RateLimitedError, UnknownSecretError, UnreadableSecretError
from .profile import IDENTITY
from .services import Services
from .store import Receipt
from .vault import WrongPassphraseError


def reveal(server: Services, subject: str, key: str, passphrase: str) -> str:
    """The value of a secret, which is gone then.

    Raises UnknownSecretError, WrongPassphraseError, TooManyWrongPassphrasesError, RateLimitedError, UnreadableSecretError.
    """
    try:
        value = server.store.reveal(key, passphrase)
    except WrongPassphraseError:
        _count_wrong_passphrase(server, subject)
        raise
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise UnreadableSecretError from None


def burn(server: Services, caller: Account | None, subject: str, key: str, passphrase: str) -> Receipt:
    """Destroy an unread secret; returns its receipt as it was before. Raises as `reveal` does."""
    receipt = server.store.find(key)
    if not receipt.unread:
        raise UnknownSecretError
    exempt = caller is not None and caller.plan == IDENTITY
    if not exempt and not server.throttle.admits("burn", subject, server.profile.burns_per_caller):
        raise RateLimitedError(server.profile.rate_limit_text)
    try:
        server.store.burn(receipt, passphrase)
    except WrongPassphraseError:
        _count_wrong_passphrase(server, subject)
        raise
    return receipt


def tries_left(server: Services, subject: str, receipt: Receipt, action: str) -> int | None:
    """How many passphrases the caller may still try for "reveal" or "burn"; None for any number."""
    most = server.profile.wrong_passphrases_per_caller
    limits = (server.store.tries_left(receipt, action), server.throttle.left("wrong passphrase", subject, most))
    return min((left for left in limits if left is not None), default=None)


def _count_wrong_passphrase(server: Services, subject: str) -> None:
    if not server.throttle.admits("wrong passphrase", subject, server.profile.wrong_passphrases_per_caller):
        raise RateLimitedError(server.profile.rate_limit_text)
