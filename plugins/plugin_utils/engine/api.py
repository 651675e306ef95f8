# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that the engine needs of a server. The v1 client has them; each raises OnetimeError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.inputs import GenerateRequest, ShareRequest
    from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.replies import (
        Issued,
        Metadata,
        Revealed,
        Status,
    )


class Api(Protocol):
    """A Onetime Secret server, for one account or for nobody."""

    def status(self) -> Status:
        """Return whether the server works, and takes the credentials."""

    def share(self, request: ShareRequest) -> Issued:
        """Make a link to a value."""

    def generate(self, request: GenerateRequest) -> Issued:
        """Have a value generated, and make a link to it."""

    def reveal(self, secret_key: str, passphrase: str | None = None) -> Revealed:
        """Read a link, which destroys it."""

    def metadata(self, metadata_key: str) -> Metadata:
        """Return what became of a link."""

    def burn(self, metadata_key: str, passphrase: str | None = None) -> None:
        """Burn a link that is unread."""

    def recent(self) -> list[Metadata]:
        """Return the account's links of the last 30 days."""
