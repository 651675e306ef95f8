"""From a request's parameters to a stored secret: POST share and generate (contract §3, §4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .accounts import Account
from .errors import InvalidRequestError, UnexpectedError
from .generate import DEFAULT_LENGTH, password
from .names import first_recipient_in, has_known_suffix, is_recipient, obfuscated, obfuscated_always
from .notice import Notice
from .params import Params, as_bytes, as_integer, as_text
from .profile import ANONYMOUS, DAY, Profile
from .services import Services
from .store import Order, Receipt

_DEFAULT_TTL = 7 * DAY
_SHORTEST_TTL = 60
_LONGEST_PASSPHRASE = 128


def share(server: Services, caller: Account | None, params: Params, host: str) -> Receipt:
    """Store the secret that the caller sent to `host`. Raises InvalidRequestError."""
    value = _sent_value(server.profile, params.get("secret"))
    if not value:
        raise InvalidRequestError("You did not provide anything to share")
    value = _sized(server.profile, value, _plan(caller))
    return _store(server, caller, params, host, value, generated=False)


def generate(server: Services, caller: Account | None, params: Params, host: str) -> tuple[Receipt, str]:
    """Store a new password; returns it as well. Raises InvalidRequestError."""
    longest = server.profile.longest_generated
    try:
        length = as_integer(params["length"]) if "length" in params else DEFAULT_LENGTH
        if longest is not None and length > longest:
            raise InvalidRequestError(f"Generated password length must be no more than {longest} characters")
        value = password(length, params.get("character_sets"))
    except (TypeError, ValueError):
        raise UnexpectedError from None
    return _store(server, caller, params, host, value.encode(), generated=True), value


def _store(
    server: Services, caller: Account | None, params: Params, host: str, value: bytes, *, generated: bool
) -> Receipt:
    profile = server.profile
    recipient = _recipient(profile, caller, params.get("recipient"))
    order = Order(
        value=value,
        ttl=_ttl(profile, _plan(caller), params.get("ttl")),
        recipient=_hidden(profile, recipient),
        share_domain=_share_domain(server, caller, as_text(params.get("share_domain")).strip())
        or _requested_domain(server, host),
        passphrase=_passphrase(profile, as_text(params.get("passphrase"))),
        generated=generated,
    )
    receipt = server.store.create(order, caller)
    if recipient and caller is not None:
        link = f"{server.documents.origin(receipt.share_domain)}/secret/{receipt.secret_key}"
        server.mailer.send(
            Notice(
                sender=caller.email,
                recipient=recipient,
                link=link,
                now=receipt.created,
                expires=receipt.secret_expires,
                has_passphrase=receipt.has_passphrase,
                language=caller.language,
            )
        )
    return receipt


def _plan(caller: Account | None) -> str:
    return caller.plan if caller else ANONYMOUS


def _sent_value(profile: Profile, secret: Any) -> bytes:
    if not profile.nested_secret_is_text and isinstance(secret, dict | list):
        raise UnexpectedError
    value = as_bytes(as_text(secret))
    return value if profile.raw_bytes else value.decode("utf-8", "replace").replace("\0", "").encode()


def _sized(profile: Profile, value: bytes, plan: str) -> bytes:
    size = len(value if profile.size_unit == "bytes" else value.decode("utf-8", "replace"))
    if profile.size_limit is not None and size > profile.size_limit:
        raise InvalidRequestError(profile.refused_size_text)
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
    given = next(filter(None, map(as_text, candidates)), "")
    if profile.lenient_recipients:
        given = first_recipient_in(given)
    if given and caller is None:
        raise InvalidRequestError("An account is required to send emails.")
    address = given.strip()
    if given and not profile.lenient_recipients and not is_recipient(address):
        raise InvalidRequestError(f"Undeliverable email address: {address}")
    return address


def _hidden(profile: Profile, address: str) -> str:
    if not address:
        return ""
    hide = obfuscated_always if profile.lenient_recipients else obfuscated
    return hide(address, profile.recipient_stars)


def _share_domain(server: Services, caller: Account | None, domain: str) -> str:
    """The custom domain that was asked for, "" for the site's own host and for what the server does not know as a name."""
    if not has_known_suffix(domain) or domain.lower() == urlsplit(server.settings.public_url).hostname:
        return ""
    if server.profile.link_pool and domain.lower() in server.settings.link_domains:
        return domain
    if server.profile.domains_are_owned and caller is None:
        raise InvalidRequestError(f"You do not have permission to use domain: {domain}")
    registered = server.accounts.domain(domain)
    if registered is None or (not server.profile.domains_are_owned and registered.host != domain):
        raise InvalidRequestError(f"Unknown domain: {domain}")
    if server.profile.domains_are_owned and caller is not None and registered.account_id != caller.id:
        raise InvalidRequestError(f"You do not have permission to use domain: {domain}")
    return domain


def _requested_domain(server: Services, host: str) -> str:
    """The custom domain that the request was sent to, "" if it was another host."""
    registered = server.accounts.domain(host)
    return registered.host if registered else ""


def _passphrase(profile: Profile, passphrase: str) -> str:
    if passphrase and len(passphrase) < profile.shortest_passphrase:
        raise InvalidRequestError(f"Passphrase must be at least {profile.shortest_passphrase} characters long")
    if len(passphrase) > _LONGEST_PASSPHRASE:
        raise InvalidRequestError(f"Passphrase must be no more than {_LONGEST_PASSPHRASE} characters long")
    return passphrase
