"""Request parameters, as Rack reads them: query and body in one mapping, the body wins, of repeated names the last.

`a[b]=1` nests, `a[]=1` collects. Text keeps bytes that are no UTF-8 as surrogate escapes, so that a secret is stored
exactly as sent.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, create_form_parser

from .errors import UndecodableRequestError

Params = dict[str, Any]
_Container = TypeVar("_Container", dict[str, Any], list[Any])

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NESTED_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_DEEPEST = 32
# What Rack and Ruby's JSON allow.
_MOST = 4096
_DEEPEST_JSON = 100
# unquote_to_bytes makes an object for each escape, thirty times its size.
_AT_A_TIME = 65_536
_BLANKS = " \t\n\v\f\r"
_INTEGER = re.compile(r"([+-]?)(\d(?:_?\d)*)", re.ASCII)


def read(query: bytes, content_type: str, body: bytes, *, json_bodies: bool) -> Params:
    """Query string and body (of a form, a multipart form or JSON) as one mapping. Raises UndecodableRequestError."""
    return _urlencoded(query) | _body(content_type, body, json_bodies)


def as_text(value: Any) -> str:
    """Ruby's `to_s`: nothing is "", and a hash or list reads like its source code."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{_quoted(k)} => {_quoted(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_quoted, value)) + "]"
        case _:
            return str(value)


def as_integer(value: Any) -> int:
    """Ruby's `to_i`: leading digits count, all else is 0. Raises TypeError for what is no number there."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return int(value)
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    # Nineteen digits are beyond every limit; Python refuses to convert some thousand.
    digits = _INTEGER.match(value.lstrip(_BLANKS)[:64])
    return int(digits[1] + digits[2].replace("_", "")[:19]) if digits else 0


def as_bytes(text: str) -> bytes:
    """The bytes that `text` was sent as."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate, which only JSON can express
        return text.encode("utf-8", "surrogatepass")


def _body(content_type: str, body: bytes, json_bodies: bool) -> Params:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(body) if json_bodies and body else {}
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    if kind in ("", "application/x-www-form-urlencoded"):
        return _urlencoded(body)
    return {}


def _json(body: bytes) -> Params:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UndecodableRequestError from error
    if _nesting(content) > _DEEPEST_JSON:
        raise UndecodableRequestError
    return content if isinstance(content, dict) else {}


def _nesting(content: Any) -> int:
    """How many mappings and lists lie within each other."""
    depth, layer = 0, [content]
    while layer := [one for one in layer if isinstance(one, dict | list)]:
        depth += 1
        layer = [inner for one in layer for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _urlencoded(data: bytes) -> Params:
    params: Params = {}
    if data.count(b"&") >= _MOST:
        raise UndecodableRequestError
    for pair in filter(None, data.split(b"&")):
        name, separator, value = pair.partition(b"=")
        _put(params, _path(_unescaped(name)), _unescaped(value) if separator else None)
    return params


def _multipart(content_type: str, body: bytes) -> Params:
    params: Params = {}
    room = iter(range(_MOST))

    def put(field: Field) -> None:
        if next(room, None) is None:
            raise UndecodableRequestError
        _put(params, _path(_text(field.field_name or b"")), _text(field.value or b""))

    try:
        # No part may spill into a temporary file: it may be the secret.
        parser = create_form_parser(
            {"Content-Type": content_type.encode()}, put, None, {"MAX_MEMORY_FILE_SIZE": len(body) + 1}
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise UndecodableRequestError from error
    return params


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _unescaped(data: bytes) -> str:
    if _BROKEN_ESCAPE.search(data):
        raise UndecodableRequestError
    unescaped, start = bytearray(), 0
    while start < len(data):
        end = start + _AT_A_TIME
        escape = data.find(b"%", end - 2, end)  # it may not be cut in two
        end = escape if escape > start else end
        unescaped += unquote_to_bytes(data[start:end].replace(b"+", b" "))
        start = end
    return _text(bytes(unescaped))


def _path(name: str) -> list[str]:
    """`a[b][]` is `["a", "b", ""]`."""
    nested = _NESTED_NAME.fullmatch(name)
    path = [nested[1], *nested[2][1:-1].split("][")] if nested else [name]
    if len(path) > _DEEPEST:
        raise UndecodableRequestError
    return path


def _put(params: Params, path: list[str], value: str | None) -> None:
    name, *rest = path
    if not rest:
        params[name] = value
    elif rest[0]:
        _put(_inner(params, name, {}), rest, value)
    elif len(rest) == 1:
        _inner(params, name, []).append(value)
    else:
        element: Params = {}
        _put(element, rest[1:], value)
        _inner(params, name, []).append(element)


def _inner(params: Params, name: str, empty: _Container) -> _Container:
    inner = params.setdefault(name, empty)
    if not isinstance(inner, type(empty)):
        raise UndecodableRequestError
    return inner


def _quoted(value: Any) -> str:
    return (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, str)
        else ("nil" if value is None else as_text(value))
    )
