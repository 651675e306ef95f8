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

    def status(self) -> Status: ...

    def share(self, request: ShareRequest) -> Issued: ...

    def generate(self, request: GenerateRequest) -> Issued: ...

    def reveal(self, secret_key: str, passphrase: str | None = None) -> Revealed: ...

    def metadata(self, metadata_key: str) -> Metadata: ...

    def burn(self, metadata_key: str, passphrase: str | None = None) -> None: ...

    def recent(self) -> list[Metadata]: ...
