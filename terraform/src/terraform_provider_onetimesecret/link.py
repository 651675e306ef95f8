"""What is done about a link: made, asked for, burned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .connection import Connection, failure
from .diagnostics import Problem, ProblemError
from .lifecycle import Lifecycle
from .link_schema import GENERATED_LINK, LINK
from .onetime.address import Address
from .onetime.checks import check_key
from .onetime.durations import parse_duration
from .onetime.errors import InvalidInput, NotAuthorized, OnetimeError, UnknownSecret
from .onetime.options import Option
from .onetime.state import State
from .onetime.times import iso_time
from .protocol.values import UNKNOWN, Values
from .settings import Settings

if TYPE_CHECKING:
    from .onetime.client import Client
    from .onetime.replies import Issued, Metadata

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class LinkResource:
    """`onetimesecret_link`. now: the clock, in UTC."""

    lifecycle: Lifecycle = LINK

    def __init__(self, now: Now = utc_now) -> None:
        self._now = now

    def validate(self, config: Values, *, write_only_allowed: bool) -> list[Problem]:
        """Return what is wrong with a configuration, as far as it is known."""
        problems = self.lifecycle.schema.problems(config)
        for name in (option.name for option in self.lifecycle.options if option.secret):
            plain, write_only, version = config.get(name), config.get(f"{name}_wo"), config.get(f"{name}_wo_version")
            if write_only is None:
                continue
            if not write_only_allowed:
                detail = (
                    f"This one would write it to plan and state. Upgrade, or give {name}, which stays in the state."
                )
                problems.append(Problem(f"{name}_wo needs Terraform 1.11", detail, f"{name}_wo"))
            if plain is not None:
                problems.append(Problem(f"Both {name} and {name}_wo", "Give one of them.", f"{name}_wo"))
            if version is None:
                detail = f"Give any number along with {name}_wo, and another one whenever the value has changed."
                problems.append(Problem(f"Missing {name}_wo_version", detail, f"{name}_wo_version"))
        return problems

    def missing(self, config: Values) -> list[Problem]:
        """Return what CONFIG lacks to make a link of it. An existing link needs none of it any more."""
        problems = []
        if config.get("passphrase_wo_version") is not None and config["passphrase_wo"] is None:
            detail = "A version is given but no passphrase: the link would have none. Give both or neither."
            problems.append(Problem("Missing passphrase_wo", detail, "passphrase_wo"))
        return problems + self._missing_secret(config)

    def issue(self, connection: Connection, config: Values) -> tuple[Values, list[Problem]]:
        """Make a link. Returns the attributes that are known by it, and warnings."""
        domain = config["share_domain"] or connection.settings.share_domain
        try:
            issued = self._send(connection, {**_asked(self.lifecycle.options, config), "share_domain": domain})
        except OnetimeError as error:
            advice = ""
            if error.may_have_taken_effect:
                advice = "An unrecorded link may exist until its ttl ends; onetimesecret_recent shows it."
            raise failure("The link was not made", _at_write_only(error, config), advice) from None
        return _known_of(issued, connection.settings.address), _ttl_warnings(config["ttl"], issued.ttl)

    def refresh(self, connection: Connection, state: Values) -> tuple[Values | None, list[Problem]]:
        """Return the state as it is now, or None when there is nothing to keep, and warnings."""
        just_imported = state["state"] is None
        if not just_imported and State.of(state["state"]).is_final:
            return state, []  # it stays so, and servers forget it one day
        try:
            metadata = connection.client.metadata(state["metadata_key"])
        except UnknownSecret:
            return (None, []) if just_imported else self._not_known(connection.settings, state)
        except OnetimeError as error:
            raise failure("The state of the link cannot be read", error) from None
        known = _known_of(metadata, connection.settings.address)
        kept = {name: value for name, value in state.items() if value is not None}
        is_unread_still = metadata.state.is_unread and State.of(state["state"]).is_unread
        # Before 0.26 our own question makes a new one viewed; a newer server's word says nothing of an end.
        if is_unread_still or metadata.state is State.UNKNOWN:
            return {**state, **known, **kept}, []
        return {**state, **known, **kept, "state": known["state"], "received_at": known["received_at"]}, []

    def burn(self, connection: Connection, state: Values) -> list[Problem]:
        """Burn what nobody has read, if that is wished and possible. Returns warnings."""
        if not state["burn_on_destroy"] or State.of(state["state"]).is_final:
            return []
        if warnings := self.not_burnable(state):
            return warnings
        until = f"until {state['expires_at']}"
        advice = "Try again, or apply burn_on_destroy = false first to leave it to expire."
        try:
            is_gone = self._burned(connection.client, state)
        except OnetimeError as error:
            advice = f"It stays in the state, and can be read {until}. {advice}"
            raise failure("The link was not burned", error, advice) from None
        if not is_gone:
            detail = (
                f"The server does not know this link, though servers know each one for twice its ttl: it may still be read"
                f" {until}, from another node of the server. It stays in the state. {advice}"
            )
            raise ProblemError(Problem("The link was not burned", detail))
        return []

    def not_burnable(self, state: Values) -> list[Problem]:
        """Return a warning if the link cannot be burned because its passphrase is not known."""
        unread = not State.of(state["state"]).is_final and not self._is_over(state)
        if not (state["burn_on_destroy"] and unread and state["passphrase_required"] and state["passphrase"] is None):
            return []
        detail = (
            f"The server needs its passphrase for that, which is not in the state. The link expires at {state['expires_at']};"
            " until then it can be read with the passphrase."
        )
        return [Problem("The link cannot be burned", detail, "passphrase_wo", warning=True)]

    def imported(self, metadata_key: str) -> Values:
        """Return what is known of a link before the server is asked."""
        try:
            key = check_key(metadata_key, "metadata_key")
        except InvalidInput as error:
            raise ProblemError(Problem("Invalid metadata key", f"It {error.args[0]}.")) from None
        return self.lifecycle.schema.complete({"id": _digest(key), "metadata_key": key, "burn_on_destroy": True})

    def _missing_secret(self, config: Values) -> list[Problem]:
        if config["secret"] is None and config["secret_wo"] is None:
            detail = "Give secret_wo with secret_wo_version, or secret, which stays in the state."
            return [Problem("Nothing to share", detail, "secret_wo")]
        return []

    def _send(self, connection: Connection, asked: dict[str, Any]) -> Issued:
        from .onetime.inputs import ShareRequest

        return connection.client.share(ShareRequest(**asked))

    def _burned(self, client: Client, state: Values) -> bool:
        """Burn the link. Returns whether that it is gone is certain."""
        try:
            client.burn(state["metadata_key"], state["passphrase"])
        except UnknownSecret:
            return self._has_ended(client, state)
        return True

    def _has_ended(self, client: Client, state: Values) -> bool:
        """Whether a link is gone that is unknown when it is to be burned: by its metadata, and without, by its own time."""
        try:
            return client.metadata(state["metadata_key"]).state.is_final
        except (UnknownSecret, NotAuthorized):  # some servers tell nothing without an account
            return self._is_over(state)

    def _not_known(self, settings: Settings, state: Values) -> tuple[Values, list[Problem]]:
        """What to make of "Unknown secret" for a link that was unread when last seen."""
        if self._is_over(state):
            detail = (
                f"It expired at {state['expires_at']}, and the server no longer knows whether it was read before. No new"
                ' link is made, unless reissue_on has "unknown".'
            )
            warning = Problem("The state of the link is unknown", detail, "state", warning=True)
            return {**state, "state": str(State.UNKNOWN)}, [warning] if state["state"] != State.UNKNOWN else []
        domain = state["share_domain"] or settings.share_domain or ""
        if state["url"] != settings.address.link(state["secret_key"], domain):
            detail = (
                "The server does not know this link, and the link in the state was made at another address. Nothing is changed:"
                " check url, region and share_domain of the provider block, or remove the link by terraform state rm."
            )
            raise ProblemError(Problem("The link belongs to another server", detail))
        detail = (
            f"It expires only at {state['expires_at']}, so another node answered, or the server lost data. Nothing was"
            " changed. If the link is lost, remove it by terraform state rm; the next apply then makes a new one."
        )
        return state, [Problem("The server does not know the link", detail, "state", warning=True)]

    def _is_over(self, state: Values) -> bool:
        return state["expires_at"] is not None and datetime.fromisoformat(state["expires_at"]) <= self._now()


class GeneratedLinkResource(LinkResource):
    """`onetimesecret_generated_link`."""

    lifecycle = GENERATED_LINK

    def _missing_secret(self, config: Values) -> list[Problem]:  # noqa: ARG002 - the server makes it up
        return []

    def _send(self, connection: Connection, asked: dict[str, Any]) -> Issued:
        from .onetime.inputs import GenerateRequest

        return connection.client.generate(GenerateRequest(**asked))


RESOURCES: dict[str, type[LinkResource]] = {
    "onetimesecret_link": LinkResource,
    "onetimesecret_generated_link": GeneratedLinkResource,
}


def _asked(options: tuple[Option, ...], config: Values) -> dict[str, Any]:
    """The fields that a link is asked for with."""
    return {option.name: _checked(option, config) for option in options}


def _checked(option: Option, config: Values) -> object:
    value = config[option.name]
    if value is None and option.secret:
        value = config[f"{option.name}_wo"]
    return option.check(value) if option.check and value is not None else value


def _known_of(record: Issued | Metadata, address: Address) -> Values:
    """The attributes that a reply tells. They never hold the secret, but for the value that a server has just made up."""
    secret_key = record.secret_key.get_secret_value() if record.secret_key else None
    metadata_key = record.metadata_key.get_secret_value()
    received, value = getattr(record, "received", None), getattr(record, "value", None)
    known = {
        "id": _digest(metadata_key),
        "metadata_key": metadata_key,
        "secret_key": secret_key,
        "url": address.link(secret_key, record.share_domain) if secret_key else None,
        "state": str(record.state),
        "ttl_granted": record.ttl,
        "created_at": iso_time(record.created),
        "expires_at": iso_time(record.expires_at),
        "received_at": iso_time(received) if received else None,
        "passphrase_required": record.passphrase_required,
        "recipient_obfuscated": next(iter(record.recipient), None),
    }
    return {**known, "value": value.get_secret_value()} if value else known


def _digest(metadata_key: str) -> str:
    import hashlib

    return hashlib.sha256(metadata_key.encode()).hexdigest()[:16]


def _at_write_only(error: OnetimeError, config: Values) -> OnetimeError:
    """Point an error at secret_wo or passphrase_wo where the value came from there."""
    if isinstance(error, InvalidInput) and config.get(f"{error.field}_wo") not in (None, UNKNOWN):
        return InvalidInput(str(error.args[0]), field=f"{error.field}_wo")
    return error


def _ttl_warnings(asked: str | None, granted: int) -> list[Problem]:
    if asked is None or parse_duration(asked) == granted:
        return []
    detail = f"The server granted {granted} seconds instead of {asked}, because of its limits."
    return [Problem("The server changed the ttl", detail, "ttl", warning=True)]
