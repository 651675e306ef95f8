"""Which release of the real server to answer as.

All that differs between releases stands here; the rest of the code asks the profile and never the release's number.
Facts: the v1 contract (docs/v1-contract.md), sections in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ANONYMOUS, FREE, IDENTITY = "anonymous", "free", "identity"
PLANS = (FREE, IDENTITY)
DAY = 86_400
# A character of four bytes, percent-encoded; JSON needs as many for it.
_ESCAPED = 12
# For everything in a request but the secret.
_ROOM = 1_000_000


@dataclass(frozen=True)
class Profile:
    """The behaviour of one release. Times are in seconds; plans are ANONYMOUS, FREE and IDENTITY."""

    name: str

    # keys [§3, §5]
    key_length: int
    shortest_key: int
    """A shorter key is answered with "Not Found" instead of "Unknown secret"."""
    short_key_length: int

    # routes [§1]
    receipt_routes: tuple[str, ...]
    burn_routes: tuple[str, ...]
    create_wants_nesting: bool
    """/create is no alias of /share but wants `secret[secret]=…`."""
    recent_works: bool
    reveal_takes_slash: bool
    """POST secret/KEY/ is taken for secret/KEY; otherwise it is no route. Everywhere else a slash at the end is dropped."""

    # requests [§1, §3]
    json_bodies: bool
    undecodable_body: tuple[int, bytes]
    """Status and body of the answer to a malformed %-encoding."""
    nested_secret_is_text: bool
    """`secret[secret]=…` is stored as the text of the hash; otherwise it is an internal error."""
    raw_bytes: bool
    """Invalid UTF-8 and NUL are stored as sent; otherwise they are repaired."""
    size_limit: int | None
    """Most of a secret, in `size_unit`; more is refused."""
    size_unit: str
    """What `size_limit` counts: "bytes" or "characters"."""
    size_truncation: Mapping[str, int] | None = field(hash=False)
    """Most characters of a secret per plan; more is cut off without a word."""
    longest_ttl: Mapping[str, int] = field(hash=False)
    shortest_passphrase: int
    longest_generated: int | None
    lenient_recipients: bool
    """The first thing that looks like an e-mail address is taken and anything else is ignored. Stars hide any part of it."""
    domains_are_owned: bool
    """A custom domain may be used by its owner only, in any case; otherwise by everyone, in its exact case."""

    link_pool: bool
    """The hosts of --link-domains are custom domains for everybody."""

    # replies [§3, §6]
    recipient_stars: int
    additive_fields: bool
    refused_burn_text: str
    custid_is_caller: bool
    """`custid` names who asks; otherwise who created the secret."""
    intended_status: bool
    shrimp: bool
    request_id: bool

    # life cycle [§6]
    asking_views: bool
    """The first metadata request turns `new` into `viewed` and shows the value."""
    generated_echo: int
    """How long the first metadata request after `generate` repeats the value."""
    names_orphans: bool
    wrong_passphrase_renews: int
    """How long a secret lives from a wrong passphrase on, whatever its ttl was; 0 changes nothing."""

    # limits [§0.7, §5, §9]; None where there is none
    wrong_passphrases_per_secret: int | None
    wrong_passphrases_per_caller: int | None
    burns_per_caller: int | None
    anonymous_requests_per_address: int | None
    rate_limit_text: str

    @property
    def refused_size_text(self) -> str:
        """What is said of a secret that is too large."""
        return f"Secret value exceeds the maximum size of {self.size_limit} {self.size_unit}"

    @property
    def largest_body(self) -> int:
        """Most bytes that a request of this release can need."""
        most = self.size_limit if self.size_truncation is None else max(self.size_truncation.values())
        return _ESCAPED * (most or 0) + _ROOM


V0_26 = Profile(
    name="v0.26",
    key_length=62,
    shortest_key=20,
    short_key_length=8,
    receipt_routes=("private", "metadata", "receipt"),
    burn_routes=("private", "metadata", "receipt"),
    create_wants_nesting=False,
    recent_works=True,
    reveal_takes_slash=True,
    json_bodies=True,
    undecodable_body=(400, b""),
    nested_secret_is_text=True,
    raw_bytes=True,
    size_limit=10_000,
    size_unit="bytes",
    size_truncation=None,
    longest_ttl={ANONYMOUS: 7 * DAY, FREE: 30 * DAY, IDENTITY: 30 * DAY},
    shortest_passphrase=4,
    longest_generated=128,
    lenient_recipients=False,
    domains_are_owned=True,
    link_pool=True,
    recipient_stars=3,
    additive_fields=True,
    refused_burn_text="Double check that passphrase",
    custid_is_caller=True,
    intended_status=True,
    shrimp=False,
    request_id=True,
    asking_views=False,
    generated_echo=60,
    names_orphans=True,
    wrong_passphrase_renews=0,
    wrong_passphrases_per_secret=20,
    wrong_passphrases_per_caller=None,
    burns_per_caller=None,
    anonymous_requests_per_address=1000,
    rate_limit_text="Rate limit exceeded. Please try again later.",
)

V0_25 = replace(
    V0_26,
    name="v0.25",
    size_unit="characters",
    link_pool=False,
    longest_ttl={ANONYMOUS: 30 * DAY, FREE: 30 * DAY, IDENTITY: 30 * DAY},
    longest_generated=None,
    refused_burn_text="Incorrect passphrase",
    asking_views=True,
    generated_echo=0,
    wrong_passphrase_renews=7 * DAY,
    wrong_passphrases_per_secret=None,
)

V0_23 = replace(
    V0_26,
    name="v0.23",
    key_length=31,
    shortest_key=1,
    short_key_length=6,
    receipt_routes=("private", "metadata"),
    burn_routes=("private",),
    create_wants_nesting=True,
    recent_works=False,
    reveal_takes_slash=False,
    json_bodies=False,
    undecodable_body=(500, b'{"error":"Internal Server Error"}'),
    nested_secret_is_text=False,
    raw_bytes=False,
    size_limit=None,
    size_truncation={ANONYMOUS: 100_000, FREE: 1_000_000, IDENTITY: 1_000_000},
    longest_ttl={ANONYMOUS: 7 * DAY, FREE: 14 * DAY, IDENTITY: 30 * DAY},
    shortest_passphrase=8,
    longest_generated=None,
    lenient_recipients=True,
    domains_are_owned=False,
    link_pool=False,
    recipient_stars=5,
    additive_fields=False,
    custid_is_caller=False,
    intended_status=False,
    shrimp=True,
    request_id=False,
    asking_views=True,
    generated_echo=0,
    names_orphans=False,
    wrong_passphrases_per_secret=None,
    wrong_passphrases_per_caller=5,
    burns_per_caller=10,
    anonymous_requests_per_address=None,
    rate_limit_text="Cripes! You have been rate limited.",
)

V0_22 = replace(V0_23, name="v0.22")

PROFILES = {profile.name: profile for profile in (V0_26, V0_25, V0_23, V0_22)}
