"""The JSON documents that the API replies with (contract §3, §6 to §8).

Which fields are present says as much as what they hold.
"""

from __future__ import annotations

from typing import Any

from .accounts import Account
from .profile import Profile
from .store import Receipt

Document = dict[str, Any]


class Documents:
    """Receipts as one release of the server tells them. `public_url` is the origin of links and pages."""

    def __init__(self, profile: Profile, public_url: str) -> None:
        self._profile = profile
        self._public_url = public_url

    def created(self, receipt: Receipt, caller: Account | None, now: float, value: str | None = None) -> Document:
        """The answer to share and generate; generate tells the value."""
        return self._metadata(receipt, caller, now, self._page(receipt), link=True, live=True, value=value)

    def asked(self, receipt: Receipt, caller: Account | None, now: float, value: str | None) -> Document:
        """The answer to private/KEY, with the value where the release shows it."""
        # The real server forgets the key in this one reply.
        page = f"{self._public_url}/receipt/"
        return self._metadata(receipt, caller, now, page, link=True, live=receipt.unread, value=value)

    def burned(self, receipt: Receipt, caller: Account | None, now: float) -> Document:
        """The answer to burn: the receipt as it was just before."""
        metadata = self._metadata(receipt, caller, now, self._page(receipt), link=True, live=False)
        return {"state": metadata, "secret_shortkey": receipt.secret_key[: self._profile.short_key_length]}

    def recent(self, receipts: list[Receipt], caller: Account, now: float) -> list[Document]:
        """The answer to private/recent."""
        return [self._metadata(r, caller, now, self._page(r), link=False, live=False) for r in receipts]

    def _page(self, receipt: Receipt) -> str:
        return f"{self.origin(receipt.share_domain)}/receipt/{receipt.metadata_key}"

    def origin(self, share_domain: str) -> str:
        """Where the links of a share_domain ("" for the site's own) begin: scheme and host."""
        scheme = self._public_url.partition("://")[0]
        return f"{scheme}://{share_domain}" if share_domain else self._public_url

    def _metadata(
        self,
        receipt: Receipt,
        caller: Account | None,
        now: float,
        page: str,
        *,
        link: bool,
        live: bool,
        value: str | None = None,
    ) -> Document:
        """One receipt. `link`: with secret_key; `live`: with what only a secret that exists has."""
        received = receipt.state == "received"
        secret_key = receipt.secret_key if receipt.state in ("new", "viewed") and (receipt.unread or not link) else ""
        recipients = [receipt.recipient] if receipt.recipient else []
        additive = self._profile.additive_fields
        custid = receipt.owner if not self._profile.custid_is_caller else caller.email if caller else "anon"

        reply: Document = {"custid": custid, "metadata_key": receipt.metadata_key}
        if link and not received:
            reply["secret_key"] = secret_key
        reply |= {"ttl": receipt.ttl, "metadata_ttl": _seconds_left(receipt.expires, now)}
        if not received:
            reply["secret_ttl"] = _seconds_left(receipt.secret_expires, now) if live else None
        if additive:
            reply["metadata_url"] = page
        reply |= {"state": receipt.state, "updated": int(receipt.updated), "created": int(receipt.created)}
        if receipt.received is not None:
            reply["received"] = int(receipt.received)
        reply |= {"recipient": recipients, "share_domain": receipt.share_domain}
        if value is not None:
            reply["value"] = value
        if live:
            reply["passphrase_required"] = receipt.has_passphrase
        if not additive:
            return reply

        reply["identifier"] = receipt.metadata_key
        if not received:
            reply["secret_identifier"] = secret_key
        if live:
            reply["has_passphrase"] = receipt.has_passphrase
        reply |= {"recipients": recipients, "receipt_ttl": reply["metadata_ttl"], "receipt_url": page}
        if value is not None:
            reply["secret_value"] = value
        return reply


def _seconds_left(until: float, now: float) -> int:
    """Rounded to the nearest second, as the real server's store does."""
    return max(0, round(until - now))
