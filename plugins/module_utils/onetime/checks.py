# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""Check what a caller gives before it is sent, because the servers fall silent where they should complain.

They truncate, clamp or ignore several wrong values without a word (v1 contract §3). Each function returns the value as
it is to be sent or raises InvalidInput, which names the field, the problem and the fix, but never the value.
"""

from __future__ import annotations

import re

from .errors import InvalidInput

MAX_SECRET_BYTES = 10_000
MAX_PASSPHRASE_CHARACTERS = 128
MAX_LENGTH = 128

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
            f"takes {size} bytes in UTF-8, and the service keeps at most {MAX_SECRET_BYTES}; share a key to it instead",
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
    ttl = _integer(seconds)
    if ttl is None or ttl <= 0:
        raise InvalidInput("is no positive number of whole seconds; give for example 3600", field="ttl")
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
        raise InvalidInput("is no e-mail address; give one such as alice@example.com", field="recipient")
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
        raise InvalidInput("is no host name; give one such as secrets.example.com", field="share_domain")
    return domain


def check_length(number: object) -> int:
    """Return the length of a generated value: 1 to 128 characters, given as an integer or its digits."""
    length = _integer(number)
    if length is None or not 1 <= length <= MAX_LENGTH:
        raise InvalidInput(f"is no whole number from 1 to {MAX_LENGTH}", field="length")
    return length


def check_key(text: object, field: str) -> str:
    """Return an opaque key, `metadata_key` or `secret_key` as FIELD says, safe to stand in a URL's path."""
    key = _text(text, field).strip()
    if not key:
        raise InvalidInput("is empty", field=field)
    if "/" in key:
        raise InvalidInput("is a link or a path; give only the key, its last part", field=field)
    if not _KEY.fullmatch(key):
        raise InvalidInput("has characters that no key has; give it as the service issued it", field=field)
    return key


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
        raise InvalidInput("is no text that UTF-8 can carry; if it is binary, encode it, in base64 say", field=field)
    return value


def _integer(value: object) -> int | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12:
        return value
    return None
