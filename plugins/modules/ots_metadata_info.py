#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_metadata_info
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Get the state of a link
description:
  - Asks the server for the state of a link. Consumes nothing, and returns neither value nor key, so the result may be printed.
notes:
  - Servers before release 0.26 call a link V(viewed) as soon as anybody has asked for its state. It is still unread, like V(new).
options:
  name:
    description: Name under which M(onetimesecret.ots.ots_share) or M(onetimesecret.ots.ots_generate) made the link.
    type: str
  metadata_key:
    description: Metadata key of the link, whoever made it. Exactly one of O(name) and O(metadata_key) must be given.
    type: str
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - plugin: onetimesecret.ots.ots_metadata
    plugin_type: lookup
  - module: onetimesecret.ots.ots_ledger_info
"""

EXAMPLES = r"""
- name: Wait until Alice has read her link
  onetimesecret.ots.ots_metadata_info:
    name: db/prod/alice
  register: link
  until: link.exists and not link.is_unread
  retries: 30
  delay: 60
"""

RETURN = r"""
exists:
  description: Whether the server, or the ledger, knows the link. Servers forget a link when twice its lifetime has passed.
  returned: success
  type: bool
state:
  description: State of the link.
  returned: when it exists
  type: str
  choices: [new, viewed, received, burned, expired, orphaned, unknown]
is_unread:
  description: Whether the link exists and can still be read.
  returned: success
  type: bool
recipient:
  description: Address to which the server mailed the link, as the server shows it, None if it mailed none.
  returned: when it exists
  type: str
  sample: al*****@e*****.com
share_domain:
  description: Custom domain that the link is on, empty for the server's own.
  returned: when it exists
  type: str
passphrase_required:
  description: Whether the recipient is asked for a passphrase, None if the link is gone.
  returned: when it exists
  type: bool
ttl:
  description: Lifetime in seconds, as granted.
  returned: when it exists
  type: int
created_at:
  description: When the link was made, ISO 8601 in UTC.
  returned: when it exists
  type: str
  sample: "2026-11-21T09:30:00Z"
updated_at:
  description: When its state last changed.
  returned: when it exists
  type: str
expires_at:
  description: When the link expires.
  returned: when it exists
  type: str
received_at:
  description: When it was read, if the server reports it.
  returned: when it exists
  type: str
"""
