"""The two resources: what can be said of a link, and what is told about it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

from .lifecycle import Lifecycle
from .onetime import options
from .onetime.checks import check_secret
from .onetime.errors import InvalidInput
from .onetime.options import Option
from .onetime.reissue import ReissueOn
from .schema import (
    BOOL,
    NUMBER,
    STRING,
    STRING_MAP,
    STRINGS,
    Attribute,
    Schema,
    computed,
    defaulted,
    of_option,
    optional,
)

SECRET = Option("secret", check=check_secret, secret=True, content=True)

# Of each argument that an option makes; one that is secret makes three.
DESCRIPTIONS = {
    "secret": "What to share: 1 to 10 000 bytes. **It stays in the state**, as every ordinary argument does; `secret_wo` does"
    " not. Changing it replaces the link.",
    "secret_wo": "What to share, write-only: it reaches neither plan nor state, and may come from an ephemeral value. Needs"
    " `secret_wo_version` and Terraform 1.11.",
    "secret_wo_version": "Terraform cannot see that a write-only value has changed: change this number to replace the link.",
    "length": "How many characters the server makes up, 4 to 128; without it 12. Changing it replaces the link.",
    "passphrase": "What the reader must know as well; send it by another channel than the link. **It stays in the state**. Most"
    " servers want at least 4 characters, some 8. Changing it replaces the link; null, as leaving it out, by one that needs none.",
    "passphrase_wo": "The same, write-only. Needs `passphrase_wo_version` and Terraform 1.11. The server burns a protected link"
    " only with its passphrase, which is then nowhere to be found: such a link is not burned, it expires.",
    "passphrase_wo_version": "Change this number along with `passphrase_wo`; it replaces the link.",
    "ttl": "How long the link can be read: seconds, or a number with a unit as in `45m`, `1h`, `7d`, `2w`. Without it the"
    " server decides, usually 7 days; see `ttl_granted` for what it made of it. Changing it replaces the link.",
    "recipient": "One e-mail address to which the server mails the link. Needs an account. Changing it replaces the link.",
    "share_domain": "Custom domain of the link, a bare host name; without it that of the provider block. Changing it replaces"
    " the link.",
}


def _check_reissue_on(words: Any) -> None:
    if set(words) - set(ReissueOn):
        raise InvalidInput(f"has a word that is none of {', '.join(ReissueOn)}", field="reissue_on")


def _attributes(option: Option) -> tuple[Attribute, ...]:
    """The arguments that an option is given by."""
    plain = of_option(option, DESCRIPTIONS[option.name])
    if not option.secret:
        return (plain,)
    write_only, version = f"{option.name}_wo", f"{option.name}_wo_version"
    return (
        plain,
        replace(plain, name=write_only, description=DESCRIPTIONS[write_only], write_only=True),
        optional(version, NUMBER, DESCRIPTIONS[version]),
    )


_CONTROL = (
    optional(
        "name",
        STRING,
        "What the link is for, such as who gets it; it is not sent. Changing it replaces the link: give it wherever `count` or"
        " a list makes links, so that none takes another one's place.",
    ),
    optional(
        "rotate_when_changed",
        STRING_MAP,
        "Values that say when it is time for another link, such as the month: a change of any replaces the link.",
    ),
    optional(
        "reissue_on",
        STRINGS,
        "Final states after which the next apply makes another link: `expired` (never read, or lost by the server), `burned`"
        " (by somebody else), `received` (read), `unknown` (expired, and the server no longer knows whether it was read)."
        " Default none: the state shows that a link was read, burned or has expired, and nothing is sent again.",
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
    computed("id", STRING, "A digest of the metadata key, to distinguish links in logs; opens nothing."),
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
        "`new` or `viewed`: nobody has read it (servers before 0.26 say viewed once its state was asked for; the one of both"
        " that comes first stays). `received`: read. `burned`, `expired`. `orphaned`: lost by the server. `unknown`: see"
        " `reissue_on`.",
    ),
    computed("ttl_granted", NUMBER, "Lifetime in seconds as the server granted it."),
    computed("created_at", STRING, "When the link was made, RFC 3339 in UTC."),
    computed("expires_at", STRING, "Until when it can be read, RFC 3339 in UTC."),
    computed("received_at", STRING, "When it was read, RFC 3339 in UTC; null if it was not."),
    computed("passphrase_required", BOOL, "Whether its reader needs a passphrase."),
    computed(
        "recipient_obfuscated",
        STRING,
        "The address that the link was mailed to, as the server shows it: `al***@e***.com`.",
    ),
)

_VALUE = computed("value", STRING, "The secret that the server made up. **It stays in the state**.", sensitive=True)


def lifecycle(
    summary: str, table: tuple[Option, ...], *, origin: tuple[str, ...], results: tuple[Attribute, ...] = ()
) -> Lifecycle:
    """Return the kind of link that TABLE describes."""
    arguments = [_attributes(option) for option in table]
    kept = [tuple(each.name for each in group if not each.write_only) for group in arguments]
    untold = [group for group, option in zip(kept, table, strict=True) if option.secret]
    return Lifecycle(
        Schema(summary, (*chain.from_iterable(arguments), *_CONTROL, *FACTS, *results)),
        options=table,
        # Servers change nothing of a link. So a change replaces it, that of the lifetime too: no plan shows what will not be.
        content=(*chain.from_iterable(kept), "name", "rotate_when_changed"),
        untold=(*untold, ("name",)),
        origin=origin,
    )


LINK = lifecycle(
    "A one-time link to a secret of your own, made once and followed until it is read, burned or expired.",
    (SECRET, *options.LINK),
    origin=("secret", "secret_wo_version"),
)

GENERATED_LINK = lifecycle(
    "A secret that the server makes up, and a one-time link to it. **The value stays in the state.**",
    options.GENERATED,
    origin=("value",),
    results=(_VALUE,),
)
