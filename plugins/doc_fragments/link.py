# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every link has, whoever made its value."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  passphrase:
    description:
      - Passphrase that the recipient must give to open the link. Send it by another channel than the link.
      - Most servers require at least 4 characters, some 8.
      - Changing it replaces the link. If none is given, an existing link keeps its passphrase.
      - An empty one is an error. To remove a passphrase, make the link absent, then present.
    type: str
  ttl:
    description:
      - Lifetime of the link, in seconds or with a unit, as in V(3600), V(45m), V(1h), V(7d), V(2w).
      - Without it the name keeps its first lifetime; for a new name the server decides, usually 7 days. If the server shortens
        the lifetime, the next run reports no change.
      - Variable C(ots_ttl), environment E(OTS_TTL), C(ttl) in section C([onetimesecret_ots]) of C(ansible.cfg).
    type: str
  recipient:
    description:
      - One e-mail address to which the server mails the link. Needs an account.
      - Changing it replaces the link. If none is given, or an empty one, it stays as it is.
    type: str
  share_domain:
    description:
      - Custom domain, registered with the account, for the link; a bare host name.
      - Changing it replaces the link. If none is given, or an empty one, it stays as it is.
      - Variable C(ots_share_domain), environment E(OTS_SHARE_DOMAIN), C(share_domain) in C(ansible.cfg).
    type: str
"""

    PLUGINS = r"""
options:
  ttl:
    env: [{name: OTS_TTL}]
    vars: [{name: ots_ttl}]
    ini: [{section: onetimesecret_ots, key: ttl}]
  share_domain:
    env: [{name: OTS_SHARE_DOMAIN}]
    vars: [{name: ots_share_domain}]
    ini: [{section: onetimesecret_ots, key: share_domain}]
"""
