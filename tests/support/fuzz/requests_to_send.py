"""What the fuzzers send: proper requests and every kind of improper one."""

from __future__ import annotations

import json
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from tests.support.fuzz.target import MARKER, PASSPHRASE, Target

_FORM = b"application/x-www-form-urlencoded"
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW"]
FIELDS = [
    *("secret", "ttl", "passphrase", "recipient", "share_domain", "length", "continue", "token", "content", "lang"),
    *("secret[secret]", "secret[]", "recipient[]", "ttl[a][b]", "passphrase[]", "character_sets[symbols]"),
    *("secret[", "secret]", "[]", "", "a[b][][c]", "a" + "[b]" * 40, "secret[a]", "length[]"),
]
NUMBERS = st.sampled_from(
    [0, -1, 1, 59, 60, 128, 129, 10_001, 604_800, 2**31, 2**63, 2**64, 10**30, -(10**30), 10**4_200, 1e308, -0.0, 1.5]
)
CONTENT_TYPES = st.sampled_from(
    [
        b"application/x-www-form-urlencoded",
        b"application/x-www-form-urlencoded; charset=utf-16",
        b"application/json",
        b"application/json; charset=latin-1",
        b"APPLICATION/JSON;",
        b"multipart/form-data; boundary=x",
        b'multipart/form-data; boundary="x"',
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=" + b"x" * 5_000,
        b"multipart/form-data; boundary=\xe9\xff",
        b"multipart/form-data; boundary*=utf-8''x",
        b"multipart/mixed; boundary=x",
        b"text/plain",
        b"application/octet-stream",
        b"",
        b";",
        b"\xff\xfe",
    ]
)

texts = (
    st.sampled_from([MARKER, PASSPHRASE, "x", "", " ", "0", "alice@example.com", "a@b.co, b@c.de", "example.com"])
    | NUMBERS.map(str)
    | st.text(max_size=40)
    | st.integers(1, 20_000).map(lambda length: MARKER + "z" * length)
)
values = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=40)
names = (st.sampled_from(FIELDS) | st.text(max_size=10)).map(lambda text: text.encode("utf-8", "surrogatepass"))
pairs = st.lists(st.tuples(names, values), max_size=6)
broken_escapes = st.sampled_from([b"%", b"%zz", b"%C3%28", b"%00", b"%u0041", b"%FF", b"&&&=&", b"+", b"%2"])

json_values = st.recursive(
    st.none() | st.booleans() | NUMBERS | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=4),
    max_leaves=10,
)


def urlencoded(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"&".join(
        (quote_from_bytes(name, safe="[]") + "=" + quote_from_bytes(value, safe="")).encode() for name, value in fields
    )


def multipart(fields: list[tuple[bytes, bytes]], extra: bytes = b"") -> bytes:
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="'
        + name.replace(b'"', b"%22")
        + b'"'
        + extra
        + b"\r\n\r\n"
        + value
        + b"\r\n"
        for name, value in fields
    )
    return parts + b"--x--\r\n"


multipart_extras = st.sampled_from(
    [
        b"",
        b'; filename="f"',
        b"; filename*=utf-8''f%",
        b"\r\nContent-Transfer-Encoding: base64",
        b"\r\nContent-Transfer-Encoding: quoted-printable",
        b"\r\nContent-Transfer-Encoding: 8bit",
        b"\r\nContent-Transfer-Encoding: nonsense",
        b"\r\nContent-Type: text/plain; charset=utf-16",
        b"\r\n: ",
        b"\r\nX",
    ]
)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


deep = st.tuples(st.sampled_from([b"[", b'{"secret":']), st.sampled_from([50, 99, 101, 500, 990, 1_100, 50_000])).map(
    lambda how: b'{"secret":' + how[0] * how[1] + b"1" + {b"[": b"]", b'{"secret":': b"}"}[how[0]] * how[1] + b"}"
)
bodies = st.one_of(
    pairs.map(urlencoded),
    st.tuples(pairs.map(urlencoded), broken_escapes).map(b"".join),
    st.tuples(pairs, multipart_extras).map(lambda given: multipart(*given)),
    st.tuples(pairs.map(multipart), st.integers(0, 60)).map(lambda given: given[0][: -given[1]]),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5).map(_json),
    json_values.map(_json),
    deep,
    st.binary(max_size=200),
    st.sampled_from([b"a=b&" * 5_000, b"secret=" + b"z" * 200_000, b"ttl=" + b"9" * 200_000, b"1" * 5_000]),
)

header_values = st.sampled_from(
    [
        b"",
        b"x",
        b"\xff\xfe",
        b"\xc3\xa9",
        b"*/*",
        b"text/html",
        b"ja;q=0.5, \xff",
        b"gzip, br",
        b"x" * 8_000,
        b"127.0.0.1",
        b'"',
        b"; ; ,",
        b"\t x",
    ]
) | st.binary(max_size=30).map(lambda raw: bytes(byte for byte in raw if byte not in b"\r\n\0"))
header_names = st.sampled_from(
    [
        *(b"Accept", b"Accept-Encoding", b"Accept-Language", b"Content-Encoding", b"Cookie", b"Origin", b"Referer"),
        *(b"X-Forwarded-For", b"X-Forwarded-Proto", b"Forwarded", b"X-HTTP-Method-Override", b"User-Agent", b"Range"),
        *(b"Authorization", b"Content-Type", b"If-None-Match", b"Upgrade", b"Connection", b"Expect", b"Host", b"TE"),
    ]
)
headers = st.lists(st.tuples(header_names, header_values), max_size=5)
credentials = st.sampled_from(
    [
        None,
        None,
        b"good",
        b"good",
        b"Basic",
        b"Basic ",
        b"Basic !!!",
        b"Basic " + b"QQ==" * 2_000,
        b"Basic \xe9",
        b"Basic /////w==",
        b"Bearer " + MARKER.encode(),
        b"basic YWxpY2VAZXhhbXBsZS5jb206d3Jvbmc=",
    ]
)


def paths(target: Target) -> st.SearchStrategy[bytes]:
    """Paths of the API and of the pages; half of them lead to one of the target's two secrets."""
    keys = [one[name] for one in (target.open, target.guarded) for name in ("secret_key", "metadata_key")]
    proper = [
        path.format(**one)
        for one in (target.open, target.guarded)
        for path in (
            "/api/v1/secret/{secret_key}",
            "/api/v1/private/{metadata_key}",
            "/api/v1/private/{metadata_key}/burn",
        )
    ]
    odd_keys = [*keys, "k" * 62, "k", "%00", "%FF", "..", "a%2Fb", keys[0].upper(), keys[0] + "/", "é" * 20]
    with_key = [
        *("/api/v1/secret/{}", "/api/v1/private/{}", "/api/v1/metadata/{}", "/api/v1/receipt/{}", "/secret/{}"),
        *("/api/v1/private/{}/burn", "/api/v1/receipt/{}/burn", "/receipt/{}", "/{}"),
    ]
    fixed = [
        *("status", "authcheck", "share", "create", "generate", "private/recent", "receipt/recent", "", "nosuch"),
        *("share/", "share//", "SHARE", "share.json", "private", "secret/", "private//burn"),
    ]
    odd = st.tuples(st.sampled_from(with_key), st.sampled_from(odd_keys)).map(lambda given: given[0].format(given[1]))
    others = st.sampled_from([*(f"/api/v1/{path}" for path in fixed), "/", "//", "*", "/api/v2/share", "/file"])
    path = st.booleans().flatmap(lambda is_proper: st.sampled_from(proper) if is_proper else odd | others)
    return path.map(lambda text: quote_from_bytes(text.encode(), safe="/%*").encode())


def queries() -> st.SearchStrategy[bytes]:
    return (
        st.just(b"")
        | st.tuples(st.just(b"?"), pairs.map(urlencoded).filter(lambda query: len(query) < 10_000)).map(b"".join)
        | st.sampled_from([b"?", b"?%", b"?secret=%zz", b"?a[b]=1&a=2&a[]=3"])
    )


def request(
    method: str,
    path: bytes,
    body: bytes,
    content_type: bytes | None,
    extra: list[tuple[bytes, bytes]],
    *,
    chunked: bool = False,
) -> bytes:
    """A request whose length is announced properly, whatever else is wrong with it."""
    lines = [method.encode() + b" " + path + b" HTTP/1.1", b"Host: 127.0.0.1"]
    if content_type is not None:
        lines.append(b"Content-Type: " + content_type)
    lines += [name + b": " + value for name, value in extra]
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
        body = (
            b"".join(
                b"%x\r\n%s\r\n" % (len(part), part)
                for part in (body[start : start + 1_000] for start in range(0, len(body), 1_000))
            )
            + b"0\r\n\r\n"
        )
    else:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def whole_requests(target: Target) -> list[bytes]:
    """A proper request of each kind; all but the first would consume a secret or make one."""
    credentials = [(b"Authorization", target.authorization)]
    guarded = b"passphrase=" + PASSPHRASE.encode()
    return [
        request("GET", b"/api/v1/status", b"", None, credentials),
        request("POST", b"/api/v1/share", b"ttl=60&secret=" + MARKER.encode(), _FORM, credentials),
        request("POST", b"/api/v1/generate", b"ttl=60&passphrase=" + MARKER.encode(), _FORM, credentials, chunked=True),
        request("POST", b"/api/v1/secret/" + target.open["secret_key"].encode(), b"x=y", _FORM, credentials),
        request("POST", b"/api/v1/secret/" + target.guarded["secret_key"].encode(), guarded, _FORM, credentials),
        request("POST", f"/api/v1/private/{target.guarded['metadata_key']}/burn".encode(), guarded, _FORM, []),
    ]
