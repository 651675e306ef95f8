# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lookups have in common: options in, values out, all of it on the controller."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.options import options_of_lookup

# Long enough for most rules on passwords, and plain to see where it turns up.
PLACEHOLDER = "no-value-in-check-mode"


class OtsLookup(LookupBase):
    """Base of all lookups: a subclass makes the values."""

    @abstractmethod
    def look_up(
        self, terms: list[str], options: dict[str, Any], variables: Mapping[str, Any], *, check: bool
    ) -> list[Any]:
        """Return one value for each term. Raises OnetimeError and LedgerError."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        variables = variables or {}
        try:
            options = options_of_lookup(self, kwargs, variables, self._templar)
            return self.look_up(terms, options, variables, check=bool(variables.get("ansible_check_mode")))
        except (OnetimeError, LedgerError) as error:
            raise AnsibleLookupError(str(error)) from None


class LinkLookup(OtsLookup):
    """Base of the lookups that make links: a subclass tells what is desired and what of it is returned."""

    @abstractmethod
    def desired(self, name: str, options: Mapping[str, Any]) -> Desired:
        """Return the link that is asked for. Raises InvalidInput."""

    def value_of(self, outcome: Outcome, connection: Connection, options: Mapping[str, Any]) -> str:
        """Return what the lookup is for: the link, unless a subclass knows better."""
        if outcome.record is None:
            return connection.address.link(PLACEHOLDER)
        return connection.address.link(outcome.record.secret_key, outcome.record.share_domain)

    def look_up(
        self, terms: list[str], options: dict[str, Any], variables: Mapping[str, Any], *, check: bool
    ) -> list[Any]:
        connection = Connection.of(options)
        values = []
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            engine = Engine(ledger, connection.client, anonymous=connection.is_anonymous)
            for name in terms or [variables["inventory_hostname"]]:
                outcome = engine.present(self.desired(name, options), check=check, refresh=False)
                for warning in outcome.warnings:
                    Display().warning(f"{name}: {warning}")
                values.append(self.value_of(outcome, connection, options))
        return values
