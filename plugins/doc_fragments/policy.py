# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a link, or its value, is made anew though nobody changed what is asked for."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reissue_on:
    description:
      - After which ends of a link a new one is sent for the same value.
      - V(expired), it was never read in its lifetime, or the server lost it.
      - V(burned), somebody else burned it.
      - V(received), it was read. Every run then sends a new link once the former was read.
      - V(unknown), the server does not know the link any more and nobody knows whether it was read.
      - After any other end nothing is sent; a warning says so, except for a link that was read.
      - An empty list, for a value that only lookups read, sends nothing after any end, and warns of none.
    type: list
    elements: str
    choices: [expired, burned, received, unknown]
    default: [expired]
"""

    REFRESH = r"""
options:
  refresh:
    description:
      - When the server is asked how a link stands that exists.
      - V(always), at every run. V(expired), only once its recorded expiry has passed; until then it counts as unread.
    type: str
    choices: [always, expired]
    default: always
    version_added: 0.3.0
"""

    ROTATION = r"""
options:
  rotate_after:
    description:
      - Age at which a generated value is generated anew and a new link sent, as in V(90d). The former link is burned.
      - The age counts from when the value was generated, by the server's clock, whatever links it has had since.
      - Without it the value stays until its name is burned.
    type: str
"""
