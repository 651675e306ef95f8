#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_ledger
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Change the encryption key of the ledger
description:
  - Seals all that the ledger keeps secret, for every server and account, under a new ledger key, in one transaction. Names
    keep their links. No server is asked; options of the connection are taken for the sake of C(module_defaults) alone.
  - Where the key is in a key file, the file gets the new key, and holds both until the ledger surely has the new one.
    Where the key
    is given, give O(new_ledger_key) as O(ledger_key) from then on; a run in between fails with a clear error.
  - Copies of the ledger from before, such as backups, stay under the old key.
options:
  new_ledger_key:
    description:
      - The new key, 32 random bytes in base64. Make one with C(openssl rand -base64 32).
      - A ledger that is sealed under this key already is left as it is.
      - Where the key is in a key file it may be left out; then a new one is made, in every run.
    type: str
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_ledger_info
"""

EXAMPLES = r"""
- name: Change the key of the team's ledger
  onetimesecret.ots.ots_ledger:
    ledger: postgresql://ots@db.example.com/ots?sslmode=verify-full
    ledger_key: "{{ vault_old_ledger_key }}"
    new_ledger_key: "{{ vault_ledger_key }}"

- name: Change the key file of my own ledger
  onetimesecret.ots.ots_ledger:
"""

RETURN = r"""
ledger:
  description: Where the ledger is.
  returned: success
  type: str
  sample: /home/ops/.ansible/onetimesecret/ledger.sqlite3
"""
