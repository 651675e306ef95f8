"""The local server without HTTP, for lives of many thousand links: what the engine asks is asked of the server's own parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import UnknownSecret
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import Issued, Metadata
from onetime_server import sharing
from onetime_server.accounts import Account
from onetime_server.errors import UnknownSecretError
from onetime_server.profile import FREE
from onetime_server.services import Services, open_services
from onetime_server.settings import Settings, data_directory, server_key
from onetime_server.store import Clock

HOST = "localhost"


@dataclass(frozen=True)
class Shortcut:
    """An `Api` of one account."""

    services: Services
    account: Account

    @classmethod
    def of(cls, folder: Path, clock: Clock) -> Shortcut:
        data = data_directory(folder)
        settings = Settings(data, server_key(data, None), f"http://{HOST}")
        services = open_services(settings, clock)
        services.accounts.add("ops@example.com", FREE, "t" * 40)
        return cls(services, services.accounts.all()[0][0])

    def share(self, request: ShareRequest) -> Issued:
        return self._issued(sharing.share(self.services, self.account, request.form(), HOST), None)

    def generate(self, request: GenerateRequest) -> Issued:
        receipt, value = sharing.generate(self.services, self.account, request.form(), HOST)
        return self._issued(receipt, value)

    def metadata(self, metadata_key: str) -> Metadata:
        try:
            receipt, _value = self.services.store.ask(metadata_key)
        except UnknownSecretError:
            raise UnknownSecret("Unknown secret") from None
        return _found(Metadata.of(self.services.documents.asked(receipt, self.account, self._now, None)))

    def burn(self, metadata_key: str, passphrase: str | None = None) -> None:
        try:
            self.services.store.burn(self.services.store.find(metadata_key), passphrase or "")
        except UnknownSecretError:
            raise UnknownSecret("Unknown secret") from None

    def recent(self) -> list[Metadata]:
        receipts = self.services.store.recent(self.account)
        documents = self.services.documents.recent(receipts, self.account, self._now)
        return [_found(Metadata.of(document)) for document in documents]

    @property
    def _now(self) -> float:
        return self.services.clock()

    def _issued(self, receipt: Any, value: str | None) -> Issued:
        return _found(Issued.of(self.services.documents.created(receipt, self.account, self._now, value)))


def _found(reply: Any) -> Any:
    assert reply is not None
    return reply
