"""From a request's parameters to a stored secret: POST share and generate (contract §3, §4)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .accounts import Account, is_email, is_host_name
from .errors import InvalidRequestError, UnexpectedError
from .generate import DEFAULT_LENGTH, password
from .params import Params, as_bytes, as_integer, as_text
from .profile import ANONYMOUS, DAY, Profile
from .services import Services
from .store import Order, Receipt

_DEFAULT_TTL = 7 * DAY
_SHORTEST_TTL = 60
_LONGEST_PASSPHRASE = 128
_LENIENT_EMAIL = re.compile(r"\b[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,4}\b")


def share(server: Services, caller: Account | None, params: Params) -> Receipt:
    """Store the secret that the caller sent. Raises InvalidRequestError."""
    value = _sent_value(server.profile, params.get("secret"))
    if not value:
        raise InvalidRequestError("You did not provide anything to share")
    return _store(server, caller, params, _sized(server.profile, value, _plan(caller)), generated=False)


def generate(server: Services, caller: Account | None, params: Params) -> tuple[Receipt, str]:
    """Store a new password; returns it as well. Raises InvalidRequestError."""
    longest = server.profile.longest_generated
    try:
        length = as_integer(params["length"]) if "length" in params else DEFAULT_LENGTH
        if longest is not None and length > longest:
            raise InvalidRequestError(f"Generated password length must be no more than {longest} characters")
        value = password(length, params.get("character_sets"))
    except (TypeError, ValueError):
        raise UnexpectedError from None
    return _store(server, caller, params, value.encode(), generated=True), value


def _store(server: Services, caller: Account | None, params: Params, value: bytes, *, generated: bool) -> Receipt:
    profile = server.profile
    recipient = _recipient(profile, caller, params.get("recipient"))
    order = Order(
        value=value,
        ttl=_ttl(profile, _plan(caller), params.get("ttl")),
        recipient=_obfuscated(recipient, profile.recipient_stars),
        share_domain=_share_domain(server, caller, as_text(params.get("share_domain")).strip()),
        passphrase=_passphrase(profile, as_text(params.get("passphrase"))),
        generated=generated,
    )
    receipt = server.store.create(order, caller)
    if recipient and caller is not None:
        link = f"{server.replies.origin(receipt.share_domain)}/secret/{receipt.secret_key}"
        server.mailer.send(caller.email, recipient, link)
    return receipt


def _plan(caller: Account | None) -> str:
    return caller.plan if caller else ANONYMOUS


def _sent_value(profile: Profile, secret: Any) -> bytes:
    if not profile.nested_secret_is_text and isinstance(secret, dict | list):
        raise UnexpectedError
    value = as_bytes(as_text(secret))
    return value if profile.raw_bytes else value.decode("utf-8", "replace").replace("\0", "").encode()


def _sized(profile: Profile, value: bytes, plan: str) -> bytes:
    if profile.size_limit is not None and len(value) > profile.size_limit:
        raise InvalidRequestError(f"Secret value exceeds the maximum size of {profile.size_limit} bytes")
    if profile.size_truncation is not None:
        return value.decode()[: profile.size_truncation[plan]].encode()
    return value


def _ttl(profile: Profile, plan: str, ttl: Any) -> int:
    try:
        seconds = _DEFAULT_TTL if ttl is None else as_integer(ttl)
    except TypeError:
        raise UnexpectedError from None
    return max(_SHORTEST_TTL, min(seconds, profile.longest_ttl[plan]))


def _recipient(profile: Profile, caller: Account | None, recipient: Any) -> str:
    """The one address that gets an e-mail, "" for none."""
    candidates = recipient if isinstance(recipient, list) else [recipient]
    given = next(filter(None, (as_text(candidate).strip() for candidate in candidates)), "")
    if profile.lenient_recipients:
        found = _LENIENT_EMAIL.search(given)
        given = found[0] if found else ""
    if given and caller is None:
        raise InvalidRequestError("An account is required to send emails.")
    if given and not is_email(given):
        raise InvalidRequestError(f"Undeliverable email address: {given}")
    return given


def _obfuscated(address: str, stars: int) -> str:
    """alice.smith@example.com becomes al***@e***.com."""
    if not address:
        return ""
    local, _at, host = address.partition("@")
    return f"{local[:2]}{'*' * stars}@{host[0]}{'*' * stars}.{host.rpartition('.')[2]}"


def _share_domain(server: Services, caller: Account | None, domain: str) -> str:
    """The custom domain to share on, "" for the site's own host and for what is no host name at all."""
    if not is_host_name(domain) or domain.lower() == urlsplit(server.settings.public_url).hostname:
        return ""
    if server.profile.domains_are_owned and caller is None:
        raise InvalidRequestError(f"You do not have permission to use domain: {domain}")
    registered = server.accounts.domain(domain)
    if registered is None or (not server.profile.domains_are_owned and registered.host != domain):
        raise InvalidRequestError(f"Unknown domain: {domain}")
    if server.profile.domains_are_owned and caller is not None and registered.account_id != caller.id:
        raise InvalidRequestError(f"You do not have permission to use domain: {domain}")
    return domain


def _passphrase(profile: Profile, passphrase: str) -> str:
    if passphrase and len(passphrase) < profile.shortest_passphrase:
        raise InvalidRequestError(f"Passphrase must be at least {profile.shortest_passphrase} characters long")
    if len(passphrase) > _LONGEST_PASSPHRASE:
        raise InvalidRequestError(f"Passphrase must be no more than {_LONGEST_PASSPHRASE} characters long")
    return passphrase
