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
from .checks import check_key, check_passphrase
from .credentials import Credentials
from .errors import OnetimeError, ReplyLost, UnknownSecret, WrongAddress
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
    key: str = field(default="", repr=False)
    reads: bool = False
    limit: int = _REPLY_LIMIT

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.form.get("secret", ""), self.form.get("passphrase", ""), self.key)


class Client:
    """A client of one service, for one account or for nobody, to be used by one thread at a time.

    timeout: seconds to wait for a connection and for each piece of a reply. verify: False, or the path of a CA bundle,
    instead of the usual certificate authorities. proxy: URL of a proxy, instead of the environment's. sleep: how to
    wait before a retry.

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
    ) -> None:
        self.address = address
        self._token = credentials.api_token if credentials else SecretStr("")
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
        raise ReplyLost(f"{self.address.origin} replied, but not as the Onetime Secret v1 API does; check the URL")

    def share(self, request: ShareRequest) -> Issued:
        """Share a secret of the caller's own."""
        call = _Call("POST", "/share", request.form())
        return self._understood(Issued.of(self._ask(call)))

    def generate(self, request: GenerateRequest) -> Issued:
        """Have the server make up a secret; `value` of the reply holds it."""
        call = _Call("POST", "/generate", request.form())
        issued = self._understood(Issued.of(self._ask(call)))
        return self._understood(issued if issued.value else None)

    def reveal(self, secret_key: str | SecretStr, passphrase: str | SecretStr | None = None) -> Revealed:
        """Read a secret. That destroys it, even when the reply gets lost.

        A wrong passphrase raises UnknownSecret as well: servers do not tell it from a secret that is gone.
        """
        key = check_key(plain(secret_key), "secret_key")
        call = _Call("POST", f"/secret/{key}", _passphrase_form(passphrase), key)
        return self._understood(Revealed.of(self._ask(call)))

    def metadata(self, metadata_key: str | SecretStr) -> Metadata:
        """Ask what became of a secret. The key alone is enough, whoever created it."""
        key = check_key(plain(metadata_key), "metadata_key")
        call = _Call("GET", f"/private/{key}", key=key, reads=True)
        return self._understood(Metadata.of(self._ask(call)))

    def burn(self, metadata_key: str | SecretStr, passphrase: str | SecretStr | None = None) -> None:
        """Destroy a secret unread. One that is gone already raises UnknownSecret; a protected one needs its passphrase.

        Returning means burned. The reply's body shows the state from before (v1 contract §0) and is not looked at.
        """
        key = check_key(plain(metadata_key), "metadata_key")
        self._ask(_Call("POST", f"/private/{key}/burn", _passphrase_form(passphrase), key))

    def recent(self) -> list[Metadata]:
        """List the account's secrets of late, in no certain order. Releases 0.21 to 0.23 always fail (ServerFault)."""
        document = self._ask(_Call("GET", "/private/recent", reads=True, limit=_LIST_LIMIT))
        entries = self._understood(document if isinstance(document, list) else None)
        return [self._understood(Metadata.of(entry)) for entry in entries]

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
                secrets=(*call.secrets, plain(self._token)),
            )
        document = read_json(reply.body)
        if document is None:
            raise ReplyLost(f"{self.address.origin} replied, but the reply is cut or garbled", retry_safe=call.reads)
        return document

    def _understood(self, reply: _Model | None) -> _Model:
        if reply is None:
            raise ReplyLost(f"{self.address.origin} replied, but not as the Onetime Secret v1 API does; check the URL")
        return reply


def _passphrase_form(passphrase: str | SecretStr | None) -> dict[str, str]:
    return {} if passphrase is None else {"passphrase": check_passphrase(plain(passphrase))}
