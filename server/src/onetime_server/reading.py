"""Reading and burning, with the limits on wrong passphrases that older releases count per caller (contract §5, §7)."""

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


def _count_wrong_passphrase(server: Services, subject: str) -> None:
    if not server.throttle.admits("wrong passphrase", subject, server.profile.wrong_passphrases_per_caller):
        raise RateLimitedError(server.profile.rate_limit_text)
