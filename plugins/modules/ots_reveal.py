#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_reveal
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Read a one-time link, and store its value
description:
  - Reads a link that somebody sent, B(which destroys it), and stores the value, encrypted, in the ledger. Every later run returns
    the same value from there.
  - A new link under the same name is read, and its value replaces the former one.
notes:
  - The result is hidden from all output, because it holds the value. What C(register) keeps is complete; do not print it.
  - In check mode nothing is read. A value in the ledger is returned.
  - If a run dies between the server's reply and the ledger, the value is lost, and the next run says so.
options:
  name:
    description: Your own key for the value. Without it the value is kept under a name that stands for the link.
    type: str
  link:
    description:
      - The link. It is read from the service in its address, with O(username) and O(api_token) only if O(url) or O(region) name
        the same service.
      - Exactly one of O(link) and O(secret_key) must be given.
    type: str
  secret_key:
    description: Last part of the link, of a secret at the service that O(url) or O(region) names.
    type: str
  passphrase:
    description: Passphrase of the link. The server gives the same answer to a wrong passphrase as for a link that is gone.
    type: str
  state:
    description:
      - V(present) reads the link, unless its value is already in the ledger.
      - V(absent) forgets the value of O(name).
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - plugin: onetimesecret.ots.ots_reveal
    plugin_type: lookup
  - module: onetimesecret.ots.ots_metadata_info
"""

EXAMPLES = r"""
- name: Read the licence key that the vendor sent as a link
  onetimesecret.ots.ots_reveal:
    name: vendor/licence
    link: "{{ vault_licence_link }}"
  register: licence

- name: Install the licence
  ansible.builtin.copy:
    content: "{{ licence.value }}"
    dest: /etc/app/licence
    mode: "0600"
"""

RETURN = r"""
name:
  description: Name under which the value is kept.
  returned: success
  type: str
  sample: vendor/licence
value:
  description: The value.
  returned: when it is kept; not in check mode before the link was read
  type: str
"""
