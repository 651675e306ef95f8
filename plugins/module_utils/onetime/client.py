# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""The Onetime Secret v1 API as typed calls.

with Client(Address.of(region="eu"), Credentials.of("me@example.com", token)) as client:
    issued = client.share(ShareRequest(secret=SecretStr("s3cret"), ttl=3600))
    link = client.address.link(issued.secret_key.get_secret_value(), issued.share_domain)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from ._thirdparty import SecretStr
from .address import Address
from .agreement import differences
from .checks import check_key, check_passphrase
from .credentials import Credentials
from .errors import Misdirected, OnetimeError, ReplyLost, ServerFault, UnknownSecret, WrongAddress
from .inputs import GenerateRequest, ShareRequest, plain
from .refusals import classify
from .replies import Issued, Metadata, Revealed, Status, read_json
from .retries import pause_before_retry
from .transport import Transport

_REPLY_LIMIT = 1 << 20
_LIST_LIMIT = 16 << 20
_SHORT_KEY = "0123456789"

_Model = TypeVar("_Model")


@dataclass(frozen=True)
class _Call:
    """One request. `reads`: it changes nothing that matters, so it may be repeated after a lost reply."""

    method: str
    path: str = field(repr=False)
    form: dict[str, str] = field(default_factory=dict, repr=False)
    reads: bool = False
    limit: int = _REPLY_LIMIT


class Client:
    """A client of one service, for one account or for nobody, to be used by one thread at a time.

    timeout: seconds in which a request must be over, from connecting to the last byte of its reply. verify: False, or
    the path of a CA bundle, instead of the usual certificate authorities. proxy: URL of a proxy, instead of the
    environment's. sleep: how to wait before a retry. account_origin: where credentials and address were configured, in words for
    the error of a server that refuses them.

    Every call raises an OnetimeError (see errors.py) and nothing else. Calls are repeated only after failures that are
    `retry_safe`: never a share, generate, reveal or burn that may have arrived.
    """

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None = None,
        *,
        timeout: float = 30.0,
        verify: bool | str = True,
        proxy: str | None = None,
        sleep: Callable[[float], object] = time.sleep,
        account_origin: str = "",
    ) -> None:
        self.address = address
        self._is_anonymous = credentials is None
        self._account_origin = account_origin
        self._transport = Transport(address, credentials, timeout=timeout, verify=verify, proxy=proxy)
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def status(self) -> Status:
        """Ask whether the service is up. Bad credentials make it raise NotAuthorized: the portable way to try them."""
        call = _Call("GET", "/status", reads=True)
        return self._understood(Status.of(self._ask(call)))

    def is_before_0_24(self) -> bool:
        """Tell releases before 0.24 from later ones, by what they say to a key that is shorter than any (contract §6)."""
        try:
            self.metadata(_SHORT_KEY)
        except UnknownSecret:
            return True
        except WrongAddress:
            return False
        raise ReplyLost(f"{self.address.origin} replied, but not as the Onetime Secret v1 API does; check url")

    def share(self, request: ShareRequest) -> Issued:
        """Share a secret of the caller's own. A link that is not as asked is burned at once, and raises Misdirected."""
        call = _Call("POST", "/share", request.form())
        return self._as_asked(request, self._understood(Issued.of(self._ask(call))))

    def generate(self, request: GenerateRequest) -> Issued:
        """Have the server make up a secret; `value` of the reply holds it. Misdirected as in `share`."""
        call = _Call("POST", "/generate", request.form())
        issued = self._understood(Issued.of(self._ask(call)))
        return self._as_asked(request, self._understood(issued if issued.value else None))

    def reveal(self, secret_key: str | SecretStr, passphrase: str | SecretStr | None = None) -> Revealed:
        """Read a secret. That destroys it, even when the reply gets lost.

        A wrong passphrase raises UnknownSecret as well: servers do not tell it from a secret that is gone.
        """
        key = check_key(plain(secret_key), "secret_key")
        return self._understood(Revealed.of(self._ask_with(passphrase, f"/secret/{key}")))

    def metadata(self, metadata_key: str | SecretStr) -> Metadata:
        """Ask what became of a secret. The key alone is enough, whoever created it."""
        key = check_key(plain(metadata_key), "metadata_key")
        call = _Call("GET", f"/private/{key}", reads=True)
        return self._told_of(key, self._ask(call))

    def burn(self, metadata_key: str | SecretStr, passphrase: str | SecretStr | None = None) -> None:
        """Destroy a secret unread. One that is gone already raises UnknownSecret; a protected one needs its passphrase.

        Returning means burned: the server told so, and of this very secret. The reply's state is the one from before (v1
        contract §0) and is not looked at.
        """
        key = check_key(plain(metadata_key), "metadata_key")
        document = self._ask_with(passphrase, f"/private/{key}/burn")
        self._told_of(key, document.get("state") if isinstance(document, dict) else None)

    def recent(self) -> list[Metadata]:
        """List the account's secrets of late, in no certain order. Releases 0.21 to 0.23 always fail (ServerFault)."""
        document = self._ask(_Call("GET", "/private/recent", reads=True, limit=_LIST_LIMIT))
        entries = self._understood(document if isinstance(document, list) else None)
        return [self._understood(Metadata.of(entry)) for entry in entries]

    def _as_asked(self, request: ShareRequest | GenerateRequest, issued: Issued) -> Issued:
        found = differences(request, issued, host=self.address.host)
        if not found:
            return issued
        outcome, was_burned = "it was burned immediately", True
        try:
            self.burn(issued.metadata_key, request.passphrase)
        except OnetimeError as error:
            outcome, was_burned = f"and it could not be burned ({error})", False
        raise Misdirected(
            f"{self.address.origin} did not make the link as requested: {', '.join(found)}; {outcome}",
            differences=found,
            metadata_key=issued.metadata_key,
            expires_at=issued.expires_at,
            was_burned=was_burned,
        )

    def _ask_with(self, passphrase: str | SecretStr | None, path: str) -> Any:
        """Post a passphrase, if there is one, and return the JSON document. A fault may be the lock of that (contract §5)."""
        try:
            return self._ask(_Call("POST", path, _passphrase_form(passphrase)))
        except ServerFault as error:
            if passphrase is not None and error.status == 404:
                error.args = (
                    f"{error}; after 20 wrong passphrases servers answer so for 30 minutes, even to the right one",
                )
            raise

    def _ask(self, call: _Call) -> Any:
        attempt = 1
        while True:
            try:
                return self._ask_once(call)
            except OnetimeError as error:
                pause = pause_before_retry(error, attempt)
                if pause is None:
                    raise
            self._sleep(pause)
            attempt += 1

    def _ask_once(self, call: _Call) -> Any:
        """Return the JSON document of a successful reply; raise what any other one means."""
        reply = self._transport.send(call.method, call.path, call.form, limit=call.limit, reads=call.reads)
        is_json = "json" in reply.headers.get("Content-Type", "").lower()
        if reply.status != 200 or not is_json:
            raise classify(
                reply.status,
                reply.headers,
                reply.body,
                origin=self.address.origin,
                reads=call.reads,
                is_anonymous=self._is_anonymous,
                account_origin=self._account_origin,
            )
        document = read_json(reply.body)
        if document is None:
            raise ReplyLost(f"{self.address.origin} replied, but the reply is cut or garbled", retry_safe=call.reads)
        return document

    def _told_of(self, metadata_key: str, document: object) -> Metadata:
        """Return the metadata in a document, which must be this secret's."""
        metadata = self._understood(Metadata.of(document))
        if metadata.metadata_key.get_secret_value() != metadata_key:
            raise ReplyLost(
                f"{self.address.origin} answered about another secret than the one asked for; check for a proxy in between"
            )
        return metadata

    def _understood(self, reply: _Model | None) -> _Model:
        if reply is None:
            raise ReplyLost(f"{self.address.origin} replied, but not as the Onetime Secret v1 API does; check url")
        return reply


def _passphrase_form(passphrase: str | SecretStr | None) -> dict[str, str]:
    return {} if passphrase is None else {"passphrase": check_passphrase(plain(passphrase))}
