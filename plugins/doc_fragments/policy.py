# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a link or its value is replaced although the task asks for the same content."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reissue_on:
    description:
      - Final states that trigger a new link to the same value.
      - V(expired), nobody read it in its lifetime, or the server lost it.
      - V(burned), somebody else burned it.
      - V(received), it was read. Each time a link was read, the next run sends another one.
      - V(unknown), the server no longer knows the link, and whether it was read is unknown.
      - After any other final state nothing is sent; a warning says so, except for a link that was read.
      - An empty list never sends a new link, and never warns. Use it for a value that only lookups read.
    type: list
    elements: str
    choices: [expired, burned, received, unknown]
    default: [expired]
"""

    REFRESH = r"""
options:
  refresh:
    description:
      - When to ask the server for the state of an existing link.
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
      - Age at which a generated value is replaced by a new one and a new link is sent, as in V(90d). The former link is burned.
      - The age counts from the generation of the value, by the server's clock, however many links it has had since.
      - Without it the value stays until its name is burned.
    type: str
"""
