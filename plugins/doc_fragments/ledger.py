# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's record of which link exists for which name."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Where the ledger is stored, the record of which link exists for which name. It makes runs idempotent.
      - C(sqlite:///PATH) is a file on the controller, created on first use. PATH is absolute or begins with C(~).
      - C(postgresql://USER@HOST/DATABASE) is a schema C(onetimesecret) in a PostgreSQL database, for teams and for AWX; created
        on first use. It accepts every parameter of libpq, such as C(?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem), and reads
        libpq's environment, C(PGPASSFILE) included. Needs the Python package C(psycopg) on the controller, and
        O(ledger_key) or O(ledger_key_file).
      - Variable C(ots_ledger), environment E(OTS_LEDGER), C(ledger) in C(ansible.cfg).
    type: str
    default: sqlite:///~/.ansible/onetimesecret/ledger.sqlite3
  ledger_key:
    description:
      - Key that encrypts values, keys of links and passphrases in the ledger, 32 random bytes in base64. Create
        one with C(openssl rand -base64 32).
      - Without it, and without O(ledger_key_file), a key file is created beside the ledger's file on first use, readable
        only by its owner.
      - Variable C(ots_ledger_key), environment E(OTS_LEDGER_KEY), C(ledger_key) in C(ansible.cfg).
    type: str
  ledger_key_file:
    description:
      - File on the controller that holds O(ledger_key), readable only by its owner.
      - Variable C(ots_ledger_key_file), environment E(OTS_LEDGER_KEY_FILE), C(ledger_key_file) in C(ansible.cfg).
    type: path
  ledger_wait:
    description:
      - Longest wait in seconds for a name that another run holds, in a fork, a process or on another controller.
      - Variable C(ots_ledger_wait), environment E(OTS_LEDGER_WAIT), C(ledger_wait) in C(ansible.cfg).
    type: float
    default: 300
  audit_keep:
    description:
      - How long the ledger keeps the events of its audit trail, a number and one of the units d and w, at least one day.
      - Older ones are deleted by the next run that adds an event, which is noted in the trail. The shortest time counts that any of
        those who share a ledger gives.
      - Variable C(ots_audit_keep), environment E(OTS_AUDIT_KEEP), C(audit_keep) in C(ansible.cfg).
    type: str
    default: 400d
    version_added: 0.4.0
"""

    PLUGINS = r"""
options:
  ledger:
    env: [{name: OTS_LEDGER}]
    vars: [{name: ots_ledger}]
    ini: [{section: onetimesecret_ots, key: ledger}]
  ledger_key:
    env: [{name: OTS_LEDGER_KEY}]
    vars: [{name: ots_ledger_key}]
    ini: [{section: onetimesecret_ots, key: ledger_key}]
  ledger_key_file:
    env: [{name: OTS_LEDGER_KEY_FILE}]
    vars: [{name: ots_ledger_key_file}]
    ini: [{section: onetimesecret_ots, key: ledger_key_file}]
  ledger_wait:
    env: [{name: OTS_LEDGER_WAIT}]
    vars: [{name: ots_ledger_wait}]
    ini: [{section: onetimesecret_ots, key: ledger_wait}]
  audit_keep:
    env: [{name: OTS_AUDIT_KEEP}]
    vars: [{name: ots_audit_keep}]
    ini: [{section: onetimesecret_ots, key: audit_keep}]
"""
