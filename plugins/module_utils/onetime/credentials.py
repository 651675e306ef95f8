# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Who asks: an account's name and API token, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from ._thirdparty import SecretStr
from .errors import InvalidInput


@dataclass(frozen=True)
class Credentials:
    """An account: its e-mail address (servers heed the case) or external id, and its API token."""

    username: str
    api_token: SecretStr

    @classmethod
    def of(cls, username: str | None, api_token: str | SecretStr | None) -> Credentials | None:
        """Return the credentials, or None for anonymous use when neither is given; half of them is an InvalidInput."""
        token = api_token.get_secret_value() if isinstance(api_token, SecretStr) else api_token
        if not username and not token:
            return None
        if not token:
            raise InvalidInput("is missing; give it along with the username, or neither", field="api_token")
        if not username:
            raise InvalidInput("is missing; give it along with the API token, or neither", field="username")
        if ":" in username or not _is_plain(username):
            raise InvalidInput("has a colon, blank or line break; give the account's e-mail address", field="username")
        if not _is_plain(token):
            raise InvalidInput(
                "has a blank or line break; give it just as the account page shows it", field="api_token"
            )
        return cls(username, SecretStr(token))


def _is_plain(text: str) -> bool:
    return text.isprintable() and " " not in text
