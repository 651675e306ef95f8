# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks for, checked before anything is sent. What it does not give stays as it is where the link exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.checks import check_secret
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.options import (
    CONTENT,
    GENERATED,
    LINK,
    MADE_HERE,
    Option,
)
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.values import completed
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.policy import Policy
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Kind, Record

# What the name of an unnamed share has been made of since 0.1.0. What a link can have beside comes behind, where it is given:
# a name must stay the same when the collection learns another option.
NAMING = ("secret", "passphrase", "recipient", "share_domain")


@dataclass(frozen=True, slots=True)
class Desired:
    """One link that shall exist. Without a `secret` its value is generated.

    options: those of the link that were given, by name, as they are used.
    """

    name: str
    secret: str | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    policy: Policy = field(default_factory=Policy)

    @property
    def kind(self) -> Kind:
        return Kind.GENERATE if self.secret is None else Kind.SHARE

    @property
    def content(self) -> dict[str, str | None]:
        """What makes a link another one when it changes: all parts, None for one that is not given."""
        return {"secret": self.secret, **{part: self.options.get(part) for part in CONTENT}}

    @property
    def naming(self) -> tuple[str | None, ...]:
        """What the name of an unnamed share is made of."""
        content = self.content
        more = sorted(f"{part}={value}" for part, value in content.items() if part not in NAMING and value is not None)
        return (*(content[part] for part in NAMING), *more)

    @property
    def ttl(self) -> int | None:
        """Lifetime in seconds."""
        return self.options.get("ttl")

    @property
    def length(self) -> int | None:
        """Characters of a generated value."""
        return self.options.get("length")

    @property
    def recipient(self) -> str | None:
        return self.options.get("recipient")

    def only(self, table: Iterable[Option]) -> dict[str, Any]:
        """Return the options of a table that are given."""
        return {option.name: self.options[option.name] for option in table if option.name in self.options}

    def but(self, **options: Any) -> Desired:
        """Return the same with other options."""
        return replace(self, options={**self.options, **options})

    def completed_from(self, record: Record | None) -> Desired:
        """Return the same, with what is not given as the link has it that exists."""
        return replace(self, options=completed(self.options, record.options)) if record else self


def desired_share(options: Mapping[str, Any]) -> Desired:
    """Return the link that ots_share asks for; its name, checked already, is "" where none is given.

    Raises InvalidInput.
    """
    if options["secret"] is None:
        raise InvalidInput("is missing; give the text to share", field="secret")
    return Desired(options["name"] or "", check_secret(options["secret"]), _given(LINK, options), Policy.of(options))


def desired_generate(options: Mapping[str, Any]) -> Desired:
    """Return the link that ots_generate asks for. Raises InvalidInput."""
    return Desired(options["name"], None, _given((*MADE_HERE, *GENERATED), options), Policy.of(options))


def _given(table: tuple[Option, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are given, checked.

    Empty text counts as not given, as a variable without a value is in a playbook. Not so for what is secret: a passphrase
    whose variable came out empty must never open what it protected.
    """
    given = {}
    for option in table:
        value = options[option.name]
        if value is not None and (value != "" or option.secret):
            given[option.name] = option.check(value) if option.check else value
    return given
