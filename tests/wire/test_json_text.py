"""JSON text is the same with orjson and without."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.wire import json_text
from ftrack_orm.wire.json_text import dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_written_text_is_read_back_by_this_module_and_by_the_standard_library(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value)) == value


def test_the_text_is_compact_utf8() -> None:
    assert dumps({"a": ["ä", 1]}) == '{"a":["ä",1]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_values_that_json_cannot_express_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON compliant|surrogates"):
        dumps([value])


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(b"{")


# -- orjson and the standard library agree ----------------------------------------------------------------------

#: Numbers on which implementations may differ: signs, exponents, and integers that do not fit into 64 bits.
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([2**63, 2**64, -(2**63) - 1, -0.0, 5e-324, 1e22])
#: Any Python text, including unpaired surrogates, which JSON can only escape.
TEXTS = st.text(st.characters())
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)
#: JSON at the edge of the standard, and text that is not JSON.
ODD = [
    b"",
    b" ",
    b"[1,]",
    b"01",
    b"-",
    b"[NaN, Infinity, -Infinity]",
    b"1e400",
    b"1.7976931348623159e308",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"123456789012345678901234567890",
    b'{"key": 1, "other": 2, "key": 3}',
    b'"\\ud800"',
    b'"\\ud83d\\ude00"',
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b'"line\nbreak"',
    b'\xef\xbb\xbf{"a": 1}',
    '{"a": "ä"}'.encode("utf-16"),
    b"[" * 1100 + b"]" * 1100,
    b"[1] 2",
]


def read(reader: Callable[[bytes], Any], text: bytes) -> Any:
    """Return the repr of the value, since NaN equals nothing, or the error."""
    try:
        return repr(reader(text))
    except (ValueError, RecursionError) as error:
        return type(error).__name__, str(error)


#: The `test` extra installs orjson.
needs_orjson = pytest.mark.skipif(importlib.util.find_spec("orjson") is None, reason="orjson is not installed")


@needs_orjson
@given(value=ANYTHING, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_orjson_reads_the_same_values_as_the_standard_library(value: Any, ascii_only: Any, indent: Any) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    assert read(loads, text) == read(json.loads, text)


@needs_orjson
@pytest.mark.parametrize("text", ODD, ids=repr)
def test_orjson_changes_nothing_for_odd_texts(text: Any) -> None:
    assert read(loads, text) == read(json.loads, text)


@needs_orjson
@given(st.binary(max_size=30) | st.text('[]{},:"0123456789eE+-.tfn \\u', max_size=30).map(str.encode))
def test_orjson_changes_nothing_for_random_text(text: Any) -> None:
    assert read(loads, text) == read(json.loads, text)


@needs_orjson
def test_usual_responses_are_really_read_by_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def read_fast(text: bytes) -> str:
        calls.append(text)
        return "read"

    monkeypatch.setattr(json_text, "_read_fast", read_fast)
    assert loads(b'[{"action":"query","data":[{"id":"1234567890","bid":28800.0}]}]') == "read"
    assert loads(b"[12345678901234567890]") == [12345678901234567890]
    assert len(calls) == 1


@given(ANYTHING)
def test_requests_are_the_same_bytes_with_orjson_and_without_it(value: Any) -> None:
    kept = json_text._read_fast
    written: list[bytes | tuple[str, str]] = []
    for reader in (None, kept):
        json_text._read_fast = reader
        try:
            written.append(dumps(value))
        except ValueError as error:
            written.append((type(error).__name__, str(error)))
        finally:
            json_text._read_fast = kept
    expected = written[0]
    assert written[1] == expected
    if isinstance(value, float) and not math.isfinite(value):
        assert expected[0] == "ValueError"


def test_without_orjson_the_standard_library_reads() -> None:
    script = (
        "import sys\n"
        "sys.modules['orjson'] = None\n"  # as if it were not installed
        "from ftrack_orm.wire import json_text\n"
        "print(json_text._read_fast, json_text.loads(b'[1, 1e400]'))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "None [1, inf]"
