"""Typical mistakes: each message names the option, the problem and the fix, and no secret. All in one run."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certificates import make_certificate
from tests.support.playbooks import Playbooks, Run
from tests.support.replay import Answer, replaying
from tests.support.smtp import scripted
from tests.support.tenants import Tenant

SECRET = "s3cret-that-must-not-be-shown"
PASSPHRASE = "a-passphrase-that-must-not-be-shown"
TOKEN = "a-token-that-must-not-be-shown"
HOOK = "https://127.0.0.1:1/hooks/KEY-that-must-not-be-shown"
SECRETS = (SECRET, PASSPHRASE, TOKEN, "KEY-that-must-not-be-shown")
MAIL = {"channel": "mail", "to": "alice@example.com", "smtp_host": "127.0.0.1", "smtp_sender": "ops@example.com"}


def share(**options: object) -> dict[str, Any]:
    return {"onetimesecret.ots.ots_share": {"name": "db/alice", "secret": SECRET, **options}}


def action(name: str, /, **options: object) -> dict[str, Any]:
    return {f"onetimesecret.ots.ots_{name}": options}


def lookup(call: str) -> dict[str, Any]:
    return {"ansible.builtin.set_fact": {"value": "{{ lookup('onetimesecret.ots." + call + ") }}"}}


def variables(task: dict[str, Any], **values: object) -> dict[str, Any]:
    return {**task, "vars": values}


def people(*persons: dict[str, Any], **more: object) -> dict[str, Any]:
    role = {"name": "onetimesecret.ots.credentials"}
    return {"ansible.builtin.include_role": role, "vars": {"credentials_people": list(persons), **more}}


ALICE: dict[str, Any] = {"name": "alice", "email": "alice@example.com", "holds": [{"name": "mistakes"}]}

# what is wrong; the task that does it; what its message says
MISTAKES: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "no server",
        variables(share(), ots_url=""),
        ["Missing url or region", "ots_url", "OTS_URL", "OTS_REGION", "section [onetimesecret_ots] of ansible.cfg"],
    ),
    (
        "two servers",
        variables(share(), ots_region="eu"),
        ["url and region are both set, url by the variable ots_url and region by the variable ots_region; keep one"],
    ),
    ("no such region", variables(share(region="mars"), ots_url=""), ["region", "us, eu, ca, nz, uk"]),
    (
        "a passphrase that came out null",
        share(passphrase=None),
        ["passphrase: is null; give it, or leave it out, as | default(omit) does"],
    ),
    (
        "a secret that came out null",
        share(secret=None),
        ["secret: is null; give it, or leave it out"],
    ),
    (
        "the same in a lookup",
        variables(lookup("ots_generate', 'db/alice', passphrase=nothing"), nothing=None),
        ["passphrase: is null; give it, or leave it out"],
    ),
    (
        "a term that came out null",
        variables(lookup("ots_generate', nothing"), nothing=None),
        ["is null, not text; give text"],
    ),
    (
        "the same in the role",
        people({**ALICE, "holds": [{"name": "mistakes", "passphrase": None}]}),
        ["alice, mistakes: passphrase: is null; give it, or leave it out"],
    ),
    (
        "a leaver whose state came out null",
        {
            "ansible.builtin.include_role": {"name": "onetimesecret.ots.linux_accounts"},
            "vars": {"linux_accounts_people": [{"name": "bob", "state": None}]},
        },
        ["value of state must be one of: present, absent"],
    ),
    ("no scheme", share(url="ots.example.com"), ["url: is not a web address; give one such as https://"]),
    ("plain http", share(url="http://ots.example.com"), ["url: is plain HTTP", "https", "allow_plain_http"]),
    ("no server there", share(url="http://127.0.0.1:1"), ["http://127.0.0.1:1: Connection refused; check url"]),
    (
        "wrong token",
        variables(share(), ots_api_token=TOKEN),
        [
            "refused the credentials; check username, api_token, and url or region",
            "username is set by OTS_USERNAME in the environment, api_token is set by the variable ots_api_token",
            "url is set by the variable ots_url",
        ],
    ),
    (
        "half an account",
        share(username="", api_token=TOKEN),
        ["username: is missing; give both username and api_token"],
    ),
    (
        "no account",
        share(username="", api_token="", recipient="a@example.com"),
        ["account", "give username and api_token"],
    ),
    (
        "untrusted certificate",
        share(url="{{ tls_server }}"),
        ["certificate of https://", "self-signed certificate", "set ca_bundle to a PEM file"],
    ),
    (
        "no such bundle",
        share(ca_bundle="/nowhere.pem", url="{{ tls_server }}"),
        ["ca_bundle: does not exist", "check the path"],
    ),
    ("no such option", share(tll="7d"), ["tll: is not an option of ots_share", "did you mean ttl?"]),
    ("bad duration", share(ttl="soon"), ["ttl: is 'soon', which is not a duration; give", "3600 or 7d"]),
    ("two units", share(ttl="1h30m"), ["ttl: is '1h30m', which is not a duration", "units s, m, h, d, w"]),
    (
        "list of recipients",
        share(recipient=["a@example.com"]),
        ["recipient: is a list, not text; give one address, and loop"],
    ),
    (
        "recipients in one text",
        share(recipient="a@example.com, b@example.com"),
        ["recipient: holds several addresses", "one per"],
    ),
    (
        "display name",
        share(recipient="Alice <a@example.com>"),
        ["recipient: has a display name; give the bare address"],
    ),
    ("number as secret", share(secret=123456), ["secret: is a number, not text; put it in quotes, or add | string"]),
    ("no secret", action("share", name="db/alice"), ["secret, src"]),
    (
        "no such file",
        action("share", name="x", src="nowhere.txt"),
        ["src: cannot be read; give a file on the controller"],
    ),
    ("empty passphrase", share(passphrase=""), ["passphrase: is empty; omit it"]),
    ("short passphrase", share(name="x", passphrase="abc"), ["refused: Passphrase must be at least 4 characters long"]),
    ("no name", share(name=""), ["name: is empty; give the credential a name, such as db/prod/alice"]),
    (
        "name of a generated value",
        share(name="db/app"),
        ["name: 'db/app' is already", "ots_generate", "use another name"],
    ),
    ("url as domain", share(share_domain="https://s.example.com"), ["share_domain: is a URL; give the bare host name"]),
    ("unknown domain", share(name="x", share_domain="s.example.com"), ["refused: Unknown domain; check share_domain"]),
    ("short value", action("generate", name="x", length=3), ["length: is below 4", "give 4 or more"]),
    ("burn what", action("burn"), ["name, metadata_key"]),
    (
        "burn a link",
        action("burn", metadata_key="{{ server }}/secret/abc"),
        ["metadata_key: is a link or a path; give only the key"],
    ),
    (
        "no link",
        action("reveal", link="https://ots.example.com/about"),
        ["link: is not a link to a secret; give one such as"],
    ),
    (
        "link that was read",
        action("reveal", name="again", link="{{ read.link }}"),
        ["name: is another one", "the ledger holds its value as 'vendor'; use that name"],
    ),
    (
        "link that is gone",
        action("reveal", link="{{ server }}/secret/{{ 'x' * 31 }}"),
        ["does not know this secret", "passphrase"],
    ),
    (
        "nothing to deliver",
        action("deliver", name="nobody", **MAIL),
        ["name: 'nobody' is not in the ledger; make its link first"],
    ),
    (
        "no mail server",
        action("deliver", name="db/app", **{**MAIL, "smtp_host": ""}),
        ["smtp_host: is missing; channel mail needs"],
    ),
    (
        "no sender",
        action("deliver", name="db/app", **{**MAIL, "smtp_sender": "ops"}),
        ["smtp_sender: is not an e-mail address; give"],
    ),
    (
        "mail in the clear",
        action("deliver", name="db/app", **{**MAIL, "smtp_host": "mail.example.com", "smtp_security": "none"}),
        ["smtp_security: is none", "use starttls or tls"],
    ),
    (
        "mail without STARTTLS",
        action("deliver", name="db/app", **MAIL, smtp_port="{{ mail_port }}"),
        ["127.0.0.1", "offers no STARTTLS; check smtp_security and smtp_port"],
    ),
    (
        "sender that the server cannot take",
        action(
            "deliver",
            name="db/app",
            **{**MAIL, "smtp_sender": "öps@example.com"},
            smtp_port="{{ old_mail_port }}",
            smtp_security="none",
        ),
        ["does not support addresses with characters beyond ASCII; check smtp_sender and to"],
    ),
    (
        "link that the server mailed",
        action("deliver", name="db/mailed", **MAIL),
        ["channel: the server has mailed the link of 'db/mailed' to alice@example.com already", "without recipient"],
    ),
    (
        "passphrase that does not exist",
        action("deliver", name="db/app", part="passphrase", channel="webhook", webhook_url=HOOK),
        ["part: the link of 'db/app' has no passphrase; send part link, or give the link a passphrase"],
    ),
    (
        "placeholder that does not exist",
        action("deliver", name="db/app", channel="webhook", webhook_url=HOOK, text="Look: $lnk"),
        ["text: uses a variable", "it has $expires_at, $link, $name"],
    ),
    (
        "webhook in the clear",
        action(
            "deliver",
            name="db/app",
            channel="webhook",
            webhook_url=HOOK.replace("https://127.0.0.1", "http://chat.example.com"),
        ),
        ["webhook_url: does not begin with https:", "give an https URL"],
    ),
    (
        "no webhook",
        action("deliver", name="db/app", channel="webhook"),
        ["webhook_url: is missing; channel webhook needs it"],
    ),
    (
        "webhook that is not there",
        action("deliver", name="db/app", channel="webhook", webhook_url=HOOK),
        ["the webhook at 127.0.0.1:1 cannot be reached; check webhook_url and proxy"],
    ),
    (
        "notification of nobody",
        action("deliver", name="db/app", channel="notify"),
        ["notify_url: is missing; channel notify needs it"],
    ),
    (
        "notification in the clear",
        action(
            "deliver", name="db/app", channel="notify", notify_url="ntfy://ntfy.example.com/KEY-that-must-not-be-shown"
        ),
        ["notify_url: leads to plain HTTP", "use the scheme with an s at its end"],
    ),
    (
        "notification by mail",
        action(
            "deliver", name="db/app", channel="notify", notify_url="mailto://ops:KEY-that-must-not-be-shown@a.example"
        ),
        ["notify_url: has a scheme that channel notify does not send by"],
    ),
    (
        "notification that is not there",
        action("deliver", name="db/app", channel="notify", notify_url="ntfys://127.0.0.1:1/KEY-that-must-not-be-shown"),
        ["ntfy at 127.0.0.1:1 cannot be reached; check notify_url and proxy"],
    ),
    (
        "relative ledger",
        share(ledger="ledger.db"),
        ["ledger is not a URL of a known kind; give sqlite:///ABSOLUTE/PATH"],
    ),
    (
        "another key",
        share(ledger_key="QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="),
        ["another key; give the right ledger_key"],
    ),
    (
        "short key",
        share(ledger_key="abc"),
        ["ledger_key is not 32 bytes in base64; make one with: openssl rand -base64 32"],
    ),
    ("no time", share(timeout=0), ["timeout: is not a number of seconds above 0"]),
    ("no boolean", share(validate_certs="maybe"), ["validate_certs: is text, not a boolean; give true or false"]),
    ("lookup of nothing", lookup("ots_generate', ' '"), ["name: is empty; give the credential a name"]),
    (
        "lookup with an unknown option",
        lookup("ots_generate', 'x', lenght=24"),
        ["lenght: is not an option", "did you mean length?"],
    ),
    (
        "lookup of two",
        lookup("ots_share', 'x', secret='x', recipient=['a@example.com']"),
        ["recipient: is a list, not text; give one"],
    ),
    (
        "person without email",
        people(
            {**ALICE, "email": ""},
            {"name": "bob", "delivery": "mail", "holds": [{"name": "db", "passphrase": PASSPHRASE}]},
        ),
        [
            "credentials_people: alice has no email, and delivery is server; bob has no email, and delivery is mail; give email"
        ],
    ),
    (
        "person with a bad lifetime",
        people({**ALICE, "holds": [{"name": "mistakes", "ttl": "soon", "secret": SECRET}]}),
        ["credentials_people: alice, mistakes: ttl: is 'soon', which is not a duration"],
    ),
    (
        "person with a bad email",
        people({**ALICE, "email": "alice@"}),
        ["credentials_people: alice: email: is not an e-mail"],
    ),
    (
        "person without a mail server",
        people({**ALICE, "delivery": "mail"}),
        ["credentials_people: alice, mistakes: credentials_smtp_host: is missing; channel mail needs it"],
    ),
]


@pytest.fixture
def untrusted_url(tmp_path: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path, "127.0.0.1"))
    with replaying(Answer(json={"status": "nominal"}), tls=context) as server:
        yield server.url.replace("http:", "https:")


def prepared() -> list[dict[str, Any]]:
    """Tasks that make what the mistakes are about."""
    made = action("share", name="read", secret=SECRET, return_content=True) | {"register": "read"}
    return [
        action("generate", name="db/app"),
        action("generate", name="db/mailed", recipient="alice@example.com"),
        made,
        action("reveal", name="vendor", link="{{ read.link }}"),
    ]


def all_mistakes(playbooks: Playbooks, stack: Tenant, **known: object) -> Run:
    """Make them all, each in a block of its own."""
    tasks = [
        {
            "block": [task, {"ansible.builtin.fail": {"msg": "no mistake"}}],
            "rescue": [playbooks.save("ansible_failed_result.msg", f"said_{number}")],
        }
        for number, (_, task, _) in enumerate(MISTAKES)
    ]
    play = {"vars": {"ots_url": stack.url, "server": stack.url, **known, "mail_port": stack.mailbox.port}}
    return playbooks.run([{"block": [*prepared(), *tasks], **play}], OTS_URL="")


def test_every_message_names_the_option_the_problem_and_the_fix(
    stack: Tenant, playbooks: Playbooks, untrusted_url: str
) -> None:
    with scripted({}) as old_mail_server:
        run = all_mistakes(playbooks, stack, tls_server=untrusted_url, old_mail_port=old_mail_server.port)

    assert run.exit_code == 0, run.output
    said = [" ".join(playbooks.registered(f"said_{number}").split()) for number in range(len(MISTAKES))]
    wrong = [
        f"{what}: {message}"
        for (what, _, expected), message in zip(MISTAKES, said, strict=True)
        if not all(words in message for words in expected)
    ]
    assert not wrong, "\n".join(wrong)
    assert "Traceback" not in run.output
    assert not [secret for secret in (*SECRETS, stack.api_token) if secret in run.output]
