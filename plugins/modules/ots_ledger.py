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
short_description: Change the encryption key of the ledger, or adopt a link that something else has made
description:
  - With O(adopt) a link that was made by Terraform, by hand or by another ledger is recorded under a name.
  - Without it, seals all that the ledger keeps secret, for every server and account, under a new ledger key, in one transaction.
    Names keep their links. No server is asked.
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
  adopt:
    description:
      - Name under which the link with O(metadata_key) is recorded from now on. The server is asked about the link, which must still
        be unread; it is neither changed nor sent.
      - A link is recorded once. One that is recorded under the name is left as it is; one that is known under another name, and
        a name that has another link, are errors.
      - A run of M(onetimesecret.ots.ots_share) that gives what is given here keeps the link. What made it must no longer manage it,
        such as by C(terraform state rm).
    type: str
    version_added: 0.4.0
  metadata_key:
    description: Metadata key of the link to adopt, such as C(metadata_key) of Terraform's C(onetimesecret_link).
    type: str
    version_added: 0.4.0
  secret:
    description:
      - What the link to adopt carries; only its fingerprint is kept.
      - The server does not show it, so it is taken as given. Without it the next run that shares something under the name replaces
        the link.
    type: str
    version_added: 0.4.0
  passphrase:
    description: Passphrase of the link to adopt, if it has one.
    type: str
    version_added: 0.4.0
  recipient:
    description: Address to which the server mailed the link to adopt, if it did. It must fit what the server shows of it.
    type: str
    version_added: 0.4.0
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

- name: Adopt a link that Terraform has made
  onetimesecret.ots.ots_ledger:
    adopt: db/prod/alice
    metadata_key: "{{ terraform.outputs.metadata_key.value }}"
    secret: "{{ vault_db_password }}"
    recipient: alice@example.com

- name: Change the key file of my own ledger
  onetimesecret.ots.ots_ledger:
"""

RETURN = r"""
ledger:
  description: Where the ledger is.
  returned: success
  type: str
  sample: /home/ops/.ansible/onetimesecret/ledger.sqlite3
name:
  description: Name of the link that was adopted.
  returned: with O(adopt)
  type: str
  sample: db/prod/alice
"""
