"""What of a resource makes its link what it is, and the states of it that earlier releases wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .onetime.options import Option
from .protocol import tfplugin6_pb2 as pb
from .protocol.values import Values
from .schema import Schema

Upgrade = Callable[[Values], Values]
"""From the state of one version of a schema to that of the next."""


@dataclass(frozen=True)
class Lifecycle:
    """A kind of link.

    options: what of it is sent to the server. content: a change of any of these replaces the link. untold: what of that no
    server tells, in groups that stand for one thing. origin: the attributes of which a link that Terraform made has one in
    its state, and an imported one none. upgrades: the first takes a state of version 0; append one when an attribute
    changes its type or meaning. An attribute that is new needs none: it counts as not given.
    """

    schema: Schema
    options: tuple[Option, ...]
    content: tuple[str, ...]
    untold: tuple[tuple[str, ...], ...]
    origin: tuple[str, ...]
    upgrades: tuple[Upgrade, ...] = ()

    def message(self) -> pb.Schema:
        """Return the schema in the protocol's form, with its version."""
        message = self.schema.message()
        message.version = len(self.upgrades)
        return message

    def upgraded(self, state: Values, version: int) -> Values:
        """Return a state that was written by VERSION of the schema as today's has it."""
        for upgrade in self.upgrades[version:]:
            state = upgrade(state)
        return self.schema.complete(state)
