"""Pure: reads and writes JSON text. This is the only module that chooses a JSON implementation.

Responses are parsed with orjson where it is installed (the extra `speed`). Requests are always written by the standard
library, so that a server gets the same bytes from every installation: orjson writes 1e-07 as 1e-7, writes NaN as null,
and accepts dates. Requests are small beside their responses, so there is little to gain.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

#: Translates every digit to 0 and all other bytes to a space, which exposes long numbers without parsing the JSON.
_DIGITS = bytes(ord("0") if code in b"0123456789" else ord(" ") for code in range(256))
#: An integer of fewer digits fits into 64 bits with its sign; orjson may round longer ones to floats.
_LONG_NUMBER = b"0" * 19


def _fast_reader() -> Callable[[bytes], Any] | None:
    try:
        import orjson
    except ImportError:
        return None
    return orjson.loads


_read_fast = _fast_reader()


def dumps(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """Return *value* as compact UTF-8 JSON. Raises `ValueError` for numbers that JSON does not have (NaN, infinity).

    *default* converts values of types that JSON has no form for, as in `json.dumps`.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=default)
    return text.encode("utf-8")


def loads(text: bytes | str) -> Any:
    """Return the value of JSON text; raises `ValueError` for text that is not JSON.

    Values and errors are those of the standard library: it parses the texts that orjson refuses (NaN, unpaired
    surrogates, encodings other than UTF-8, deep nesting) or would round.
    """
    if _read_fast is not None and isinstance(text, bytes) and _LONG_NUMBER not in text.translate(_DIGITS):
        try:
            return _read_fast(text)
        except ValueError:
            pass  # The standard library decides.
    return json.loads(text)
