# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lookups have in common: options in, values out, all of it on the controller."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from jinja2 import UndefinedError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.defects import place_of
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import OnetimeError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.argspec import REVEAL, SHARE
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.check_mode import is_check_mode
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.core import mask, opened
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.kinds import check_kind
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.masking import mask_given
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.options import options_of_lookup
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.variables import Variables
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.engine import Engine, Outcome
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.errors import LedgerError
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import check_name
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger

# Long enough for most rules on passwords, and plain to see where it turns up.
PLACEHOLDER = "no-value-in-check-mode"
SECRETS = {**SHARE, **REVEAL}  # options of lookups mean what those of the actions do


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
            options = options_of_lookup(self, kwargs, Variables(variables, self._templar))
            return self._masked(_texts(terms), options, variables)
        except (OnetimeError, LedgerError) as error:
            problem = str(error)
        except (AnsibleError, UndefinedError):
            raise
        except Exception as error:  # noqa: BLE001 - its text may hold what was given
            problem = f"the collection has a defect; please report it, with this place: {place_of(error)}"
        raise AnsibleLookupError(problem)  # out here, so that nothing is chained to it

    def _masked(self, terms: list[str], options: dict[str, Any], variables: dict[str, Any]) -> list[Any]:
        mask_given(options, SECRETS)
        values = self.look_up(terms, options, variables, check=is_check_mode(variables, self._templar))
        mask(value for value in values if isinstance(value, str) and PLACEHOLDER not in value)
        return values


class LinkLookup(OtsLookup):
    """Base of the lookups that make links: a subclass says what is desired, and what of it is returned."""

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
            for name in map(check_name, terms or [variables["inventory_hostname"]]):
                outcome = engine.present(self.desired(name, options), check=check, refresh=False)
                for warning in outcome.warnings:
                    Display().warning(f"{name}: {warning}")
                values.append(self.value_of(outcome, connection, options))
        return values


def _texts(terms: list[Any]) -> list[str]:
    """Return the terms, those of a list in their midst each by itself. Raises InvalidInput for one that is no text."""
    flat = [part for term in opened(terms) for part in (term if isinstance(term, list | tuple) else [term])]
    for term in flat:
        check_kind("term", "str", term)
    return flat
