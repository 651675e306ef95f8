# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Everything that can go wrong with a call, by what the caller should do about it.

    OnetimeError
     ├ MissingLibrary   requests or pydantic is not installed; nothing was sent
     ├ InvalidInput     refused before anything was sent (also a ValueError)
     ├ Unreachable      never arrived: name resolution, connection refused, connect timeout, proxy connect
     ├ UntrustedServer  no TLS connection that can be trusted; nothing was sent
     ├ ReplyLost        sent, but no complete, readable reply: it may have taken effect
     ├ Misdirected      the link was made otherwise than asked, such as mailed to somebody else
     └ Refused          the server, or whatever stands before it, replied with an error
        ├ UnknownSecret    never existed, read, burned, expired, or (when revealing) the wrong passphrase
        ├ NotAuthorized    the credentials, or the lack of them
        ├ WrongPassphrase  of a burn
        ├ RateLimited
        ├ NotAvailable     the server has this part of the API switched off for us
        ├ Rejected         the server's own validation; its message says why
        ├ WrongAddress     whatever answered, it is not this API, or it lives elsewhere
        └ ServerFault      the server failed; a call that changes something may have taken effect

`may_have_taken_effect` is false only where it is certain: no byte of the call was handed to a socket, the server refused
it with a text that the contract knows (texts.py), or what it made is burned again. Whatever else answered may have passed
the call on.

No error text, attribute or chained exception holds a secret, passphrase, token, link or key.
"""

# ruff: noqa: N818 - the names say what happened, as the tree above shows; that they are errors goes without saying
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # errors are imported before what they are about
    from ._thirdparty import SecretStr


class OnetimeError(Exception):
    """Base of all errors of this client.

    retry_safe: repeating the very same call soon can do no harm and may help. True only when the call surely never
        reached the server, or when it reads and the fault may pass.
    may_have_taken_effect: the server may have done what was asked, such as making a link that nobody knows.
    """

    may_have_taken_effect = True

    def __init__(self, message: str, *, retry_safe: bool = False) -> None:
        super().__init__(message)
        self.retry_safe = retry_safe


class MissingLibrary(OnetimeError):
    """A Python package that the client needs is not installed in this Python."""

    may_have_taken_effect = False


class InvalidInput(OnetimeError, ValueError):
    """What the caller gave cannot be sent.

    field: the name of the wrong field, as in the API (`secret`, `ttl`, …) or of the option (`url`, `proxy`, …).
    """

    may_have_taken_effect = False

    def __init__(self, problem: str, *, field: str = "") -> None:
        super().__init__(problem)
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.args[0]}" if self.field else str(self.args[0])


class Unreachable(OnetimeError):
    """No connection came about, so the call surely had no effect."""

    may_have_taken_effect = False

    def __init__(self, message: str, *, retry_safe: bool = True) -> None:
        super().__init__(message, retry_safe=retry_safe)


class UntrustedServer(OnetimeError):
    """TLS could not be established with a server we trust. Nothing was sent; repeating does not help."""

    may_have_taken_effect = False


class ReplyLost(OnetimeError):
    """The call was sent, but no complete and readable reply came back: it may have taken effect."""


class Misdirected(OnetimeError):
    """A link was made, but goes to somebody else, to nobody, to another host or has another protection than asked.

    differences: what is otherwise. was_burned: whether the server confirmed that it burned the link. metadata_key: the
    SecretStr by which it can be burned where it did not. expires_at: when it disappears unread.
    """

    def __init__(
        self,
        message: str,
        *,
        differences: tuple[str, ...],
        metadata_key: SecretStr,
        expires_at: int,
        was_burned: bool,
    ) -> None:
        super().__init__(message)
        self.differences = differences
        self.metadata_key = metadata_key
        self.expires_at = expires_at
        self.was_burned = was_burned
        self.may_have_taken_effect = not was_burned


class Refused(OnetimeError):
    """An error reply.

    status: HTTP status of the reply (v1 answers nearly every error with 404; it tells little).
    message: the server's own words where the contract knows them, else only how long they are; "" when it gave none.
    retry_after: seconds the server asked us to wait, if it did.
    """

    may_have_taken_effect = False

    def __init__(
        self,
        text: str,
        *,
        status: int = 0,
        message: str = "",
        retry_after: float | None = None,
        retry_safe: bool = False,
        may_have_taken_effect: bool | None = None,
    ) -> None:
        super().__init__(text, retry_safe=retry_safe)
        self.status = status
        self.message = message
        self.retry_after = retry_after
        if may_have_taken_effect is not None:
            self.may_have_taken_effect = may_have_taken_effect


class UnknownSecret(Refused):
    """The only reply that means "gone": never existed, read, burned, expired; on reveal also a wrong passphrase."""


class NotAuthorized(Refused):
    """The credentials are wrong, or this call needs some. They never fall back to anonymous use."""


class WrongPassphrase(Refused):
    """A burn of a passphrase-protected secret without its passphrase. The secret survives."""


class RateLimited(Refused):
    """Too many calls. Without `retry_after`, the server's own windows last 20 minutes."""


class NotAvailable(Refused):
    """The server has this endpoint, or any use of accounts, switched off."""


class Rejected(Refused):
    """The server's validation refused a value; `message` says which and why."""


class WrongAddress(Refused):
    """The reply is not one of this API: wrong URL, a proxy's or login page, a redirect."""


class ServerFault(Refused):
    """The server, or a gateway before it, failed. What was sent may have taken effect."""

    may_have_taken_effect = True
