"""What can be asked without changing anything. Terraform asks again at every plan, so nothing here reads a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .connection import Connection, failure
from .onetime.checks import check_key
from .onetime.errors import OnetimeError
from .onetime.times import iso_time
from .protocol.values import Values
from .schema import BOOL, NUMBER, STRING, Attribute, Schema, computed, required

if TYPE_CHECKING:
    from .onetime.replies import Metadata


@dataclass(frozen=True)
class DataSource:
    """read: returns the computed attributes for a configuration; raises OnetimeError. failed: says that it did."""

    schema: Schema
    read: Callable[[Connection, Values], dict[str, Any]]
    failed: str

    def state(self, connection: Connection, config: Values) -> Values:
        """Return the whole data source."""
        try:
            return self.schema.complete({**config, **self.read(connection, config)})
        except OnetimeError as error:
            raise failure(self.failed, error) from None


def _told(metadata: Metadata) -> dict[str, Any]:
    return {
        "state": str(metadata.state),
        "ttl_granted": metadata.ttl,
        "created_at": iso_time(metadata.created),
        "expires_at": iso_time(metadata.expires_at),
        "received_at": iso_time(metadata.received) if metadata.received else None,
        "passphrase_required": metadata.passphrase_required,
        "recipient_obfuscated": next(iter(metadata.recipient), None),
        "share_domain": metadata.share_domain or None,
    }


_TOLD: tuple[Attribute, ...] = (
    computed("state", STRING, "`new`, `viewed`, `received`, `burned`, `expired` or `orphaned`."),
    computed("ttl_granted", NUMBER, "Lifetime in seconds as the server granted it."),
    computed("created_at", STRING, "When the link was made, RFC 3339 in UTC."),
    computed("expires_at", STRING, "Until when it can be read, RFC 3339 in UTC."),
    computed("received_at", STRING, "When it was read, RFC 3339 in UTC; null if it was not."),
    computed("passphrase_required", BOOL, "Whether its reader needs a passphrase; null once it is gone."),
    computed("recipient_obfuscated", STRING, "The address that the link was mailed to, as the server shows it."),
    computed("share_domain", STRING, "The custom domain of the link, if it has one."),
)


def _read_status(connection: Connection, _config: Values) -> dict[str, Any]:
    return {"status": connection.client.status().status}


def _read_metadata(connection: Connection, config: Values) -> dict[str, Any]:
    return _told(connection.client.metadata(config["metadata_key"]))


def _read_recent(connection: Connection, _config: Values) -> dict[str, Any]:
    newest_first = sorted(connection.client.recent(), key=lambda link: link.created, reverse=True)
    return {"links": [{"metadata_key": link.metadata_key.get_secret_value(), **_told(link)} for link in newest_first]}


DATA_SOURCES = {
    "onetimesecret_status": DataSource(
        Schema(
            "Whether the service is up, and accepts the credentials of the provider block.",
            (computed("status", STRING, "`nominal`. Anything else is an error."),),
        ),
        _read_status,
        "The service is not available",
    ),
    "onetimesecret_metadata": DataSource(
        Schema(
            "The state of a link: never its secret, and without consuming it.",
            (
                required(
                    "metadata_key",
                    STRING,
                    "The creator's key of the link.",
                    sensitive=True,
                    check=lambda key: check_key(key, "metadata_key"),
                ),
                *_TOLD,
            ),
        ),
        _read_metadata,
        "The state of the link cannot be read",
    ),
    "onetimesecret_recent": DataSource(
        Schema(
            "The account's links of the last thirty days, newest first: never their secrets.",
            (
                Attribute(
                    "links",
                    "",
                    "The links.",
                    computed=True,
                    nested=(
                        computed("metadata_key", STRING, "The creator's key of the link.", sensitive=True),
                        *_TOLD,
                    ),
                ),
            ),
        ),
        _read_recent,
        "The account's links cannot be listed",
    ),
}
