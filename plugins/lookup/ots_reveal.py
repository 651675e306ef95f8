# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value behind a link that somebody sent, read once."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ots_reveal
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Read a one-time link once, and return its value in every evaluation
description:
  - Reads a link that somebody sent, B(which destroys it), and stores the value, encrypted, in the ledger. Every later evaluation,
    in any template, host, fork or run, returns the same value from there.
  - In check mode nothing is read. For a link whose value is not in the ledger yet, it returns a placeholder.
notes:
  - Runs on the controller.
options:
  _terms:
    description:
      - Links. Each is read from the service in its address, with O(username) and O(api_token) only if O(url) or O(region) name
        the same service.
    type: list
    elements: str
    required: true
  passphrase:
    description: Passphrase of the links. The server gives the same answer to a wrong passphrase as for a link that is gone.
    type: str
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.connection.plugins
  - onetimesecret.ots.ledger
  - onetimesecret.ots.ledger.plugins
seealso:
  - module: onetimesecret.ots.ots_reveal
"""

EXAMPLES = r"""
- name: Install the licence key that the vendor sent as a link
  ansible.builtin.copy:
    content: "{{ lookup('onetimesecret.ots.ots_reveal', vault_licence_link) }}"
    dest: /etc/app/licence
    mode: "0600"
"""

RETURN = r"""
_raw:
  description: The values, in the order of the links.
  type: list
  elements: str
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import parse_link
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.lookup import PLACEHOLDER, OtsLookup
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.reveal import reveal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class LookupModule(OtsLookup):
    def look_up(
        self, terms: list[str], options: dict[str, Any], variables: Mapping[str, Any], *, check: bool
    ) -> list[Any]:
        return [self._value(link, options, check=check) for link in terms]

    def _value(self, link: str, options: dict[str, Any], *, check: bool) -> str:
        secret_key = parse_link(link)
        connection = Connection.of_link(options, link)
        with open_ledger(options, connection.scope, read_only=check) as ledger:
            disclosed = reveal(
                ledger, connection.client, None, secret_key, options["passphrase"] or None, now=time.time(), check=check
            )
        return PLACEHOLDER if disclosed.value is None else disclosed.value
