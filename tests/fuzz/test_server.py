"""Whatever is asked: no fault of the server, no hang, nothing consumed or stored but by what succeeded, no secret logged."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.support.fuzz.examples import examples
from tests.support.fuzz.requests_to_send import (
    CONTENT_TYPES,
    METHODS,
    bodies,
    credentials,
    headers,
    paths,
    queries,
    request,
    urlencoded,
)
from tests.support.fuzz.target import MARKER, PASSPHRASE, Answer, Target


@examples(150)
@given(st.data())
def test_a_secret_is_consumed_and_stored_only_by_what_succeeds(target: Target, data: st.DataObject) -> None:
    target.replenish()
    before = target.secrets_kept
    method = data.draw(st.sampled_from(["POST", "POST", "POST", "GET", *METHODS]), "method")
    path = data.draw(paths(target), "path")
    sent = request(
        method,
        path + data.draw(queries(), "query"),
        data.draw(bodies, "body"),
        data.draw(st.none() | CONTENT_TYPES, "content type"),
        [*_authorization(target, data.draw(credentials, "credentials")), *data.draw(headers, "headers")],
        chunked=data.draw(st.booleans(), "chunked"),
    )

    answer = target.send(sent)

    target.check(answer)
    check_what_was_consumed(target, path.decode(), method, answer, before)


def check_what_was_consumed(target: Target, path: str, method: str, answer: Answer, before: int) -> None:
    created = path.removesuffix("/").rpartition("/")[2] in ("share", "create", "generate") and answer.status == 200
    consumed = 0
    for secret in (target.open, target.guarded):
        if target.is_unread(secret):
            continue
        consumed += 1
        assert (method, answer.status) == ("POST", 200), "only what succeeds consumes a secret"
        if path.startswith("/secret/"):
            assert MARKER in answer.body.decode()
        elif f"/secret/{secret['secret_key']}" in path:
            assert json.loads(answer.body)["value"] == MARKER
        else:
            assert f"/{secret['metadata_key']}/burn" in path
    assert target.secrets_kept == before + created - consumed


def _authorization(target: Target, credential: bytes | None) -> list[tuple[bytes, bytes]]:
    if credential is None:
        return []
    return [(b"Authorization", target.authorization if credential == b"good" else credential)]


@examples(60)
@given(st.data())
def test_a_guarded_secret_opens_to_its_passphrase_alone(target: Target, data: st.DataObject) -> None:
    """Even where names, encodings and lengths are odd: nothing but the passphrase itself is taken for it."""
    target.replenish()
    action = data.draw(st.sampled_from(["secret/{secret_key}", "private/{metadata_key}/burn"]), "action")
    path = b"/api/v1/" + action.format(**target.guarded).encode()
    content_type = data.draw(CONTENT_TYPES, "content type")
    body = data.draw(bodies.filter(lambda body: PASSPHRASE.encode() not in body), "body")

    answer = target.send(request("POST", path, body, content_type, []))

    target.check(answer)
    assert answer.status in (400, 404, 500)
    assert target.is_unread(target.guarded)


@examples(30)
@given(st.data())
def test_a_malformed_request_has_no_effect_at_all(target: Target, data: st.DataObject) -> None:
    """However good the rest of it is: a broken percent-encoding anywhere, even beside the right passphrase."""
    target.replenish()
    before = target.secrets_kept
    actions = ["share", "generate", "secret/{secret_key}", "private/{metadata_key}/burn"]
    secret = data.draw(st.sampled_from([target.open, target.guarded]), "secret")
    path = b"/api/v1/" + data.draw(st.sampled_from(actions), "action").format(**secret).encode()
    good = urlencoded([(b"secret", MARKER.encode()), (b"passphrase", PASSPHRASE.encode())])
    broken = data.draw(st.sampled_from([b"%", b"%zz", b"%2", b"x=%g0", b"%=x"]), "broken")
    body = data.draw(st.sampled_from([good + b"&" + broken, broken + b"&" + good]), "body")

    answer = target.send(request("POST", path, body, b"application/x-www-form-urlencoded", []))

    assert (answer.status, answer.body) == target.profile.undecodable_body
    assert target.is_unread(target.open)
    assert target.is_unread(target.guarded)
    assert target.secrets_kept == before
    target.check_log()
