"""Damage for fuzzers: seeded mutations of bytes and of JSON values."""

from __future__ import annotations

import copy
import random
from typing import Any

#: Values that programs rarely expect in the place of another one.
ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    float("inf"),
    float("nan"),
    "",
    "x",
    "\ud800",
    "\0",
    "x" * 5000,
    "__class__",
    [],
    [[]],
    {},
    [None],
    {"": None},
    {"__entity_type__": "Task"},
    {"__entity_type__": ["Task"], "id": {}},
    {"__entity_type__": "Task", "id": None},
    {"__entity_type__": "Status", "id": "x"},
    {"__entity_type__": "Nothing", "id": "x"},
    {"__type__": "datetime", "value": "0000-00-00T00:00:00"},
    {"__type__": "datetime", "value": 5},
    {"__type__": {}, "value": "x"},
]


def damage_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return *content* cut, with flipped bits, or with bytes that are inserted, removed, repeated or replaced."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        start = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), start + chance.choice((1, 2, 50, 5000)))
        kind = chance.randrange(6)
        if kind == 0:
            del damaged[start:]
        elif kind == 1 and start < len(damaged):
            damaged[start] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del damaged[start:end]
        elif kind == 3:
            damaged[start:start] = damaged[start:end]
        elif kind == 4:
            damaged[start:end] = bytes(chance.randrange(256) for _ in range(end - start))
        else:
            damaged[start:start] = chance.choice(
                (b"[", b"{", b'"', b"9" * 5000, b"[" * 100_000, b"1e999", b"\xff", b"\0")
            )
    return bytes(damaged)


def damage_value(value: Any, chance: random.Random) -> Any:
    """Return a copy of a JSON value in which one place, at any depth, is replaced, removed, renamed or repeated."""
    damaged = {"": copy.deepcopy(value)}
    places = list(_places(damaged))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        container, key = chance.choice(places)
        kind = chance.randrange(8)
        if (isinstance(container, list) and key >= len(container)) or (
            isinstance(container, dict) and key not in container
        ):
            continue
        if kind == 0 and container is not damaged:
            del container[key]
        elif kind == 1 and isinstance(container, dict) and container is not damaged:
            container[chance.choice(("", "id", "mro", "__dict__", "x" * 3000, f"{key}s"))] = container.pop(key)
        elif kind == 2:
            container[key] = [container[key]]
        elif kind == 3 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif kind == 4:
            other, name = chance.choice(places)
            if (isinstance(other, list) and name < len(other)) or (isinstance(other, dict) and name in other):
                container[key] = copy.deepcopy(other[name])
        else:
            container[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return damaged[""]


def _places(value: Any) -> Any:
    """Yield each place in *value* as its container and key, the outer ones as often as the inner ones together."""
    pending = [value]
    while pending:
        container = pending.pop()
        for key in list(container) if isinstance(container, dict) else range(len(container)):
            yield container, key
            if isinstance(container[key], (dict, list)):
                pending.append(container[key])
