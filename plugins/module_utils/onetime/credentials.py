# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Who asks: an account's name and API token, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from ._thirdparty import SecretStr
from .checks import check_account


@dataclass(frozen=True)
class Credentials:
    """An account: its e-mail address (servers heed the case) or external id, and its API token."""

    username: str
    api_token: SecretStr

    @classmethod
    def of(cls, username: str | None, api_token: str | SecretStr | None) -> Credentials | None:
        """Return the credentials, or None for anonymous use when neither is given; half of them is an InvalidInput."""
        token = api_token.get_secret_value() if isinstance(api_token, SecretStr) else api_token
        account = check_account(username, token)
        return cls(account[0], SecretStr(account[1])) if account else None
