#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_burn
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.1.0
short_description: Burn a one-time link
description:
  - Burns a link, so that nobody can read it, and forgets its name. A later run that wants the name present creates a
    new link.
  - A link that was read, burned or has expired is not changed.
options:
  name:
    description: Name under which M(onetimesecret.ots.ots_share) or M(onetimesecret.ots.ots_generate) made the link.
    type: str
  metadata_key:
    description: Metadata key of the link, whoever made it. Exactly one of O(name) and O(metadata_key) must be given.
    type: str
  passphrase:
    description: Passphrase of the link. Needed only for a link that has one which the ledger does not know.
    type: str
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_share
  - module: onetimesecret.ots.ots_generate
"""

EXAMPLES = r"""
- name: Carol does not get access after all
  onetimesecret.ots.ots_burn:
    name: db/prod/carol

- name: Burn a link that was made elsewhere
  onetimesecret.ots.ots_burn:
    metadata_key: "{{ leaked_metadata_key }}"
"""

RETURN = r"""
action:
  description:
    - V(burned), or V(absent) if there was nothing left to burn.
    - V(burn_pending) where the server refuses to burn for now; a warning says until when the link can be read. The next run
      that burns it, or uses its name, tries again.
  returned: success
  type: str
  choices: [burned, burn_pending, absent]
name:
  description: Name of the credential in the ledger, None for a link that is not in it.
  returned: success
  type: str
  sample: db/prod/carol
recipient:
  description: Address to which the server had mailed the link, None if it mailed none, or if the link is not in the ledger.
  returned: success
  type: str
  sample: carol@example.com
state:
  description: V(burned), or the final state that the link already had; None if that is unknown.
  returned: success
  type: str
  choices: [received, burned, expired, orphaned, unknown]
"""
