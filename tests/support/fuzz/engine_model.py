"""What a run is to do, told by the rules of docs/architecture.md from what really is; shares no code with the engine."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from onetime_server.store import Receipt

UNREAD = ("new", "viewed")
GONE = ("received", "burned", "expired")
SENDS = ("created", "reissued", "replaced", "rotated")


@dataclass(frozen=True)
class Link:
    """The link that a name has by all that runs have told. Times are of the server's clock, in seconds."""

    metadata_key: str
    secret_key: str
    value: str
    born: int  # when its value was first shared
    created: int
    ttl: int
    ahead: int  # our clock before the server's as the run saw it that made the link
    passphrase: str | None
    recipient: str | None

    def server_time(self, ours: float) -> float:
        """What our clock tells of the server's."""
        return ours - self.ahead

    def is_past_expiry(self, ours: float) -> bool:
        return self.server_time(ours) >= self.created + self.ttl


def truth(receipt: Receipt | None, now: float) -> str:
    """How a link stands at the server, by its clock; nobody has read or burned it since the receipt was told."""
    if receipt is None or now >= receipt.expires:
        return "unknown"
    if receipt.unread:
        return "expired" if now >= receipt.secret_expires else "new"
    return receipt.state if receipt.state in GONE else "expired"


def seen(recorded: str, told: str, link: Link, ours: float, *, refresh: bool) -> str:
    """The state in which a run sees a link that is recorded as `recorded`, when the server is to tell `told`."""
    is_past_expiry = link.is_past_expiry(ours)
    if not (refresh or is_past_expiry) or (recorded in GONE and is_past_expiry):
        return recorded
    if told == "unknown" and not is_past_expiry:
        return recorded  # which cannot be, and is not believed
    return told


def completed(desired: Desired, link: Link | None) -> tuple[str | None, str | None]:
    """Passphrase and recipient of the next link."""
    passphrase, recipient = desired.options.get("passphrase"), desired.recipient
    return (passphrase or link.passphrase, recipient or link.recipient) if link else (passphrase, recipient)


def expected(desired: Desired, link: Link | None, state: str, ours: float) -> str:
    """The action of a run that asks for `desired` where there is `link`, which it sees in `state`."""
    if link is None:
        return "created"
    rotate_after = desired.policy.rotate_after
    if desired.secret is None and rotate_after is not None and link.server_time(ours) >= link.born + rotate_after:
        return "rotated"
    is_same = completed(desired, link) == (link.passphrase, link.recipient)
    if not is_same or desired.secret not in (None, link.value):
        return "created" if state in GONE else "replaced"
    if state in UNREAD:
        return "kept"
    return "reissued" if state in desired.policy.reissue_on else "kept"
