"""Pure: JSON text of requests and answers, the only place that chooses a JSON implementation.

Answers are read with orjson where it is installed (the extra `speed`). Requests are always written by the standard
library, so that a server gets the same bytes from every installation: orjson writes 1e-07 as 1e-7, makes null of NaN,
and takes dates for text. Requests are small beside their answers, so there is little to gain.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

#: Every digit becomes a 0 and all else a space, which shows long numbers without looking at the JSON.
_DIGITS = bytes(ord("0") if code in b"0123456789" else ord(" ") for code in range(256))
#: A whole number of fewer digits fits into 64 bits with its sign; of longer ones orjson may make a rounded float.
_LONG_NUMBER = b"0" * 19


def _fast_reader() -> Callable[[bytes], Any] | None:
    try:
        import orjson
    except ImportError:
        return None
    return orjson.loads


_read_fast = _fast_reader()


def dumps(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """Return *value* as compact UTF-8 JSON; numbers that JSON does not have (NaN, infinity) raise `ValueError`.

    *default* gives what stands in JSON for a value that JSON has no form for, as it does for `json.dumps`.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=default)
    return text.encode("utf-8")


def loads(text: bytes | str) -> Any:
    """Return the value of JSON text; raises `ValueError` when it is not JSON.

    What comes out, errors included, is the standard library's: it reads whatever orjson refuses (NaN, halves of
    surrogate pairs, other encodings than UTF-8, deep nesting) or would round.
    """
    if _read_fast is not None and isinstance(text, bytes) and _LONG_NUMBER not in text.translate(_DIGITS):
        try:
            return _read_fast(text)
        except ValueError:
            pass  # The standard library has the last word.
    return json.loads(text)
