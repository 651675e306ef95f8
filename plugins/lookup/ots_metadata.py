# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a link."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ots_metadata
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Get the state of a link
description:
  - Asks the server for the state of the link of a name, in every evaluation. Consumes nothing, and returns neither value nor key.
notes:
  - Runs on the controller.
  - Servers before release 0.26 call a link V(viewed) as soon as anybody has asked for its state. It is still unread, like V(new).
options:
  _terms:
    description: Names of credentials in the ledger.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.connection.plugins
  - onetimesecret.ots.ledger
  - onetimesecret.ots.ledger.plugins
seealso:
  - module: onetimesecret.ots.ots_metadata_info
"""

EXAMPLES = r"""
- name: Remind those who have not read theirs
  ansible.builtin.debug:
    msg: "{{ item }} has not read the link yet"
  loop: [alice, bob]
  when: lookup('onetimesecret.ots.ots_metadata', 'db/prod/' ~ item).is_unread
"""

RETURN = r"""
_raw:
  description:
    - What M(onetimesecret.ots.ots_metadata_info) returns for each name, such as C(state), C(expires_at) and C(received_at).
      Only C(exists) and C(is_unread), both false, where the ledger or the server does not know it.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.connection import Connection
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.facts import NO_LINK, facts_of_link
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.lookup import OtsLookup
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import check_name
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.open import open_ledger


class LookupModule(OtsLookup):
    def look_up(
        self, terms: list[str], options: dict[str, Any], variables: Mapping[str, Any], *, check: bool
    ) -> list[Any]:
        connection = Connection.of(options)
        with open_ledger(options, connection.scope, read_only=True) as ledger:
            records = [ledger.read(check_name(name)).record for name in terms]
        return [facts_of_link(connection.client(), record.metadata_key) if record else NO_LINK for record in records]
