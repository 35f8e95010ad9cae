"""Pure: JSON text of requests and answers, the only place that chooses a JSON implementation."""

from __future__ import annotations

import json
from typing import Any


def dumps(value: Any) -> bytes:
    """Return *value* as compact UTF-8 JSON; numbers that JSON does not have (NaN, infinity) raise `ValueError`."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def loads(text: bytes | str) -> Any:
    """Return the value of JSON text; raises `ValueError` when it is not JSON."""
    return json.loads(text)
