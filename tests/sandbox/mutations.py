"""Mutations of request bodies: of their JSON values, of the text of queries, and of their bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

Random = random.Random

#: Texts that stand for JSON which the standard library does not write, with this JSON.
_SPECIAL_JSON = {
    "@lists@": "[" * 1000 + "]" * 1000,
    "@many lists@": "[" * 100_000 + "]" * 100_000,
    "@objects@": '{"a":' * 1000 + "1" + "}" * 1000,
    "@some lists@": "[" * 200 + "]" * 200,
    "@digits@": "9" * 5000,
    "@fraction@": "0." + "3" * 5000,
    "@exponent@": "1e99999",
}

_NAMES = (
    "id", "name", "parent", "children", "status", "status_id", "link", "metadata", "custom_attributes", "descendants",
    "__entity_type__", "__type__", "__dict__", "__class__", "project", "ancestors", "bid", "start_date", "type", "",
    "version", "sort", "duration", "é",
    "\x00", "\ud800", "versions", "assignments", "entity_type", "entity_key", "entity_data", "action", "key",
)  # fmt: skip

_ENTITY_TYPES = (
    "Task", "Context", "TypedContext", "Project", "Shot", "User", "Status", "Metadata", "CustomAttributeValue",
    "ContextCustomAttributeValue", "NoteCategory", "Nothing", "__api_key__", "sqlite_master", "", "Task; drop table",
)  # fmt: skip

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, -0.0, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 1e308,
    float("inf"), float("nan"), "", "0", "x" * 70_000, "a\x00b", "\ud800", "é", "🎬", "' or 1=1 --", '"', "\\", "%",
    "_", [], {}, [[]], [None], {"": None}, [1, "2", {}], {"id": "T1"},
    {"__type__": "datetime"}, {"__type__": "datetime", "value": "0000-00-00T00:00:00"},
    {"__type__": "datetime", "value": "2024-06-01T12:00:00"}, {"__type__": "date", "value": "2024-06-01"},
    {"__type__": "datetime", "value": "9999-12-31T23:59:59-12:00"}, {"__type__": "datetime", "value": 3},
    {"__type__": "datetime", "value": "2024-06-01"}, {"__type__": [], "value": {}}, {"__type__": None},
    {"__entity_type__": "Task", "id": "T1"}, {"__entity_type__": "Task", "id": "missing"},
    {"__entity_type__": "Shot", "id": "T1"}, {"__entity_type__": 3, "id": 3}, {"__entity_type__": "Task"},
    {"__entity_type__": "Task", "id": {}}, {"__entity_type__": "Task", "id": []}, [{"__entity_type__": "Task"}],
    "T1", "P", "H", "user-jane", "2024-06-01T12:00:00", "0000-00-00", "@deep@",
    *_SPECIAL_JSON, *_ENTITY_TYPES, *_NAMES,
)  # fmt: skip

_QUERY_PARTS = (
    "(" * 200, "((" , ")", " and ", " or ", " not ", " in ", " in ()", " any ", " has ", " like ", " is ", " is_not ",
    " where ", "select ", " from ", " order by ", " limit ", " offset ", " limit 99999999999999999999", " limit -1",
    " offset 9999999999999999999999", '"', "'", "\\", "\x00", "é", "\ud800", ".", "parent." * 80, ",", " 1e999 ",
    "9" * 400, "9" * 5000, " none ", " true ", '"2024-13-45"', "*", ";", "--", "%", "name", "Task", "id",
    " and name is x" * 600, "not " * 1200, "children any (" * 150, "\n", "\t", " desc", " sum(bid)", " group by name",
)  # fmt: skip


def mutated_body(rng: Random, bodies: Sequence[bytes]) -> bytes:
    """Return one of *bodies* with one to three mutations."""
    body = rng.choice(bodies)
    if rng.random() < 0.75:
        batch = json.loads(body)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            batch = _mutate_json(rng, batch, bodies)
        body = _json_bytes(batch)
    if rng.random() < 0.3:
        for _ in range(rng.choice((1, 1, 2, 5))):
            body = _mutate_bytes(rng, body)
    return body


def _json_bytes(value: Any) -> bytes:
    text = json.dumps(value)
    for placeholder, special in _SPECIAL_JSON.items():
        text = text.replace(f'"{placeholder}"', special)
    return text.encode("utf-8")


# -- JSON -----------------------------------------------------------------------------------------------------------


def _mutate_json(rng: Random, batch: Any, bodies: Sequence[bytes]) -> Any:
    """Return *batch* with one mutation at a random place."""
    places = list(_places(batch))
    if not places:
        return _value(rng)
    container, key = rng.choice(places)
    value = container[key]
    mutation = rng.choice(
        ("value", "value", "value", "remove", "name", "add", "repeat", "wrap", "text", "text", "other", "operation")
    )
    if mutation == "remove":
        del container[key]
    elif mutation == "name" and isinstance(container, dict):
        container[rng.choice(_NAMES)] = container.pop(key)
    elif mutation == "add" and isinstance(container, dict):
        container[rng.choice(_NAMES)] = _value(rng)
    elif mutation == "add":
        container.insert(rng.randrange(len(container) + 1), _value(rng))
    elif mutation == "repeat" and isinstance(container, list):
        container.extend(copy.deepcopy(value) for _ in range(rng.choice((1, 2, 50))))
    elif mutation == "wrap":
        container[key] = rng.choice(([value], {"value": value}, {"__type__": value}, [value, copy.deepcopy(value)]))
    elif mutation == "text" and isinstance(value, str):
        container[key] = _mutate_text(rng, value)
    elif mutation == "other":
        other = list(_places(json.loads(rng.choice(bodies))))
        source, place = rng.choice(other)
        container[key] = source[place]
    elif mutation == "operation" and isinstance(batch, list):
        # Another request around this one: its operations belong to the same transaction.
        other_batch = json.loads(rng.choice(bodies))
        return other_batch + batch if rng.random() < 0.5 else batch + other_batch
    else:
        container[key] = _value(rng)
    return batch


def _value(rng: Random) -> Any:
    # A copy: later mutations may change it.
    return copy.deepcopy(rng.choice(_VALUES))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return all places in a JSON value, as container and key."""
    places = []
    remaining = [value]
    while remaining:
        container = remaining.pop()
        keys = (
            container if isinstance(container, dict) else range(len(container)) if isinstance(container, list) else ()
        )
        for key in keys:
            places.append((container, key))
            remaining.append(container[key])
    return places


def _keys(value: Any) -> Sequence[str]:
    return list(value) if isinstance(value, dict) else []


def _mutate_text(rng: Random, text: str) -> str:
    start, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    part = rng.choice(_QUERY_PARTS)
    match rng.randrange(6):
        case 0:
            return text[:start] + part + text[start:]
        case 1:
            return text[:start] + part + text[end:]
        case 2:
            return text[:start] + text[end:]
        case 3:
            return text[:end] + text[start:]
        case 4:
            words = text.split(" ")
            words[rng.randrange(len(words))] = rng.choice((*_NAMES, *_ENTITY_TYPES, *_QUERY_PARTS))
            return " ".join(words)
        case _:
            words = text.split(" ")
            rng.shuffle(words)
            return " ".join(words)


# -- bytes ----------------------------------------------------------------------------------------------------------


def _cut(rng: Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _flip(rng: Random, body: bytes) -> bytes:
    position = rng.randrange(len(body))
    return body[:position] + bytes([body[position] ^ (1 << rng.randrange(8))]) + body[position + 1 :]


def _insert(rng: Random, body: bytes) -> bytes:
    position = rng.randrange(len(body) + 1)
    part = rng.choice(
        (b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b'"', b"\\", b"\\ud800", b"\\u0000", b"[", b"}", b",", b"-")
    )
    return body[:position] + part + body[position:]


def _remove(rng: Random, body: bytes) -> bytes:
    start = rng.randrange(len(body))
    return body[:start] + body[start + rng.choice((1, 2, 20)) :]


def _double(rng: Random, body: bytes) -> bytes:
    start, end = sorted((rng.randrange(len(body)), rng.randrange(len(body))))
    return body[:end] + body[start:]


def _encode(rng: Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    return rng.choice(
        (text.encode("utf-16"), text.encode("utf-32"), text.encode("utf-8-sig"), text.encode("latin-1", "replace"))
    )


_BYTE_MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (_cut, _flip, _flip, _insert, _remove, _double, _encode)


def _mutate_bytes(rng: Random, body: bytes) -> bytes:
    return rng.choice(_BYTE_MUTATIONS)(rng, body) if body else rng.randbytes(8)


# -- the head of a request ------------------------------------------------------------------------------------------

_METHODS = ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "post", "POST ", "", "é", "\udce9", "P" * 5000)

_PATHS = (
    "/", "", "/api/", "//api", "/API", "/api?x=1", "/api#x", "/api\x00", "/socket.io/1/", "/component/get", "/é",
    "/\udce9", "/../api", "/%2e%2e/api", "/" + "x" * 10_000, "*", "http://other.test/api", "/img/x", "/widget",
)  # fmt: skip

_HEADER_NAMES = (
    "ftrack-user", "ftrack-api-key", "FTRACK-API-KEY", "ftrack-strict-api", "ftrack-api-options", "ftrack-clienttoken",
    "ftrack-pushtoken", "content-type", "content-encoding", "accept", "x-other", "", "é", "\udce9",
)  # fmt: skip

_HEADER_VALUES = (
    "", "jane", "jane-key", "wrong", "true", "TRUE", "strict:1;denormalize:1", "denormalize=True;strict=True", ";;;===",
    ":" * 3000, "text/html", "application/x-www-form-urlencoded", "gzip", "é", "\udce9", "\ud800", "\x00", "x" * 20_000,
    "a\r\nftrack-user: root", "' or 1=1 --", "🎬",
)  # fmt: skip


def mutated_head(rng: Random, method: str, path: str, headers: dict[str, str]) -> tuple[str, str, dict[str, str]]:
    """Return the method, path and headers of a request with one to three mutations."""
    headers = dict(headers)
    for _ in range(rng.choice((1, 1, 2, 3))):
        match rng.randrange(6):
            case 0:
                method = rng.choice(_METHODS)
            case 1:
                path = rng.choice(_PATHS)
            case 2 if headers:
                del headers[rng.choice(sorted(headers))]
            case 3 if headers:
                name = rng.choice(sorted(headers))
                headers[name] = _mutate_text(rng, headers[name])
            case _:
                headers[rng.choice(_HEADER_NAMES)] = rng.choice(_HEADER_VALUES)
    return method, path, headers
