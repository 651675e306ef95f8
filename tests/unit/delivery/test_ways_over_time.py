"""Nobody ever has, by one way, a passphrase and a link that it opens: not of this link, nor of one before or after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.client import Client
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import (
    InvalidInput,
    Rejected,
    UnknownSecret,
)
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import DeliveryError, Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy, ReissueOn
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Part
from tests.support.messenger import Messenger
from tests.support.world import World

pytestmark = [pytest.mark.long, pytest.mark.only_release("v0.25")]
ADDRESS = Address.of("https://ots.example.com")
RECIPIENT = "alice@example.com"
NUMBERS = count()
TO_SAME = Policy(frozenset(ReissueOn))


def nothing() -> None:
    """What happens while a message is sent whose answer comes."""


def lost() -> None:
    raise DeliveryError("broke off")


class Refusing(Client):
    """A server that burns nothing for now."""

    def burn(self, *_arguments: object) -> None:  # type: ignore[override]
        raise Rejected("not now")


@dataclass
class Alice:
    """One name, and by which ways what has gone to her."""

    world: World
    name: str
    client: Client
    ways: tuple[Messenger, ...] = field(
        default_factory=lambda: (
            Messenger("mail", "mail", RECIPIENT),
            Messenger("webhook", "webhook", "chat.example.com"),
            Messenger("notify", "ntfy", "push.example.com"),
        )
    )
    links: dict[str, tuple[str, str, set[str]]] = field(
        default_factory=dict
    )  # by metadata key: secret key, passphrase, ways

    def share(self, passphrase: str, recipient: str | None, value: str) -> None:
        wanted = Desired(self.name, secret=value, policy=TO_SAME).but(passphrase=passphrase)
        if recipient:
            wanted = wanted.but(recipient=recipient)
        with suppress(InvalidInput):
            self.world.engine(client=self.client).present(wanted)
        self._learn()

    def forget(self) -> None:
        with suppress(Rejected):
            self.world.engine(client=self.client).absent(self.name)

    def burned_elsewhere(self) -> None:
        record = self.world.ledger.read(self.name).record
        if record:
            with suppress(UnknownSecret):  # which is burned already
                self.world.client.burn(record.metadata_key, record.passphrase)

    def send(self, part: Part, way: Messenger) -> None:
        message = Message(part, "A credential", None, by_the_same_channel=False)
        with suppress(InvalidInput, DeliveryError):
            deliver(self.world.ledger, self.name, message, way, ADDRESS, clock=self.world.server.clock, check=False)

    def _learn(self) -> None:
        record = self.world.ledger.read(self.name).record
        if record and record.passphrase:
            mailed = {"mail"} if record.recipient else set()
            self.links.setdefault(record.metadata_key, (record.secret_key, record.passphrase, mailed))

    def broken_ways(self) -> list[str]:
        """The ways by which a link went that is live, and its passphrase as well."""
        found = []
        for metadata_key, (secret_key, passphrase, mailed) in self.links.items():
            if self.world.client.metadata(metadata_key).is_final:
                continue
            for way in self.ways:
                has_link = way.service in mailed or any(secret_key in text for text in way.sent)
                if has_link and any(passphrase in text for text in way.sent):
                    found.append(way.service)
        return found


WAYS = st.sampled_from([0, 1, 2])
STEPS = st.one_of(
    st.tuples(
        st.just("share"), st.sampled_from(["correct-horse", "battery-staple"]), st.sampled_from([None, RECIPIENT])
    ),
    st.tuples(st.sampled_from(["send link", "send passphrase"]), WAYS),
    st.tuples(
        st.sampled_from(
            [
                "another value",
                "forget",
                "burned elsewhere",
                "burns fail",
                "burns work",
                "answers get lost",
                "answers come",
            ]
        )
    ),
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=3, max_size=12))
# The same webhook gets the passphrase, and then the link that took the place of one that was burned elsewhere.
@example([("share", "correct-horse", None), ("send passphrase", 1), ("burned elsewhere",), ("share", "correct-horse", None),
          ("send link", 1)])  # fmt: skip
# The ways are swapped, and the server mails the link to whom the passphrase was mailed.
@example(
    [("share", "correct-horse", None), ("send link", 1), ("send passphrase", 0), ("share", "correct-horse", RECIPIENT)]
)
# The link before is still to be burned where the passphrase goes.
@example([("share", "correct-horse", None), ("send link", 1), ("burns fail",), ("another value",),
          ("share", "correct-horse", None), ("send passphrase", 1)])  # fmt: skip
@example([("share", "correct-horse", RECIPIENT), ("burns fail",), ("another value",), ("share", "correct-horse", None),
          ("send passphrase", 0)])  # fmt: skip
# The answer of the webhook is lost, so the ways are swapped.
@example([("share", "correct-horse", None), ("answers get lost",), ("send passphrase", 1), ("send link", 1)])
# The passphrase was another one for a while.
@example([("share", "correct-horse", None), ("send passphrase", 2), ("share", "battery-staple", None),
          ("share", "correct-horse", None), ("send link", 2)])  # fmt: skip
# The name is forgotten in between.
@example([("share", "correct-horse", None), ("send passphrase", 2), ("forget",), ("share", "correct-horse", None),
          ("send link", 2)])  # fmt: skip
def test_no_way_ever_has_a_live_link_and_its_passphrase(world: World, steps: list[tuple[str, ...]]) -> None:
    with Refusing(Address.of(world.server.url), world.credentials) as refusing:
        alice = Alice(world, f"db/{next(NUMBERS)}", world.client)
        value = 0
        acts: dict[str, Callable[..., None]] = {
            "share": lambda passphrase, recipient: alice.share(passphrase, recipient, f"value {value}"),
            "send link": lambda way: alice.send(Part.LINK, alice.ways[way]),
            "send passphrase": lambda way: alice.send(Part.PASSPHRASE, alice.ways[way]),
            "forget": alice.forget,
            "burned elsewhere": alice.burned_elsewhere,
        }
        for act, *given_to_it in steps:
            if act == "another value":
                value += 1
            elif act in ("answers get lost", "answers come"):
                for way in alice.ways:
                    way.meanwhile = lost if act == "answers get lost" else nothing
            elif act in ("burns fail", "burns work"):
                alice.client = refusing if act == "burns fail" else world.client
            else:
                acts[act](*given_to_it)
            assert alice.broken_ways() == [], act
