# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A one-time link to a value that the caller gives, the same in every evaluation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ots_share
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Share a value by a one-time link, the same in every evaluation
description:
  - Returns the link for a name. The first evaluation shares the value; every later one, in any template, host, fork or
    run, returns
    the same link from the ledger while the value is the same. Another value replaces the link.
  - A name that the ledger knows costs no request, until the recorded expiry of its link has passed.
  - It uses the same ledger as M(onetimesecret.ots.ots_share), and both may be used for one name. Options that are not
    given stay as they are; an option that differs replaces the link if its description says so.
  - In check mode nothing is shared. For a name that has no link yet, it returns a link that leads nowhere.
notes:
  - Runs on the controller.
options:
  _terms:
    description:
      - Names of credentials, such as C(db/prod/app), each unique within the server and the account.
      - Without any, one link per host is created, under the name C(inventory_hostname).
    type: list
    elements: str
  secret:
    description: The value to share, 1 to 10,000 bytes in UTF-8.
    type: str
    required: true
extends_documentation_fragment:
  - onetimesecret.ots.link
  - onetimesecret.ots.link.plugins
  - onetimesecret.ots.policy
  - onetimesecret.ots.connection
  - onetimesecret.ots.connection.plugins
  - onetimesecret.ots.ledger
  - onetimesecret.ots.ledger.plugins
seealso:
  - module: onetimesecret.ots.ots_share
  - plugin: onetimesecret.ots.ots_generate
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Welcome a new colleague, with a link in the place of the password
  ansible.builtin.template:
    src: welcome.txt.j2 # Your first password is behind {{ link }}, once and until Friday.
    dest: /srv/mail/outgoing/carol.txt
    mode: "0600"
  vars:
    link: "{{ lookup('onetimesecret.ots.ots_share', 'vpn/carol', secret=vault_vpn_password, ttl='4d') }}"
"""

RETURN = r"""
_raw:
  description: The links, in the order of the names.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.onetimesecret.ots.plugins.plugin_utils.adapter.lookup import LinkLookup
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.desired import Desired, desired_share


class LookupModule(LinkLookup):
    def desired(self, name: str, options: Mapping[str, Any]) -> Desired:
        return desired_share({**options, "name": name})
