"""The two resources: what can be said of a link, and what is told about it."""

from __future__ import annotations

from typing import Any

from .onetime.checks import (
    check_length,
    check_passphrase,
    check_recipient,
    check_secret,
    check_share_domain,
)
from .onetime.durations import parse_duration
from .onetime.errors import InvalidInput
from .plan import Lifecycle
from .schema import BOOL, NUMBER, STRING, STRING_MAP, STRINGS, Attribute, Schema, computed, defaulted, optional

REISSUE_ON = ("expired", "burned", "received", "unknown")


def _check_reissue_on(words: Any) -> None:
    if set(words) - set(REISSUE_ON):
        raise InvalidInput(f"has a word that is none of {', '.join(REISSUE_ON)}", field="reissue_on")


_SECRET = (
    optional(
        "secret",
        STRING,
        "What to share: 1 to 10 000 bytes. **It stays in the state**, as every ordinary argument does; `secret_wo` does"
        " not. Changing it replaces the link.",
        sensitive=True,
        check=check_secret,
    ),
    optional(
        "secret_wo",
        STRING,
        "What to share, write-only: it reaches neither plan nor state, and may come from an ephemeral value. Needs"
        " `secret_wo_version` and Terraform 1.11.",
        sensitive=True,
        write_only=True,
        check=check_secret,
    ),
    optional(
        "secret_wo_version",
        NUMBER,
        "Terraform cannot see that a write-only value has changed: change this number to replace the link.",
    ),
)

_LENGTH = optional(
    "length",
    NUMBER,
    "How many characters the server makes up, 1 to 128; without it 12. Changing it replaces the link.",
    check=check_length,
)

_DELIVERY = (
    optional(
        "passphrase",
        STRING,
        "What the reader must know as well; tell it by another way than the link. **It stays in the state**. Most servers want at"
        " least 4 characters, some 8. Changing it replaces the link.",
        sensitive=True,
        check=check_passphrase,
    ),
    optional(
        "passphrase_wo",
        STRING,
        "The same, write-only. Needs `passphrase_wo_version` and Terraform 1.11. The server burns a protected link only with"
        " its passphrase, which is then nowhere to be found: such a link is not burned, it expires.",
        sensitive=True,
        write_only=True,
        check=check_passphrase,
    ),
    optional("passphrase_wo_version", NUMBER, "Change this number along with `passphrase_wo`; it replaces the link."),
    optional(
        "ttl",
        STRING,
        "How long the link can be read: seconds, or a number with a unit as in `45m`, `1h`, `7d`, `2w`. Without it the"
        " server decides, usually 7 days; see `ttl_granted` for what it made of it. Changing it replaces the link.",
        check=parse_duration,
    ),
    optional(
        "recipient",
        STRING,
        "One e-mail address to which the server mails the link. Needs an account. Changing it replaces the link.",
        check=check_recipient,
    ),
    optional(
        "share_domain",
        STRING,
        "Custom domain of the link, a bare host name; without it that of the provider block. Changing it replaces the"
        " link.",
        check=check_share_domain,
    ),
    optional(
        "rotate_when_changed",
        STRING_MAP,
        "Values that tell when it is time for another link, such as the month: a change of any replaces the link.",
    ),
    optional(
        "reissue_on",
        STRINGS,
        "After which ends of the link the next apply makes another one: `expired` (never read, or lost by the server), `burned`"
        " (by somebody else), `received` (read), `unknown` (past its life, and the server no longer tells what became of it)."
        " Default none: that a link has come to its end is a fact in the state, and nothing is sent again.",
        check=_check_reissue_on,
    ),
    defaulted(
        optional(
            "burn_on_destroy",
            BOOL,
            "Whether to burn the link, if nobody has read it, when it is destroyed or replaced. Default `true`.",
        )
    ),
)

FACTS = (
    computed("id", STRING, "A digest of the metadata key, to tell links apart in logs; opens nothing."),
    computed(
        "metadata_key",
        STRING,
        "The creator's key: whoever has it can follow the link, and burn one without passphrase.",
        sensitive=True,
    ),
    computed("secret_key", STRING, "The key in the link: whoever has it can read the secret, once.", sensitive=True),
    computed("url", STRING, "The link to give to the recipient.", sensitive=True),
    computed(
        "state",
        STRING,
        "`new` or `viewed`: nobody has read it (servers before 0.26 say viewed once its state was asked for). `received`: read."
        " `burned`, `expired`. `orphaned`: lost by the server. `unknown`: see `reissue_on`.",
    ),
    computed("ttl_granted", NUMBER, "Lifetime in seconds as the server granted it."),
    computed("created_at", STRING, "When the link was made, RFC 3339 in UTC."),
    computed("expires_at", STRING, "Until when it can be read, RFC 3339 in UTC."),
    computed("received_at", STRING, "When it was read, RFC 3339 in UTC; null if it was not."),
    computed("passphrase_required", BOOL, "Whether its reader needs a passphrase."),
    computed(
        "recipient_obfuscated",
        STRING,
        "The address that the link was mailed to, as the server tells it: `al***@e***.com`.",
    ),
)

_VALUE = computed("value", STRING, "The secret that the server made up. **It stays in the state**.", sensitive=True)

_CONTENT = ("passphrase", "passphrase_wo_version", "ttl", "recipient", "share_domain", "rotate_when_changed")


def _schema(summary: str, own: tuple[Attribute, ...], results: tuple[Attribute, ...] = ()) -> Schema:
    return Schema(summary, own + _DELIVERY + FACTS + results)


LINK = Lifecycle(
    _schema(
        "A one-time link to a secret of your own, made once and followed until it is read, burned or expired.",
        _SECRET,
        (),
    ),
    content=("secret", "secret_wo_version", *_CONTENT),
    origin=("secret", "secret_wo_version"),
)

GENERATED_LINK = Lifecycle(
    _schema(
        "A secret that the server makes up, and a one-time link to it. **The value stays in the state.**",
        (_LENGTH,),
        (_VALUE,),
    ),
    content=("length", *_CONTENT),
    origin=("value",),
)
