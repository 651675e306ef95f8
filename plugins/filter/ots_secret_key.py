# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a link to the key of its secret."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import parse_link
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import InvalidInput


def ots_secret_key(link: str) -> str:
    """Return the key of the secret that a link leads to."""
    try:
        return parse_link(link)
    except InvalidInput as error:
        raise AnsibleFilterError(f"ots_secret_key: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[[str], str]]:
        return {"ots_secret_key": ots_secret_key}
