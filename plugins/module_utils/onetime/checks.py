# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Check what a caller gives before it is sent, because the servers fall silent where they should complain.

They truncate, clamp or ignore several wrong values without a word (v1 contract §3). Each function returns the value as
it is to be sent or raises InvalidInput, which names the field, the problem and the fix, but never the value.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .errors import InvalidInput

MAX_SECRET_BYTES = 10_000
MAX_PASSPHRASE_CHARACTERS = 128
MIN_LENGTH = 4
MAX_LENGTH = 128
LONGEST_TIMEOUT = 86_400  # seconds; operating systems refuse much longer ones

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@(?:[^\s@,;:<>()\[\]\"\\.]+\.)+[^\s@,;:<>()\[\]\"\\.]{2,}")
_HOST_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,256}")
_NUMBER = re.compile(r"[0-9]{1,12}")


def check_secret(text: object) -> str:
    """Return the secret: text of 1 to 10 000 bytes in UTF-8. That much fits every release uncut (v1 contract §3)."""
    secret = _text(text, "secret")
    if not secret:
        raise InvalidInput("is empty; give the text to share", field="secret")
    size = len(secret.encode())
    if size > MAX_SECRET_BYTES:
        raise InvalidInput(
            f"takes {size} bytes in UTF-8, and the service takes at most {MAX_SECRET_BYTES}; share a key to it instead",
            field="secret",
        )
    return secret


def check_passphrase(text: object) -> str:
    """Return the passphrase: 1 to 128 characters. The minimum differs between servers and is left to them."""
    passphrase = _text(text, "passphrase")
    if not passphrase:
        raise InvalidInput("is empty; omit it for a secret without passphrase", field="passphrase")
    if len(passphrase) > MAX_PASSPHRASE_CHARACTERS:
        raise InvalidInput(
            f"has {len(passphrase)} characters, and the service takes at most {MAX_PASSPHRASE_CHARACTERS}",
            field="passphrase",
        )
    return passphrase


def check_ttl(seconds: object) -> int:
    """Return the lifetime in whole seconds, given as a positive integer or its digits.

    Servers turn anything else into 60 seconds (v1 contract §0) and clamp to their own limits, which the reply tells.
    """
    ttl = whole_number(seconds)
    if ttl is None or ttl <= 0:
        raise InvalidInput("is not a positive number of whole seconds; give one such as 3600", field="ttl")
    return ttl


def check_recipient(text: object) -> str:
    """Return the one e-mail address that gets the link. Servers mail only one and drop the rest (v1 contract §3)."""
    if isinstance(text, (list, tuple, set)):
        raise InvalidInput("is a list; a link goes to exactly one address, so make one per person", field="recipient")
    recipient = _text(text, "recipient").strip()
    if not recipient:
        raise InvalidInput("is empty; omit it to send no e-mail", field="recipient")
    if "," in recipient or ";" in recipient:
        raise InvalidInput("holds several addresses; a link goes to one, so make one per person", field="recipient")
    if "<" in recipient or ">" in recipient:
        raise InvalidInput("has a display name; give the bare address, such as alice@example.com", field="recipient")
    if len(recipient) > 254 or not _ADDRESS.fullmatch(recipient):
        raise InvalidInput("is not an e-mail address; give one such as alice@example.com", field="recipient")
    return recipient


def check_share_domain(text: object) -> str:
    """Return the bare host name of a registered custom domain, in lower case. Servers ignore a URL silently."""
    domain = _text(text, "share_domain").strip().lower()
    if not domain:
        raise InvalidInput("is empty; omit it for the server's own host", field="share_domain")
    if "/" in domain:
        raise InvalidInput("is a URL; give the bare host name, such as secrets.example.com", field="share_domain")
    if ":" in domain:
        raise InvalidInput("has a port; give the bare host name, such as secrets.example.com", field="share_domain")
    if not domain.isascii():
        raise InvalidInput("is not ASCII; give an international name in its xn-- form", field="share_domain")
    if not _HOST_NAME.fullmatch(domain):
        raise InvalidInput("is not a host name; give one such as secrets.example.com", field="share_domain")
    return domain


def check_length(number: object) -> int:
    """Return the length of a generated value: 4 to 128 characters, given as an integer or its digits."""
    length = whole_number(number)
    if length is None or not 1 <= length <= MAX_LENGTH:
        raise InvalidInput(f"is not a whole number from {MIN_LENGTH} to {MAX_LENGTH}", field="length")
    if length < MIN_LENGTH:
        raise InvalidInput(
            f"is below {MIN_LENGTH}, the shortest value that servers generate; give {MIN_LENGTH} or more",
            field="length",
        )
    return length


def check_key(text: object, field: str) -> str:
    """Return an opaque key, `metadata_key` or `secret_key` as FIELD says, safe to stand in a URL's path."""
    key = _text(text, field).strip()
    if not key:
        raise InvalidInput("is empty; give the key as the server returned it", field=field)
    if "/" in key:
        raise InvalidInput("is a link or a path; give only the key, its last part", field=field)
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            "has characters that never occur in a key; give it exactly as the server returned it", field=field
        )
    return key


def check_account(username: str | None, api_token: str | None) -> tuple[str, str] | None:
    """Return an account's name and API token, or None for anonymous use when neither is given."""
    if not username and not api_token:
        return None
    missing = "is missing; give both username and api_token, or neither for anonymous use"
    if not api_token:
        raise InvalidInput(missing, field="api_token")
    if not username:
        raise InvalidInput(missing, field="username")
    if ":" in username or not _is_plain(username):
        raise InvalidInput("has a colon, blank or line break; give the account's e-mail address", field="username")
    if not _is_plain(api_token):
        raise InvalidInput("has a blank or line break; give it exactly as the account page shows it", field="api_token")
    return username, api_token


def check_timeout(seconds: Any) -> float:
    """Return the time limit of a call in seconds, given as a number or its digits."""
    try:
        limit = float(seconds)
    except (TypeError, ValueError):
        limit = 0.0
    if not 0 < limit <= LONGEST_TIMEOUT:
        raise InvalidInput(f"is not a number of seconds above 0 and up to {LONGEST_TIMEOUT}", field="timeout")
    return limit


def check_ca_bundle(path: str) -> str:
    """Return the path of a file or folder of certificate authorities that is there."""
    try:
        is_there = Path(path).exists()
    except OSError:  # too long, or behind a folder that may not be entered
        is_there = False
    if not is_there:
        raise InvalidInput("does not exist on this machine; check the path", field="ca_bundle")
    return path


def _is_plain(text: str) -> bool:
    return text.isprintable() and " " not in text


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"is {type(value).__name__}, not text", field=field)
    if "\0" in value:
        raise InvalidInput("has a NUL character, which servers drop or refuse; remove it or encode it", field=field)
    try:
        value.encode()
    except UnicodeEncodeError:
        encodable = False
    else:
        encodable = True
    if not encodable:  # raised out here, because the exception above holds the value
        raise InvalidInput("is not text in UTF-8; encode binary data first, for example in base64", field=field)
    return value


def whole_number(value: object) -> int | None:
    """Return an integer that is given as such or by its digits; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(digits := value.strip()):
        return int(digits)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12:
        return value
    return None
