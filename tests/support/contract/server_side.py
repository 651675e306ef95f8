"""Every recorded request goes to the local server, at the recorded time, with the recorded keys mapped to live ones.

The recordings name secrets that were created outside the listed exchanges; `Unlisted` says how each came to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onetime_server.profile import FREE, IDENTITY, V0_22, V0_23, V0_25, V0_26
from tests.support.contract.agreement import CUT, Checked, compared, is_cut
from tests.support.live_server import Answer, LiveServer, live_server
from tests.support.recorded import Exchange

SIDE = "server"
PROFILES = {"v0.22.11": V0_22, "v0.23.6": V0_23, "v0.25.11": V0_25, "v0.26.6": V0_26}
TESTER = ("tester@example.com", "a" * 40)
PAID = ("paid@example.com", "b" * 40)
PASSPHRASE = "correct-horse"
NO_AUTH_SECTION = "extra: with AUTH_ENABLED=false"

_CLOCKED = {"created", "updated", "received", "metadata_ttl", "receipt_ttl", "secret_ttl"}
_KEY = re.compile(r"\b(?:[0-9a-z]{31}|[0-9a-z]{58,62})\b")


@dataclass(frozen=True)
class Unlisted:
    """A secret made before the exchange named `before`.

    `metadata_in` and `secret_in` name exchanges whose paths hold its metadata_key and secret_key.
    """

    before: str
    metadata_in: str = ""
    secret_in: str = ""
    value: str = "x"
    ttl: int | None = 3600
    passphrase: str = ""
    auth: tuple[str, str] | None = TESTER
    then: str = ""


def _reads(name: str, value: str, passphrase: str = "") -> Unlisted:
    return Unlisted(name, secret_in=name, value=value, passphrase=passphrase)


def _burns(name: str, **how: Any) -> Unlisted:
    return Unlisted(name, metadata_in=name, **how)


UNLISTED = [
    _reads("read back unicode: sent 'pä$$wörd ✓ 日本語'", "pä$$wörd ✓ 日本語"),
    _reads("read back newlines: sent 'line1\\nline2\\r\\nline3\\n'", "line1\nline2\r\nline3\n"),
    _reads("read back leading/trailing spaces: sent '  pad  '", "  pad  "),
    _reads("read back html: sent '<b>&amp;\"\\'</b>'", "<b>&amp;\"'</b>"),
    _reads("read back control: sent 'a\\tb\\x01c'", "a\tb\x01c"),
    _reads("read back plus: sent 'a+b%2Bc'", "a+b%2Bc"),
    Unlisted("private GET #1 (owner)", "private GET #1 (owner)", "secret POST (reveal)", "life cycle"),
    Unlisted("secret POST by owner (auth)", "private after", "secret POST by owner (auth)", "direct", None),
    Unlisted(
        "private GET (has passphrase) #1",
        "private GET (has passphrase) #1",
        "secret POST without passphrase",
        "guarded",
        passphrase=PASSPHRASE,
    ),
    _reads("secret POST passphrase in query string", "guarded query", PASSPHRASE),
    _reads("secret POST unicode passphrase", "guarded unicode", "pässwört✓"),
    Unlisted("burn via GET", "burn via GET", "secret after burn"),
    _burns("burn with passphrase", passphrase=PASSPHRASE),
    _burns("burn continue=false"),
    _burns("burn someone's secret anonymously"),
    _burns("burn someone's secret as another account"),
    _burns("burn anonymous secret anonymously", auth=None),
    _burns("burn via /metadata/"),
    _burns("burn via /receipt/"),
    Unlisted("burn using the SECRET key", secret_in="burn using the SECRET key"),
    _burns("burn bad auth"),
    Unlisted("private of orphan #1", "private of orphan #1", "secret of orphan", then="vanish"),
    Unlisted("private of orphan #1", "private after the secret expired #1", "secret after expiry", ttl=60),
    Unlisted("wrong passphrase #1", secret_in="wrong passphrase #1", value="guarded", passphrase=PASSPHRASE),
    Unlisted("burn wrong passphrase (auth) #1", metadata_in="burn wrong passphrase (auth) #1", passphrase=PASSPHRASE),
    *(_burns(f"burn {number}") for number in range(1, 13)),
]
RECENT = "recent (second account: r1 read, r2 has passphrase, r3 burned)"
# Their keys stand in the reply, in this order, after those that the account made before.
UNLISTED_RECENT = [
    Unlisted(RECENT, auth=PAID, then="read"),
    Unlisted(RECENT, auth=PAID, passphrase=PASSPHRASE),
    Unlisted(RECENT, auth=PAID, then="burn"),
]
DOMAINS_FROM = "share on own domain"
WAITS = {"private after the metadata expired too": 61}


def check(release: str, exchanges: list[Exchange]) -> list[Checked]:
    """Every exchange of one release, against a server that answers as it."""
    replayed = {id(one.exchange): one for one in replay(release, exchanges)}
    return [_checked(release, exchange, replayed.get(id(exchange))) for exchange in exchanges]


def replay(release: str, exchanges: list[Exchange]) -> list[Replayed]:
    """The live answers, up to the first exchange that makes no sense after those before it."""
    served = [exchange for exchange in exchanges if exchange.section != NO_AUTH_SECTION]
    anonymous_only = [exchange for exchange in exchanges if exchange.section == NO_AUTH_SECTION]
    return [
        replayed
        for auth_enabled, some in ((True, served), (False, anonymous_only))
        if some
        for replayed in _replay(release, some, auth_enabled=auth_enabled)
    ]


def _replay(release: str, exchanges: list[Exchange], *, auth_enabled: bool) -> list[Replayed]:
    replayed: list[Replayed] = []
    with (
        TemporaryDirectory() as directory,
        live_server(Path(directory), profile=PROFILES[release], auth_enabled=auth_enabled) as server,
        suppress(LookupError, TypeError, ValueError),
    ):
        replayed.extend(Replay(server, exchanges).run())
    return replayed


def _checked(release: str, exchange: Exchange, replayed: Replayed | None) -> Checked:
    found = ["not replayed: the recording makes no sense up to here"] if replayed is None else differences(replayed)
    deliberate = "the recording keeps only the beginning of the body: that is equal" if is_cut(exchange) else ""
    return Checked(SIDE, release, exchange.section, exchange.name, found, deliberate)


@dataclass(frozen=True)
class Replayed:
    """One exchange: what was recorded, in live keys, and what the live server answered."""

    exchange: Exchange
    expected_json: Any
    answer: Answer


class Replay:
    """One release's exchanges against one server."""

    def __init__(self, server: LiveServer, exchanges: list[Exchange]) -> None:
        self._server = server
        self._exchanges = exchanges
        self._live: dict[str, str] = {"HOST": server.url.removeprefix("http://")}
        server.clock.now = min(times(exchanges))
        server.account(TESTER[0], FREE, TESTER[1])
        server.account(PAID[0], IDENTITY, PAID[1])
        first_external_id = re.search(r"'(ur[0-9a-z]{25})'", str([e.auth for e in exchanges]))
        if first_external_id:
            self._live[first_external_id[1]] = server.account_of(TESTER[0]).external_id

    def run(self) -> Iterator[Replayed]:
        """Send every exchange in its order."""
        for exchange in self._exchanges:
            self._prepare(exchange)
            answer = self._send(exchange)
            if answer.status == 200 and exchange.reply.json is not None:
                self._learn(exchange.reply.json, answer.json)
            yield Replayed(exchange, self._translated(exchange.reply.json), answer)

    def _prepare(self, exchange: Exchange) -> None:
        if exchange.name == DOMAINS_FROM:
            self._server.services.accounts.add_domain("secrets.example.net", TESTER[0])
            self._server.services.accounts.add_domain("other.example.org", PAID[0])
        for unlisted in UNLISTED:
            if unlisted.before == exchange.name:
                created = self._create(unlisted, self._recorded_creation(unlisted))
                self._bind(unlisted.metadata_in, created["metadata_key"])
                self._bind(unlisted.secret_in, created["secret_key"])
        if exchange.name == RECENT and exchange.reply.status == 200:
            for unlisted, item in zip(UNLISTED_RECENT, exchange.reply.json[-3:], strict=True):
                created = self._create(unlisted, item["created"])
                self._live[item["metadata_key"]] = created["metadata_key"]
                self._live[item.get("secret_identifier") or "-"] = created["secret_key"]
        self._server.clock.advance(WAITS.get(exchange.name, 0))
        self._set_clock(_time_of(exchange.reply.json) or self._time_of_reading(exchange))

    def _create(self, unlisted: Unlisted, when: int | None) -> Any:
        self._set_clock(when)
        form = {"passphrase": unlisted.passphrase} | ({"ttl": str(unlisted.ttl)} if unlisted.ttl else {})
        created = self._server.share(unlisted.value, unlisted.auth, **form)
        match unlisted.then:
            case "read":
                self._server.post(f"secret/{created['secret_key']}")
            case "burn":
                self._server.post(f"private/{created['metadata_key']}/burn")
            case "vanish":
                vanish(self._server, created["secret_key"])
        return created

    def _recorded_creation(self, unlisted: Unlisted) -> int | None:
        """When the recorded metadata says that this secret was made."""
        key = self._key_in(unlisted.metadata_in)
        for exchange in self._exchanges:
            reply = exchange.reply.json
            metadata = reply.get("state") if isinstance(reply, dict) and isinstance(reply.get("state"), dict) else reply
            if key and isinstance(metadata, dict) and metadata.get("metadata_key") == key:
                return int(metadata["created"])
        return None

    def _time_of_reading(self, exchange: Exchange) -> int | None:
        """When a secret was read, as the metadata asked for after it in the same section says."""
        if not exchange.path.startswith("/api/v1/secret/") or exchange.reply.status != 200:
            return None
        after = self._exchanges[self._exchanges.index(exchange) :]
        replies = (one.reply.json for one in after if one.section == exchange.section)
        return next((reply["received"] for reply in replies if isinstance(reply, dict) and "received" in reply), None)

    def _key_in(self, name: str) -> str | None:
        found = [_KEY.search(exchange.path) for exchange in self._exchanges if exchange.name == name]
        return found[0][0] if found and found[0] else None

    def _bind(self, name: str, live_key: str) -> None:
        recorded_key = self._key_in(name)
        if recorded_key:
            self._live[recorded_key] = live_key

    def _send(self, exchange: Exchange) -> Answer:
        target = self._translated(exchange.path + (f"?{exchange.query}" if exchange.query else ""))
        body = exchange.body.replace(b"share_domain=HOST", f"share_domain={self._live['HOST']}".encode())
        auth = (self._live.get(exchange.auth[0], exchange.auth[0]), exchange.auth[1]) if exchange.auth else None
        return self._server.request(exchange.method, target, auth=auth, headers=exchange.headers, body=body or None)

    def _learn(self, recorded: Any, live: Any) -> None:
        """Take over what the live server chose at random in place of what the real one did."""
        if not isinstance(recorded, dict) or not isinstance(live, dict):
            return
        generated = "metadata_key" in recorded
        for field in ("metadata_key", "secret_key", "secret_shortkey", *(["value"] if generated else [])):
            theirs, ours = recorded.get(field), live.get(field)
            if isinstance(theirs, str) and isinstance(ours, str) and theirs and len(theirs) == len(ours):
                self._live.setdefault(theirs, ours)
        self._learn(recorded.get("state"), live.get("state"))

    def _translated(self, recorded: Any) -> Any:
        match recorded:
            case dict():
                return {name: self._translated(value) for name, value in recorded.items()}
            case list():
                return [self._translated(value) for value in recorded]
            case str() if recorded in self._live:
                return self._live[recorded]
            case str():
                text = _KEY.sub(lambda key: self._live.get(key[0], key[0]), recorded)
                return text.replace("http://HOST", f"http://{self._live['HOST']}")
            case _:
                return recorded

    def _set_clock(self, recorded: int | None) -> None:
        if recorded is not None:
            self._server.clock.now = max(self._server.clock.now, recorded)


def vanish(server: LiveServer, secret_key: str) -> None:
    """Lose a secret, as a database does that lost some of its data."""
    with server.services.database.transaction() as connection:
        connection.execute("DELETE FROM secret WHERE key_hash = ?", (server.services.vault.key_hash(secret_key),))


def times(exchanges: list[Exchange]) -> list[int]:
    """The recorded times, where the replies tell them."""
    return [time for exchange in exchanges if (time := _time_of(exchange.reply.json)) is not None]


def _time_of(reply: Any) -> int | None:
    """When a metadata reply was given: the metadata lives for twice the ttl from its creation."""
    if isinstance(reply, list):
        return max((time for item in reply if (time := _time_of(item)) is not None), default=None)
    if not isinstance(reply, dict):
        return None
    if isinstance(reply.get("state"), dict):
        return _time_of(reply["state"])
    if "metadata_ttl" not in reply:
        return None
    return int(max(reply["created"] + 2 * reply["ttl"] - reply["metadata_ttl"], reply["updated"]))


def differences(replayed: Replayed) -> list[str]:
    """In what the live answer differs from the recorded one; what is random is compared by its shape."""
    recorded, answer = replayed.exchange.reply, replayed.answer
    found = []

    def compare(what: str, expected: object, got: object) -> None:
        if expected != got:
            found.append(f"{what}: recorded {expected!r}, got {got!r}")

    compare("status", recorded.status, answer.status)
    for header in ("content-type", "x-ots-intended-status"):
        compare(header, recorded.headers.get(header), answer.headers.get(header))
    compare("x-request-id", len(recorded.headers.get("x-request-id", "")), len(answer.headers.get("x-request-id", "")))
    if recorded.json is None:
        beginning, cut, _ = (recorded.text or "").partition(CUT)
        compare("body", beginning, answer.text[: len(beginning)] if cut else answer.text)
    else:
        expected = replayed.expected_json
        found += compared(expected, _alike(expected, answer.json))
    return found


def _alike(expected: Any, got: Any, field: str = "") -> Any:
    """`got`, with `expected` in places where it is only random or rounded otherwise."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return {name: _alike(expected.get(name), value, name) for name, value in got.items()}
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        return [_alike(*pair) for pair in zip(expected, got, strict=True)]
    if field == "shrimp" and isinstance(expected, str) and len(got) == len(expected):
        return expected
    # The recorded clock had fractions of a second; ours stands at whole ones.
    if field in _CLOCKED and type(expected) is type(got) is int and abs(expected - got) <= 1:
        return expected
    return got
