#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_recent_info
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: List the account's links of the last 30 days
description:
  - Lists the links that the account created recently, by any program, newest first.
  - On releases 0.21 to 0.23 of the server this always fails.
options:
  return_content:
    description:
      - Whether the result holds the metadata keys of the links, which can burn them.
      - The result is then hidden from all output; what C(register) keeps is complete. Do not print it.
    type: bool
    default: false
    version_added: 0.3.0
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_ledger_info
  - module: onetimesecret.ots.ots_burn
"""

EXAMPLES = r"""
- name: List what the account has made
  onetimesecret.ots.ots_recent_info:
  register: recent

- name: Show it
  ansible.builtin.debug:
    var: recent.table

- name: List it with the keys that burn it
  onetimesecret.ots.ots_recent_info:
    return_content: true
  register: keys

- name: Burn all that nobody has read and that went to nobody
  onetimesecret.ots.ots_burn:
    metadata_key: "{{ item.metadata_key }}" # and the passphrase, where a link has one that the ledger does not know
  loop: "{{ keys.links | selectattr('is_unread') | rejectattr('recipient') }}"
  no_log: true
"""

RETURN = r"""
links:
  description: The links, newest first, each as M(onetimesecret.ots.ots_metadata_info) returns it, with its metadata key.
  returned: success
  type: list
  elements: dict
  contains:
    metadata_key:
      description: Key that shows the link's state, and can burn the link. As confidential as the link.
      returned: when O(return_content) is true
      type: str
table:
  description: The same for people, as lines; state, recipient, created_at and expires_at.
  returned: success
  type: list
  elements: str
"""
